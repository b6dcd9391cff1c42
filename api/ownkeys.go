package api

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/streamtoken/streamtoken/moq"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/store"
)

// Algorithms of an account's own keys.
const (
	algStream = "RS256"
	algRelay  = "Ed25519"
)

const (
	rsaBits    = 2048 // those of Stream's own keys
	maxSigners = 4096 // kept at once; a signer takes some 3 KiB
)

// ownKeys gives the signers of the keys that accounts have without having asked for one. A key is made at its first use. It
// is safe for concurrent use.
type ownKeys struct {
	store   store.Store
	node    Node
	now     func() time.Time
	stream  signers[*signer.Signer]
	relay   signers[*moq.Signer]
	slots   chan struct{} // who makes an RSA key holds one: it takes a core for a tenth of a second or more
	appears time.Duration // how long to wait until this node knows a new key
}

func newOwnKeys(h *handler) *ownKeys {
	return &ownKeys{
		store: h.store, node: h.node, now: h.now,
		slots:   make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		appears: addingWait,
	}
}

// signers keeps what was made of a key, by the key's id.
type signers[T any] struct {
	mu   sync.RWMutex
	byID map[string]T
}

func (s *signers[T]) get(key store.OwnKey, read func(store.OwnKey) (T, error)) (T, error) {
	s.mu.RLock()
	known, ok := s.byID[key.ID]
	s.mu.RUnlock()
	if ok {
		return known, nil
	}
	made, err := read(key)
	if err != nil {
		return made, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil || len(s.byID) >= maxSigners {
		s.byID = map[string]T{}
	}
	s.byID[key.ID] = made
	return made, nil
}

func (o *ownKeys) streamSigner(c *call) (*signer.Signer, error) {
	key, err := o.key(c, algStream, func() (any, error) { return rsa.GenerateKey(rand.Reader, rsaBits) })
	if err != nil {
		return nil, err
	}
	return o.stream.get(key, func(key store.OwnKey) (*signer.Signer, error) {
		private, err := parsePKCS8[*rsa.PrivateKey](key)
		if err != nil {
			return nil, err
		}
		k, err := signer.NewKey(key.ID, private)
		if err != nil {
			return nil, err
		}
		return signer.New(signer.Config{Key: k, Now: o.now})
	})
}

func (o *ownKeys) relaySigner(c *call) (*moq.Signer, error) {
	key, err := o.key(c, algRelay, func() (any, error) {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	})
	if err != nil {
		return nil, err
	}
	return o.relay.get(key, func(key store.OwnKey) (*moq.Signer, error) {
		private, err := parsePKCS8[ed25519.PrivateKey](key)
		if err != nil {
			return nil, err
		}
		k, err := moq.NewKey(key.ID, private)
		if err != nil {
			return nil, err
		}
		return moq.New(moq.Config{Key: k, Now: o.now})
	})
}

func parsePKCS8[T any](key store.OwnKey) (T, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(key.Private)
	private, ok := parsed.(T)
	if err != nil || !ok {
		var none T
		return none, errors.New("api: the own key " + key.ID + " is not readable")
	}
	return private, nil
}

// key gives the account's own key for alg from the node's memory, and makes it where there is none.
func (o *ownKeys) key(c *call, alg string, generate func() (any, error)) (store.OwnKey, error) {
	key, ok, err := o.node.OwnKey(c.account, alg)
	if ok || err != nil {
		return key, err
	}
	if alg == algStream {
		release, err := o.slot(c)
		if err != nil {
			return store.OwnKey{}, err
		}
		defer release()
		if key, ok, err = o.node.OwnKey(c.account, alg); ok || err != nil { // made while this call waited
			return key, err
		}
	}
	ctx, cancel := c.database()
	defer cancel()
	key, err = o.store.OwnKey(ctx, c.by(), alg, func() (store.OwnKey, error) {
		private, err := generate()
		if err != nil {
			return store.OwnKey{}, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return store.OwnKey{}, err
		}
		return store.OwnKey{ID: randomID(), Alg: alg, Private: der, Created: o.now().UTC()}, nil
	})
	if err != nil {
		return store.OwnKey{}, err
	}
	if alg == algStream { // what a relay's key signs is awaited with the relay
		o.awaitKey(c, alg)
	}
	return key, nil
}

// slot waits for the right to make an RSA key, and gives how to hand it back.
func (o *ownKeys) slot(c *call) (release func(), err error) {
	select {
	case o.slots <- struct{}{}:
		return func() { <-o.slots }, nil
	case <-c.request.Context().Done():
		return nil, c.request.Context().Err()
	}
}

// awaitKey waits a little until this node knows the new key, so that whoever asks it for the public keys next finds it.
func (o *ownKeys) awaitKey(c *call, alg string) {
	timer := time.NewTimer(o.appears)
	defer timer.Stop()
	for {
		changed := o.node.Changed()
		if _, ok, err := o.node.OwnKey(c.account, alg); ok || err != nil {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			return
		case <-c.request.Context().Done():
			return
		}
	}
}
