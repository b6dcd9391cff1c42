// Package vector is an engine for package verifier.
package vector

import (
	"bytes"
	"crypto/fips140"
	"crypto/rsa"
	"crypto/sha256"
	"errors"

	"github.com/streamtoken/streamtoken/internal/rsavec"
	"github.com/streamtoken/streamtoken/verifier"
)

// Engine checks signatures of RSA keys of 2048 bits.
type Engine struct{}

var engine Engine

// New gives the engine. It has no state, and all of them are one.
func New() *Engine { return &engine }

// Name gives "vector".
func (*Engine) Name() string { return "vector" }

// Available gives nil, or why this program cannot use the engine.
func Available() error {
	if fips140.Enabled() {
		return errors.New("FIPS 140-3 mode")
	}
	return nil
}

// Prepare makes the check of one key.
func (*Engine) Prepare(pub *rsa.PublicKey) (verifier.Check, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	key, err := rsavec.NewPublic(pub)
	if err != nil {
		return nil, err
	}
	return (*check)(key), nil
}

type check rsavec.Public

var prefix = [...]byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

func (c *check) Verify(digest *[sha256.Size]byte, sig []byte) bool {
	if len(sig) != 256 {
		return false
	}
	var got, want [256]byte
	if !(*rsavec.Public)(c).Power(&got, (*[256]byte)(sig)) {
		return false
	}
	want[1] = 1
	for i := 2; i < 256-32-len(prefix)-1; i++ {
		want[i] = 0xff
	}
	copy(want[256-32-len(prefix):], prefix[:])
	copy(want[256-32:], digest[:])
	return bytes.Equal(got[:], want[:])
}
