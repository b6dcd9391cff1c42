//go:build integration

package durable

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/streamtoken/streamtoken/internal/pgtest"
)

const (
	acknowledgedByAll = "acknowledged"
	leaseExpired      = "lease-expired"
)

// pair is two servers on one database.
type pair struct {
	a, b     *server
	onA, onB *client
	relay    string
	old      string // the token that the relay begins with
	other    string // its token for subscribers
}

// newPair has the second server reach the database by the URL far.
func newPair(t testing.TB, lease time.Duration, database, far string) *pair {
	t.Helper()
	first := newPlace(t, "--lease", lease.String(), "--store", database)
	second := newPlace(t, "--lease", lease.String(), "--store", far)
	p := &pair{a: first.serve(t)}
	const key = "api-master-key" // one database, one key
	data, err := os.ReadFile(filepath.Join(first.state(), key))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(second.state(), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(second.state(), key), data, 0o600))
	p.b = second.serve(t)
	p.onA, p.onB = p.a.api(t), p.b.api(t)
	r, err := p.onA.createRelay("stage")
	require.NoError(t, err)
	p.relay = r.UID
	p.old, p.other = r.tokens()
	return p
}

// TestTwoNodes: what one server has taken away, the other does not serve, asked at once: of 200 rotations and 20 deleted keys.
func TestTwoNodes(t *testing.T) {
	cluster := pgtest.Start(t)
	cluster.Stop()
	cluster.Launch(t, "track_commit_timestamp=on") // to know when a rotation was committed
	database := cluster.Database(t)
	p := newPair(t, 30*time.Second, database, database)
	db, err := sql.Open("pgx", database)
	require.NoError(t, err)
	defer db.Close()

	var sinceRequest, sinceCommit []time.Duration
	old := p.old
	for range 200 {
		begun := time.Now()
		next, invalidated, err := p.onA.rotate(p.relay, both)
		answered := time.Now()
		require.NoError(t, err)
		got, status, err := p.onB.accepted(p.relay)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.NotContains(t, got, old)
		require.Contains(t, got, next)
		require.Equal(t, acknowledgedByAll, invalidated)
		old = next

		var committed time.Time
		require.NoError(t, db.QueryRow(`SELECT pg_xact_commit_timestamp(xmin) FROM audit ORDER BY epoch DESC LIMIT 1`).Scan(&committed))
		sinceRequest = append(sinceRequest, answered.Sub(begun))
		sinceCommit = append(sinceCommit, answered.Sub(committed))
	}
	report(t, "from the request", sinceRequest)
	report(t, "from the commit", sinceCommit)

	for range 20 {
		var k key
		_, err := p.onA.change(http.MethodPost, "/stream/keys", nil, &k)
		require.NoError(t, err)
		eventually(t, "the other server has the key", func() bool {
			keys, _, err := p.onB.keys()
			return err == nil && slices.Contains(keys, k.ID)
		})
		_, err = p.onA.change(http.MethodDelete, "/stream/keys/"+k.ID, nil, nil)
		require.NoError(t, err)
		keys, status, err := p.onB.keys()
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.NotContains(t, keys, k.ID)
	}
	p.b.stop(t)
	_, invalidated, err := p.onA.rotate(p.relay, both)
	require.NoError(t, err)
	require.Equal(t, acknowledgedByAll, invalidated, "who has stopped is not waited for")
	p.a.stop(t)
}

