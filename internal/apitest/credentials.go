package apitest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// iceServer is an element of iceServers.
type iceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// TURNCredentials asks for credentials with a key, in both of the documented ways, and recomputes them: username is
// EXPIRY:NAME, credential the base64 of its HMAC-SHA1 under the key's characters. The call is in no SDK.
func (a *API) TURNCredentials(t testing.TB, k TURNKey) {
	t.Helper()
	body := map[string]any{"ttl": 7200, "customIdentifier": "viewer-7"}
	path := "/v1/turn/keys/" + k.UID + "/credentials/"

	r := a.Do(t, k.Key, http.MethodPost, path+"generate-ice-servers", body)
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
	var list struct {
		ICEServers []iceServer `json:"iceServers"`
	}
	r.Into(t, &list)
	require.Len(t, list.ICEServers, 2)
	stun, relay := list.ICEServers[0], list.ICEServers[1]
	for _, url := range stun.URLs {
		require.True(t, strings.HasPrefix(url, "stun:"), url)
	}
	require.NotEmpty(t, stun.URLs)
	require.Empty(t, stun.Username+stun.Credential)
	for _, url := range relay.URLs {
		require.Regexp(t, `^turns?:`, url)
	}
	require.NotEmpty(t, relay.URLs)
	k.check(t, relay, "viewer-7", 2*time.Hour)

	r = a.Do(t, k.Key, http.MethodPost, path+"generate", body)
	require.Less(t, r.Status, 300, "%s", r.Body)
	var one struct {
		ICEServers iceServer `json:"iceServers"`
	}
	r.Into(t, &one)
	require.NotEmpty(t, one.ICEServers.URLs)
	k.check(t, one.ICEServers, "viewer-7", 2*time.Hour)

	r = a.Do(t, k.Key, http.MethodPost, path+"generate-ice-servers", map[string]any{"ttl": 86400})
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
	r.Into(t, &list)
	k.check(t, list.ICEServers[1], k.UID, 24*time.Hour)

	a.NoTURNCredentials(t, k.UID, "", http.StatusUnauthorized)
	a.NoTURNCredentials(t, k.UID, a.Bearer, http.StatusUnauthorized)
	a.NoTURNCredentials(t, k.UID, strings.Repeat("0", 64), http.StatusUnauthorized)
	r = a.Do(t, k.Key, http.MethodPost, path+"generate-ice-servers", map[string]any{"ttl": 48*3600 + 1})
	require.Equal(t, http.StatusBadRequest, r.Status, "%s", r.Body)
}

// NoTURNCredentials wants a request for credentials to be refused with one of these statuses.
func (a *API) NoTURNCredentials(t testing.TB, uid, bearer string, statuses ...int) {
	t.Helper()
	r := a.Do(t, bearer, http.MethodPost, "/v1/turn/keys/"+uid+"/credentials/generate-ice-servers", map[string]any{"ttl": 60})
	require.Contains(t, statuses, r.Status, "%s", r.Body)
	require.NotContains(t, string(r.Body), "credential\"")
	require.True(t, json.Valid(r.Body), "%s", r.Body)
}

func (k TURNKey) check(t testing.TB, s iceServer, name string, ttl time.Duration) {
	t.Helper()
	expiry, rest, ok := strings.Cut(s.Username, ":")
	require.True(t, ok, s.Username)
	require.Equal(t, name, rest)
	seconds, err := strconv.ParseInt(expiry, 10, 64)
	require.NoError(t, err)
	Near(t, time.Now().Add(ttl), time.Unix(seconds, 0))
	mac := hmac.New(sha1.New, []byte(k.Key))
	mac.Write([]byte(s.Username))
	require.Equal(t, base64.StdEncoding.EncodeToString(mac.Sum(nil)), s.Credential)
}
