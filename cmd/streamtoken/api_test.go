package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
)

// runningAPI is the command, at work.
type runningAPI struct {
	t       *testing.T
	address string // as it was announced
	client  *http.Client
	stderr  *lockedBuffer
	state   string // where its files lie
	stop    func() int
}

// startAPI runs the command until stop is called, which gives its exit status. Its state lies under home.
func startAPI(t *testing.T, home string, args ...string) *runningAPI {
	t.Helper()
	a := &runningAPI{t: t, stderr: &lockedBuffer{}, state: filepath.Join(home, "streamtoken"), client: &http.Client{}}
	env := testEnvironment("")
	env.stderr, env.now = a.stderr, time.Now
	env.getenv = func(name string) string {
		if name == "XDG_STATE_HOME" {
			return home
		}
		return ""
	}
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{"api", "--listen", "127.0.0.1:0"}, args...), env) }()
	a.stop = sync.OnceValue(func() int {
		a.client.CloseIdleConnections()
		cancel()
		return <-code
	})
	t.Cleanup(func() { a.stop() })
	listening := regexp.MustCompile(`(?m)^streamtoken api: .*listening on (\S+)$`)
	eventually(t, func() bool {
		if m := listening.FindStringSubmatch(a.stderr.String()); m != nil {
			a.address = m[1]
		}
		return a.address != ""
	})
	require.Empty(t, env.stdout.(*bytes.Buffer).String())
	if path, ok := strings.CutPrefix(a.address, "unix:"); ok {
		a.address = "http://localhost"
		a.client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}}
	}
	return a
}

// token is the one that the command made.
func (a *runningAPI) token() string {
	a.t.Helper()
	data, err := os.ReadFile(filepath.Join(a.state, "api-token"))
	require.NoError(a.t, err)
	return strings.TrimSuffix(string(data), "\n")
}

// call makes a request with a bearer token, if it is not "", and gives the status, the body and the result in it.
func (a *runningAPI) call(token, method, path, body string) (status int, text string, result map[string]any) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.address+path, strings.NewReader(body))
	require.NoError(a.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := a.client.Do(req)
	require.NoError(a.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(a.t, err)
	var envelope struct{ Result map[string]any }
	_ = json.Unmarshal(data, &envelope)
	return res.StatusCode, string(data), envelope.Result
}

func verifierOf(t *testing.T, jwks []byte) *verifier.Verifier {
	t.Helper()
	parsed, _, err := verifier.ParseKeys(jwks, "")
	require.NoError(t, err)
	keys, err := verifier.NewStaticKeys(parsed...)
	require.NoError(t, err)
	v, err := verifier.New(verifier.Config{Keys: keys})
	require.NoError(t, err)
	return v
}

func TestAPI(t *testing.T) {
	home := t.TempDir()
	a := startAPI(t, home)
	require.Contains(t, a.stderr.String(), "base URL for the SDKs: "+a.address+"/client/v4\n")
	require.Contains(t, a.stderr.String(), "bearer token: in "+filepath.Join(a.state, "api-token")+", made now\n")
	token := a.token()
	require.Len(t, token, 43)
	for _, name := range []string{".", "api-token", "api-master-key", "api.db"} {
		info, err := os.Stat(filepath.Join(a.state, name))
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, name)
	}
	entries, err := os.ReadDir(a.state)
	require.NoError(t, err)
	for _, e := range entries {
		require.False(t, strings.HasPrefix(e.Name(), "."), "left behind: %s", e.Name())
	}

	status, _, _ := a.call("", "POST", "/client/v4/accounts/acc/stream/video/token", "")
	require.Equal(t, 400, status)
	status, _, _ = a.call(token[1:]+"x", "POST", "/client/v4/accounts/acc/stream/video/token", "")
	require.Equal(t, 401, status)
	status, text, result := a.call(token, "POST", "/client/v4/accounts/acc/stream/video/token", "")
	require.Equal(t, 200, status, text)
	minted := result["token"].(string)
	status, jwks, _ := a.call(token, "GET", "/.well-known/jwks.json", "")
	require.Equal(t, 200, status)
	_, err = verifierOf(t, []byte(jwks)).Verify(t.Context(), minted)
	require.NoError(t, err)

	status, _, result = a.call(token, "POST", "/accounts/acc/moq/relays", `{"name":"one"}`)
	require.Equal(t, 200, status)
	relay := result["uid"].(string)
	require.Equal(t, exitOK, a.stop())
	require.NotContains(t, a.stderr.String(), token)
	require.NotContains(t, a.stderr.String(), "eyJ")

	// Again: the same token, the same state, and nobody waits for the lease of the process that has ended.
	a = startAPI(t, home, "--lease", "60s")
	require.Equal(t, token, a.token())
	require.NotContains(t, a.stderr.String(), "made now")
	status, _, result = a.call(token, "GET", "/accounts/acc/moq/relays/"+relay, "")
	require.Equal(t, 200, status)
	require.Equal(t, "one", result["name"])
	require.Equal(t, exitOK, a.stop())
	a = startAPI(t, home)
	status, text, _ = a.call(token, "POST", "/accounts/acc/moq/relays/"+relay+"/tokens/rotate", `{"type":"subscribe"}`)
	require.Equal(t, 200, status)
	require.NotContains(t, text, "lease")
}

