package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
)

// everythingOf gives what an account holds, as its own token sees it.
func (w *world) everythingOf(account, bearer string) string {
	w.Helper()
	paths := []string{
		in(account) + "/stream/keys", in(account) + "/moq/relays", in(account) + "/calls/turn_keys",
		"/.well-known/jwks.json", "/-/revocations",
	}
	var list []relay
	w.do("GET", in(account)+"/moq/relays", "", as(bearer)).ok(&list)
	for _, r := range list {
		paths = append(paths, in(account)+"/moq/relays/"+r.UID, in(account)+"/moq/relays/"+r.UID+"/tokens")
	}
	var all strings.Builder
	for _, path := range paths {
		a := w.do("GET", path, "", as(bearer))
		require.Equal(w, http.StatusOK, a.status)
		all.WriteString(a.body)
	}
	return all.String()
}

// Over every route there is: the token of account B gets nothing of account A, neither under A's path nor by A's ids under
// its own, and changes nothing there.
func TestAccountsAreIsolated(t *testing.T) {
	w := newWorld(t)
	k, r, tk := w.newStreamKey(accountA), w.newRelay(accountA, "relay of a"), w.newTURNKey(accountA, "key of a")
	w.newToken(accountA, "")
	jti := r.Issuers[0].Tokens[0].JTI
	before := w.everythingOf(accountA, aToken)
	secrets := []string{k.ID, k.PEM, r.UID, r.Both, r.Sub, jti, tk.UID, tk.Key, "of a"}

	bodies := map[string]string{
		"POST " + "/accounts/{account_id}/moq/relays":                          `{"name":"x"}`,
		"POST " + "/accounts/{account_id}/moq/relays/{relay_id}/tokens":        `{"operations":["publish"]}`,
		"POST " + "/accounts/{account_id}/moq/relays/{relay_id}/tokens/rotate": `{"type":"subscribe"}`,
		"PUT " + "/accounts/{account_id}/moq/relays/{relay_id}":                `{"name":"taken over"}`,
		"PUT " + "/accounts/{account_id}/calls/turn_keys/{key_id}":             `{"name":"taken over"}`,
	}
	for _, route := range api.ControlRoutes() {
		if !route.NeedsCredential {
			continue
		}
		keyID := k.ID
		if strings.Contains(route.Pattern, "turn") {
			keyID = tk.UID
		}
		for _, account := range []string{accountA, accountB} {
			path := strings.NewReplacer(
				"{account_id}", account, "{identifier}", video, "{key_id}", keyID, "{relay_id}", r.UID, "{jti}", jti,
			).Replace(route.Pattern)
			a := w.do(route.Method, path, bodies[route.Method+" "+route.Pattern], as(bToken))
			name := route.Method + " " + path
			switch {
			case strings.Contains(route.Pattern, "{account_id}") && account == accountA:
				a.refused(403, 10000, "")
			case strings.Contains(route.Pattern, "{key_id}") || strings.Contains(route.Pattern, "{relay_id}"):
				a.refused(404, 10003, "")
			default: // B's own, or what everybody has
				require.Equal(t, 200, a.status, name)
			}
			for _, secret := range secrets {
				require.NotContains(t, a.body, secret, name)
			}
		}
	}
	require.Equal(t, before, w.everythingOf(accountA, aToken))
	w.admitted(r.Both)
	w.admitted(r.Sub)
}

// Nor does an account's own token reach another account by an id that names one.
func TestAccountIDsAreTakenAsTheyAre(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{strings.ToUpper(accountA), accountA[1:], accountA + "a"} {
		a := w.do("GET", "/accounts/"+id+"/stream/keys", "", as(aToken))
		require.Contains(t, []int{403, 404}, a.status)
	}
	for _, path := range []string{
		"/accounts/%30" + accountA[1:] + "/stream/keys", "/accounts//stream/keys", "/accounts/../accounts/" + accountA + "/stream/keys",
		"//accounts/" + accountA + "/stream/keys", "/accounts/" + accountA + "/stream/keys/", "/accounts/" + accountA + "//stream/keys",
		"/client/v4//accounts/" + accountA + "/stream/keys", "/client/v4/client/v4/accounts/" + accountA + "/stream/keys",
		"/CLIENT/v4/accounts/" + accountA + "/stream/keys", "/accounts/" + strings.Repeat("a", 33) + "/stream/keys", "/", "/client/v4", "/client/v4/",
	} {
		a := w.do("GET", path, "")
		e := a.refused(404, 7003, "")
		require.NotContains(t, e.Message, accountA)
		require.Equal(t, 7000, a.envelope().Errors[1].Code)
		require.Empty(t, a.header.Get("Location"), "no redirect")
	}
}
