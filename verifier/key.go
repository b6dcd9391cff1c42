package verifier

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jwk"
)

// Key is one public key a token may be signed with, and its id. It is
// immutable and safe for concurrent use. The same *Key means the same
// material: whoever remembers what a key has verified can compare pointers to
// see that it was replaced.
type Key struct {
	id      string
	pub     *rsa.PublicKey
	engines preparations
}

// NewKey makes a key of id, which is as in streamtoken.ValidKeyID, and pub,
// which is copied: RSA, 2048 to 8192 bits, e = 65537. An error says which of
// these does not hold. pub is not checked to come from anyone in particular.
func NewKey(id string, pub *rsa.PublicKey) (*Key, error) {
	if !streamtoken.ValidKeyID(id) {
		return nil, fmt.Errorf("verifier: key id is not 1 to %d characters of [A-Za-z0-9_.-]", streamtoken.MaxKeyIDBytes)
	}
	if pub == nil {
		return nil, errors.New("verifier: no public key")
	}
	if err := jwk.CheckPublic(pub); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	return &Key{id: id, pub: copyPublic(pub)}, nil
}

// ID gives the key's id, the kid of its tokens.
func (k *Key) ID() string { return k.id }

// Public gives a copy of the public key.
func (k *Key) Public() *rsa.PublicKey { return copyPublic(k.pub) }

func copyPublic(pub *rsa.PublicKey) *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Set(pub.N), E: pub.E}
}
