//go:build integration

package turn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

const realm = "turn.test"

// servers are TURN servers on loopback that know the secrets of keys, each by its address.
var servers = map[string]func(t *testing.T, key *turn.Key) string{
	"coturn":                  func(t *testing.T, key *turn.Key) string { return startCoturn(t, key) },
	"pion":                    startPion,
	"pion, Password for auth": startPionWithPassword,
}

// startCoturn runs Debian's turnserver. more is further lines of its configuration.
func startCoturn(t *testing.T, key *turn.Key, more ...string) string {
	program, err := exec.LookPath("turnserver")
	require.NoError(t, err, "coturn is missing: apt-get install coturn")
	dir := t.TempDir()
	port := freePort(t)
	config := filepath.Join(dir, "turnserver.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `use-auth-secret
static-auth-secret=%s
realm=%s
listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port=%d
allow-loopback-peers
cli-password=%s
no-cli
no-tls
no-dtls
no-tcp
no-rfc5780
userdb=%s
pidfile=%s
log-file=stdout
verbose
relay-threads=1
%s
`, key.Secret(), realm, port, turn.GenerateKey().Secret(), filepath.Join(dir, "turndb"), filepath.Join(dir, "pid"), strings.Join(more, "\n")), 0o600))
	var log lockedBuffer
	cmd := exec.Command(program, "-c", config)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("turnserver:\n%s", log.String())
		}
	})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	awaitBinding(t, addr)
	return addr
}

// startPion runs pion/turn's server with its own handler for such credentials.
func startPion(t *testing.T, key *turn.Key) string {
	return servePion(t, pion.LongTermTURNRESTAuthHandler(key.Secret(), quiet().NewLogger("turn")))
}

// startPionWithPassword runs the same server with a handler that has Key.Password decide.
func startPionWithPassword(t *testing.T, key *turn.Key) string {
	return servePion(t, func(ra *pion.RequestAttributes) (string, []byte, bool) {
		password, err := key.Password(ra.Username, time.Now())
		if err != nil {
			return "", nil, false
		}
		return ra.Username, pion.GenerateAuthKey(ra.Username, ra.Realm, password), true
	})
}

func servePion(t *testing.T, auth pion.AuthHandler) string {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	server, err := pion.NewServer(pion.ServerConfig{
		Realm:         realm,
		AuthHandler:   auth,
		LoggerFactory: quiet(),
		PacketConnConfigs: []pion.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &pion.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return conn.LocalAddr().String()
}

// awaitBinding asks for a STUN binding, which needs no credential, until it is answered.
func awaitBinding(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
		require.NoError(t, err)
		client, err := pion.NewClient(&pion.ClientConfig{Conn: conn, STUNServerAddr: addr, RTO: 50 * time.Millisecond, LoggerFactory: quiet()})
		require.NoError(t, err)
		require.NoError(t, client.Listen())
		_, err = client.SendBindingRequest()
		client.Close()
		_ = conn.Close()
		if err == nil {
			return
		}
		require.True(t, time.Now().Before(deadline), "the server does not answer: %v", err)
	}
}

// freePort gives a port that nothing listens on. It lies below those that the kernel hands out by itself, else a client could be given it before
// the server has it.
func freePort(t *testing.T) int {
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		conn, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			require.NoError(t, conn.Close())
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func quiet() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	return f
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
