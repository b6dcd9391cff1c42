package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/store"
)

func TestMethods(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ method, path, allow string }{
		{"PUT", in(accountA) + "/stream/keys", "GET, HEAD, POST"},
		{"OPTIONS", in(accountA) + "/stream/keys", "GET, HEAD, POST"},
		{"PATCH", in(accountA) + "/stream/keys/abc", "DELETE"},
		{"GET", in(accountA) + "/stream/keys/abc", "DELETE"},
		{"GET", in(accountA) + tokenPath, "POST"},
		{"GET", in(accountA) + "/stream/keys/token", "DELETE, POST"}, // a key named token, or a video named keys
		{"POST", in(accountA) + "/moq/relays/abc", "DELETE, GET, HEAD, PUT"},
		{"GET", in(accountA) + "/moq/relays/abc/tokens/rotate", "DELETE, POST"},
		{"PATCH", in(accountA) + "/calls/turn_keys/abc", "DELETE, GET, HEAD, PUT"},
		{"GET", "/v1/turn/keys/abc/credentials/generate", "POST"},
		{"POST", "/.well-known/jwks.json", "GET, HEAD"},
		{"DELETE", "/healthz", "GET, HEAD"},
	} {
		a := w.do(c.method, c.path, "")
		a.refused(405, 90002, "")
		require.Equal(t, c.allow, a.header.Get("Allow"), c.path)
	}
	w.do("POST", "/v1/turn/keys/abc/credentials/user/revoke", "").refused(404, 7003, "")
}

// Over a real connection: HEAD, bodies in chunks and without any, and those that are too large.
func TestBodiesOverTheWire(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.handler)
	defer server.Close()
	send := func(method, path string, body io.Reader, change ...func(*http.Request)) *http.Response {
		t.Helper()
		r, err := http.NewRequest(method, server.URL+path, body)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+anyToken)
		for _, f := range change {
			f(r)
		}
		resp, err := server.Client().Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body = io.NopCloser(bytes.NewReader(data))
		return resp
	}
	chunked := func(s string) io.Reader { return struct{ io.Reader }{strings.NewReader(s)} }
	token := in(accountA) + tokenPath
	for _, body := range []io.Reader{nil, http.NoBody, chunked(""), chunked("{}"), strings.NewReader("{}"), chunked(`{"downloadable":true}`)} {
		require.Equal(t, 200, send("POST", token, body).StatusCode)
	}
	pad := func(n int) string { return `{"x":"` + strings.Repeat("a", n-len(`{"x":""}`)) + `"}` }
	for _, body := range []io.Reader{chunked(pad(64 << 10)), strings.NewReader(pad(64 << 10))} {
		require.Equal(t, 200, send("POST", token, body).StatusCode)
	}
	for _, body := range []io.Reader{chunked(pad(64<<10 + 1)), strings.NewReader(pad(64<<10 + 1)), chunked(pad(1 << 20))} {
		resp := send("POST", token, body)
		require.Equal(t, 413, resp.StatusCode)
		data, _ := io.ReadAll(resp.Body)
		require.Contains(t, string(data), "90003")
	}
	// A reader of JSON that stops at the first value would not see what comes after the limit.
	require.Equal(t, 413, send("POST", token, chunked("{}"+strings.Repeat(" ", 64<<10))).StatusCode)

	var small bytes.Buffer
	zip := gzip.NewWriter(&small)
	_, _ = zip.Write([]byte("{}"))
	_ = zip.Close()
	require.Equal(t, 415, send("POST", token, &small, with("Content-Encoding", "gzip")).StatusCode)
	require.Equal(t, 200, send("POST", token, strings.NewReader("{}"), with("Content-Encoding", "identity")).StatusCode)
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"} {
		require.Equal(t, 200, send("POST", token, strings.NewReader("{}"), with("Content-Type", kind)).StatusCode)
	}

	for _, path := range []string{in(accountA) + "/moq/relays", "/.well-known/jwks.json", "/healthz"} {
		head, get := send("HEAD", path, nil), send("GET", path, nil)
		require.Equal(t, 200, head.StatusCode)
		require.Equal(t, get.Header.Get("Content-Length"), head.Header.Get("Content-Length"))
		require.Equal(t, get.Header.Get("ETag"), head.Header.Get("ETag"))
		data, _ := io.ReadAll(head.Body)
		require.Empty(t, data)
	}
	require.Equal(t, 304, send("GET", "/-/openapi.json", nil, with("If-None-Match", "*")).StatusCode)
}

