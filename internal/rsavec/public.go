package rsavec

import (
	"crypto/rsa"
	"errors"
	"math/big"
)

// Public is an RSA public key of 2048 bits with e = 65537, and what can be
// computed once for all its signatures. It holds no pointers, is not changed
// after NewPublic, and is safe for concurrent use. The zero Public is no key.
type Public struct {
	n, rr number // the modulus; R^2 modulo it
	k0    uint64 // of the modulus, as inverse gives it
}

// NewPublic makes one of pub, which is copied. The modulus must be of exactly
// 2048 bits and odd, and e 65537; anything else is an error. That the modulus is
// a product of two primes, or whose it is, is not checked.
func NewPublic(pub *rsa.PublicKey) (*Public, error) {
	switch {
	case pub == nil || pub.N == nil || pub.N.Sign() <= 0:
		return nil, errors.New("rsavec: no public key")
	case pub.N.BitLen() != 8*Size:
		return nil, errors.New("rsavec: not a modulus of 2048 bits")
	case pub.N.Bit(0) == 0:
		return nil, errors.New("rsavec: an even modulus")
	case pub.E != 65537:
		return nil, errors.New("rsavec: not the exponent 65537")
	}
	var b [Size]byte
	pub.N.FillBytes(b[:])
	k := new(Public)
	k.n.setBytes(&b)
	rr := new(big.Int).Lsh(big.NewInt(1), 2*limbBits*numberLimbs)
	rr.Mod(rr, pub.N).FillBytes(b[:])
	k.rr.setBytes(&b)
	k.k0 = inverse(&k.n)
	return k, nil
}

// Power sets dst to sig^65537 mod n, fully reduced; both are big-endian. It is
// false, and dst zero, if sig is not below n: such a number would be another
// spelling of the signature that is. dst may be sig. It allocates nothing.
//
// How long it takes depends on whether sig is below n, and in one case of
// billions on the result: signatures and public keys are no secrets. Nothing is
// said about what the result should be.
func (k *Public) Power(dst, sig *[Size]byte) bool {
	var s, x number
	s.setBytes(sig)
	if !s.below(&k.n) {
		clear(dst[:])
		return false
	}
	chain(&x, &s, &k.rr, &s, &k.n, k.k0, powerSquarings)
	x.reduce(&k.n)
	x.bytes(dst)
	return true
}

// powerSquarings make s^65536 of s; the product with s is the last step of the chain.
// Its first, with R^2, brings s to sR, the squarings that to s^65536*R, and the
// last one, with s itself, takes R away.
const powerSquarings = 16
