package rsavec

import (
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// primeModuli are primes of 2048 bits that are 3 modulo 4, close to either end
// of the range: 2^2047 and a little, and that of RFC 3526, group 14, which
// begins and ends with 64 ones. A modulus need not be a product of two primes
// here, and a prime is one whose roots can be taken.
func primeModuli(t testing.TB) []*big.Int {
	t.Helper()
	group14, ok := new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"+
		"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D"+
		"C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"+
		"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF", 16)
	require.True(t, ok)
	low := new(big.Int).Lsh(big.NewInt(1), 2047)
	low.Add(low, big.NewInt(1919))
	list := []*big.Int{low, group14}
	for _, p := range list {
		require.True(t, p.BitLen() == 2048 && p.Bits()[0]&3 == 3 && p.ProbablyPrime(0))
	}
	return list
}

// TestPowerAboveModulus: a product is not below n where the least number it is
// congruent to is a tiny one, which chance brings about once in 2^32 products.
// For each of the 18 products of a power, these signatures are made so that it
// is that one; whoever holds the private key can make such for the last.
func TestPowerAboveModulus(t *testing.T) {
	one := big.NewInt(1)
	for _, p := range primeModuli(t) {
		key, err := NewPublic(&rsa.PublicKey{N: p, E: 65537})
		require.NoError(t, err)
		half := new(big.Int).Rsh(p, 1) // the order of the squares, odd
		rInverse := new(big.Int).ModInverse(bigR, p)
		for step := range 1 + powerSquarings + 1 {
			made := 0
			for _, v := range []int64{2, 3, 5, 6, 7, 10, 11, 13, 14, 15} { // no squares, whose roots are small
				s, power := big.NewInt(v), new(big.Int).Lsh(one, uint(step))
				if step <= powerSquarings {
					s.Mul(s, rInverse).Mod(s, p) // s^(2^step) * R is to be v
				} else {
					power.Set(bigE)
				}
				if big.Jacobi(s, p) != 1 {
					continue
				}
				made++
				s.Exp(s, power.ModInverse(power, half), p)
				x, last := numberOf(s), (*number)(nil)
				if step > powerSquarings {
					last = &x
				}
				for i, f := range chains() {
					var got number
					f(&got, &x, &key.rr, last, &key.n, key.k0, min(step, powerSquarings))
					require.Zero(t, got.big().Cmp(new(big.Int).Add(p, big.NewInt(v))), "routine %d, step %d: not the number it should be", i, step)
				}
				var sig [Size]byte
				s.FillBytes(sig[:])
				checkPower(t, key, p, &sig)
				new(big.Int).Sub(p, s).FillBytes(sig[:])
				checkPower(t, key, p, &sig)
				if !Supported() {
					break // the twin takes its time
				}
			}
			require.Positive(t, made)
		}
	}
}

// TestPowerCongruentToZero: of a modulus with a square in it, numbers other than
// zero have powers that are zero. The products then come to n itself.
func TestPowerCongruentToZero(t *testing.T) {
	root := new(big.Int).Lsh(big.NewInt(1), 1023)
	for _, m := range []*big.Int{
		new(big.Int).Add(root, new(big.Int).Rsh(root, 1)),
		new(big.Int).Sub(new(big.Int).Lsh(root, 1), big.NewInt(1)),
	} {
		m.SetBit(m, 0, 1)
		n := new(big.Int).Mul(m, m)
		key, err := NewPublic(&rsa.PublicKey{N: n, E: 65537})
		require.NoError(t, err)
		for _, by := range []*big.Int{big.NewInt(1), big.NewInt(2), new(big.Int).Sub(m, big.NewInt(1))} {
			s := new(big.Int).Mul(m, by)
			x := numberOf(s)
			for i, f := range chains() {
				var got number
				f(&got, &x, &key.rr, &x, &key.n, key.k0, powerSquarings)
				require.Equal(t, key.n, got, "routine %d", i)
			}
			var sig, got [Size]byte
			s.FillBytes(sig[:])
			checkPower(t, key, n, &sig)
			require.True(t, key.Power(&got, &sig))
			require.Zero(t, got)
		}
	}
}
