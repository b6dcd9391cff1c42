//go:build integration

package tokens

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// keyFile gives one of the test-only keys of the repository.
func keyFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "keys", name))
	require.NoError(t, err)
	return string(data)
}

func decoded(t *testing.T, wrapped string) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(wrapped)
	require.NoError(t, err)
	return string(data)
}

// field gives a member of the result in an answer of the create-key call.
func field(t *testing.T, answer, name string) string {
	t.Helper()
	var envelope struct{ Result map[string]string }
	require.NoError(t, json.Unmarshal([]byte(answer), &envelope))
	require.NotEmpty(t, envelope.Result[name])
	return envelope.Result[name]
}

func b64url(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// written puts text into a file of its own.
func written(t *testing.T, text string) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, errors.Join(err, f.Close()))
	return f.Name()
}

// openssl runs the command and gives its output and whether it succeeded. That it cannot be run at all is a failure.
func openssl(t *testing.T, stdin string, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("openssl is needed: %v", err)
	}
	return stdout.String(), err == nil
}

// opensslSign makes the token of header and payload, taken as they stand, with a key in PEM.
func opensslSign(t *testing.T, pem, header, payload string) string {
	t.Helper()
	input := b64url(header) + "." + b64url(payload)
	sig, ok := openssl(t, input, "dgst", "-sha256", "-sign", written(t, pem))
	require.True(t, ok)
	return input + "." + b64url(sig)
}

// opensslVerify checks the signature alone: OpenSSL knows nothing of tokens.
func opensslVerify(t *testing.T, publicPEM, token string) bool {
	t.Helper()
	end := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[end+1:])
	require.NoError(t, err)
	out, ok := openssl(t, token[:end], "dgst", "-sha256", "-verify", written(t, publicPEM), "-signature", written(t, string(sig)))
	require.Equal(t, ok, strings.Contains(out, "Verified OK"))
	return ok
}

// opensslSigner is a crypto.Signer whose key only OpenSSL reads, as a KMS would keep it.
type opensslSigner struct {
	t   *testing.T
	pub *rsa.PublicKey
	pem string
}

func (s opensslSigner) Public() crypto.PublicKey { return s.pub }

func (s opensslSigner) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	sig, ok := openssl(s.t, string(digest), "pkeyutl", "-sign", "-inkey", written(s.t, s.pem), "-pkeyopt", "digest:sha256")
	if !ok {
		return nil, errors.New("openssl pkeyutl failed")
	}
	return []byte(sig), nil
}

type job struct {
	Op     string          `json:"op"`
	Header json.RawMessage `json:"header,omitempty"`
	Claims json.RawMessage `json:"claims,omitempty"`
	JWK    string          `json:"jwk,omitempty"`
	PEM    string          `json:"pem,omitempty"`
	JWKKey string          `json:"jwkKey,omitempty"`
	Token  string          `json:"token,omitempty"`
	JWKS   string          `json:"jwks,omitempty"`
	Now    int64           `json:"now,omitempty"`
}

type answer struct {
	Token string
	OK    bool
	Error string
}

// node has a script do jobs.
func node(t *testing.T, script string, jobs ...job) []answer {
	t.Helper()
	in, err := json.Marshal(jobs)
	require.NoError(t, err)
	cmd := exec.Command("node", script)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node %s (are node and, by npm ci, the packages of package-lock.json there?): %v\n%s", script, err, stderr.String())
	}
	var answers []answer
	require.NoError(t, json.Unmarshal(out, &answers))
	require.Len(t, answers, len(jobs))
	return answers
}
