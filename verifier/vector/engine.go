package vector

import (
	"crypto/fips140"
	"crypto/rsa"
	"errors"
	"fmt"
	"runtime"

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
	switch {
	case fips140.Enabled():
		return errors.New("it is not for FIPS 140-3 mode")
	case rsavec.Supported():
		return nil
	case purego:
		return errors.New("the program was built with the tag purego")
	case runtime.GOARCH != "amd64":
		return fmt.Errorf("there is no assembly for %s", runtime.GOARCH)
	}
	return errors.New("the processor or the operating system has no AVX-512 IFMA")
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
