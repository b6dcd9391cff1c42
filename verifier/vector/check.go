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
	return power == encode(digest)
}

// encode gives EMSA-PKCS1-v1_5 of a SHA-256 digest for a modulus of 2048 bits
// (RFC 8017, section 9.2): 00 01, FF as often as fits, 00, DigestInfo, the digest.
func encode(digest *[sha256.Size]byte) (em [rsavec.Size]byte) {
	const info = len(digestInfo)
	em[1] = 0x01
	for i := 2; i < len(em)-len(digest)-info-1; i++ {
		em[i] = 0xff
	}
	copy(em[len(em)-len(digest)-info:], digestInfo)
	copy(em[len(em)-len(digest):], digest[:])
	return em
}

// digestInfo is the DER of DigestInfo for SHA-256, up to the digest (RFC 8017,
// section 9.2, note 1): with the NULL of its parameters, the one form accepted.
const digestInfo = "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
