package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// "The old token is immediately invalidated."
func TestRotate(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	path := in(accountA) + "/moq/relays/" + r.UID + "/tokens"
	v := w.relayVerifier()
	for _, c := range []struct{ slot, old string }{{"publish_subscribe", r.Both}, {"subscribe", r.Sub}, {"subscribe", ""}} {
		var got struct{ Token, Type string }
		a := w.do("POST", path+"/rotate", `{"type":"`+c.slot+`"}`)
		e := a.ok(&got)
		require.Equal(t, c.slot, got.Type)
		require.Equal(t, "acknowledged", a.header.Get("Streamtoken-Invalidated"))
		require.Equal(t, 90101, e.Messages[0].Code)
		tok, err := v.Verify(t.Context(), got.Token)
		require.NoError(t, err)
		require.Equal(t, c.slot == "publish_subscribe", tok.Allows("publish"))
		require.True(t, tok.Allows("subscribe"))
		if c.old != "" {
			_, err = v.Verify(t.Context(), c.old)
			require.ErrorIs(t, err, streamtoken.ReasonTokenRevoked)
		}
	}
	require.Len(t, w.tokensOf(path), 2, "rotation replaces")
	for body, pointer := range map[string]string{
		"": "/type", "{}": "/type", `{"type":"publish"}`: "/type", `{"type":""}`: "/type", `{"type":null}`: "/type", `{"Type":"subscribe"}`: "/type", `[]`: "",
	} {
		w.do("POST", path+"/rotate", body).refused(400, 10005, pointer)
	}
}

func (w *world) tokensOf(path string) []issuedToken {
	w.Helper()
	var list issuers
	w.do("GET", path, "").ok(&list)
	require.Len(w, list.Issuers, 1)
	for _, token := range list.Issuers[0].Tokens {
		require.Nil(w, token.Secret, "a list has no secrets")
	}
	return list.Issuers[0].Tokens
}

func TestRelayTokens(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	path := in(accountA) + "/moq/relays/" + r.UID + "/tokens"
	w.clock.advance(time.Second)

	var made issuers
	w.do("POST", path, `{"operations":["subscribe","publish"],"expires":"2030-06-01T12:00:00.9+02:00","label":"studio"}`).ok(&made)
	token := made.Issuers[0].Tokens[0]
	require.Equal(t, []string{"publish", "subscribe"}, token.Operations)
	require.Equal(t, "2030-06-01T10:00:00Z", token.Expires)
	require.Equal(t, "studio", *token.Label)
	require.Equal(t, token.JTI, w.admitted(*token.Secret).ID())

	list := w.tokensOf(path)
	require.Len(t, list, 3)
	require.Equal(t, token.JTI, list[0].JTI, "newest first")

	a := w.do("DELETE", path+"/"+token.JTI, "")
	require.Equal(t, http.StatusOK, a.status)
	require.NotContains(t, a.body, "result")
	require.Equal(t, "acknowledged", a.header.Get("Streamtoken-Invalidated"))
	_, err := w.relayVerifier().Verify(t.Context(), *token.Secret)
	require.ErrorIs(t, err, streamtoken.ReasonTokenRevoked)
	for _, jti := range []string{token.JTI, strings.Repeat("0", 32), "never-was"} { // no error, whatever it names
		require.Equal(t, http.StatusOK, w.do("DELETE", path+"/"+jti, "").status)
	}
	require.Len(t, w.tokensOf(path), 2)
}

func TestRelayTokenDefaults(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	path := in(accountA) + "/moq/relays/" + r.UID + "/tokens"
	var made issuers
	w.do("POST", path, `{"operations":["subscribe"]}`).ok(&made)
	require.Equal(t, "2031-01-02T03:04:05Z", made.Issuers[0].Tokens[0].Expires)
	require.Nil(t, made.Issuers[0].Tokens[0].Label)
	w.do("POST", path, `{"operations":["subscribe"],"expires":"2031-01-02T03:04:05.999Z"}`).ok(nil)
}

func TestRelayTokenRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	path := in(accountA) + "/moq/relays/" + r.UID + "/tokens"
	for body, pointer := range map[string]string{
		``:                                                "/operations",
		`{"operations":[]}`:                               "/operations",
		`{"operations":null}`:                             "/operations",
		`{"operations":"publish"}`:                        "/operations",
		`{"operations":["publish",1]}`:                    "/operations/1",
		`{"operations":["Publish"]}`:                      "/operations/0",
		`{"operations":["publish","publish"]}`:            "/operations/1",
		`{"operations":["publish"],"expires":1}`:          "/expires",
		`{"operations":["publish"],"expires":"tomorrow"}`: "/expires",
		`{"operations":["publish"],"expires":"2030-01-02T03:04:05Z"}`:           "/expires",
		`{"operations":["publish"],"expires":"2031-01-02T03:04:06Z"}`:           "/expires",
		`{"operations":["publish"],"expires":null}`:                             "/expires",
		`{"operations":["publish"],"label":""}`:                                 "/label",
		`{"operations":["publish"],"label":7}`:                                  "/label",
		`{"operations":["publish"],"label":"` + strings.Repeat("a", 256) + `"}`: "/label",
	} {
		w.do("POST", path, body).refused(400, 10005, pointer)
	}
	require.Len(t, w.tokensOf(path), 2)
}

// Clients are known to look for "maximum" or for "token limit". 409 and 429 would have SDKs try again.
func TestAnEleventhTokenIsRefused(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	path := in(accountA) + "/moq/relays/" + r.UID + "/tokens"
	for range 8 {
		w.do("POST", path, `{"operations":["subscribe"]}`).ok(nil)
	}
	n := w.do("POST", path, `{"operations":["subscribe"]}`).refused(400, 90001, "")
	require.Contains(t, n.Message, "maximum")
	require.Contains(t, n.Message, "token limit")
	w.do("POST", path+"/rotate", `{"type":"subscribe"}`).ok(nil) // takes no further place
	require.Len(t, w.tokensOf(path), 10)
}
