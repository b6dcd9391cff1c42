package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
)

// reqHeader makes tables of headers easy to read.
type reqHeader struct{ h http.Header }

func (h *reqHeader) bearer(token string)    { h.h.Set("Authorization", "Bearer "+token) }
func (h *reqHeader) set(name, value string) { h.h.Set(name, value) }
func (h *reqHeader) add(name, value string) { h.h.Add(name, value) }
func (h *reqHeader) remove(name string)     { h.h.Del(name) }
func edit(f func(*reqHeader)) func(*http.Request) {
	return func(r *http.Request) { f(&reqHeader{r.Header}) }
}

func TestAuthentication(t *testing.T) {
	w := newWorld(t)
	const ok = 0
	for _, c := range []struct {
		name   string
		change func(*reqHeader)
		status int
		code   int
	}{
		{"bearer", func(h *reqHeader) { h.bearer(anyToken) }, 200, ok},
		{"bearer in another case", func(h *reqHeader) { h.set("Authorization", "bEARER "+anyToken) }, 200, ok},
		{"bearer bound to the account", func(h *reqHeader) { h.bearer(aToken) }, 200, ok},
		{"bearer bound to another", func(h *reqHeader) { h.bearer(bToken) }, 403, 10000},
		{"e-mail and key", func(h *reqHeader) {
			h.remove("Authorization")
			h.set("X-Auth-Email", "a@example.com")
			h.set("X-Auth-Key", anyToken)
		}, 200, ok},
		{"service key", func(h *reqHeader) { h.remove("Authorization"); h.set("X-Auth-User-Service-Key", anyToken) }, 200, ok},
		{"service key beside an e-mail", func(h *reqHeader) {
			h.remove("Authorization")
			h.set("X-Auth-Email", "a@example.com")
			h.set("X-Auth-User-Service-Key", anyToken)
		}, 200, ok},
		{"none", func(h *reqHeader) { h.remove("Authorization") }, 400, 9106},
		{"key without e-mail", func(h *reqHeader) { h.remove("Authorization"); h.set("X-Auth-Key", anyToken) }, 400, 9106},
		{"e-mail without key", func(h *reqHeader) { h.remove("Authorization"); h.set("X-Auth-Email", "a@example.com") }, 400, 9106},
		{"empty", func(h *reqHeader) { h.set("Authorization", "") }, 400, 6003},
		{"no scheme", func(h *reqHeader) { h.set("Authorization", anyToken) }, 400, 6003},
		{"another scheme", func(h *reqHeader) { h.set("Authorization", "Basic "+anyToken) }, 400, 6003},
		{"no token", func(h *reqHeader) { h.set("Authorization", "Bearer ") }, 400, 6003},
		{"two words", func(h *reqHeader) { h.set("Authorization", "Bearer a b") }, 400, 6003},
		{"odd characters", func(h *reqHeader) { h.set("Authorization", "Bearer a\"b") }, 400, 6003},
		{"very long", func(h *reqHeader) { h.bearer(strings.Repeat("a", 1025)) }, 400, 6003},
		{"two of them", func(h *reqHeader) { h.add("Authorization", "Bearer "+anyToken) }, 400, 6003},
		{"two keys", func(h *reqHeader) {
			h.remove("Authorization")
			h.set("X-Auth-Email", "a@example.com")
			h.add("X-Auth-Key", anyToken)
			h.add("X-Auth-Key", anyToken)
		}, 400, 6003},
		{"wrong", func(h *reqHeader) { h.bearer("test-token-nobody-has") }, 401, 10000},
		{"nearly right", func(h *reqHeader) { h.bearer(anyToken[:len(anyToken)-1]) }, 401, 10000},
		{"right and a blank", func(h *reqHeader) { h.bearer(anyToken + "=") }, 401, 10000},
		{"wrong key", func(h *reqHeader) {
			h.remove("Authorization")
			h.set("X-Auth-Email", "a")
			h.set("X-Auth-Key", "wrong")
		}, 401, 10000},
		{"wrong bearer beside a good key", func(h *reqHeader) { h.bearer("wrong"); h.set("X-Auth-Email", "a"); h.set("X-Auth-Key", anyToken) }, 401, 10000},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, base := range []string{"", "/client/v4"} {
				a := w.do("GET", base+"/accounts/"+accountA+"/stream/keys", "", edit(c.change))
				if c.code == ok {
					a.ok(nil)
					continue
				}
				a.refused(c.status, c.code, "")
				require.Equal(t, c.status == 401, a.header.Get("WWW-Authenticate") != "")
			}
		})
	}
	require.NotContains(t, w.log.String(), "test-token")
}

// Of what is wrong with a token the answer tells nothing.
func TestWrongTokensAreAnsweredAlike(t *testing.T) {
	w := newWorld(t)
	var want string
	for i, token := range []string{"x", "test-token-nobody-has", anyToken + "a", anyToken[1:], strings.ToUpper(anyToken)} {
		a := w.do("GET", in(accountA)+"/stream/keys", "", as(token))
		a.refused(401, 10000, "")
		if i == 0 {
			want = a.body
		}
		require.Equal(t, want, a.body)
	}
}

// Who is asked for a credential is not told whether what it asks for exists; and a body is not read before it is known who
// sends it.
func TestEveryRouteAsksForACredential(t *testing.T) {
	w := newWorld(t)
	for _, r := range api.ControlRoutes() {
		path := strings.NewReplacer("{account_id}", accountA, "{identifier}", video, "{key_id}", "k", "{relay_id}", "r", "{jti}", "j").Replace(r.Pattern)
		a := w.do(r.Method, path, `{"broken`, as("test-token-nobody-has"))
		switch {
		case r.NeedsCredential || strings.HasPrefix(r.Pattern, "/v1/turn/"):
			a.refused(401, 10000, "")
		default:
			require.Contains(t, []string{"/healthz", "/-/openapi.json"}, r.Pattern)
			require.Equal(t, 200, a.status)
		}
	}
}
