package follow_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/follow"
)

// document is a server with one document, which says when it has not changed.
type document struct {
	mu       sync.Mutex
	text     string
	asked    []string // If-None-Match of each request
	bearer   string   // of the last request
	conns    atomic.Int64
	instead  http.HandlerFunc // if set, answers in its place
	embedded *httptest.Server
}

func (d *document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	text, instead := d.text, d.instead
	d.asked = append(d.asked, r.Header.Get("If-None-Match"))
	d.bearer = r.Header.Get("Authorization")
	d.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	tag := fmt.Sprintf("%q", text)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	io.WriteString(w, text)
}

func (d *document) put(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.text, d.instead = text, nil
}

func (d *document) answer(h http.HandlerFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.instead = h
}

func (d *document) requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.asked...)
}

func (d *document) authorization() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bearer
}

func serveDocument(t *testing.T, text string) *document {
	t.Helper()
	d := &document{text: text}
	srv := httptest.NewUnstartedServer(d)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			d.conns.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	d.embedded = srv
	return d
}

// source fetches from d each time it is asked.
func (d *document) source(t *testing.T, change func(*follow.URLConfig)) follow.Source {
	t.Helper()
	cfg := follow.URLConfig{URL: d.embedded.URL + "/d.json", MaxBytes: 1000, Cooldown: time.Nanosecond}
	if change != nil {
		change(&cfg)
	}
	src, err := follow.URLSource(cfg)
	require.NoError(t, err)
	return src
}

func TestURLFollowed(t *testing.T) {
	d := serveDocument(t, "one")
	f, a, log := start(t, d.source(t, nil), never)
	require.Equal(t, "d.json=one", a.text())
	for range 3 {
		require.NoError(t, f.Check())
	}
	require.Equal(t, 1, a.count())
	require.Equal(t, []string{"", `"one"`, `"one"`, `"one"`}, d.requests())
	first := f.Status().Version
	d.put("two")
	require.NoError(t, f.Check())
	require.Equal(t, "d.json=two", a.text())
	require.NotEqual(t, first, f.Status().Version)
	d.put("bad")
	require.ErrorContains(t, f.Check(), "it is bad")
	require.ErrorContains(t, f.Check(), "it is bad", "a 304 for what was refused is not good")
	require.ErrorContains(t, f.Status().LastError, "it is bad")
	require.Equal(t, 1, log.count("level=ERROR"))
	d.put("one")
	require.NoError(t, f.Check())
	require.Equal(t, "d.json=one", a.text())
	require.Equal(t, first, f.Status().Version)
	require.EqualValues(t, 1, d.conns.Load(), "one connection for all of it")
}

func TestURLPolled(t *testing.T) {
	d := serveDocument(t, "one")
	_, a, _ := start(t, d.source(t, nil), 5*time.Millisecond)
	d.put("two")
	a.becomes(t, "d.json=two")
	d.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	d.put("three")
	a.becomes(t, "d.json=three")
}

// Whatever a server does that is not one complete answer, the version in force stays, and the reason is told once, without
// the token.
func TestURLBadServer(t *testing.T) {
	const secret = "s3cr3t-t0k3n"
	hang := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(conn, answer)
				conn.Close()
			}
		}
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			if code >= 200 && code != 204 && code != 304 {
				io.WriteString(w, "two")
			}
		}
	}
	header := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name, value)
			io.WriteString(w, "two")
		}
	}
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"moved":         {status(301), "redirects are not followed"},
		"found":         {status(302), "redirects are not followed"},
		"redirected":    {status(307), "redirects are not followed"},
		"created":       {status(201), "status 201"},
		"no content":    {status(204), "status 204"},
		"partial":       {status(206), "status 206"},
		"unauthorized":  {status(401), "status 401"},
		"not found":     {status(404), "status 404"},
		"unavailable":   {status(503), "status 503"},
		"another's 304": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("ETag", `"x"`); w.WriteHeader(304) }, "status 304"},
		"hangs at once": {hang, "no complete answer within 300ms"},
		"hangs in the body": {func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("tw"))
			w.(http.Flusher).Flush()
			hang(w, r)
		}, "no complete answer within 300ms"},
		"a drop at a time":   {drip, "no complete answer within 300ms"},
		"endless":            {endless, "too large"},
		"too large, and so":  {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1001)) }, "too large"},
		"announced to be":    {raw("HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\ntwo"), "too large"},
		"cut short":          {raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntw"), "unexpected EOF"},
		"cut between chunks": {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntw\r\n"), "unexpected EOF"},
		"no length":          {raw("HTTP/1.1 200 OK\r\n\r\ntwo"), "neither a length nor chunks"},
		"HTTP/1.0":           {raw("HTTP/1.0 200 OK\r\n\r\ntwo"), "neither a length nor chunks"},
		"two lengths":        {raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\ntwo"), "Content-Length"},
		"nothing":            {raw(""), "EOF"},
		"not HTTP":           {raw("SSH-2.0-x\r\n"), "malformed HTTP"},
		"the token back":     {raw("HTTP/1.1 " + secret + " x\r\n\r\n"), "repeats the bearer token"},
		"header flood":       {headerFlood, "exceeded 65536 bytes"},
		"1xx flood":          {raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("x", 4000)+"\r\n\r\n", 1000)), ""},
		"gzip":               {header("Content-Encoding", "gzip"), "content coding"},
		"identity, even":     {header("Content-Encoding", "identity"), "content coding"},
		"from a cache":       {header("Age", "0"), "cache on the way"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := serveDocument(t, "one")
			src := d.source(t, func(c *follow.URLConfig) {
				c.Bearer = func() (string, error) { return secret, nil }
				c.Timeout = 300 * time.Millisecond
				c.Direct = true
			})
			f, a, logged := start(t, src, never)
			before := f.Status()
			d.answer(c.answer)
			for range 2 {
				require.ErrorContains(t, f.Check(), c.want)
			}
			require.Equal(t, "d.json=one", a.text())
			require.Equal(t, before.AsOf, f.Status().AsOf)
			require.ErrorContains(t, f.Status().LastError, d.embedded.URL+"/d.json: ")
			require.NotContains(t, f.Status().LastError.Error(), secret)
			require.LessOrEqual(t, len(f.Status().LastError.Error()), 400)
			require.Equal(t, 1, logged.count("level=ERROR"), "the same failure is told once")
			require.Zero(t, logged.count(secret))
			d.put("three")
			require.NoError(t, f.Check())
			require.Equal(t, "d.json=three", a.text())
			require.NoError(t, f.Status().LastError)
		})
	}
}

