//go:build integration

package durable

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/pgtest"
)

// proxy is a TCP connection to PostgreSQL that can be cut: nothing gets through any more, and nobody is told.
type proxy struct {
	mu     sync.Mutex
	open   chan struct{} // closed: what comes gets through
	commit bool          // cut in front of the next COMMIT of a client
}

// through gives the URL of a cluster's database by way of a proxy.
func through(t testing.TB, cluster *pgtest.Cluster, database string) (string, *proxy) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	u, err := url.Parse(database)
	require.NoError(t, err)
	u.Host, u.RawQuery = listener.Addr().String(), "sslmode=disable"

	p := &proxy{open: make(chan struct{})}
	p.mend()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", cluster.Socket())
			if err != nil {
				_ = client.Close()
				continue
			}
			go p.copy(server, client, true)
			go p.copy(client, server, false)
		}
	}()
	return u.String(), p
}

func (p *proxy) copy(to, from net.Conn, fromClient bool) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if fromClient && bytes.Contains(buf[:n], []byte("commit\x00")) { // pgx's words
			p.committing()
		}
		<-p.passable()
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (p *proxy) passable() chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// cutAtCommit cuts when a client is about to commit, with all its locks held.
func (p *proxy) cutAtCommit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commit = true
}

func (p *proxy) committing() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.commit {
		p.commit, p.open = false, make(chan struct{})
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		p.open = make(chan struct{})
	default: // it is
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commit = false
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}
