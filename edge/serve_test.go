package edge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/tokentest"
)

func TestNewRefuses(t *testing.T) {
	origin := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	tests := []struct {
		name, says string
		cfg        func(*Config)
	}{
		{"nothing to serve", "exactly one of Origin and Root", func(c *Config) {}},
		{"both", "exactly one of Origin and Root", func(c *Config) { c.Origin, c.Root = origin, t.TempDir() }},
		{"bad origin", "http:// or https://", func(c *Config) { c.Origin = &url.URL{Scheme: "ftp", Host: "h"} }},
		{"no gate", "Gate", func(c *Config) { c.Origin, c.Middleware.Gate = origin, nil }},
		{"tunnels", "CONNECT", func(c *Config) { c.Origin, c.Middleware.Methods = origin, []string{"CONNECT"} }},
		{"certificate without key", "belong together", func(c *Config) { c.Origin, c.TLSCert = origin, "cert.pem" }},
		{"key without certificate", "belong together", func(c *Config) { c.Origin, c.TLSKey = origin, "key.pem" }},
		{"certificate that is not there", "TLS certificate", func(c *Config) { c.Origin, c.TLSCert, c.TLSKey = origin, "gone.pem", "gone.pem" }},
		{"country header from anybody", "TrustedProxies", func(c *Config) { c.Origin, c.Middleware.CountryHeader = origin, "X-Country" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{}
			cfg.Middleware.Gate = tokentest.Gate(t, nil)
			test.cfg(&cfg)
			s, err := New(cfg)
			require.ErrorContains(t, err, test.says)
			require.Nil(t, s)
		})
	}
}

func TestRefusals(t *testing.T) {
	origin := startOrigin(t, ok("served"))
	edge := edgeBefore(t, origin)
	video := streamtoken.Claims{Subject: "video"}
	for _, test := range []struct {
		name, target string
		status       int
		reason       streamtoken.Reason
	}{
		{"none", "/video/x", 401, streamtoken.ReasonTokenMissing},
		{"malformed", "/a.b.c/x", 401, streamtoken.ReasonTokenMalformed},
		{"forged", "/" + tokentest.ForgedToken(t, video) + "/x", 401, streamtoken.ReasonSignatureInvalid},
		{"expired", "/" + tokentest.ExpiredToken(t, video) + "/x", 401, streamtoken.ReasonTokenExpired},
		{"blocked", "/" + tokentest.BlockedToken(t, video) + "/x", 403, streamtoken.ReasonRuleBlocked},
		{"download", "/" + tokentest.Token(t, video) + "/downloads/default.mp4", 403, streamtoken.ReasonNotDownloadable},
		{"too large", "/" + strings.Repeat("a.b", 3000) + "/x", 401, streamtoken.ReasonTokenTooLarge},
		{"far too large", "/" + strings.Repeat("a.b", 12000) + "/x", 401, streamtoken.ReasonTokenTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := get(t, edge.addr, test.target, "")
			require.Equal(t, test.status, res.StatusCode, res.body)
			require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
			require.Contains(t, res.body, string(test.reason))
			require.Contains(t, edge.log.String(), string(test.reason))
			require.Empty(t, origin.received.String())
			require.NotContains(t, edge.log.String(), "eyJ")
		})
	}
}

func TestHeadersHaveABound(t *testing.T) {
	edge := edgeBefore(t, startOrigin(t, ok("served")))
	res := get(t, edge.addr, "/"+token(t)+"/x", "X-Large: "+strings.Repeat("x", 30<<10)+"\n")
	require.Equal(t, 200, res.StatusCode)
	res = get(t, edge.addr, "/"+token(t)+"/x", "X-Large: "+strings.Repeat("x", 80<<10)+"\n")
	require.Equal(t, 431, res.StatusCode)
}

