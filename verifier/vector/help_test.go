package vector

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

// The tests make checks with newCheck: where the engine is not available, they
// run on the portable twin.

func testKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile("../../testdata/keys/" + name + ".pem")
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key
}

func makeCheck(t testing.TB, pub *rsa.PublicKey) *check {
	t.Helper()
	c, err := newCheck(pub)
	require.NoError(t, err)
	return c
}

// standard is what the check has to agree with.
func standard(pub *rsa.PublicKey, digest *[sha256.Size]byte, sig []byte) bool {
	return rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], sig) == nil
}

// raise gives em^d, whatever em says. It is nil if em is not below the modulus.
func raise(key *rsa.PrivateKey, em []byte) []byte {
	m := new(big.Int).SetBytes(em)
	if m.Cmp(key.N) >= 0 {
		return nil
	}
	// By the Chinese remainder theorem, four times as fast as one exponentiation.
	p, q := key.Primes[0], key.Primes[1]
	x := new(big.Int).Exp(new(big.Int).Mod(m, p), key.Precomputed.Dp, p)
	y := new(big.Int).Exp(new(big.Int).Mod(m, q), key.Precomputed.Dq, q)
	x.Sub(x, y).Mul(x, key.Precomputed.Qinv).Mod(x, p)
	return x.Mul(x, q).Add(x, y).FillBytes(make([]byte, key.Size()))
}

func signature(t testing.TB, key *rsa.PrivateKey, digest *[sha256.Size]byte) []byte {
	t.Helper()
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return sig
}

func randomDigest(t testing.TB) (digest [sha256.Size]byte) {
	t.Helper()
	_, err := rand.Read(digest[:])
	require.NoError(t, err)
	return digest
}

func encode(digest *[sha256.Size]byte) (em [rsavec.Size]byte) {
	rsavec.Encode(&em, digest)
	return em
}