func drip(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 100)); err != nil {
			return
		}
	}
}

func headerFlood(w http.ResponseWriter, r *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
	for i := 0; ; i++ {
		if _, err := fmt.Fprintf(conn, "X-%d: %s\r\n", i, strings.Repeat("x", 500)); err != nil {
			return
		}
	}
}

// A redirect is not followed, so the token does not go where the server says.
func TestURLRedirectTarget(t *testing.T) {
	other := serveDocument(t, "two")
	d := serveDocument(t, "one")
	d.answer(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.embedded.URL, http.StatusFound)
	})
	_, err := d.source(t, nil).Read(t.Context())
	require.ErrorContains(t, err, "status 302")
	require.Empty(t, other.requests())
}

func TestURLFirst304(t *testing.T) {
	d := serveDocument(t, "one")
	d.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) })
	_, err := follow.Start(follow.Config{Source: d.source(t, nil), Accept: func(follow.Snapshot) error { return nil }})
	require.ErrorContains(t, err, "status 304")
}

// Validators that promise too little, or that could not be sent back as they are, are not used.
func TestURLWeakETag(t *testing.T) {
	for _, tag := range []string{`W/"one"`, `one`, `"`, `"a"b"`, "\"a\tb\"", `"` + strings.Repeat("x", 300) + `"`} {
		d := serveDocument(t, "")
		d.answer(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", tag)
			io.WriteString(w, "one")
		})
		src := d.source(t, nil)
		for range 2 {
			_, err := src.Read(t.Context())
			require.NoError(t, err)
		}
		require.Equal(t, []string{"", ""}, d.requests(), tag)
	}
}

// However often it is asked, one fetch a cooldown.
func TestURLCooldown(t *testing.T) {
	d := serveDocument(t, "one")
	f, _, _ := start(t, d.source(t, func(c *follow.URLConfig) { c.Cooldown = never }), time.Millisecond)
	asOf := f.Status().AsOf
	d.put("two")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if err := f.Check(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, d.requests(), 1)
	require.Equal(t, asOf, f.Status().AsOf, "asking a cache makes nothing newer")
}

// A failure is remembered for the cooldown as well.
func TestURLCooldownOfFailure(t *testing.T) {
	d := serveDocument(t, "one")
	d.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	src := d.source(t, func(c *follow.URLConfig) { c.Cooldown = never })
	for range 3 {
		_, err := src.Read(t.Context())
		require.ErrorContains(t, err, "status 500")
	}
	require.Len(t, d.requests(), 1)
}

