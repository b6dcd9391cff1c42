package verifier_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
)

// Test-only keys.
const (
	kidA = "8f926b2b01f3835170025a78a4dcbf6a"
	kidB = "e9db990a82666dd571c77f944a5c5c8d"
)

// at is the moment the tests live in.
var at = time.Unix(1_800_000_000, 0)

func clock(now time.Time) func() time.Time { return func() time.Time { return now } }

func testKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile("../testdata/keys/" + name + ".pem")
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// sign makes a token of any header and payload, well-formed or not. It is
// independent of the code under test.
func sign(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	return signInput(t, key, b64(header)+"."+b64(payload))
}

func signInput(t testing.TB, key *rsa.PrivateKey, input string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return input + "." + b64(string(sig))
}

// header is the usual header for a kid.
func header(kid string) string { return `{"alg":"RS256","kid":"` + kid + `"}` }

// staticKeys holds key a and key b.
func staticKeys(t testing.TB) *verifier.StaticKeys {
	t.Helper()
	a, err := verifier.NewKey(kidA, &testKey(t, "a").PublicKey)
	require.NoError(t, err)
	b, err := verifier.NewKey(kidB, &testKey(t, "b").PublicKey)
	require.NoError(t, err)
	keys, err := verifier.NewStaticKeys(a, b)
	require.NoError(t, err)
	return keys
}

// newVerifier makes one with keys a and b at the time at; change edits its Config.
func newVerifier(t testing.TB, change ...func(*verifier.Config)) *verifier.Verifier {
	t.Helper()
	cfg := verifier.Config{Keys: staticKeys(t), Now: clock(at)}
	for _, c := range change {
		c(&cfg)
	}
	v, err := verifier.New(cfg)
	require.NoError(t, err)
	return v
}