// A client that dribbles its headers is dropped, and so is one that dribbles a body nobody will read.
func TestSlowClientsAreDropped(t *testing.T) {
	tok := token(t)
	for name, request := range map[string]string{
		"no byte":           "",
		"headers":           "GET /" + tok + "/x HTTP/1.1\r\nHost: h\r\nX-Slow: ",
		"body of a refusal": "POST /video/x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
		"body":              "POST /" + tok + "/webRTC/play HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
	} {
		t.Run(name, func(t *testing.T) {
			origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
			edge := startEdge(t, func(c *Config, l *limits) {
				c.Origin = origin.URL
				l.readHeader, l.idle, l.stall = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
			})
			conn := dial(t, edge.addr)
			io.WriteString(conn, request)
			_, err := io.Copy(io.Discard, conn) // until the edge closes; the connection's own deadline would be an error
			require.False(t, errors.Is(err, context.DeadlineExceeded) || isTimeout(err), "the connection stayed open: %v", err)
		})
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// A client that does not read is dropped, though the response may be endless.
func TestClientThatDoesNotReadIsDropped(t *testing.T) {
	left := make(chan struct{})
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(left)
		block := make([]byte, 64<<10)
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	edge := startEdge(t, func(c *Config, l *limits) { c.Origin, l.stall = origin.URL, 100*time.Millisecond })
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\n\r\n", token(t))
	select {
	case <-left:
	case <-time.After(patience):
		t.Fatal("the origin's response went on")
	}
}

// A response that takes longer than every limit goes through as long as it moves.
func TestLongResponseThatMovesIsNotCut(t *testing.T) {
	t.Parallel()
	const pieces = 24 // six seconds
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for range pieces {
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			time.Sleep(250 * time.Millisecond)
		}
	}))
	edge := startEdge(t, func(c *Config, l *limits) {
		c.Origin = origin.URL
		l.readHeader, l.idle, l.stall, l.originHeader = room, room, room, room
	})
	for name, request := range map[string]string{
		"without a body": "GET /{token}/x HTTP/1.1\nHost: h\nConnection: close\n\n",
		"with a body":    "POST /{token}/webRTC/play HTTP/1.1\nHost: h\nContent-Length: 3\nConnection: close\n\nabc",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := raw(t, edge.addr, strings.ReplaceAll(request, "{token}", token(t)))
			require.Equal(t, strings.Repeat("x", pieces), res.body)
		})
	}
}

// The deadline one response leaves behind does not hurt the next on the same connection.
func TestKeptAliveConnection(t *testing.T) {
	edge := edgeBefore(t, startOrigin(t, ok("served")))
	conn := dial(t, edge.addr)
	r := bufio.NewReader(conn)
	for _, target := range []string{"/" + token(t) + "/x", "/video/x", "/" + token(t) + "/y"} {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target)
		res := readAnswer(t, r, "GET")
		require.NotZero(t, res.StatusCode)
	}
}

func TestStopLetsRequestsFinish(t *testing.T) {
	arrived, next := make(chan struct{}), make(chan struct{})
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-next
		io.WriteString(w, "served")
	}))
	edge := edgeBefore(t, origin)
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\n\r\n", token(t))
	<-arrived
	edge.stop()
	eventually(t, "no new connections", func() bool {
		c, err := net.Dial("tcp", edge.addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(next)
	require.Equal(t, "served", readAnswer(t, bufio.NewReader(conn), "GET").body)
	require.NoError(t, <-edge.done)
}

func TestStopCutsWhatDoesNotFinish(t *testing.T) {
	arrived := make(chan struct{})
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	edge := startEdge(t, func(c *Config, l *limits) { c.Origin, l.drain = origin.URL, 20*time.Millisecond })
	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\n\r\n", token(t))
	<-arrived
	edge.stop()
	require.NoError(t, <-edge.done)
	require.Contains(t, edge.log.String(), "have been cut")
}

// Close ends everything the server started, requests in flight included.
func TestCloseLeavesNothingBehind(t *testing.T) {
	arrived := make(chan struct{})
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/short") {
			return // its connection stays open, idle
		}
		close(arrived)
		<-r.Context().Done()
	}))
	cert := writePair(t, t.TempDir(), "one.example")
	edge := startEdge(t, func(c *Config, _ *limits) {
		c.Origin = origin.URL
		c.TLSCert, c.TLSKey = cert.cert, cert.key
	})
	conn := dialTLS(t, edge.addr, "one.example")
	fmt.Fprintf(conn, "GET /%s/x HTTP/1.1\r\nHost: h\r\n\r\n", token(t))
	<-arrived
	short := dialTLS(t, edge.addr, "one.example")
	fmt.Fprintf(short, "GET /%s/short HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", token(t))
	require.Equal(t, 200, readAnswer(t, bufio.NewReader(short), "GET").StatusCode)
	require.NoError(t, edge.Close())
	require.NoError(t, edge.Close())
	require.ErrorIs(t, <-edge.done, ErrClosed)

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.ErrorIs(t, edge.Serve(context.Background(), ln), ErrClosed)
	w := httptest.NewRecorder()
	edge.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	require.Equal(t, 503, w.Code)

	conn.Close()
	eventually(t, "every goroutine of the edge ended", func() bool {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		for _, g := range strings.Split(string(stacks), "\n\n") {
			for _, ours := range []string{"streamtoken/edge.(*", "streamtoken/internal/follow.", "net/http.(*persistConn)"} {
				if strings.Contains(g, ours) {
					return false
				}
			}
		}
		return true
	})
}