// What is not plainly a path of the API is none.
func TestRawRequestTargets(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.handler)
	defer server.Close()
	for target, want := range map[string]int{
		"/healthz":                         200,
		"/healthz?x=%zz":                   200,
		"http://elsewhere.example/healthz": 200, // the absolute form (RFC 9112, section 3.2.2)
		"/healthz/":                        404,
		"/healthz/.":                       404,
		"/./healthz":                       404,
		"//healthz":                        404,
		"/%68ealthz":                       404,
		"/healthz%2f":                      404,
		"/healthz%00":                      404,
		"/x/../healthz":                    404,
		"*":                                404,
		"/" + strings.Repeat("a/", 5000):   404,
		"/client/v4/healthz":               404,
		"/healthz;x":                       404,
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.Equal(t, want, resp.StatusCode, target[:min(len(target), 40)])
		require.NoError(t, conn.Close())
	}
}

// A caller that goes away while its body is awaited costs an answer nobody reads, and nothing else.
func TestABodyThatDoesNotCome(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{", in(accountA)+tokenPath, anyToken)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.Equal(t, 400, resp.StatusCode)
	require.NoError(t, conn.Close())
}

func TestTheLog(t *testing.T) {
	w := newWorld(t)
	r := w.newRelay(accountA, "r")
	a := w.do("DELETE", in(accountA)+"/moq/relays/"+r.UID, "", as(aToken))
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	last := lines[len(lines)-1]
	for _, part := range []string{
		`"level":"INFO"`, `"id":"` + a.header.Get(api.RequestIDHeader) + `"`, `"method":"DELETE"`, `"route":"/accounts/{account_id}/moq/relays/{relay_id}"`,
		`"account":"` + accountA + `"`, `"by":"line 4"`, `"status":200`,
	} {
		require.Contains(t, last, part)
	}
	require.NotContains(t, last, r.UID)
	w.do("SECRET", "/secret-path", "")
	w.do("SECRET-METHOD", "/secret-path?secret-query", "", with("Secret-Header", "secret-value"))
	require.NotContains(t, strings.ToLower(w.log.String()), "secret-")
}

// A call that waits for a lease outlasts the server's ReadTimeout, with a body and without.
func TestWaitingOutlastsTheReadTimeout(t *testing.T) {
	t.Parallel()
	const timeout = 3 * time.Second // a busy machine reads a request within it
	var node *oddNode
	w := newWorld(t, func(c *api.Config) { node = &oddNode{Node: c.Node}; c.Node = node })
	r := w.newRelay(accountA, "r")
	node.await = func(ctx context.Context, _ int64) (store.Invalidation, error) {
		select {
		case <-ctx.Done():
			return store.Invalidation{}, ctx.Err()
		case <-time.After(timeout + timeout/2):
			return store.Invalidation{Acknowledged: 1, Expired: 1}, nil
		}
	}
	server := httptest.NewUnstartedServer(w.handler)
	server.Config.ReadTimeout = timeout
	server.Start()
	defer server.Close()
	path := server.URL + in(accountA) + "/moq/relays/" + r.UID + "/tokens"
	for _, c := range []struct{ method, path, body string }{
		{"POST", path + "/rotate", `{"type":"subscribe"}`},
		{"DELETE", path + "/" + r.Issuers[0].Tokens[0].JTI, ""},
	} {
		req, err := http.NewRequest(c.method, c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+anyToken)
		resp, err := server.Client().Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, 200, resp.StatusCode, c.method)
		require.Equal(t, "lease-expired", resp.Header.Get("Streamtoken-Invalidated"))
	}
}

// deadlineWriter notes the deadline for reading that the handler sets.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (w *deadlineWriter) SetReadDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

// A body that comes a byte at a time is not waited for without end; who has no credential is not waited for at all.
func TestBodiesHaveADeadline(t *testing.T) {
	w := newWorld(t)
	for bearer, bounded := range map[string]bool{anyToken: true, "test-token-nobody-has": false} {
		rec := &deadlineWriter{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest(http.MethodPost, in(accountA)+tokenPath, strings.NewReader("{}"))
		r.Header.Set("Authorization", "Bearer "+bearer)
		before := time.Now()
		w.handler.ServeHTTP(rec, r)
		require.Equal(t, bounded, !rec.deadline.IsZero())
		if bounded {
			require.WithinRange(t, rec.deadline, before, time.Now().Add(15*time.Second))
		}
	}
}
