package rsavec

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// privateKey is key a, b or c of the test keys.
func privateKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile("../../testdata/keys/" + name + ".pem")
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key
}

// assemble makes a key of its factors, whatever they are, with its CRT values.
func assemble(e int, primes ...*big.Int) *rsa.PrivateKey {
	one := big.NewInt(1)
	n, order := big.NewInt(1), big.NewInt(1)
	for _, p := range primes {
		n.Mul(n, p)
		order.Mul(order, new(big.Int).Sub(p, one))
	}
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: e}, Primes: primes}
	if key.D = new(big.Int).ModInverse(big.NewInt(int64(e)), order); key.D == nil {
		return nil
	}
	key.Precomputed.Dp = new(big.Int).Mod(key.D, new(big.Int).Sub(primes[0], one))
	key.Precomputed.Dq = new(big.Int).Mod(key.D, new(big.Int).Sub(primes[1], one))
	key.Precomputed.Qinv = new(big.Int).ModInverse(primes[1], primes[0])
	return key
}

// pool is primes made once for all tests. Any two of them are a key, in either
// order: so there are both p > q and p < q.
var pool = sync.OnceValue(func() []*big.Int {
	var primes []*big.Int
	for len(primes) < 7 {
		p, err := rand.Prime(rand.Reader, 1024) // its two highest bits are set
		if err != nil {
			panic(err)
		}
		if new(big.Int).Mod(bigOffset(p, -1), big.NewInt(65537)).Sign() != 0 {
			primes = append(primes, p)
		}
	}
	return primes
})

// generated gives keys that crypto/rsa accepts: 42 of them, and four where the
// slow twin signs.
func generated(t testing.TB) []*rsa.PrivateKey {
	t.Helper()
	var keys []*rsa.PrivateKey
	for i, p := range pool() {
		for j, q := range pool() {
			if i == j || !Supported() && (i > 1 || j > 2) {
				continue
			}
			key := assemble(65537, p, q)
			key.Precomputed = rsa.PrecomputedValues{}
			key.Precompute()
			require.NoError(t, key.Validate())
			keys = append(keys, key)
		}
	}
	return keys
}
