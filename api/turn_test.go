package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

func TestTURNKeys(t *testing.T) {
	w := newWorld(t)
	path := in(accountA) + "/calls/turn_keys"
	require.Equal(t, "[]", string(w.do("GET", path, "").ok(nil).Result))
	var first, second turnKey
	w.do("POST", path, `{"name":"my turn key"}`).ok(&first)
	w.clock.advance(time.Second)
	w.do("POST", path, "").ok(&second)
	require.Regexp(t, "^[0-9a-f]{32}$", first.UID)
	require.Regexp(t, "^[0-9a-f]{64}$", first.Key)
	require.Equal(t, "my turn key", first.Name)
	require.Equal(t, "", second.Name)
	require.Equal(t, "2030-01-02T03:04:05.678901234Z", first.Created)
	require.Equal(t, first.Created, first.Modified)

	var list []turnKey
	w.do("GET", path, "").ok(&list)
	shown := func(k turnKey) turnKey { k.Key = ""; return k }
	require.Equal(t, []turnKey{shown(second), shown(first)}, list)
	var got turnKey
	w.do("GET", path+"/"+first.UID, "").ok(&got)
	require.Equal(t, shown(first), got)

	w.clock.advance(time.Second)
	w.do("PUT", path+"/"+first.UID, `{"name":"renamed"}`).ok(&got)
	require.Equal(t, "renamed", got.Name)
	require.Equal(t, first.Created, got.Created)
	require.Equal(t, "2030-01-02T03:04:07.678901234Z", got.Modified)
	renamed := got
	w.do("PUT", path+"/"+first.UID, `{}`).ok(&got)
	require.Equal(t, renamed, got, "nothing given, nothing changed")

	a := w.do("DELETE", path+"/"+first.UID, "")
	a.ok(&got)
	require.Equal(t, renamed, got)
	require.Equal(t, "acknowledged", a.header.Get("Streamtoken-Invalidated"))
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		w.do(method, path+"/"+first.UID, "").refused(404, 10003, "")
	}
	w.do("PUT", path+"/"+first.UID, `{"name":"x"}`).refused(404, 10003, "")
	for body, pointer := range map[string]string{`{"name":1}`: "/name", `{"name":""}`: "/name", `{"Name":"x"}`: "/name", `[]`: ""} {
		w.do("POST", path, body).refused(400, 10005, pointer)
		w.do("PUT", path+"/"+second.UID, body).refused(400, 10005, pointer)
	}
}

const iceCall = "/credentials/generate-ice-servers"

