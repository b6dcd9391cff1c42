package verifier_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/verifier"
	"github.com/streamtoken/streamtoken/verifier/vector"
)

// withVector configures the vector engine, which leaves the keys to crypto/rsa
// on machines it is not available on.
func withVector(cfg *verifier.Config) { cfg.Engine = vector.New() }

func withEngine(e verifier.Engine) func(*verifier.Config) {
	return func(cfg *verifier.Config) { cfg.Engine = e }
}

// fakeEngine answers as crypto/rsa does unless told otherwise.
type fakeEngine struct {
	prepare  func(pub *rsa.PublicKey) (verifier.Check, error) // nil: itself
	verify   func(pub *rsa.PublicKey, digest *[sha256.Size]byte, sig []byte) bool
	prepared atomic.Int64
	verified atomic.Int64
}

func (e *fakeEngine) Name() string { return "fake" }

func (e *fakeEngine) Prepare(pub *rsa.PublicKey) (verifier.Check, error) {
	e.prepared.Add(1)
	if e.prepare != nil {
		return e.prepare(pub)
	}
	return fakeCheck{e, pub}, nil
}

type fakeCheck struct {
	engine *fakeEngine
	pub    *rsa.PublicKey
}

func (c fakeCheck) Verify(digest *[sha256.Size]byte, sig []byte) bool {
	c.engine.verified.Add(1)
	if c.engine.verify != nil {
		return c.engine.verify(c.pub, digest, sig)
	}
	return rsa.VerifyPKCS1v15(c.pub, crypto.SHA256, digest[:], sig) == nil
}
