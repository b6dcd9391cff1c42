package gate_test

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

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

const (
	keyID = "8f926b2b01f3835170025a78a4dcbf6a"
	video = "ea95132c15732412d22c1476fa83f27a"
)

var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

func readKey(tb testing.TB, path string) *rsa.PrivateKey {
	data, err := os.ReadFile(path)
	require.NoError(tb, err)
	block, _ := pem.Decode(data)
	require.NotNil(tb, block)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(tb, err)
	return key
}

// mint signs whatever it is told to, which package signer would not.
func mint(tb testing.TB, c streamtoken.Claims) string {
	enc := base64.RawURLEncoding.EncodeToString
	input := enc([]byte(`{"alg":"RS256","kid":"`+keyID+`"}`)) + "." + enc(c.AppendJSON(nil))
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, readKey(tb, "../testdata/keys/a.pem"), crypto.SHA256, digest[:])
	require.NoError(tb, err)
	return input + "." + enc(sig)
}

func newVerifier(tb testing.TB) *verifier.Verifier {
	key, err := verifier.NewKey(keyID, &readKey(tb, "../testdata/keys/a.pem").PublicKey)
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
