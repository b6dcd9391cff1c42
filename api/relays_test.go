package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

const defaultConfig = `{"lingering_subscribe":{"enabled":true,"max_timeout_ms":30000},"origin_fallback":{"enabled":false,"origins":[]}}`

// One answer serves the SDKs of both generations.
func TestCreateRelay(t *testing.T) {
	w := newWorld(t)
	a := w.do("POST", in(accountA)+"/moq/relays", `{"name":"Production Live Stream"}`)
	var r relay
	a.ok(&r)
	require.Regexp(t, "^[0-9a-f]{32}$", r.UID)
	require.Equal(t, "Production Live Stream", r.Name)
	require.Equal(t, "2030-01-02T03:04:05.678901234Z", r.Created)
	require.Equal(t, r.Created, r.Modified)
	require.JSONEq(t, defaultConfig, string(r.Config))
	require.Len(t, r.Issuers, 1)
	require.Equal(t, "cloudflare_jwt", r.Issuers[0].Type)
	require.Equal(t, "cloudflare", r.Issuers[0].Issuer)
	tokens := r.Issuers[0].Tokens
	require.Len(t, tokens, 2)
	require.Equal(t, []string{"publish", "subscribe"}, tokens[0].Operations)
	require.Equal(t, []string{"subscribe"}, tokens[1].Operations)
	require.Equal(t, r.Both, *tokens[0].Secret)
	require.Equal(t, r.Sub, *tokens[1].Secret)
	require.True(t, strings.HasPrefix(r.Both, "eyJhbGciOiJFZDI1NTE5"), "the header begins as Cloudflare's")
	for i, token := range []string{r.Both, r.Sub} {
		require.Nil(t, tokens[i].Label)
		require.Equal(t, "2031-01-02T03:04:05Z", tokens[i].Expires)
		tok := w.admitted(token)
		require.Equal(t, r.UID, tok.Relay())
		require.Equal(t, tokens[i].JTI, tok.ID())
	}
}

// relayVerifier is what a relay would check with.
func (w *world) relayVerifier() *moq.Verifier {
	w.Helper()
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: w.node, Accepted: w.node, Now: w.clock.Now})
	require.NoError(w, err)
	return v
}

func (w *world) admitted(token string) *moq.Token {
	w.Helper()
	tok, err := w.relayVerifier().Verify(w.Context(), token)
	require.NoError(w, err)
	return tok
}

func TestCreateRelayRefusals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		body    string
		code    int
		pointer string
	}{
		{``, 10005, "/name"},
		{`{}`, 10005, "/name"},
		{`{"name":""}`, 10005, "/name"},
		{`{"name":1}`, 10005, "/name"},
		{`{"name":null}`, 10005, "/name"},
		{`{"NAME":"a"}`, 10005, "/name"},
		{`{"name":"` + strings.Repeat("a", 256) + `"}`, 10005, "/name"},
		{`{"name":"a\u0000b"}`, 10005, "/name"},
		{`{"name":"a\nb"}`, 10005, "/name"},
		{`{"name":"a","config":[]}`, 10005, "/config"},
		{`{"name":"a","config":"x"}`, 10005, "/config"},
		{`{"name":"a","config":{"upstreams":{}}}`, 21014, "/config"},
		{`{"name":"a","config":{"unknown":null}}`, 21014, "/config"},
	} {
		w.do("POST", in(accountA)+"/moq/relays", c.body).refused(400, c.code, c.pointer)
	}
	for _, body := range []string{`{"name":"a","config":null}`, `{"name":"b","config":{}}`, `{"name":"` + strings.Repeat("a", 255) + `"}`, `{"name":"Übertragung"}`} {
		w.do("POST", in(accountA)+"/moq/relays", body).ok(nil)
	}
}

