package rsavec

import (
	"crypto/rsa"
	"errors"
	"math/big"
	"runtime"
)

// Private is an RSA-2048 private key laid out for the vector unit.
type Private struct {
	n, d [Size]byte
}

// Scratch is the memory of one calculation.
type Scratch struct {
	spare [8]uint64
}

var errUnfit = errors.New("rsavec: not an RSA key of two 1024-bit primes and exponent 65537")

// NewPrivate lays key out.
func NewPrivate(key *rsa.PrivateKey) (*Private, error) {
	if key == nil || key.N == nil || key.N.BitLen() != 8*Size || key.E != 65537 || len(key.Primes) != 2 {
		return nil, errUnfit
	}
	k := new(Private)
	key.N.FillBytes(k.n[:])
	key.D.FillBytes(k.d[:])
	return k, nil
}

// NewScratch makes the memory of one calculation.
func NewScratch() *Scratch { return new(Scratch) }

// Sign raises each of em to the private exponent.
func (k *Private) Sign(s *Scratch, out, em *[Lanes][Size]byte) (good uint8) {
	n, d := new(big.Int).SetBytes(k.n[:]), new(big.Int).SetBytes(k.d[:])
	for i := range em {
		new(big.Int).Exp(new(big.Int).SetBytes(em[i][:]), d, n).FillBytes(out[i][:])
		good |= 1 << i
	}
	runtime.KeepAlive(s)
	return good
}

// Wipe overwrites the key with zeros.
func (k *Private) Wipe() { *k = Private{} }
