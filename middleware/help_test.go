package middleware_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

const (
	keyID = "8f926b2b01f3835170025a78a4dcbf6a"
	video = "ea95132c15732412d22c1476fa83f27a"
)

var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// mint signs whatever it is told to, which package signer would not.
func mint(tb testing.TB, c streamtoken.Claims) string { return mintBehind(tb, "", c) }

// mintBehind is mint with white space at the beginning of the header, and so another beginning of the token.
func mintBehind(tb testing.TB, space string, c streamtoken.Claims) string {
	enc := base64.RawURLEncoding.EncodeToString
	input := enc([]byte(space+`{"alg":"RS256","kid":"`+keyID+`"}`)) + "." + enc(c.AppendJSON(nil))
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA256, digest[:])
	require.NoError(tb, err)
	return input + "." + enc(sig)
}

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	data, err := os.ReadFile("../testdata/keys/a.pem")
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return key
})

func newVerifier(tb testing.TB) *verifier.Verifier {
	key, err := verifier.NewKey(keyID, &testKey().PublicKey)
	require.NoError(tb, err)
	keys, err := verifier.NewStaticKeys(key)
	require.NoError(tb, err)
	v, err := verifier.New(verifier.Config{Keys: keys, Now: func() time.Time { return now }})
	require.NoError(tb, err)
	return v
}

func newGate(tb testing.TB) *gate.Gate {
	g, err := gate.New(gate.Config{Verifier: newVerifier(tb)})
	require.NoError(tb, err)
	return g
}

// open is a token for video, good for an hour, for everybody.
func open(tb testing.TB) string {
	return mint(tb, streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour)})
}

// ruled is open with access rules.
func ruled(tb testing.TB, lines ...string) string {
	c := streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour)}
	for _, line := range lines {
		r, err := accessrules.ParseText(line)
		require.NoError(tb, err)
		c.AccessRules = append(c.AccessRules, r)
	}
	return mint(tb, c)
}

// wrap puts the middleware in front of next. cfg needs no gate.
func wrap(tb testing.TB, cfg middleware.Config, next http.Handler) http.Handler {
	if cfg.Gate == nil {
		cfg.Gate = newGate(tb)
	}
	cfg.Now = func() time.Time { return now }
	m, err := middleware.New(cfg)
	require.NoError(tb, err)
	return m(next)
}

// serve listens with the middleware in front of next.
func serve(tb testing.TB, cfg middleware.Config, next http.Handler) (addr string) {
	s := httptest.NewServer(wrap(tb, cfg, next))
	tb.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// echo writes what it sees of a request.
func echo(w http.ResponseWriter, r *http.Request) {
	id, ok := middleware.IdentityFrom(r.Context())
	fmt.Fprintf(w, "REACHED\nmethod %s\npath %q\nrawpath %q\nescaped %q\nquery %q\nuri %q\nhost %q\nidentity %v %s %s %v %v\n",
		r.Method, r.URL.Path, r.URL.RawPath, r.URL.EscapedPath(), r.URL.RawQuery, r.RequestURI, r.Host,
		ok, id.Subject, id.KeyID, id.Expires.Unix(), id.Downloadable)
	var header bytes.Buffer
	_ = r.Header.Write(&header)
	fmt.Fprintf(w, "%s", header.String())
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "body %q\ntrailer %v\n", body, r.Trailer)
}

// answer is an answer as it came over the wire.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) reached() bool { return strings.Contains(a.body, "REACHED") }

// raw sends bytes over TCP as they are and reads one answer. "{T}" stands for token.
func raw(tb testing.TB, addr, method, request, token string) answer {
	request = strings.ReplaceAll(request, "{T}", token)
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	require.NoError(tb, err)
	defer conn.Close()
	require.NoError(tb, conn.SetDeadline(time.Now().Add(10*time.Second)))
	go func() { _, _ = io.WriteString(conn, request) }() // the server may answer and close before it has read all
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, &http.Request{Method: method})
	for err == nil && resp.StatusCode < 200 {
		resp, err = http.ReadResponse(reader, &http.Request{Method: method})
	}
	require.NoError(tb, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// get sends one GET for target, with header lines, over TCP.
func get(tb testing.TB, addr, target, token string, lines ...string) answer {
	return send(tb, addr, "GET", target, token, lines...)
}

func send(tb testing.TB, addr, method, target, token string, lines ...string) answer {
	head := method + " " + target + " HTTP/1.1\r\nHost: edge.test\r\nConnection: close\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return raw(tb, addr, method, head+"\r\n", token)
}

// logs keeps log lines for reading.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logs) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: level}))
}
