package rsavec

import (
	"crypto/rsa"
	"errors"
	"math/big"
)

// Public is an RSA public key of 2048 bits with e = 65537.
type Public struct {
	n big.Int
}

// NewPublic makes one of pub, which is copied.
func NewPublic(pub *rsa.PublicKey) (*Public, error) {
	if pub == nil || pub.N == nil || pub.N.Sign() <= 0 || pub.N.BitLen() != 2048 || pub.N.Bit(0) == 0 || pub.E != 65537 {
		return nil, errors.New("rsavec: not an RSA key of 2048 bits with e = 65537")
	}
	k := new(Public)
	k.n.Set(pub.N)
	return k, nil
}

// Power sets dst to sig^65537 mod n, and reports whether sig is below n; dst is zero otherwise.
func (k *Public) Power(dst, sig *[256]byte) bool {
	s := new(big.Int).SetBytes(sig[:])
	if s.Cmp(&k.n) >= 0 {
		clear(dst[:])
		return false
	}
	s.Exp(s, big.NewInt(65537), &k.n).FillBytes(dst[:])
	return true
}
