package rsavec

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// encoded is the number that PKCS #1 v1.5 signs for a SHA-256 digest.
func encoded(digest [sha256.Size]byte) (em [Size]byte) {
	info := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	tail := append(info, digest[:]...)
	for i := range em {
		em[i] = 0xff
	}
	em[0], em[1], em[Size-len(tail)-1] = 0, 1, 0
	copy(em[Size-len(tail):], tail)
	return em
}

func prepare(t testing.TB, key *rsa.PrivateKey) *Private {
	t.Helper()
	k, err := NewPrivate(key)
	require.NoError(t, err)
	return k
}

func fill(numbers ...*big.Int) (em [Lanes][Size]byte) {
	for i := range em {
		numbers[i%len(numbers)].FillBytes(em[i][:])
	}
	return em
}

func TestSignIsCryptoRSA(t *testing.T) {
	t.Logf("assembly: %t", Supported())
	s := NewScratch()
	for i, key := range generated(t) {
		k := prepare(t, key)
		var em, out, want [Lanes][Size]byte
		for lane := range em {
			digest := sha256.Sum256([]byte{byte(i), byte(lane)})
			em[lane] = encoded(digest)
			sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
			require.NoError(t, err)
			want[lane] = [Size]byte(sig)
		}
		given := em
		require.EqualValues(t, 0xff, k.Sign(s, &out, &em))
		require.Equal(t, want, out)
		require.Equal(t, given, em)
		require.EqualValues(t, 0xff, k.Sign(s, &em, &em), "in place")
		require.Equal(t, want, em)
	}
}

// Numbers that no padding gives, among them those that are zero or the same
// modulo one prime.
func TestSignEdges(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	s := NewScratch()
	for _, key := range generated(t)[:4] {
		k := prepare(t, key)
		n, p, q := key.N, key.Primes[0], key.Primes[1]
		numbers := []*big.Int{
			new(big.Int), big.NewInt(1), big.NewInt(2), bigOffset(n, -1), bigOffset(n, -2), p, q, bigOffset(p, 1), bigOffset(q, -1),
			bigTimes(p, 2), bigTimes(q, 3), new(big.Int).Sub(n, p), new(big.Int).Sub(n, q), new(big.Int).Mul(p, bigOffset(q, -2)),
			bigPower2(2047), bigOffset(bigPower2(2047), -1), bigPower2(1040), bigOffset(bigPower2(1040), -1), bigPower2(1039),
			new(big.Int).Mod(laneR, p), bigPower2(52), new(big.Int).Rsh(n, 1),
		}
		for len(numbers)%Lanes != 0 {
			numbers = append(numbers, new(big.Int).Mod(random(r, 2048), n))
		}
		for i := 0; i < len(numbers); i += Lanes {
			em := fill(numbers[i : i+Lanes]...)
			var out [Lanes][Size]byte
			require.EqualValues(t, 0xff, k.Sign(s, &out, &em))
			for lane := range out {
				want := new(big.Int).Exp(numbers[i+lane], key.D, n)
				require.Zero(t, want.Cmp(new(big.Int).SetBytes(out[lane][:])), "%x", numbers[i+lane])
			}
		}
	}
}

func TestSignRefusesWhatIsNotBelowTheModulus(t *testing.T) {
	key := privateKey(t, "a")
	k := prepare(t, key)
	all := bigOffset(bigPower2(2048), -1)
	good := big.NewInt(4711)
	em := fill(good, key.N, good, bigOffset(key.N, 1), all, good, bigOffset(key.N, 4711), good)
	out := fill(all)
	require.EqualValues(t, 0b10100101, k.Sign(NewScratch(), &out, &em))
	want := new(big.Int).Exp(good, key.D, key.N)
	require.Equal(t, fill(want, new(big.Int), want, new(big.Int), new(big.Int), want, new(big.Int), want), out)
}

func TestSignFromManyGoroutines(t *testing.T) {
	key := privateKey(t, "b")
	k := prepare(t, key)
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			s := NewScratch()
			number := big.NewInt(int64(g) + 2)
			em := fill(number)
			var out [Lanes][Size]byte
			for range 2 {
				if k.Sign(s, &out, &em) != 0xff || out != fill(new(big.Int).Exp(number, key.D, key.N)) {
					t.Errorf("goroutine %d", g)
				}
			}
		})
	}
	wait.Wait()
}