// Many readers at once make one request; one who gives up waits no longer, and costs the others nothing.
func TestURLReadersTogether(t *testing.T) {
	d := serveDocument(t, "one")
	open := make(chan struct{})
	d.answer(func(w http.ResponseWriter, _ *http.Request) { <-open; io.WriteString(w, "one") })
	src := d.source(t, func(c *follow.URLConfig) { c.Cooldown = never })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := src.Read(context.Background())
			if err != nil || string(s.Files[0].Data) != "one" {
				t.Error(s, err)
			}
			if len(s.Files) == 1 {
				s.Files[0].Data[0] = 'x' // it is the reader's own
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := src.Read(ctx)
	require.ErrorIs(t, err, context.Canceled)
	close(open)
	wg.Wait()
	require.LessOrEqual(t, len(d.requests()), 2) // the one who gave up may have been first
}

func TestURLBearer(t *testing.T) {
	d := serveDocument(t, "one")
	path := filepath.Join(t.TempDir(), "token")
	write(t, path, "first\n")
	src := d.source(t, func(c *follow.URLConfig) { c.Bearer = follow.BearerFile(path) })
	read := func() error { _, err := src.Read(t.Context()); return err }
	require.NoError(t, read())
	require.Equal(t, "Bearer first", d.authorization())
	write(t, path, "second\r\n")
	require.NoError(t, read())
	require.Equal(t, "Bearer second", d.authorization())
	for _, bad := range []string{"", "\n", "two words\n", "two\nlines\n", "caf\u00e9", "nul\x00", strings.Repeat("x", 9000)} {
		write(t, path, bad)
		err := read()
		require.ErrorContains(t, err, "bearer token: "+path)
		if bad = strings.TrimSpace(bad); bad != "" {
			require.NotContains(t, err.Error(), bad)
		}
	}
	require.Len(t, d.requests(), 2, "nothing is sent without the token")
	src = d.source(t, func(c *follow.URLConfig) { c.Bearer = func() (string, error) { return "a\r\nX-Evil: 1", nil } })
	err := read()
	require.ErrorContains(t, err, "bearer token")
	require.NotContains(t, err.Error(), "Evil")
}

func TestURLRefused(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "not an absolute URL",
		"/keys.json":                       "not an absolute URL",
		"keys.example.com/k":               "not an absolute URL",
		"https:///k":                       "not an absolute URL",
		"https://:443/k":                   "not an absolute URL",
		"https://h\x00/k":                  "not an absolute URL",
		"https://user:pass@example.com/k":  "user name or password",
		"https://user@example.com/k":       "user name or password",
		"https://example.com/k#part":       "fragment",
		"http://example.com/k":             "plain http beyond this machine",
		"http://localhost.example.com/k":   "plain http beyond this machine",
		"http://127.0.0.1.example.com/k":   "plain http beyond this machine",
		"http://10.0.0.1/k":                "plain http beyond this machine",
		"http://0.0.0.0/k":                 "plain http beyond this machine",
		"ftp://example.com/k":              "neither https nor http",
		"file://localhost/etc/passwd":      "neither https nor http",
		"https://example.com/k?ok=secret1": "",
		"http://localhost:1/k":             "",
		"http://127.9.9.9/k":               "",
		"http://[::1]:80/k":                "",
	} {
		src, err := follow.URLSource(follow.URLConfig{URL: in, MaxBytes: 1})
		if want == "" {
			require.NoError(t, err, in)
			require.NotContains(t, src.String(), "secret")
			continue
		}
		require.ErrorContains(t, err, want, in)
		require.Nil(t, src)
		require.NotContains(t, err.Error(), "pass@")
	}
	for _, cfg := range []follow.URLConfig{
		{URL: "https://h/k"}, {URL: "https://h/k", MaxBytes: -1}, {URL: "https://h/k", MaxBytes: 1, Timeout: -1}, {URL: "https://h/k", MaxBytes: 1, Cooldown: -1},
	} {
		_, err := follow.URLSource(cfg)
		require.Error(t, err)
	}
	_, err := follow.URLSource(follow.URLConfig{URL: "http://10.0.0.1/k", MaxBytes: 1, AllowPlainHTTP: true})
	require.NoError(t, err)
}

// TLS is checked, and not below 1.2; the environment's proxy is not asked, one that is named is.
func TestURLConnection(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	read := func(roots *x509.CertPool, proxy func(*http.Request) (*url.URL, error)) (follow.Snapshot, error) {
		src, err := follow.URLSource(follow.URLConfig{URL: srv.URL, MaxBytes: 100, RootCAs: roots, Proxy: proxy})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err = src.Watch(ctx)
		require.NoError(t, err)
		return src.Read(ctx)
	}
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	snap, err := read(pool, nil)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1", string(snap.Files[0].Data))
	_, err = read(nil, nil)
	require.ErrorContains(t, err, "certificate")
	_, err = read(pool, func(*http.Request) (*url.URL, error) { return url.Parse("http://127.0.0.1:1") })
	require.ErrorContains(t, err, "refused")
	srv.TLS.MaxVersion = tls.VersionTLS11
	srv.TLS.MinVersion = tls.VersionTLS10
	_, err = read(pool, nil)
	require.ErrorContains(t, err, "protocol version")
}
