//go:build integration

package history

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/pgtest"
	"github.com/streamtoken/streamtoken/moq"
	"github.com/streamtoken/streamtoken/store"
)

var by = store.By{Account: "acc", Actor: "history"}

// member is one process on the database, as far as a test can tell: a handle and a node of its own.
type member struct {
	store.Store
	node *store.Node
}

// engines give the URL of a new database for each engine.
var engines = map[string]func(t testing.TB) string{
	"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "state", "db") },
	"postgres": func(t testing.TB) string { return pgtest.Start(t).Database(t) },
}

func enter(t testing.TB, url string, lease time.Duration) *member {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{URL: url, MasterKey: make([]byte, 32)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	n, err := s.Join(ctx, store.NodeConfig{Lease: lease})
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	return &member{Store: s, node: n}
}

func id() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func token() store.RelayToken {
	now := time.Now()
	return store.RelayToken{
		JTI: id(), Slot: store.PublishSubscribe, Operations: []moq.Operation{moq.Publish, moq.Subscribe},
		Created: now, Expires: now.Add(time.Hour),
	}
}

// relay makes a relay with one token.
func (m *member) relay(t testing.TB) (relay, jti string) {
	t.Helper()
	now, first := time.Now(), token()
	relay = id()
	epoch, err := m.CreateRelay(t.Context(), by, store.Relay{UID: relay, Created: now, Modified: now}, []store.RelayToken{first})
	require.NoError(t, err)
	_, err = m.node.Await(t.Context(), epoch)
	require.NoError(t, err)
	return relay, first.JTI
}

// rotate gives the relay a new token, and returns when it is everywhere.
func (m *member) rotate(ctx context.Context, relay string) (jti string, found store.Invalidation, err error) {
	next := token()
	epoch, err := m.RotateRelayToken(ctx, by, relay, next)
	if err != nil {
		return "", found, err
	}
	found, err = m.node.Await(ctx, epoch)
	return next.JTI, found, err
}

// line is a connection to PostgreSQL that can be cut: nothing gets through any more, and nobody is told.
type line struct {
	mu   sync.Mutex
	free chan struct{} // closed: what comes gets through
}

// through gives the URL of the same database over a line.
func through(t testing.TB, database string) (string, *line) {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	q := u.Query()
	socket := ".s.PGSQL." + q.Get("port")
	target := filepath.Join(q.Get("host"), socket)
	dir, err := os.MkdirTemp("", "line") // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, socket))
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	q.Set("host", dir)
	u.RawQuery = q.Encode()

	l := &line{free: make(chan struct{})}
	l.mend()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			go l.copy(server, client)
			go l.copy(client, server)
		}
	}()
	return u.String(), l
}

func (l *line) copy(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		<-l.open()
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (l *line) open() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.free
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = make(chan struct{})
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.free)
}
