package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
)

type keySet struct {
	Keys []map[string]string `json:"keys"`
}

func (a reply) into(v any) {
	a.t.Helper()
	require.Equal(a.t, http.StatusOK, a.status, a.body)
	require.NoError(a.t, json.Unmarshal([]byte(a.body), v))
}

func TestJWKS(t *testing.T) {
	w := newWorld(t)
	k := w.newStreamKey(accountA)
	w.newToken(accountA, "")
	w.newRelay(accountA, "r")
	w.newStreamKey(accountB)
	var set keySet
	w.do("GET", "/.well-known/jwks.json", "", as(aToken)).into(&set)
	found := map[string]int{}
	for _, key := range set.Keys {
		found[key["kty"]+" "+key["alg"]+" "+key["crv"]]++
		for _, private := range []string{"d", "p", "q", "k"} {
			require.NotContains(t, key, private)
		}
		if key["kid"] == k.ID {
			found["own"]++
		}
	}
	require.Equal(t, map[string]int{"RSA RS256 ": 2, "OKP Ed25519 Ed25519": 1, "own": 1}, found)
}

// An account's token sees its account, another one everything or the account it asks for.
// A failover that lost changes gives their epochs to others: what was made of the lost ones is not served again.
func TestJWKSOfAnotherHistory(t *testing.T) {
	var node *oddNode
	w := newWorld(t, func(c *api.Config) { node = &oddNode{Node: c.Node, epoch: 7}; c.Node = node })
	k := w.newStreamKey(accountA)
	require.Contains(t, w.do("GET", "/.well-known/jwks.json", "").body, k.ID)
	w.do("DELETE", in(accountA)+"/stream/keys/"+k.ID, "").ok(nil)
	require.NotContains(t, w.do("GET", "/.well-known/jwks.json", "").body, k.ID)
}

func TestFollowersSeeTheirAccount(t *testing.T) {
	w := newWorld(t)
	a, b := w.newStreamKey(accountA), w.newStreamKey(accountB)
	deletedA, deletedB := w.newStreamKey(accountA), w.newStreamKey(accountB)
	w.do("DELETE", in(accountA)+"/stream/keys/"+deletedA.ID, "").ok(nil)
	w.do("DELETE", in(accountB)+"/stream/keys/"+deletedB.ID, "").ok(nil)
	relayA, relayB := w.newRelay(accountA, "a"), w.newRelay(accountB, "b")
	for _, c := range []struct {
		bearer, query string
		a, b          bool
	}{
		{anyToken, "", true, true},
		{anyToken, "?account_id=" + accountA, true, false},
		{anyToken, "?account_id=" + accountB, false, true},
		{anyToken, "?account_id=nobody", false, false},
		{aToken, "", true, false},
		{aToken, "?account_id=" + accountA, true, false},
		{bToken, "", false, true},
	} {
		keys := w.do("GET", "/.well-known/jwks.json"+c.query, "", as(c.bearer)).body
		revoked := w.do("GET", "/-/revocations"+c.query, "", as(c.bearer)).body
		for _, each := range []struct {
			key, deleted streamKey
			relay        relay
			sees         bool
		}{{a, deletedA, relayA, c.a}, {b, deletedB, relayB, c.b}} {
			check := require.NotContains
			status := http.StatusNotFound
			if each.sees {
				check, status = require.Contains, http.StatusOK
			}
			check(t, keys, each.key.ID)
			require.NotContains(t, keys, each.deleted.ID)
			check(t, revoked, each.deleted.ID)
			require.NotContains(t, revoked, each.key.ID)
			require.Equal(t, status, w.do("GET", "/-/relays/"+each.relay.UID+"/accepted"+c.query, "", as(c.bearer)).status)
		}
	}
	for _, path := range []string{"/.well-known/jwks.json", "/-/revocations", "/-/relays/" + relayA.UID + "/accepted"} {
		w.do("GET", path+"?account_id="+accountB, "", as(aToken)).refused(403, 10000, "")
		w.do("GET", path+"?account_id=a%2Fb", "").refused(400, 10005, "")
		w.do("GET", path+"?account_id=", "").refused(400, 10005, "")
		w.do("GET", path+"?account_id=a&account_id=b", "").refused(400, 10005, "")
		w.do("GET", "/client/v4"+path, "").refused(404, 7003, "")
	}
}

func TestAccepted(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Lease = 7 * time.Second })
	r := w.newRelay(accountA, "r")
	type set struct {
		Relay    string
		Epoch    int64
		MaxAgeMS int64 `json:"max_age_ms"`
		Accepted []struct {
			JTI        string
			Operations []string
			Expires    string
		}
	}
	path := "/-/relays/" + r.UID + "/accepted"
	var before, after set
	w.do("GET", path, "").into(&before)
	require.Equal(t, r.UID, before.Relay)
	require.EqualValues(t, 7000, before.MaxAgeMS)
	require.Len(t, before.Accepted, 2)
	for _, token := range r.Issuers[0].Tokens {
		found := false
		for _, a := range before.Accepted {
			found = found || a.JTI == token.JTI && a.Expires == token.Expires && len(a.Operations) == len(token.Operations)
		}
		require.True(t, found)
	}
	w.do("POST", in(accountA)+"/moq/relays/"+r.UID+"/tokens/rotate", `{"type":"subscribe"}`).ok(nil)
	w.do("GET", path, "").into(&after)
	require.Greater(t, after.Epoch, before.Epoch)
	require.Len(t, after.Accepted, 2)
	old := r.Issuers[0].Tokens[1].JTI
	for _, a := range after.Accepted {
		require.NotEqual(t, old, a.JTI)
	}
	w.do("GET", "/-/relays/never-was/accepted", "").refused(404, 10003, "")
}

func TestEntityTags(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	for _, path := range []string{"/.well-known/jwks.json", "/-/revocations", "/-/relays/" + r.UID + "/accepted", "/-/openapi.json"} {
		a := w.do("GET", path, "")
		tag := a.header.Get("ETag")
		require.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
		require.Equal(t, tag, w.do("GET", path, "").header.Get("ETag"))
		for _, sent := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			again := w.do("GET", path, "", with("If-None-Match", sent))
			require.Equal(t, http.StatusNotModified, again.status)
			require.Equal(t, tag, again.header.Get("ETag"))
		}
		for _, sent := range []string{`"x"`, tag[:10], ""} {
			require.Equal(t, http.StatusOK, w.do("GET", path, "", with("If-None-Match", sent)).status)
		}
	}
	tag := w.do("GET", "/.well-known/jwks.json", "").header.Get("ETag")
	w.newStreamKey(accountA)
	require.Equal(t, http.StatusOK, w.do("GET", "/.well-known/jwks.json", "", with("If-None-Match", tag)).status)
}
