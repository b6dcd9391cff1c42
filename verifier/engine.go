package verifier

import (
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/internal/jws"
)

// Engine checks signatures in the place of crypto/rsa, as package
// verifier/vector does on processors that have the instructions for it.
//
// An engine is trusted with the one question that decides whether a token is
// genuine: what its Check calls good is good, and nothing else looks at the
// signature again. It is configured by the program and never chosen by a token.
// It is given public keys, digests and signatures, no token and no claim. A
// panic in it is the caller's of Verify, and no token is accepted by it.
//
// Engines are compared with ==, to prepare a key once for all verifiers that
// share both; one that cannot be compared, or is not equal to itself, is refused
// by New. What an engine made of a key is kept with that *Key, and goes with it: a
// KeySet that makes a new one for every question has it prepared for every
// signature, which can cost more than the engine saves, and what the engine made
// stays with each token that is remembered, beyond Config.CacheBytes. An engine's
// methods must be safe for concurrent use.
type Engine interface {
	// Name is what operators read, such as "vector".
	Name() string

	// Prepare makes what checks signatures of pub, which is the engine's own
	// copy: RSA, 2048 to 8192 bits, e = 65537. An error says why the key, the
	// machine or a mode of the program does not suit, and crypto/rsa checks
	// the key's signatures then. Prepare is not to call the verifier.
	Prepare(pub *rsa.PublicKey) (Check, error)
}

// Check checks the signatures of one key. It must be safe for concurrent use.
type Check interface {
	// Verify reports whether sig is the RSASSA-PKCS1-v1_5 signature with
	// SHA-256 of what has this digest. sig has the length of the modulus. It
	// must answer as rsa.VerifyPKCS1v15 does for every input, wait for nothing,
	// and neither change nor keep what it is given.
	Verify(digest *[sha256.Size]byte, sig []byte) bool
}

const (
	standardEngine = "crypto/rsa"

	// enginesPerKey bounds what a key keeps where a program makes engine after
	// engine. Programs have one or two.
	enginesPerKey = 8
)

// prepared is what an engine made of a key: a check or an error.
type prepared struct {
	engine Engine
	check  Check
	err    error
}

// preparations are what engines made of a key. They belong to the key, and so
// go when it goes, whatever verifiers and engines live on; and they are found
// without a lock. The zero value is ready.
type preparations struct {
	list atomic.Pointer[[]prepared] // never changed once it is published; the newest last
	mu   sync.Mutex                 // held to add to it
}

func (ps *preparations) find(e Engine) (prepared, bool) {
	if list := ps.list.Load(); list != nil {
		for _, p := range *list {
			if p.engine == e {
				return p, true
			}
		}
	}
	return prepared{}, false
}

// preparedBy gives what e makes of k. It is made at most once, unless k has
// seen many other engines since.
func (k *Key) preparedBy(e Engine) prepared {
	if p, ok := k.engines.find(e); ok {
		return p
	}
	k.engines.mu.Lock()
	defer k.engines.mu.Unlock() // also if e panics: then the next one asks it again
	if p, ok := k.engines.find(e); ok {
		return p
	}
	p := prepared{engine: e}
	if p.check, p.err = e.Prepare(copyPublic(k.pub)); p.err != nil {
		p.check = nil
	} else if p.check == nil {
		p.err = errors.New("it gave no check and no reason")
	}
	var list []prepared
	if old := k.engines.list.Load(); old != nil {
		list = slices.Clone((*old)[max(0, len(*old)+1-enginesPerKey):])
	}
	list = append(list, p)
	k.engines.list.Store(&list)
	return p
}

// comparableEngine reports whether e can be compared with any other engine and
// found again: one with a NaN in it is equal to none, and would prepare a key for
// every signature.
func comparableEngine(e Engine) bool {
	same := e
	return reflect.ValueOf(e).Comparable() && e == same
}

// Engine tells what checks the signatures of key here: "crypto/rsa", or the
// Name of Config.Engine. Where an engine was asked for and is not used, why is
// its reason. It prepares the key if that has not been done. A nil key is
// "crypto/rsa", for no reason. Safe for concurrent use.
func (v *Verifier) Engine(key *Key) (name, why string) {
	if v.engine == nil || key == nil || key.pub == nil {
		return standardEngine, ""
	}
	if p := key.preparedBy(v.engine); p.err != nil {
		return standardEngine, v.engine.Name() + ": " + p.err.Error()
	}
	return v.engine.Name(), ""
}

// signed reports whether the key that c names signed what has the sum.
func (v *Verifier) signed(c candidate, sum [sha256.Size]byte, s *scratch) bool {
	sig := c.parts.Signature
	if v.engine == nil {
		return jws.VerifyRS256(c.key.pub, sum, sig)
	}
	p := c.key.preparedBy(v.engine)
	if p.check == nil {
		return jws.VerifyRS256(c.key.pub, sum, sig)
	}
	if len(sig) != c.key.pub.Size() {
		return false
	}
	s.sum = sum // on the heap already: an argument of a method nobody knows would go there each time
	return p.check.Verify(&s.sum, sig)
}
