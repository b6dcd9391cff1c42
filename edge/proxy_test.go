package edge

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOriginAnswersPassThrough(t *testing.T) {
	modified := time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"v1"`)
		w.Header().Set("Content-Type", "video/mp2t")
		w.Header().Set("Alt-Svc", `h3=":443"`)
		http.ServeContent(w, r, "", modified, strings.NewReader("0123456789"))
	}))
	edge := edgeBefore(t, origin)
	target := "/" + token(t) + "/seg.ts"

	res := get(t, edge.addr, target, "")
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "0123456789", res.body)
	require.Equal(t, "video/mp2t", res.Header.Get("Content-Type"))
	require.Equal(t, "10", res.Header.Get("Content-Length"))
	require.Empty(t, res.Header.Get("Alt-Svc"))

	res = get(t, edge.addr, target, "Range: bytes=2-4\n")
	require.Equal(t, 206, res.StatusCode)
	require.Equal(t, "234", res.body)
	require.Equal(t, "bytes 2-4/10", res.Header.Get("Content-Range"))

	res = get(t, edge.addr, target, "Range: bytes=2-4\nIf-Range: \"v0\"\n")
	require.Equal(t, 200, res.StatusCode)

	res = get(t, edge.addr, target, "Range: bytes=20-\n")
	require.Equal(t, 416, res.StatusCode)

	res = get(t, edge.addr, target, "If-None-Match: \"v1\"\n")
	require.Equal(t, 304, res.StatusCode)
	require.Empty(t, res.body)

	res = get(t, edge.addr, target, "If-Modified-Since: Mon, 01 Jan 2029 00:00:00 GMT\n")
	require.Equal(t, 304, res.StatusCode)

	res = raw(t, edge.addr, "HEAD "+target+" HTTP/1.1\nHost: h\nConnection: close\n\n")
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "10", res.Header.Get("Content-Length"))
	require.Empty(t, res.body)
	require.Contains(t, origin.received.String(), "HEAD /video/seg.ts HTTP/1.1")
}

func TestNoCompressionOfItsOwn(t *testing.T) {
	origin := startOrigin(t, ok("served"))
	edge := edgeBefore(t, origin)
	get(t, edge.addr, "/"+token(t)+"/x", "")
	require.NotContains(t, origin.received.String(), "Accept-Encoding")
	require.NotContains(t, origin.received.String(), "User-Agent")
}

func TestPreflightIsAnsweredHere(t *testing.T) {
	origin := startOrigin(t, ok("served"))
	edge := edgeBefore(t, origin)
	res := raw(t, edge.addr, "OPTIONS /"+token(t)+"/x HTTP/1.1\nHost: h\nOrigin: https://page.example\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: range\nConnection: close\n\n")
	require.Equal(t, 204, res.StatusCode)
	require.NotEmpty(t, res.Header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, origin.received.String())
}

func TestRedirectsArePassedOn(t *testing.T) {
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/video/next")
		w.WriteHeader(http.StatusFound)
	}))
	edge := edgeBefore(t, origin)
	tok := token(t)
	res := get(t, edge.addr, "/"+tok+"/x", "")
	require.Equal(t, 302, res.StatusCode)
	require.Equal(t, "/"+tok+"/next", res.Header.Get("Location"))
	require.NotContains(t, origin.received.String(), "/next")
}

// Early hints reach the client before the answer, and cost it none of the middleware's own fields.
func TestInformationalAnswers(t *testing.T) {
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		io.WriteString(w, "served")
	}))
	edge := edgeBefore(t, origin)
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", token(t))
	r := bufio.NewReader(conn)
	first := readAnswer(t, r, "GET")
	if first.StatusCode == http.StatusEarlyHints {
		require.Equal(t, "</style.css>; rel=preload", first.Header.Get("Link"))
		first = readAnswer(t, r, "GET")
	}
	require.Equal(t, 200, first.StatusCode)
	require.Equal(t, "served", first.body)
	require.Equal(t, "no-referrer", first.Header.Get("Referrer-Policy"))
}

// A part of a live segment leaves the edge when the origin has written it, not when the segment is whole.
func TestStreamsAsItComes(t *testing.T) {
	next := make(chan struct{})
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-next:
		case <-r.Context().Done():
		}
		io.WriteString(w, "later")
	}))
	edge := edgeBefore(t, origin)
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", token(t))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	part := make([]byte, 5)
	_, err = io.ReadFull(res.Body, part)
	require.NoError(t, err)
	require.Equal(t, "first", string(part))
	close(next)
	rest, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, "later", string(rest))
}

func TestTrailersPassThrough(t *testing.T) {
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "served")
		w.Header().Set("X-Sum", "42")
	}))
	edge := edgeBefore(t, origin)
	res := get(t, edge.addr, "/"+token(t)+"/x", "")
	require.Equal(t, "served", res.body)
	require.Equal(t, "42", res.Trailer.Get("X-Sum"))
}

func TestClientThatLeavesEndsTheOriginsRequest(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(left)
	}))
	edge := edgeBefore(t, origin)
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\n\r\n", token(t))
	<-arrived
	conn.Close()
	select {
	case <-left:
	case <-time.After(patience):
		t.Fatal("the origin's request went on")
	}
}

func TestConnectionsToTheOriginAreReused(t *testing.T) {
	origin := startOrigin(t, ok("served"))
	addrs := make(chan string, 3)
	counting := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { addrs <- r.RemoteAddr }))
	_ = origin
	edge := edgeBefore(t, counting)
	for range 3 {
		require.Equal(t, 200, get(t, edge.addr, "/"+token(t)+"/x", "").StatusCode)
	}
	first := <-addrs
	require.Equal(t, first, <-addrs)
	require.Equal(t, first, <-addrs)
}

func TestEnvironmentProxyIsIgnored(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	require.Nil(t, newTransport(standard()).Proxy)
}

func TestOriginFailures(t *testing.T) {
	// A port nobody listens on.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gone := &url.URL{Scheme: "http", Host: ln.Addr().String()}
	require.NoError(t, ln.Close())

	silent := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	garbled := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(conn, "what?\r\n\r\n")
		conn.Close()
	}))
	tests := []struct {
		name   string
		origin *url.URL
		status int
	}{
		{"refused", gone, 502},
		{"garbled", garbled.URL, 502},
		{"silent", silent.URL, 504},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			edge := startEdge(t, func(c *Config, l *limits) {
				c.Origin = test.origin
				if test.status == 504 {
					l.originHeader = 50 * time.Millisecond
				}
			})
			tok := token(t)
			res := get(t, edge.addr, "/"+tok+"/x", "")
			require.Equal(t, test.status, res.StatusCode)
			require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
			require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
			require.NotContains(t, res.body, test.origin.Host)
			require.NotContains(t, res.body, test.origin.Port())

			_, instance, found := strings.Cut(res.body, `"instance":"`)
			require.True(t, found, res.body)
			instance, _, _ = strings.Cut(instance, `"`)
			require.Contains(t, edge.log.String(), instance)
			require.Contains(t, edge.log.String(), " subject=video key_id=")
			require.NotContains(t, edge.log.String(), tok)
		})
	}
}

