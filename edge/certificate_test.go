package edge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type pairFiles struct{ cert, key string }

// writePair writes a self-signed certificate for name, and its key.
func writePair(t *testing.T, dir, name string) pairFiles {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	p := pairFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	writeWhole(t, p.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	writeWhole(t, p.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	return p
}

// writeWhole replaces a file in one step.
func writeWhole(t *testing.T, path string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", data, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func dialTLS(t *testing.T, addr, name string) net.Conn {
	t.Helper()
	conn := tls.Client(dial(t, addr), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	require.NoError(t, conn.Handshake())
	require.NoError(t, conn.ConnectionState().PeerCertificates[0].VerifyHostname(name))
	return conn
}

// serves tells whether a handshake now gets the certificate for name.
func serves(t *testing.T, addr, name string) bool {
	t.Helper()
	conn := tls.Client(dial(t, addr), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	defer conn.Close()
	require.NoError(t, conn.Handshake())
	return conn.ConnectionState().PeerCertificates[0].VerifyHostname(name) == nil
}

func TestRenewedCertificateIsUsed(t *testing.T) {
	dir := t.TempDir()
	pair := writePair(t, dir, "one.example")
	edge := startEdge(t, func(c *Config, l *limits) {
		c.Origin = startOrigin(t, ok("served")).URL
		c.TLSCert, c.TLSKey = pair.cert, pair.key
		l.tlsPoll = 10 * time.Millisecond
	})
	require.True(t, serves(t, edge.addr, "one.example"))

	writePair(t, dir, "two.example")
	require.NoError(t, edge.Reload())
	require.True(t, serves(t, edge.addr, "two.example"))

	// Half of another pair: refused, and the old one stays.
	other := writePair(t, t.TempDir(), "three.example")
	data, err := os.ReadFile(other.cert)
	require.NoError(t, err)
	writeWhole(t, pair.cert, data)
	require.Error(t, edge.Reload())
	require.True(t, serves(t, edge.addr, "two.example"))

	// The other half arrives, and is noticed without being asked.
	data, err = os.ReadFile(other.key)
	require.NoError(t, err)
	writeWhole(t, pair.key, data)
	eventually(t, "the third certificate in use", func() bool { return serves(t, edge.addr, "three.example") })
}

func TestTLSVersionsAndHTTP2(t *testing.T) {
	pair := writePair(t, t.TempDir(), "one.example")
	origin := startOrigin(t, ok("served"))
	edge := startEdge(t, func(c *Config, _ *limits) {
		c.Origin = origin.URL
		c.TLSCert, c.TLSKey = pair.cert, pair.key
	})
	old := tls.Client(dial(t, edge.addr), &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true})
	require.Error(t, old.Handshake())

	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport, Timeout: patience}).Get("https://" + edge.addr + "/" + token(t) + "/x")
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 2, res.ProtoMajor)
	require.Equal(t, 200, res.StatusCode)
	require.Contains(t, origin.received.String(), "X-Forwarded-Proto: https\r\n")
}

// Over HTTP/2 a client can stop one stream while its connection lives on.
func TestStreamThatIsNotReadIsReset(t *testing.T) {
	t.Parallel()
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
	pair := writePair(t, t.TempDir(), "one.example")
	edge := startEdge(t, func(c *Config, l *limits) {
		c.Origin, l.stall = origin.URL, room
		c.TLSCert, c.TLSKey = pair.cert, pair.key
	})
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get("https://" + edge.addr + "/" + token(t) + "/x")
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 2, res.ProtoMajor)
	select {
	case <-left:
	case <-time.After(patience):
		t.Fatal("the origin's response went on")
	}
}
