package rsavec

import (
	"crypto/rsa"
	"errors"
	"math/big"
)

// Public is an RSA public key of 2048 bits with e = 65537.
type Public struct {
	n, rr number // the modulus; R^2 modulo it
	k0    uint64
}

// NewPublic makes one of pub, which is copied.
func NewPublic(pub *rsa.PublicKey) (*Public, error) {
	if pub == nil || pub.N == nil || pub.N.Sign() <= 0 || pub.N.BitLen() != 8*Size || pub.N.Bit(0) == 0 || pub.E != 65537 {
		return nil, errors.New("rsavec: not an RSA key of 2048 bits with e = 65537")
	}
	var k Public
	var b [Size]byte
	k.n.setBytes((*[Size]byte)(pub.N.FillBytes(b[:])))
	rr := new(big.Int).Lsh(big.NewInt(1), 2*limbBits*numberLimbs)
	k.rr.setBytes((*[Size]byte)(rr.Mod(rr, pub.N).FillBytes(b[:])))
	// Newton: each step doubles the bits that are right, of which there are 3.
	inverse := k.n[0]
	for range 5 {
		inverse *= 2 - k.n[0]*inverse
	}
	k.k0 = -inverse << spareBits
	return &k, nil
}

// Power sets dst to sig^65537 mod n, and reports whether sig is below n; dst is zero otherwise.
func (k *Public) Power(dst, sig *[Size]byte) bool {
	var s, x number
	s.setBytes(sig)
	if !s.below(&k.n) {
		clear(dst[:])
		return false
	}
	// To Montgomery form by R^2, s^65536, and out of it by s as it is.
	chain(&x, &s, &k.rr, &s, &k.n, k.k0, 16)
	if !x.below(&k.n) {
		x.subtract(&k.n)
	}
	x.bytes(dst)
	return true
}
