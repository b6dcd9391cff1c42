//go:build integration

package durable

import (
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/pgtest"
)

// proxy is a TCP connection to PostgreSQL that can be cut: nothing gets through any more, and nobody is told.
type proxy struct {
	mu   sync.Mutex
	open chan struct{} // closed: what comes gets through
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
			go p.copy(server, client)
			go p.copy(client, server)
		}
	}()
	return u.String(), p
}

func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
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

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = make(chan struct{})
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}
