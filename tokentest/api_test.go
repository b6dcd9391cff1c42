package tokentest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/moq"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/tokentest"
)

func TestExampleControlAPI(t *testing.T) { testSignedURL(t) }

// call makes one request of the account and reads its result.
func call(t *testing.T, a *tokentest.API, method, path, body string, result any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.BaseURL+"/accounts/"+a.AccountID+path, bytes.NewBufferString(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+a.APIToken)
	res, err := a.Client().Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, "%s", data)
	envelope := struct{ Result any }{result}
	require.NoError(t, json.Unmarshal(data, &envelope))
}

// A key of the API signs here what its gate accepts, until the key is deleted.
func TestAPIStreamKeys(t *testing.T) {
	a := tokentest.ControlAPI(t)
	g := a.Gate(t)
	var created struct{ ID, PEM string }
	call(t, a, http.MethodPost, "/stream/keys", "", &created)
	pem, err := base64.StdEncoding.DecodeString(created.PEM)
	require.NoError(t, err)
	key, err := signer.ParseKey(pem, created.ID)
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: key, Now: a.Clock.Now})
	require.NoError(t, err)
	token, err := s.Sign(streamtoken.Claims{Subject: "video"})
	require.NoError(t, err)

	reason := func() streamtoken.Reason { return g.Decide(t.Context(), gate.Request{Token: token}).Reason }
	require.Empty(t, reason())
	a.Clock.Advance(2 * time.Hour)
	require.Equal(t, streamtoken.ReasonTokenExpired, reason())
	a.Clock.Advance(-2 * time.Hour)
	require.Empty(t, reason())
	call(t, a, http.MethodDelete, "/stream/keys/"+created.ID, "", nil)
	require.Equal(t, streamtoken.ReasonKeyUnknown, reason())

	foreign := tokentest.Token(t, streamtoken.Claims{})
	require.Equal(t, streamtoken.ReasonKeyUnknown, g.Decide(t.Context(), gate.Request{Token: foreign}).Reason)
}

// A relay goes by the rotation from the moment it is answered.
func TestAPIRelay(t *testing.T) {
	a := tokentest.ControlAPI(t)
	v := a.Relay(t)
	var relay struct {
		UID   string
		First string `json:"token_publish_subscribe"`
	}
	call(t, a, http.MethodPost, "/moq/relays", `{"name":"test"}`, &relay)
	session, err := v.Admit(t.Context(), relay.First)
	require.NoError(t, err)
	defer session.Close()
	require.Equal(t, relay.UID, session.Relay)
	require.True(t, session.Allows(moq.Publish))

	var rotated struct{ Token string }
	call(t, a, http.MethodPost, "/moq/relays/"+relay.UID+"/tokens/rotate", `{"type":"publish_subscribe"}`, &rotated)
	_, err = v.Verify(t.Context(), relay.First)
	require.ErrorIs(t, err, streamtoken.ReasonTokenRevoked)
	_, err = v.Verify(t.Context(), rotated.Token)
	require.NoError(t, err)
	select {
	case <-session.Done():
		require.ErrorIs(t, session.Err(), streamtoken.ReasonTokenRevoked)
	case <-time.After(20 * time.Second):
		t.Fatal("the session is not told")
	}
	a.Clock.Advance(400 * 24 * time.Hour)
	_, err = v.Verify(t.Context(), rotated.Token)
	require.ErrorIs(t, err, streamtoken.ReasonTokenExpired)
}

// Each has its own state and its own token.
func TestAPIsAreApart(t *testing.T) {
	one, other := tokentest.ControlAPI(t), tokentest.ControlAPI(t)
	require.NotEqual(t, one.APIToken, other.APIToken)
	var keys []struct{ ID string }
	call(t, one, http.MethodPost, "/stream/keys", "", nil)
	call(t, one, http.MethodGet, "/stream/keys", "", &keys)
	require.Len(t, keys, 1)
	call(t, other, http.MethodGet, "/stream/keys", "", &keys)
	require.Empty(t, keys)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, other.BaseURL+"/accounts/"+other.AccountID+"/stream/keys", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+one.APIToken)
	res, err := other.Client().Do(req)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
}

// What was started for a test is gone after it, and in time.
func TestAPIEndsWithTheTest(t *testing.T) {
	var url string
	require.True(t, t.Run("inner", func(t *testing.T) {
		a := tokentest.ControlAPI(t)
		url = a.URL
		edge := tokentest.EdgeConfig(t, middleware.Config{Gate: a.Gate(t), Now: a.Clock.Now}, http.NotFoundHandler())
		require.NotEmpty(t, edge.URL)
	}))
	_, err := http.Get(url)
	require.Error(t, err)
}

// Its clock shows the time of day, plus what it was moved, at whatever speed the test runs.
func TestClockOfAnAPI(t *testing.T) {
	c := tokentest.ControlAPI(t).Clock
	ahead := time.Duration(0)
	for _, d := range []time.Duration{0, time.Hour, -time.Minute} {
		c.Advance(d)
		ahead += d
		before := time.Now().Add(ahead)
		shown := c.Now()
		require.False(t, shown.Before(before) || shown.After(time.Now().Add(ahead)))
	}
	c.Set(tokentest.Start())
	require.False(t, c.Now().Before(tokentest.Start()))
}
