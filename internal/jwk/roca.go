package jwk

import "math/big"

// rocaPrimes are the odd primes up to 167, those of the published detection method for CVE-2017-15361 ("The Return of
// Coppersmith's Attack", CCS 2017). A random modulus passes for affected about once in 2^27.
var rocaPrimes = [...]uint16{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
	127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// hasROCAFingerprint tells whether n looks like the work of the affected generator, whose primes, and so their products,
// are powers of 65537 modulo each small prime.
func hasROCAFingerprint(n *big.Int) bool {
	var rem, div big.Int
	for _, r := range rocaPrimes {
		residue := uint32(rem.Mod(n, div.SetUint64(uint64(r))).Uint64())
		if !isPowerOf65537(residue, uint32(r)) {
			return false
		}
	}
	return true
}

func isPowerOf65537(residue, r uint32) bool {
	for x, i := uint32(1), uint32(0); i < r; i++ {
		if x == residue {
			return true
		}
		x = x * (publicExponent % r) % r
	}
	return false
}