func report(t *testing.T, what string, took []time.Duration) {
	slices.Sort(took)
	t.Logf("a rotation with two nodes, %s to the answer: p50 %v, p99 %v, most %v", what, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}

// TestStoppedNode: a server that stands still is waited for until its lease is over, and when it runs again it does not serve
// what it had in memory.
func TestStoppedNode(t *testing.T) {
	const lease = 4 * time.Second
	database := pgtest.Start(t).Database(t)
	p := newPair(t, lease, database, database)
	for range 3 {
		p.b.hold(t)
		begun := time.Now()
		next, invalidated, err := p.onA.rotate(p.relay, both)
		took := time.Since(begun)
		require.NoError(t, err)
		require.Equal(t, leaseExpired, invalidated)
		t.Logf("answered after %v", took) // less than a lease, if the first server had seen no renewal for a while before

		// These wait in the sockets of a server that has not heard of the rotation.
		asked := make([]net.Conn, 8)
		for i := range asked {
			asked[i] = ask(t, p.b.url, p.relay)
		}
		p.b.signal(unix.SIGCONT)
		for _, conn := range asked {
			status, body := hear(t, conn)
			require.NotContains(t, body, p.old)
			if status != http.StatusServiceUnavailable {
				require.Contains(t, body, next)
			}
		}
		eventually(t, "it serves the new set, and until then none", func() bool {
			jtis, status, err := p.onB.accepted(p.relay)
			require.NoError(t, err)
			require.NotContains(t, jtis, p.old)
			if status == http.StatusServiceUnavailable {
				return false
			}
			require.Contains(t, jtis, next)
			return true
		})
		p.old = p.acknowledge(t, p.onA)
	}
}

// acknowledge rotates until both servers have acknowledged it: a machine that is busy may have cost one its lease.
func (p *pair) acknowledge(t testing.TB, on *client) (jti string) {
	t.Helper()
	eventually(t, "both servers acknowledge a rotation", func() bool {
		next, invalidated, err := on.rotate(p.relay, both)
		jti = next
		return err == nil && invalidated == acknowledgedByAll
	})
	return jti
}

// ask sends a request for the accepted set, and returns when the kernel has it.
func ask(t testing.TB, base, relay string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET /-/relays/%s/accepted HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer %s\r\n\r\n", relay, bearer)
	require.NoError(t, err)
	return conn
}

// hear reads the answer.
func hear(t testing.TB, conn net.Conn) (status int, body string) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(data)
}

// TestCutOff: a server that cannot reach PostgreSQL answers 503 when its lease is over, and comes back by itself. It is waited
// for once, wherever it was cut off: a renewal must not leave locks behind.
func TestCutOff(t *testing.T) {
	const lease = 4 * time.Second
	cluster := pgtest.Start(t)
	database := cluster.Database(t)
	far, proxy := through(t, cluster, database)
	p := newPair(t, lease, database, far)
	for range 3 {
		proxy.cutAtCommit()   // there is none: all that it does by itself is single statements
		time.Sleep(lease / 2) // two renewals
		proxy.cut()
		begun := time.Now()
		next, invalidated, err := p.onA.rotate(p.relay, both)
		require.NoError(t, err)
		require.Equal(t, leaseExpired, invalidated)
		jtis, status, err := p.onB.accepted(p.relay)
		require.NoError(t, err)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Empty(t, jtis)
		t.Logf("answered after %v", time.Since(begun))

		a, err := p.onB.call(http.MethodGet, "/.well-known/jwks.json", nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusServiceUnavailable, a.status)
		require.NotEmpty(t, a.header.Get("Retry-After"))
		_, _, err = p.onB.rotate(p.relay, both)
		require.ErrorContains(t, err, "status 503")
		_, invalidated, err = p.onA.rotate(p.relay, one)
		require.NoError(t, err)
		require.Equal(t, acknowledgedByAll, invalidated, "nobody waits for it a second time")

		proxy.mend()
		mended := time.Now()
		eventually(t, "it answers again", func() bool {
			jtis, status, err := p.onB.accepted(p.relay)
			require.NoError(t, err)
			require.NotContains(t, jtis, p.old)
			if status != http.StatusOK {
				return false
			}
			require.Contains(t, jtis, next)
			return true
		})
		t.Logf("back after %v", time.Since(mended))
		p.old = p.acknowledge(t, p.onB)
	}
}
