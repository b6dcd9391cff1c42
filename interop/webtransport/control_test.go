//go:build integration

package webtransport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/tokentest"
)

// With the control API as the authority: the token of its create call opens a session, the rotate call ends it, and the
// token in its place opens another; so for each way of taking a token back.
func TestControlAPI(t *testing.T) {
	api := tokentest.ControlAPI(t)
	s, g := newServerBehind(t, api.Relay(t), nil)
	call := func(method, path string, body, result any) {
		t.Helper()
		data, err := json.Marshal(body)
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), method, api.BaseURL+"/accounts/"+api.AccountID+"/moq/relays"+path, bytes.NewReader(data))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+api.APIToken)
		answer, err := api.Client().Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.NoError(t, json.NewDecoder(answer.Body).Decode(&struct{ Result any }{result}))
	}
	var relay struct {
		UID        string
		First      string `json:"token_publish_subscribe"`
		Subscriber string `json:"token_subscribe"`
	}
	call(http.MethodPost, "", map[string]string{"name": "test"}, &relay)

	// taken opens a session with the token and then takes it back.
	taken := func(token, permits string, back func()) {
		t.Helper()
		client, _ := s.connect(t, nil)
		session := s.dial(t, client, "/"+token).session
		require.NotNil(t, session)
		text := greeted(t, session)
		require.Contains(t, text, relay.UID+" ")
		require.Contains(t, text, permits)
		back()
		// From the moment the call is answered, no session opens; those that are open are told in their turn.
		another, _ := s.connect(t, nil)
		require.Equal(t, streamtoken.ReasonTokenRevoked, s.dial(t, another, "/"+token).reason)
		g.over(t, streamtoken.ReasonTokenRevoked, session)
	}
	var rotated struct{ Token string }
	taken(relay.First, "publish:true subscribe:true", func() {
		call(http.MethodPost, "/"+relay.UID+"/tokens/rotate", map[string]string{"type": "publish_subscribe"}, &rotated)
	})
	var added struct {
		Issuers []struct {
			Tokens []struct{ JTI, Secret string } `json:"cloudflare_tokens"`
		}
	}
	call(http.MethodPost, "/"+relay.UID+"/tokens", map[string]any{"operations": []string{"publish"}}, &added)
	one := added.Issuers[0].Tokens[0]
	taken(one.Secret, "publish:true subscribe:false", func() { call(http.MethodDelete, "/"+relay.UID+"/tokens/"+one.JTI, nil, nil) })
	taken(relay.Subscriber, "publish:false subscribe:true", func() { call(http.MethodDelete, "/"+relay.UID, nil, nil) })
	client, _ := s.connect(t, nil)
	require.Equal(t, streamtoken.ReasonTokenRevoked, s.dial(t, client, "/"+rotated.Token).reason)
}
