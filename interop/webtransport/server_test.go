//go:build integration

package webtransport

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	wt "github.com/quic-go/webtransport-go"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what must happen before it fails.
const patience = time.Minute

// flows lets one QUIC connection hold many sessions (draft-ietf-webtrans-http3, section 5).
func flows() *wt.Config {
	return &wt.Config{MaxIncomingStreams: 100, MaxIncomingUniStreams: 100, MaxIncomingData: 1 << 20}
}

// server is a WebTransport server on loopback.
type server struct {
	*wt.Server
	addr string // host:port
	cert *x509.Certificate
	stop func()
}

// serve answers with the handler that makes gives for the server, until the test ends or stop is called.
func serve(t *testing.T, cfg *wt.Config, makes func(*wt.Server) http.Handler) *server {
	t.Helper()
	cert := certificate(t)
	h3 := &http3.Server{TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{cert}})}
	s := &server{Server: &wt.Server{H3: h3, Config: cfg, CheckOrigin: func(*http.Request) bool { return true }}, cert: cert.Leaf}
	h3.Handler = makes(s.Server)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	s.addr = conn.LocalAddr().String()
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(conn) }()
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		require.NoError(t, s.Close())
		if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, context.Canceled) {
			t.Errorf("the server ended with %v", err)
		}
		conn.Close()
	}
	t.Cleanup(s.stop)
	return s
}

// certificate makes one as serverCertificateHashes demands: ECDSA P-256, good for less than 14 days (W3C WebTransport,
// custom certificate requirements).
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(10 * 24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// trust is the TLS configuration of a client that knows this server's certificate and no other.
func (s *server) trust(protocols ...string) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.cert)
	return &tls.Config{RootCAs: roots, NextProtos: protocols}
}

// connect opens one QUIC connection on which sessions can be dialled, closed with the test. It stays open when a session
// is refused, so that the refusal can be read.
func (s *server) connect(t *testing.T, cfg *wt.Config) (*wt.ClientConn, *quic.Conn) {
	t.Helper()
	q, err := quic.DialAddr(t.Context(), s.addr, s.trust(http3.NextProtoH3), &quic.Config{
		EnableDatagrams:                  true,
		EnableStreamResetPartialDelivery: true,
	})
	require.NoError(t, err)
	t.Cleanup(func() { q.CloseWithError(0, "") })
	client, err := (&wt.Transport{Config: cfg}).NewClientConn(q)
	require.NoError(t, err)
	return client, q
}
