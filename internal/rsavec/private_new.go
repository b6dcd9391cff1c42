package rsavec

import (
	"crypto/rsa"
	"errors"
	"math/big"
)

var (
	errUnfit = errors.New("rsavec: not an RSA key of 2048 bits with two primes of 1024 bits and exponent 65537")
	errParts = errors.New("rsavec: the parts of the RSA key do not belong together")
)

// NewPrivate lays key out: 2048 bits, two primes of 1024 bits each, public
// exponent 65537, and its CRT values computed (rsa.PrivateKey.Precompute). All
// else is an error, as are parts that do not belong together; that the primes
// are prime is not tested. key is copied and not kept. The same key gives the
// same bytes.
//
// This is the one place where secrets pass through math/big, which is not
// constant time and leaves them in memory: once for a key, as the packages
// that read a key from a file do.
func NewPrivate(key *rsa.PrivateKey) (*Private, error) {
	if key == nil || key.N == nil || key.D == nil || key.E != 65537 || len(key.Primes) != 2 ||
		key.Precomputed.Dp == nil || key.Precomputed.Dq == nil || key.Precomputed.Qinv == nil {
		return nil, errUnfit
	}
	p, q := key.Primes[0], key.Primes[1]
	if key.N.BitLen() != 8*Size || !fits(p) || !fits(q) {
		return nil, errUnfit
	}
	one, e := big.NewInt(1), big.NewInt(int64(key.E))
	product := func(x, y, m *big.Int) *big.Int { z := new(big.Int).Mul(x, y); return z.Mod(z, m) }
	part := func(d, p *big.Int) bool { // d is that of p, and inverts e
		order := new(big.Int).Sub(p, one)
		return new(big.Int).Mod(key.D, order).Cmp(d) == 0 && product(d, e, order).Cmp(one) == 0
	}
	qinv := key.Precomputed.Qinv
	if new(big.Int).Mul(p, q).Cmp(key.N) != 0 || !part(key.Precomputed.Dp, p) || !part(key.Precomputed.Dq, q) ||
		key.D.Sign() <= 0 || qinv.Sign() <= 0 || qinv.Cmp(p) >= 0 || product(qinv, q, p).Cmp(one) != 0 {
		return nil, errParts
	}

	k := aligned[Private]()
	k.p.set(p, key.Precomputed.Dp)
	k.q.set(q, key.Precomputed.Dq)
	spread(k.qinv[:], product(qinv, power2(limbs*limbBits), p))
	spread(k.n[:], key.N)
	spread(k.n2[:], new(big.Int).Mod(power2(4*limbs*limbBits), key.N))
	k.k0 = k0(key.N)
	return k, nil
}

// fits reports whether p may be a prime of a key: odd and of 1024 bits.
func fits(p *big.Int) bool { return p != nil && p.Sign() > 0 && p.BitLen() == 4*Size && p.Bit(0) == 1 }

func (p *prime) set(n, d *big.Int) {
	p.m.set(n)
	r := power2(limbs * limbBits)
	x := new(big.Int).Mod(r, n)
	spread(p.r1[:], x)
	spread(p.r2[:], x.Mod(x.Mul(x, r), n))
	spread(p.r3[:], x.Mod(x.Mul(x, r), n))
	for i := range p.digits {
		for bit := range digitBits {
			at := digitBits*(digits-1-i) + bit
			p.digits[i] |= uint64(d.Bit(at)) << bit
		}
	}
}

// set lays out an odd n below 2^1024.
func (m *modulus) set(n *big.Int) {
	r := power2(2 * limbBits)
	c := new(big.Int).ModInverse(n, r)
	c.Sub(r, c)
	c.Add(c.Mul(c, n), big.NewInt(1))
	spread(m.fold()[:], c.Rsh(c, 2*limbBits))
	spread(m.n()[:], n)
	*m.k0() = k0(n)
}

// k0 gives -1/n mod 2^52 in every lane.
func k0(n *big.Int) row {
	var k [1]row
	r := power2(limbBits)
	spread(k[:], r.Sub(r, new(big.Int).ModInverse(n, r)))
	return k[0]
}

// spread writes the limbs of x into every lane.
func spread(t []row, x *big.Int) {
	rest, mask := new(big.Int).Set(x), big.NewInt(limbMask)
	for i := range t {
		limb := new(big.Int).And(rest, mask).Uint64()
		for lane := range t[i] {
			t[i][lane] = limb
		}
		rest.Rsh(rest, limbBits)
	}
}

func power2(bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), bits) }
