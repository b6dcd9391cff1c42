package vector

import (
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

// check checks the signatures of one key.
type check struct{ key rsavec.Public }

func newCheck(pub *rsa.PublicKey) (*check, error) {
	key, err := rsavec.NewPublic(pub)
	if err != nil {
		return nil, fmt.Errorf("the key does not suit: %w", err)
	}
	if !agrees(pub, key.Power) {
		return nil, errors.New("its arithmetic is wrong on this machine")
	}
	return &check{*key}, nil
}

// agrees compares one power, of a number that fills all limbs, with math/big.
// An emulator or a hypervisor may offer the instructions and not do them right;
// then the key is left to crypto/rsa.
func agrees(pub *rsa.PublicKey, power func(dst, sig *[rsavec.Size]byte) bool) bool {
	s := new(big.Int).Sub(pub.N, big.NewInt(2))
	var sig, got, want [rsavec.Size]byte
	s.FillBytes(sig[:])
	s.Exp(s, big.NewInt(int64(pub.E)), pub.N).FillBytes(want[:])
	return power(&got, &sig) && got == want
}

// Verify is rsa.VerifyPKCS1v15 for this key. A signature that is not exactly as
// long as the modulus or not below it is refused. It allocates nothing.
func (c *check) Verify(digest *[sha256.Size]byte, sig []byte) bool {
	if len(sig) != rsavec.Size {
		return false
	}
	var power [rsavec.Size]byte
	if !c.key.Power(&power, (*[rsavec.Size]byte)(sig)) {
		return false
	}
	// All 256 bytes. Whoever looks for the digest in what a signature gives,
	// and skips what is around it, accepts forgeries (Bleichenbacher 2006).
	var em [rsavec.Size]byte
	rsavec.Encode(&em, digest)
	return power == em
}
