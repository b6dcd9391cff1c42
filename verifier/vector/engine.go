package vector

import (
	"crypto/fips140"
	"crypto/rsa"
	"errors"

	"github.com/streamtoken/streamtoken/internal/rsavec"
	"github.com/streamtoken/streamtoken/verifier"
)

// Engine is a verifier.Engine. It has no state: all Engines are one, so that a
// key is prepared once however many verifiers it is used by. Safe for concurrent
// use.
type Engine struct{}

var engine Engine

// New gives the engine, on any machine: where it is not Available, it takes no key.
func New() *Engine { return &engine }

// Name gives "vector".
func (*Engine) Name() string { return "vector" }

// Available gives nil, or why this program cannot use the engine: another
// architecture, a processor or operating system without AVX-512 F, DQ, BW, VL
// and IFMA, a build with the tag purego, or FIPS 140-3 mode, which is for
// validated code.
func Available() error {
	if fips140.Enabled() {
		return errors.New("it is not for FIPS 140-3 mode")
	}
	return rsavec.Unsupported()
}

// Prepare makes the check of one key. It refuses keys that do not have exactly
// 2048 bits, an odd modulus and e = 65537, and every key where the engine is not
// Available, or does not give what math/big gives for one number. It takes less
// than a tenth of a millisecond, and the check less than a kilobyte.
func (*Engine) Prepare(pub *rsa.PublicKey) (verifier.Check, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	c, err := newCheck(pub)
	if err != nil {
		return nil, err
	}
	return c, nil
}