// An answer that breaks off is cut, not ended as if it were whole.
func TestBrokenOriginAnswerIsCut(t *testing.T) {
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
		conn.Close()
	}))
	edge := edgeBefore(t, origin)
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\n\r\n", token(t))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = io.ReadAll(res.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestUpgradeOnlyWhereNamed(t *testing.T) {
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		conn, rw, _ := w.(http.Hijacker).Hijack()
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, line)
	}))
	request := "GET /" + token(t) + "/x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"

	edge := edgeBefore(t, origin)
	res := raw(t, edge.addr, strings.ReplaceAll(request, "\r\n", "\n"))
	require.Equal(t, 405, res.StatusCode)
	require.Empty(t, origin.received.String())

	edge = startEdge(t, func(c *Config, _ *limits) {
		c.Origin = origin.URL
		c.Middleware.Methods = []string{"UPGRADE"}
	})
	conn := dial(t, edge.addr)
	io.WriteString(conn, request)
	r := bufio.NewReader(conn)
	up, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	require.Equal(t, 101, up.StatusCode)
	io.WriteString(conn, "hello\n")
	line, err := r.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "hello\n", line)
}

// Parameters the one reader of a query sees and the other does not are a way to smuggle (CVE-2022-2880, CVE-2026-39825).
func TestUnparsableQueryParametersAreDropped(t *testing.T) {
	origin := startOrigin(t, ok("served"))
	edge := edgeBefore(t, origin)
	res := get(t, edge.addr, "/"+token(t)+"/x?a=1;token=2&b=3", "")
	line, _, _ := strings.Cut(origin.received.String(), "\r\n")
	if res.StatusCode == 200 {
		require.Equal(t, "GET /video/x?b=3 HTTP/1.1", line)
	} else {
		require.Empty(t, line)
	}
}

// An origin that stops in the middle of an answer is given up, whether or not its client is still there: a client that
// has pipelined so much as one byte more cannot be seen to leave.
func TestOriginThatStandsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "begun")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(left)
	}))
	edge := startEdge(t, func(c *Config, l *limits) { c.Origin, l.stall = origin.URL, room })
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\n\r\nG", token(t))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, "begun", string(body))
	<-left
	eventually(t, "the log names it", func() bool { return strings.Contains(edge.log.String(), "stopped in the middle") })
}