// The server may be another http.Server's handler. Then Close ends its requests as well, and returns after them.
func TestCloseEndsRequestsOfAnotherServer(t *testing.T) {
	edge := edgeBefore(t, startOrigin(t, ok("")))
	arrived := make(chan struct{})
	var ended atomic.Bool
	edge.Server.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		time.Sleep(20 * time.Millisecond) // long enough for a Close that does not wait to be seen
		ended.Store(true)
	})
	other := httptest.NewServer(edge.Server)
	defer other.Close()
	conn := dial(t, other.Listener.Addr().String())
	fmt.Fprint(conn, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
	<-arrived
	require.NoError(t, edge.Close())
	require.True(t, ended.Load())
}

func TestListenerThatFails(t *testing.T) {
	edge := edgeBefore(t, startOrigin(t, ok("")))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln.Close()
	require.ErrorIs(t, edge.Serve(context.Background(), ln), net.ErrClosed)
}

// A panic is answered, once, and what it said reaches the log without anything that could be a token.
func TestPanic(t *testing.T) {
	tok := token(t)
	edge := edgeBefore(t, startOrigin(t, ok("")))
	edge.Server.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/late") {
			io.WriteString(w, "begun")
			w.(http.Flusher).Flush()
		}
		panic("cannot serve " + r.URL.Path)
	})
	res := get(t, edge.addr, "/"+tok+"/x", "")
	require.Equal(t, 500, res.StatusCode)
	require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
	require.NotContains(t, res.body, "cannot serve")

	conn := dial(t, edge.addr)
	fmt.Fprintf(conn, "GET /%s/late HTTP/1.1\r\nHost: h\r\n\r\n", tok)
	late, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer late.Body.Close()
	_, err = io.ReadAll(late.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	eventually(t, "both panics in the log", func() bool { return strings.Count(edge.log.String(), "cannot serve") == 2 })
	require.Contains(t, edge.log.String(), "[redacted]")
	require.NotContains(t, edge.log.String(), tok[:40])
	require.NotContains(t, edge.log.String(), tok[len(tok)-40:])
}

func TestRedact(t *testing.T) {
	tok := token(t)
	for in, want := range map[string]string{
		"":                            "",
		"dial tcp 127.0.0.1:9: off":   "dial tcp 127.0.0.1:9: off",
		"www.media.example refused":   "www.media.example refused",
		"/" + tok + "/x":              "/[redacted]/x",
		tok[:80]:                      "[redacted]",
		`"` + tok + `","` + tok + `"`: `"[redacted]","[redacted]"`,
		strings.Repeat("a", 65):       "[redacted]",
	} {
		require.Equal(t, want, redact(in))
	}
}

func TestServerLog(t *testing.T) {
	for logIP, want := range map[bool]string{false: "from [address]: EOF", true: "from 203.0.113.9:1234: EOF"} {
		out := new(buffer)
		l := serverLog(slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})), logIP)
		l.Print("http: TLS handshake error from 203.0.113.9:1234: EOF")
		require.Contains(t, out.String(), want)
	}
	out := new(buffer)
	serverLog(slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})), false).Print("from [2001:db8::1]:99: EOF")
	require.NotContains(t, out.String(), "2001")
}