func TestRelayUpdate(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "first")
	path := in(accountA) + "/moq/relays/" + r.UID
	update := func(body string) (got relay) {
		t.Helper()
		w.clock.advance(time.Second)
		w.do("PUT", path, body).ok(&got)
		var again relay
		w.do("GET", path, "").ok(&again)
		require.Equal(t, again, got)
		return got
	}
	// Nothing given, nothing changed.
	for _, body := range []string{"", "{}", `{"config":null}`, `{"config":{}}`, `{"config":{"unknown":1}}`} {
		got := update(body)
		require.Equal(t, r.Modified, got.Modified, body)
		require.JSONEq(t, defaultConfig, string(got.Config))
	}
	got := update(`{"name":"second"}`)
	require.Equal(t, "second", got.Name)
	require.Equal(t, r.Created, got.Created)
	require.Equal(t, "2030-01-02T03:04:11.678901234Z", got.Modified)
	require.JSONEq(t, defaultConfig, string(got.Config))

	// A part is replaced as a whole, the others stay.
	got = update(`{"config":{"lingering_subscribe":{"enabled":false,"max_timeout_ms":0}}}`)
	require.Equal(t, "second", got.Name)
	require.JSONEq(t, `{"lingering_subscribe":{"enabled":false,"max_timeout_ms":0},"origin_fallback":{"enabled":false,"origins":[]}}`, string(got.Config))
	got = update(`{"config":{"origin_fallback":{"enabled":true,"origins":[{"url":"https://origin.example.com/a"}]},"upstreams":{"upstreams":[{"url":"moqt://relay.example.com"}]}}}`)
	require.JSONEq(t, `{"lingering_subscribe":{"enabled":false,"max_timeout_ms":0},"origin_fallback":{"enabled":true,"origins":[{"url":"https://origin.example.com/a"}]},"upstreams":{"enabled":false,"upstreams":[{"url":"moqt://relay.example.com"}]}}`, string(got.Config))
	got = update(`{"name":"third","config":{"upstreams":{"enabled":true}}}`)
	require.JSONEq(t, `{"lingering_subscribe":{"enabled":false,"max_timeout_ms":0},"origin_fallback":{"enabled":true,"origins":[{"url":"https://origin.example.com/a"}]},"upstreams":{"enabled":true,"upstreams":[]}}`, string(got.Config))

	for _, c := range []struct {
		body    string
		code    int
		pointer string
	}{
		{`{"name":""}`, 10005, "/name"},
		{`{"name":null}`, 10005, "/name"},
		{`{"config":1}`, 10005, "/config"},
		{`{"config":{"Upstreams":{}}}`, 10005, "/config/upstreams"},
		{`{"config":{"lingering_subscribe":{"max_timeout_ms":300001}}}`, 10005, "/config/lingering_subscribe/max_timeout_ms"},
		{`{"config":{"lingering_subscribe":{"max_timeout_ms":"1"}}}`, 10005, "/config/lingering_subscribe/max_timeout_ms"},
		{`{"config":{"lingering_subscribe":{"enabled":true}}}`, 10005, "/config/origin_fallback/enabled"}, // the other is on
		{`{"config":{"upstreams":{"upstreams":[{"url":"moqt://ok.example"},{"url":"http://no.example"}]}}}`, 21013, "/config/upstreams/upstreams/1/url"},
		{`{"config":{"origin_fallback":{"origins":[{"url":"/relative"}]}}}`, 21013, "/config/origin_fallback/origins/0/url"},
	} {
		w.do("PUT", path, c.body).refused(400, c.code, c.pointer)
	}
	var unchanged relay
	w.do("GET", path, "").ok(&unchanged)
	require.Equal(t, got, unchanged)
	w.do("PUT", in(accountA)+"/moq/relays/"+strings.Repeat("0", 32), `{"name":"x"}`).refused(404, 10003, "")
	w.do("PUT", in(accountA)+"/moq/relays/"+strings.Repeat("0", 32), ``).refused(404, 10003, "")
}

func TestRelayList(t *testing.T) {
	w := newWorld(t)
	path := in(accountA) + "/moq/relays"
	e := w.do("GET", path, "").ok(nil)
	require.Equal(t, "[]", string(e.Result))
	require.Equal(t, 0, e.ResultInfo.Total)
	var made []relay
	for i := range 5 {
		made = append(made, w.newRelay(accountA, fmt.Sprint("r", i)))
		w.clock.advance(time.Second)
	}
	w.newRelay(accountB, "not in this account")
	for _, c := range []struct {
		query string
		names string
		total int
	}{
		{"", "r4 r3 r2 r1 r0", 5},
		{"?asc=false", "r4 r3 r2 r1 r0", 5},
		{"?asc=true", "r0 r1 r2 r3 r4", 5},
		{"?per_page=2", "r4 r3", 5},
		{"?per_page=2&asc=true", "r0 r1", 5},
		{"?per_page=99999999", "r4 r3 r2 r1 r0", 5},
		{"?created_before=" + made[3].Created, "r2 r1 r0", 3},
		{"?created_after=" + made[1].Created, "r4 r3 r2", 3},
		{"?created_after=" + made[0].Created + "&created_before=" + made[3].Created + "&asc=true&per_page=1", "r1", 2},
		{"?created_after=2040-01-01T00:00:00%2B01:00", "", 0},
		{"?unknown=1", "r4 r3 r2 r1 r0", 5},
	} {
		a := w.do("GET", path+c.query, "")
		var list []relay
		e := a.ok(&list)
		var names []string
		for _, r := range list {
			names = append(names, r.Name)
			require.Empty(t, r.Config)
		}
		require.Equal(t, c.names, strings.Join(names, " "), c.query)
		require.Equal(t, len(list), e.ResultInfo.Count)
		require.Equal(t, c.total, e.ResultInfo.Total, c.query)
	}
	for _, query := range []string{
		"?asc=1", "?asc=", "?asc=true&asc=true", "?per_page=0", "?per_page=-1", "?per_page=x", "?per_page=", "?created_after=yesterday",
		"?created_before=2030-01-01", "?per_page=1;2", "?per_page=%zz", "?x=" + strings.Repeat("a", 5000),
	} {
		w.do("GET", path+query, "").refused(400, 10005, "")
	}
}

func TestRelayDelete(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	path := in(accountA) + "/moq/relays/" + r.UID
	w.admitted(r.Both)
	a := w.do("DELETE", path, "")
	require.Equal(t, "null", string(a.ok(nil).Result))
	require.Equal(t, "acknowledged", a.header.Get("Streamtoken-Invalidated"))
	for _, token := range []string{r.Both, r.Sub} {
		_, err := w.relayVerifier().Verify(t.Context(), token)
		require.Error(t, err)
	}
	for _, c := range []struct{ method, path string }{{"GET", ""}, {"DELETE", ""}, {"PUT", ""}, {"GET", "/tokens"}, {"DELETE", "/tokens/abc"}} {
		w.do(c.method, path+c.path, "").refused(404, 10003, "")
	}
	w.do("POST", path+"/tokens", `{"operations":["publish"]}`).refused(404, 10003, "")
	w.do("POST", path+"/tokens/rotate", `{"type":"subscribe"}`).refused(404, 10003, "")
	require.Equal(t, "[]", string(w.do("GET", in(accountA)+"/moq/relays", "").ok(nil).Result))
}
