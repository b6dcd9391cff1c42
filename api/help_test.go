package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/store"
)

const (
	accountA = "023e105f4ecef8ad9ca31a8372d0c353"
	accountB = "fedcba98765432100123456789abcdef"
	video    = "ea95132c15732412d22c1476fa83f27a"

	anyToken = "test-token-any-account"
	aToken   = "test-token-account-a"
	bToken   = "test-token-account-b"

	tokenList = "# a comment\n" + anyToken + "\n\n" + aToken + " " + accountA + "\n  " + bToken + "\t" + accountB + "\r\n"
)

// world is a control API on a SQLite file of its own.
type world struct {
	testing.TB
	dir     string
	store   store.Store
	node    *store.Node
	config  api.Config
	handler http.Handler
	log     *safeBuffer
	clock   *clock
}

func newWorld(t testing.TB, change ...func(*api.Config)) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir(), log: &safeBuffer{}, clock: &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 678901234, time.UTC)}}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{
		URL: "sqlite:" + filepath.Join(w.dir, "state.db"), MasterKey: bytes.Repeat([]byte{7}, 32), Now: w.clock.Now,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	node, err := s.Join(ctx, store.NodeConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, node.Close()) })
	tokens, err := api.NewTokens([]byte(tokenList))
	require.NoError(t, err)
	w.store, w.node = s, node
	w.config = api.Config{
		Store: s, Node: node, Tokens: tokens, TURNHost: "turn.example.com", Now: w.clock.Now,
		Log: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&w.config)
	}
	w.handler, err = api.New(w.config)
	require.NoError(t, err)
	return w
}

// reply is an answer, read.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// do sends a request, and holds the answer against the description.
func (w *world) do(method, path, body string, change ...func(*http.Request)) reply {
	w.Helper()
	return serve(w, w.handler, method, path, body, change...)
}

func serve(t testing.TB, h http.Handler, method, path, body string, change ...func(*http.Request)) reply {
	t.Helper()
	r := httptest.NewRequest(method, "http://api.test"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+anyToken)
	for _, f := range change {
		f(r)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	a := reply{t: t, status: rec.Code, header: rec.Header(), body: rec.Body.String()}
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	require.NotEmpty(t, a.header.Get("Cache-Control"))
	require.Regexp(t, "^[0-9a-f]{32}$", a.header.Get(api.RequestIDHeader))
	described.check(t, method, r.URL.Path, a)
	return a
}

func as(bearer string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+bearer) }
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func without(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }

// notice is an element of errors or messages.
type notice struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Source  struct {
		Pointer string `json:"pointer"`
	} `json:"source"`
}

type envelope struct {
	Result     json.RawMessage `json:"result"`
	Success    *bool           `json:"success"`
	Errors     []notice        `json:"errors"`
	Messages   []notice        `json:"messages"`
	ResultInfo *struct {
		Count, Total int
	} `json:"result_info"`
}

func (a reply) envelope() (e envelope) {
	a.t.Helper()
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &e), a.body)
	require.NotNil(a.t, e.Success)
	require.NotNil(a.t, e.Errors, "errors is always an array")
	require.NotNil(a.t, e.Messages, "messages is always an array")
	return e
}

// ok demands a success and reads its result.
func (a reply) ok(result any) envelope {
	a.t.Helper()
	require.Equal(a.t, http.StatusOK, a.status, a.body)
	e := a.envelope()
	require.True(a.t, *e.Success)
	if result != nil {
		require.NoError(a.t, json.Unmarshal(e.Result, result), a.body)
	}
	return e
}

// refused demands a refusal.
func (a reply) refused(status, code int, pointer string) notice {
	a.t.Helper()
	require.Equal(a.t, status, a.status, a.body)
	e := a.envelope()
	require.False(a.t, *e.Success)
	require.Equal(a.t, "null", string(e.Result))
	require.NotEmpty(a.t, e.Errors)
	require.Equal(a.t, code, e.Errors[0].Code, a.body)
	require.Equal(a.t, pointer, e.Errors[0].Source.Pointer, a.body)
	return e.Errors[0]
}

type issuedToken struct {
	JTI        string   `json:"jti"`
	Operations []string `json:"operations"`
	Created    string   `json:"created"`
	Expires    string   `json:"expires"`
	Label      *string  `json:"label"`
	Secret     *string  `json:"secret"`
}

type issuers struct {
	Issuers []struct {
		Type   string        `json:"type"`
		Issuer string        `json:"issuer"`
		Tokens []issuedToken `json:"cloudflare_tokens"`
	} `json:"issuers"`
}

type relay struct {
	issuers
	UID      string          `json:"uid"`
	Name     string          `json:"name"`
	Created  string          `json:"created"`
	Modified string          `json:"modified"`
	Config   json.RawMessage `json:"config"`
	Both     string          `json:"token_publish_subscribe"`
	Sub      string          `json:"token_subscribe"`
}

type streamKey struct {
	ID      string `json:"id"`
	KeyID   string `json:"key_id"`
	PEM     string `json:"pem"`
	JWK     string `json:"jwk"`
	Created string `json:"created"`
}

type turnKey struct {
	UID      string `json:"uid"`
	Name     string `json:"name"`
	Key      string `json:"key"`
	Created  string `json:"created"`
	Modified string `json:"modified"`
}

func in(account string) string { return "/client/v4/accounts/" + account }

func (w *world) newRelay(account, name string) (r relay) {
	w.Helper()
	w.do("POST", in(account)+"/moq/relays", `{"name":"`+name+`"}`).ok(&r)
	return r
}

func (w *world) newStreamKey(account string) (k streamKey) {
	w.Helper()
	w.do("POST", in(account)+"/stream/keys", "").ok(&k)
	return k
}

func (w *world) newTURNKey(account, name string) (k turnKey) {
	w.Helper()
	w.do("POST", in(account)+"/calls/turn_keys", `{"name":"`+name+`"}`).ok(&k)
	return k
}

// clock stands still until it is told to go on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "keys", name))
	require.NoError(t, err)
	defer f.Close()
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(data)
}
