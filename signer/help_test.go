package signer_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/jwk"
	"github.com/streamtoken/streamtoken/internal/jws"
	"github.com/streamtoken/streamtoken/signer"
)

const (
	idA = "8f926b2b01f3835170025a78a4dcbf6a"
	idB = "e9db990a82666dd571c77f944a5c5c8d"
	uid = "ea95132c15732412d22c1476fa83f27a"
)

// issue is the fixed time of issue, half a second past issueUnix so that cutting to seconds shows.
const issueUnix = 1_780_000_000

var issue = time.Unix(issueUnix, 5e8)

func clock() time.Time { return issue }

// read gives one of the test-only keys.
func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "keys", name))
	require.NoError(t, err)
	return string(data)
}

func parse(t testing.TB, data, id string) *signer.Key {
	t.Helper()
	key, err := signer.ParseKey([]byte(data), id)
	require.NoError(t, err)
	return key
}

func rawKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	key, err := jwk.ParsePrivate([]byte(read(t, name+".pem")))
	require.NoError(t, err)
	return key.Key
}

func newSigner(t testing.TB, key *signer.Key, now func() time.Time) *signer.Signer {
	t.Helper()
	s, err := signer.New(signer.Config{Key: key, Now: now})
	require.NoError(t, err)
	return s
}

func sign(t testing.TB, key *signer.Key, c streamtoken.Claims) string {
	t.Helper()
	token, err := newSigner(t, key, clock).Sign(c)
	require.NoError(t, err)
	return token
}

// open checks a token with the public key alone and gives its payload.
func open(t testing.TB, pub *rsa.PublicKey, token string) string {
	t.Helper()
	parts, err := jws.Parse(token, nil)
	require.NoError(t, err)
	require.True(t, jws.VerifyRS256(pub, sha256.Sum256([]byte(parts.SigningInput)), parts.Signature))
	return string(parts.Payload)
}

func base64url(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func wrap(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func quoted(s string) string {
	return `"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(s) + `"`
}

// fiveRules are as many and as varied as a token may carry.
func fiveRules() []accessrules.Rule {
	return []accessrules.Rule{
		{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"us", "MX"}},
		{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.9"}, Country: []string{"irrelevant"}},
		{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"CA"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	}
}

// kms is a crypto.Signer that is no *rsa.PrivateKey.
type kms struct {
	public func() crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (k kms) Public() crypto.PublicKey { return k.public() }

func (k kms) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.sign(digest, opts)
}

// unlockHSM stands for what gives a crypto.Signer that keeps its key to itself.
func unlockHSM() crypto.Signer {
	data, err := os.ReadFile("../testdata/keys/c.pem")
	if err != nil {
		panic(err)
	}
	key, err := jwk.ParsePrivate(data)
	if err != nil {
		panic(err)
	}
	return kms{key.Key.Public, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) { return key.Key.Sign(nil, digest, opts) }}
}