func TestICEServers(t *testing.T) {
	w := newWorld(t)
	k := w.newTURNKey(accountA, "k")
	key, err := turn.NewKey(k.UID, k.Key)
	require.NoError(t, err)
	now := w.clock.Now().Truncate(time.Second)
	for _, c := range []struct {
		body       string
		expires    time.Time
		identifier string
	}{
		{"", now.Add(24 * time.Hour), k.UID},
		{"{}", now.Add(24 * time.Hour), k.UID},
		{`{"ttl":86400}`, now.Add(24 * time.Hour), k.UID},
		{`{"ttl":1}`, now.Add(time.Second), k.UID},
		{`{"ttl":172800,"customIdentifier":"user4523958"}`, now.Add(48 * time.Hour), "user4523958"},
	} {
		for _, base := range []string{"", "/client/v4"} {
			a := w.do("POST", base+"/v1/turn/keys/"+k.UID+iceCall, c.body, as(k.Key))
			require.Equal(t, 201, a.status, a.body)
			var servers turn.ICEServers
			require.NoError(t, json.Unmarshal([]byte(a.body), &servers))
			require.Len(t, servers.ICEServers, 2)
			require.Equal(t, []string{"stun:turn.example.com:3478"}, servers.ICEServers[0].URLs)
			require.Contains(t, servers.ICEServers[1].URLs, "turn:turn.example.com:3478?transport=udp")
			holder, err := key.Check(servers.ICEServers[1].Username, servers.ICEServers[1].Credential, now)
			require.NoError(t, err)
			require.Equal(t, turn.Holder{Identifier: c.identifier, Expires: c.expires}, holder)

			a = w.do("POST", base+"/v1/turn/keys/"+k.UID+"/credentials/generate", c.body, as(k.Key))
			require.Equal(t, 201, a.status, a.body)
			var one turn.ICEServersObject
			require.NoError(t, json.Unmarshal([]byte(a.body), &one))
			require.Equal(t, servers.ICEServers[1].Credential, one.ICEServers.Credential)
		}
	}
	for body, pointer := range map[string]string{
		`{"ttl":0}`: "/ttl", `{"ttl":-1}`: "/ttl", `{"ttl":172801}`: "/ttl", `{"ttl":9223372036854775807}`: "/ttl", `{"ttl":18446744073709551617}`: "/ttl",
		`{"ttl":"60"}`: "/ttl", `{"ttl":1.5}`: "/ttl", `{"ttl":null}`: "/ttl", `{"TTL":60}`: "/ttl",
		`{"customIdentifier":"a:b"}`: "/customIdentifier", `{"customIdentifier":""}`: "/customIdentifier", `{"customIdentifier":5}`: "/customIdentifier",
		`{"customIdentifier":"` + strings.Repeat("a", 65) + `"}`: "/customIdentifier", `{"customIdentifier":"a b"}`: "/customIdentifier",
		`{"customIdentifier":"` + k.Key + `"}`: "/customIdentifier", `{"customIdentifier":"a%b"}`: "/customIdentifier",
		`{"customidentifier":"a"}`: "/customIdentifier", `[]`: "",
	} {
		w.do("POST", "/v1/turn/keys/"+k.UID+iceCall, body, as(k.Key)).refused(400, 10005, pointer)
	}
}

// The key is deleted while the request's body is still on its way: no credential is made with it after that.
func TestICEServersOfAKeyDeletedMeanwhile(t *testing.T) {
	w := newWorld(t)
	k := w.newTURNKey(accountA, "k")
	a := w.do("POST", "/v1/turn/keys/"+k.UID+iceCall, "", as(k.Key), func(r *http.Request) {
		r.ContentLength = -1
		r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
			w.do("DELETE", in(accountA)+"/calls/turn_keys/"+k.UID, "").ok(nil)
			return 0, io.EOF
		}))
	})
	require.Equal(t, 401, a.status, a.body)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Every credential that is not this key's is answered alike, whatever is wrong with it.
func TestICEServersAuthentication(t *testing.T) {
	w := newWorld(t)
	k, other := w.newTURNKey(accountA, "k"), w.newTURNKey(accountA, "other")
	deleted := w.newTURNKey(accountA, "deleted")
	w.do("DELETE", in(accountA)+"/calls/turn_keys/"+deleted.UID, "").ok(nil)
	var want string
	for i, c := range []struct {
		uid    string
		change func(*reqHeader)
	}{
		{k.UID, func(h *reqHeader) { h.bearer(other.Key) }},
		{k.UID, func(h *reqHeader) { h.bearer(anyToken) }},
		{k.UID, func(h *reqHeader) { h.bearer(strings.Repeat("0", 64)) }},
		{k.UID, func(h *reqHeader) { h.bearer(strings.ToUpper(k.Key)) }},
		{k.UID, func(h *reqHeader) { h.bearer("x") }},
		{k.UID, func(h *reqHeader) { h.set("Authorization", "Basic x") }},
		{k.UID, func(h *reqHeader) { h.set("Authorization", "") }},
		{k.UID, func(h *reqHeader) { h.remove("Authorization") }},
		{deleted.UID, func(h *reqHeader) { h.bearer(deleted.Key) }},
		{strings.Repeat("0", 32), func(h *reqHeader) { h.bearer(k.Key) }},
		{"never-was", func(h *reqHeader) { h.bearer(k.Key) }},
	} {
		a := w.do("POST", "/v1/turn/keys/"+c.uid+iceCall, "", edit(c.change))
		a.refused(401, 10000, "")
		require.NotEmpty(t, a.header.Get("WWW-Authenticate"))
		if i == 0 {
			want = a.body
		}
		require.Equal(t, want, a.body)
	}
}