// A request that is in flight when the server is told to stop has its answer.
func TestAPIFinishesRequests(t *testing.T) {
	a := startAPI(t, t.TempDir())
	a.client.Transport = &http.Transport{ExpectContinueTimeout: time.Minute}
	body, w := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), "POST", a.address+"/accounts/acc/moq/relays", body)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+a.token())
	req.Header.Set("Expect", "100-continue") // the body is sent when its handler asks for it
	answered := make(chan int, 1)
	go func() {
		res, err := a.client.Do(req)
		if err != nil {
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	_, err = io.WriteString(w, `{"name":`)
	require.NoError(t, err)
	stopped := make(chan int, 1)
	go func() { stopped <- a.stop() }()
	eventually(t, func() bool { return strings.Contains(a.stderr.String(), "stopping: no new connections") })
	eventually(t, func() bool { // the listener is closed
		conn, err := net.Dial("tcp", strings.TrimPrefix(a.address, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	_, err = io.WriteString(w, `"one"}`)
	require.NoError(t, err)
	w.Close()
	require.Equal(t, 200, <-answered)
	require.Equal(t, exitOK, <-stopped)
}

// No time of the server ends a call that waits for a lease.
func TestAPITimes(t *testing.T) {
	require.Greater(t, apiRead, maxLease+30*time.Second)
	require.Greater(t, apiWrite, maxLease+30*time.Second)
}

func TestAPIKeepsItsKey(t *testing.T) {
	home := t.TempDir()
	a := startAPI(t, home)
	status, _, _ := a.call(a.token(), "POST", "/accounts/acc/moq/relays", `{"name":"one"}`)
	require.Equal(t, 200, status)
	require.Equal(t, exitOK, a.stop())
	key := filepath.Join(a.state, "api-master-key")
	start := func() (int, string) {
		env := testEnvironment("")
		env.getenv = func(string) string { return home }
		code := run(t.Context(), []string{"api", "--listen", "127.0.0.1:0"}, env)
		return code, env.stderr.(*bytes.Buffer).String()
	}
	require.NoError(t, os.Rename(key, key+".away"))
	code, stderr := start()
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "api.db exists, but its master key "+key+" does not")
	require.NoFileExists(t, key)

	require.NoError(t, os.WriteFile(key, []byte(strings.Repeat("0", 64)), 0o600))
	code, stderr = start()
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "was not sealed with the master key in "+key)
	data, err := os.ReadFile(key)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("0", 64), string(data), "never overwritten")

	require.NoError(t, os.Rename(key+".away", key))
	a = startAPI(t, home)
	status, _, _ = a.call(a.token(), "POST", "/accounts/acc/moq/relays", `{"name":"two"}`)
	require.Equal(t, 200, status)
}

// A key made for a database on another machine, that has its own, is taken away again.
func TestAPIKeyForAnothersDatabase(t *testing.T) {
	home := t.TempDir()
	a := startAPI(t, home)
	require.Equal(t, exitOK, a.stop())
	files := apiFiles{masterKey: filepath.Join(t.TempDir(), "key"), store: "sqlite:" + filepath.Join(a.state, "api.db")}
	_, err := openStore(t.Context(), testEnvironment(""), files)
	require.ErrorContains(t, err, "does not")
	require.NoFileExists(t, files.masterKey)
}

func TestAPITLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	serial := func(n int64) { selfSigned(t, cert, key, n) }
	serial(1)
	a := startAPI(t, t.TempDir(), "--listen", "0.0.0.0:0", "--tls-cert", cert, "--tls-key", key)
	require.Regexp(t, "^https://", a.address)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(a.address, "https://"))
	require.NoError(t, err)
	served := func(cfg *tls.Config) (int64, error) {
		cfg.InsecureSkipVerify = true
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, cfg)
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	n, err := served(&tls.Config{})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	_, err = served(&tls.Config{MaxVersion: tls.VersionTLS11})
	require.Error(t, err)
	serial(2)
	eventually(t, func() bool { n, _ := served(&tls.Config{}); return n == 2 })
}

func TestAPIInsecureListen(t *testing.T) {
	a := startAPI(t, t.TempDir(), "--listen", "0.0.0.0:0", "--insecure-listen")
	require.Regexp(t, `^http://(0\.0\.0\.0|\[::\]):`, a.address)
	env := testEnvironment("")
	env.getenv = func(string) string { return filepath.Dir(a.state) }
	_, port, err := net.SplitHostPort(strings.TrimPrefix(a.address, "http://"))
	require.NoError(t, err)
	require.Equal(t, exitFailed, run(t.Context(), []string{"api", "--listen", "127.0.0.1:" + port}, env))
	require.Contains(t, env.stderr.(*bytes.Buffer).String(), "another program has that port")
}

// selfSigned writes a pair, as a renewal does: one file after the other.
func selfSigned(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	now := time.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}, &x509.Certificate{SerialNumber: big.NewInt(serial)}, &k.PublicKey, k)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		require.NoError(t, os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600))
		require.NoError(t, os.Rename(name+".new", name))
	}
}
