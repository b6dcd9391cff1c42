// Package vector signs up to eight Stream tokens at once, with the AVX-512 IFMA instructions that Intel's server processors
// have had since Ice Lake and AMD's since Zen 4: about ten times as many a second as crypto/rsa, and the same tokens.
//
// Importing it is the opt-in, and signer.Config.Engine takes it:
//
//	s, err := signer.New(signer.Config{Key: key, Engine: vector.New()})
//	name, why := s.Engine()
//
// Where it does not suit (Available, Prepare) crypto/rsa signs, and why says so. It pays off where many tokens are made at
// once: in SignAll, and where many goroutines call Sign.
//
// The arithmetic is our own, outside crypto/rsa and outside any FIPS 140-3 module, and nobody independent has reviewed it.
// Neither its branches nor its addresses depend on the private key, each signature is checked with the public key before
// it leaves, and what a calculation leaves in memory is wiped (package internal/rsavec). A prepared key is in memory, as the
// signer.Key is, for as long as the Signer that holds it; no printer shows it.
//
// The package reads no environment and writes no log.
package vector

import (
	"crypto/fips140"
	"crypto/rsa"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/internal/rsavec"
	"github.com/streamtoken/streamtoken/signer"
)

// Engine is the signer.Engine of this package. Make one with New; it serves any number of Signers, is safe for concurrent
// use, and holds no key.
type Engine struct {
	signatures, batches, faults atomic.Uint64
}

// Stats counts what an Engine has done since New, over all its keys. A Signer signs one batch when it is made.
type Stats struct {
	Signatures uint64 // made by the vector instructions, and found right
	Batches    uint64 // calculations, of one to eight signatures each

	// Faults are signatures that came out wrong, were held back, and were made again by crypto/rsa. The processor or the
	// memory is failing, somebody is disturbing it, or this package has a defect: stop using it and say so.
	Faults uint64
}

// New gives an Engine. It can be had everywhere; whether it signs is for Available to say and for Prepare to judge.
func New() *Engine { return &Engine{} }

// Name is "vector".
func (*Engine) Name() string { return "vector" }

// Stats gives the counts of this moment. They are read one after the other while others may be signing.
func (e *Engine) Stats() Stats {
	return Stats{Signatures: e.signatures.Load(), Batches: e.batches.Load(), Faults: e.faults.Load()}
}

// Available is nil where Prepare will take a key that fits, and an error that says why not elsewhere: another architecture
// than amd64, the build tag purego, a processor or operating system without AVX-512 IFMA, or FIPS 140-3 mode.
func Available() error {
	if fips140.Enabled() {
		return errors.New("vector: FIPS 140-3 mode is on, and this is no validated module")
	}
	if err := rsavec.Unsupported(); err != nil {
		return fmt.Errorf("vector: %w", err)
	}
	return nil
}

// Prepare implements signer.Engine. It takes keys of exactly 2048 bits, Stream's own, with two primes of 1024 bits and
// e = 65537, and keeps key for the signatures that crypto/rsa has to make. The error is that of Available, or the key's.
func (e *Engine) Prepare(key *rsa.PrivateKey) (signer.Batch, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	return e.prepare(key)
}

// prepare works on every machine, on most of them more slowly than crypto/rsa.
func (e *Engine) prepare(key *rsa.PrivateKey) (*batch, error) {
	private, err := rsavec.NewPrivate(key)
	if err != nil {
		return nil, fmt.Errorf("vector: the key does not fit: %w", err)
	}
	return newBatch(e, key, private.Sign), nil
}
