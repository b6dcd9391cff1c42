package edge

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/tokentest"
)

// patience is how long a test waits for what must happen; it is never waited out by a test that passes.
const patience = 20 * time.Second

// room is a limit that is waited out, and long enough that a busy machine does not run into it before the test is ready.
const room = 5 * time.Second

// buffer is a log or a recording that a test reads while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// eventually polls cond until it holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}

// recorder is a real origin that keeps every byte it received.
type recorder struct {
	URL      *url.URL
	received buffer
}

func startOrigin(t *testing.T, h http.Handler) *recorder {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	o := &recorder{URL: &url.URL{Scheme: "http", Host: ln.Addr().String()}}
	srv := &http.Server{Handler: h, DisableGeneralOptionsHandler: true}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(recordingListener{ln, &o.received})
	}()
	t.Cleanup(func() { srv.Close(); <-done })
	return o
}

type recordingListener struct {
	net.Listener
	to io.Writer
}

func (l recordingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return recordingConn{c, l.to}, nil
}

type recordingConn struct {
	net.Conn
	to io.Writer
}

func (c recordingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	_, _ = c.to.Write(p[:n])
	return n, err
}

// running is an edge that listens.
type running struct {
	*Server
	addr  string
	log   *buffer
	clock *tokentest.Clock
	stop  context.CancelFunc
	done  chan error
}

// startEdge serves cfg on loopback with the test keys; change gets it before, and the limits.
func startEdge(t *testing.T, change func(*Config, *limits)) *running {
	t.Helper()
	e := &running{log: new(buffer), clock: new(tokentest.Clock), done: make(chan error, 1)}
	cfg := Config{Log: slog.New(slog.NewTextHandler(e.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	cfg.Middleware.Gate = tokentest.Gate(t, e.clock)
	cfg.Middleware.Now = e.clock.Now
	lim := standard()
	change(&cfg, &lim)
	var err error
	e.Server, err = newServer(cfg, lim)
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	e.addr = ln.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	go func() { e.done <- e.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, e.Server.Close())
	})
	return e
}

func edgeBefore(t *testing.T, o *recorder) *running {
	return startEdge(t, func(c *Config, _ *limits) { c.Origin = o.URL })
}

// answer is a response, read to its end.
type answer struct {
	*http.Response
	body string
}

// raw sends exactly these bytes over a connection of its own, with every "\n" as CR LF, and reads one response.
func raw(t *testing.T, addr, request string) answer {
	t.Helper()
	conn := dial(t, addr)
	_, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n"))
	require.NoError(t, err)
	return readAnswer(t, bufio.NewReader(conn), strings.Fields(request)[0])
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

func readAnswer(t *testing.T, r *bufio.Reader, method string) answer {
	t.Helper()
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res, string(body)}
}

// get is a plain GET with further header lines, each ending in a line break.
func get(t *testing.T, addr, target, headers string) answer {
	t.Helper()
	return raw(t, addr, "GET "+target+" HTTP/1.1\nHost: media.example\n"+headers+"Connection: close\n\n")
}

func token(t *testing.T) string { return tokentest.Token(t, streamtoken.Claims{Subject: "video"}) }

func ok(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
}
