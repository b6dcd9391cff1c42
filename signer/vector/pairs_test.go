package vector_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"flag"
	"math/big"
	mrand "math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/signer/vector"
)

// The long run: go test ./signer/vector -run TestPairs -timeout 2h -args -keys 1000 -pairs 1000000
var (
	pairKeys  = flag.Int("keys", 40, "how many keys TestPairs signs with")
	pairCount = flag.Int("pairs", 2000, "how many pairs of a key and a digest TestPairs compares")
)

// TestPairs: every signature is crypto/rsa's, byte for byte, over many keys and digests, in batches of every size.
func TestPairs(t *testing.T) {
	if err := vector.Available(); err != nil {
		t.Log("the engine takes no key here:", err)
		_, refused := vector.New().Prepare(manyKeys(t, 1)[0])
		require.Equal(t, err, refused)
		return
	}
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	t.Logf("seed %x", seed)
	keys := manyKeys(t, *pairKeys)
	engine := vector.New()
	var compared atomic.Int64
	var wg sync.WaitGroup
	share := (*pairCount + len(keys) - 1) / len(keys)
	for w := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := w; i < len(keys); i += runtime.GOMAXPROCS(0) {
				own := seed
				own[0], own[1] = own[0]^byte(i), own[1]^byte(i>>8)
				compared.Add(int64(comparePairs(t, engine, keys[i], mrand.New(mrand.NewChaCha8(own)), share)))
			}
		})
	}
	wg.Wait()
	require.GreaterOrEqual(t, compared.Load(), int64(*pairCount))
	require.EqualValues(t, compared.Load(), engine.Stats().Signatures, "the vector instructions made all of them")
	require.Zero(t, engine.Stats().Faults)
	t.Logf("%d pairs of %d keys", compared.Load(), len(keys))
}

// comparePairs compares at least n signatures of key.
func comparePairs(t *testing.T, engine *vector.Engine, key *rsa.PrivateKey, random *mrand.Rand, n int) (compared int) {
	b, err := engine.Prepare(key)
	if err != nil {
		t.Error(err)
		return 0
	}
	for size := 1; compared < n; size = size%b.Size() + 1 {
		digests, sigs := make([][sha256.Size]byte, size), make([][]byte, size)
		for i := range digests {
			sigs[i] = make([]byte, key.Size())
			switch random.IntN(64) {
			case 0: // all zeros
			case 1:
				digests[i] = [sha256.Size]byte(bytes.Repeat([]byte{0xff}, sha256.Size))
			default:
				for j := range digests[i] {
					digests[i][j] = byte(random.Uint32())
				}
			}
		}
		if err := b.Sign(sigs, digests); err != nil {
			t.Error(err)
			return compared
		}
		for i := range digests {
			want, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digests[i][:])
			if err != nil || !bytes.Equal(want, sigs[i]) {
				t.Errorf("p %x q %x digest %x: %x, and crypto/rsa %x, %v", key.Primes[0], key.Primes[1], digests[i], sigs[i], want, err)
				return compared
			}
			compared++
		}
	}
	return compared
}

// manyKeys gives n keys of a few primes: each pair of two is a key, in either order.
func manyKeys(t *testing.T, n int) []*rsa.PrivateKey {
	t.Helper()
	e := big.NewInt(65537)
	var primes []*big.Int
	var keys []*rsa.PrivateKey
	for len(keys) < n {
		p, err := rand.Prime(rand.Reader, 1024) // its two highest bits are set, so that a product has 2048
		require.NoError(t, err)
		if new(big.Int).GCD(nil, nil, e, new(big.Int).Sub(p, big.NewInt(1))).Cmp(big.NewInt(1)) != 0 {
			continue
		}
		for i, q := range primes {
			if p.Cmp(q) == 0 || len(keys) == n {
				continue
			}
			pair := []*big.Int{p, q}
			if i%2 == 1 {
				pair = []*big.Int{q, p}
			}
			keys = append(keys, keyOf(t, pair, e))
		}
		primes = append(primes, p)
	}
	return keys
}

func keyOf(t *testing.T, primes []*big.Int, e *big.Int) *rsa.PrivateKey {
	t.Helper()
	one := big.NewInt(1)
	p1, q1 := new(big.Int).Sub(primes[0], one), new(big.Int).Sub(primes[1], one)
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(primes[0], primes[1]), E: int(e.Int64())},
		D:         new(big.Int).ModInverse(e, new(big.Int).Mul(p1, q1)),
		Primes:    primes,
	}
	key.Precompute()
	require.NoError(t, key.Validate())
	require.Equal(t, 2048, key.N.BitLen())
	return key
}
