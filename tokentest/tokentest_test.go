package tokentest_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/tokentest"
)

func TestExample(t *testing.T) { testHandler(t) }

func TestTokens(t *testing.T) {
	c := streamtoken.Claims{Subject: "video", Downloadable: true}
	for _, test := range []struct {
		name, token string
		reason      streamtoken.Reason
	}{
		{"good", tokentest.Token(t, c), ""},
		{"no subject", tokentest.Token(t, streamtoken.Claims{}), ""},
		{"expired", tokentest.ExpiredToken(t, c), streamtoken.ReasonTokenExpired},
		{"forged", tokentest.ForgedToken(t, c), streamtoken.ReasonSignatureInvalid},
		{"blocked", tokentest.BlockedToken(t, c), streamtoken.ReasonRuleBlocked},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := tokentest.Gate(t, nil).Decide(t.Context(), gate.Request{Token: test.token})
			require.Equal(t, test.reason, d.Reason)
			require.Equal(t, test.reason == "", d.Allowed)
			if d.Allowed {
				require.Equal(t, "video", d.Token.Subject())
				require.Equal(t, tokentest.KeyIDA, d.Token.KeyID())
				require.Equal(t, tokentest.Start().Add(time.Hour), d.Token.Expires().UTC())
			}
		})
	}
}

// Fixed keys and a fixed clock: what a test wrote down once stays true.
func TestTokensAreTheSameEveryTime(t *testing.T) {
	c := streamtoken.Claims{Subject: "video"}
	require.Equal(t, tokentest.Token(t, c), tokentest.Token(t, c))
}

func TestBothKeysVerify(t *testing.T) {
	require.ElementsMatch(t, []string{tokentest.KeyIDA, tokentest.KeyIDB}, tokentest.Keys(t).IDs())
	require.False(t, tokentest.Key(t, tokentest.KeyIDA).Public().Equal(tokentest.Key(t, tokentest.KeyIDB).Public()))
}

func TestClock(t *testing.T) {
	var c tokentest.Clock
	require.Equal(t, tokentest.Start(), c.Now())
	c.Advance(time.Hour)
	require.Equal(t, tokentest.Start().Add(time.Hour), c.Now())
	c.Set(tokentest.Start().Add(-time.Minute))
	require.Equal(t, tokentest.Start().Add(-time.Minute), c.Now())

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c.Advance(time.Second)
			c.Now()
		})
	}
	wg.Wait()
	require.Equal(t, tokentest.Start().Add(-52*time.Second), c.Now())
}

func TestEdgeConfig(t *testing.T) {
	edge := tokentest.EdgeConfig(t, middleware.Config{Mount: "/media", QueryParam: "token"}, http.NotFoundHandler())
	res, err := edge.Client().Get(edge.URL + "/media/video/x?token=" + tokentest.Token(t, streamtoken.Claims{Subject: "video"}))
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusNotFound, res.StatusCode)
	res, err = edge.Client().Get(edge.URL + "/media/video/x")
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
}

// failing is a test that records that it failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Helper()               {}
func (f *failing) Fatalf(string, ...any) { f.failed = true; panic(f) }

func TestHelpersFailTheTest(t *testing.T) {
	for name, call := range map[string]func(testing.TB){
		"unknown key":   func(t testing.TB) { tokentest.Key(t, "other") },
		"wrong subject": func(t testing.TB) { tokentest.Token(t, streamtoken.Claims{Subject: "../x"}) },
		"wrong mount":   func(t testing.TB) { tokentest.EdgeConfig(t, middleware.Config{Mount: "x"}, http.NotFoundHandler()) },
	} {
		t.Run(name, func(t *testing.T) {
			f := &failing{TB: t}
			require.Panics(t, func() { call(f) })
			require.True(t, f.failed)
		})
	}
}
