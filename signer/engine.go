package signer

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Engine makes signatures faster than crypto/rsa, many at a time. Package signer/vector has one; importing it is how a
// program opts in, and without one crypto/rsa signs. Equal claims give equal tokens either way.
type Engine interface {
	// Name is what (*Signer).Engine reports: a short word.
	Name() string

	// Prepare readies key, which has 2048 to 8192 bits, is consistent and precomputed, and must not be changed. The error
	// says why this key, machine or mode does not suit; crypto/rsa signs with that key then.
	Prepare(key *rsa.PrivateKey) (Batch, error)
}

// Batch signs with one prepared key: RSASSA-PKCS1-v1_5 with SHA-256. It must be safe for concurrent use, and check its
// signatures as crypto/rsa does: one faulty signature may give the private key away. A Signer checks those of a first
// batch, when it is made, and no more after that.
type Batch interface {
	// Size is how many digests Sign takes at most: 1 or more, always the same. A Signer uses no more than 32.
	Size() int

	// Sign writes the signature of digests[i] into sigs[i], which has the length of the modulus. There are as many of the
	// one as of the other, from 1 to Size, and neither is used after it returns. An error stands for all these signatures.
	Sign(sigs [][]byte, digests [][sha256.Size]byte) error
}

// standard is the name of what signs without an Engine, foreign that of a key that is not here.
const (
	standard = "crypto/rsa"
	foreign  = "crypto.Signer"
)

// maxBatch bounds Batch.Size, so that some batches fit into what SignAll has in flight.
const maxBatch = 32

// prepared is an Engine with a key. The key is in there behind a function only, because printers that walk values by
// reflection cannot look into one.
type prepared struct {
	sign func(sigs [][]byte, digests [][sha256.Size]byte) error
	size int // digests in a batch
	pub  *rsa.PublicKey
}

// prepare has e ready the key and sign a first batch. It gives the engine's name or says why it is not used.
func prepare(e Engine, key *Key) (p *prepared, name string, err error) {
	if key.private == nil {
		return nil, "", errors.New("the key is a crypto.Signer, which signs by itself")
	}
	err = guarded(errors.New("the engine panicked"), func() error {
		batch, err := e.Prepare(key.private())
		if err != nil {
			return err
		}
		size := 0
		if batch != nil {
			size = min(batch.Size(), maxBatch)
		}
		if size < 1 {
			return errors.New("the engine gave nothing to sign with")
		}
		p, name = &prepared{sign: batch.Sign, size: size, pub: key.pub}, e.Name()
		return p.try()
	})
	if err != nil {
		return nil, "", err
	}
	return p, name, nil
}

// guarded gives what f gives, or panicked if f panics: with nil, too, which recover does not show where
// GODEBUG=panicnil=1 is set.
func guarded(panicked error, f func() error) (err error) {
	err = panicked
	defer func() { _ = recover() }()
	return f()
}

// try signs one full batch and has crypto/rsa verify it.
func (p *prepared) try() error {
	c := p.newCrew()
	for i := range p.size {
		c.works = append(c.works, &work{digest: sha256.Sum256([]byte{byte(i)})})
	}
	if err := p.run(c); err != nil {
		return err
	}
	for _, w := range c.works {
		if rsa.VerifyPKCS1v15(p.pub, crypto.SHA256, w.digest[:], w.sig) != nil {
			return errors.New("the engine's signatures do not hold")
		}
	}
	return nil
}

// crew are the works that are signed together.
type crew struct {
	works   []*work
	sigs    [][]byte
	digests [][sha256.Size]byte
	err     error
}

func (p *prepared) newCrew() *crew {
	return &crew{works: make([]*work, 0, p.size), sigs: make([][]byte, p.size), digests: make([][sha256.Size]byte, p.size)}
}

// renew forgets what an engine was given that failed: parts of it may still be writing there.
func (c *crew) renew() {
	for _, w := range c.works {
		w.sig = nil
	}
	c.sigs, c.digests = make([][]byte, len(c.sigs)), make([][sha256.Size]byte, len(c.digests))
}

var errEnginePanic = errors.New("signer: the engine panicked")

// run signs the works of c, at least one, and believes little of what the engine gives.
func (p *prepared) run(c *crew) error {
	sound := false
	defer func() { // even if the engine calls runtime.Goexit
		if !sound {
			c.renew()
		}
	}()
	n, length := len(c.works), p.pub.Size()
	for i, w := range c.works {
		if len(w.sig) != length {
			w.sig = make([]byte, length)
		}
		clear(w.sig) // the signature of another token must not pass for one that the engine forgot
		c.sigs[i], c.digests[i] = w.sig, w.digest
	}
	err := guarded(errEnginePanic, func() error {
		if err := p.sign(c.sigs[:n:n], c.digests[:n:n]); err != nil {
			return fmt.Errorf("signer: the engine failed: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, w := range c.works {
		if len(c.sigs[i]) != length || &c.sigs[i][0] != &w.sig[0] || len(bytes.TrimLeft(w.sig, "\x00")) == 0 {
			return errors.New("signer: the engine's signatures are not where they were to be written")
		}
	}
	sound = true
	return nil
}
