package moq

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jwk"
)

// ErrPrivateKey says that an input of public keys holds a private or symmetric one. The whole input is refused, so that a
// signing key put in the wrong place is noticed at once.
var ErrPrivateKey = errors.New("moq: a private or symmetric key stands where only public keys belong")

// MaxKeySetBytes bounds the input of ParseKeys.
const MaxKeySetBytes = jwk.MaxPublicBytes

// StaticKeys is a KeySet that never changes. The zero value and nil hold no key. Safe for concurrent use.
type StaticKeys struct {
	byID map[string]ed25519.PublicKey
}

var _ KeySet = (*StaticKeys)(nil)

// NewStaticKeys makes a set of copies of keys, by id. None at all is an error, and so is an id that is not as in
// streamtoken.ValidKeyID and a key that is not 32 bytes, the one encoding of its point, and safe from forgery (not of small
// order).
func NewStaticKeys(keys map[string]ed25519.PublicKey) (*StaticKeys, error) {
	if len(keys) == 0 {
		return nil, errors.New("moq: a set of no keys would refuse every token")
	}
	s := &StaticKeys{make(map[string]ed25519.PublicKey, len(keys))}
	for id, key := range keys {
		if !streamtoken.ValidKeyID(id) {
			return nil, errKeyID
		}
		if err := jwk.CheckEd25519(key); err != nil {
			return nil, fmt.Errorf("%w (key %s)", fromJWK(err), id)
		}
		s.byID[id] = bytes.Clone(key)
	}
	return s, nil
}

// ParseKeys reads public Ed25519 keys: a JWK Set (RFC 7517), one JWK (RFC 8037), or one PKIX PEM block. At most MaxKeySetBytes
// and 32,768 keys. Keys of other kinds are skipped, RSA keys in a set for Stream tokens among them.
//
// id names a key that carries no id, as PEM never does; "" if there is none. A key that has none is skipped without it.
// Refused as a whole: an input with a private or symmetric key anywhere (ErrPrivateKey), one id twice, anything that is none of
// these forms, and an input that leaves no key at all; the error then names what was skipped. No error holds key bytes.
func ParseKeys(data []byte, id string) (*StaticKeys, error) {
	if id != "" && !streamtoken.ValidKeyID(id) {
		return nil, errKeyID
	}
	public, skipped, err := jwk.ParsePublicEd25519(data)
	switch {
	case errors.Is(err, jwk.ErrPrivate):
		return nil, ErrPrivateKey
	case err != nil:
		return nil, fromJWK(err)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, p := range public {
		if p.ID == "" {
			p.ID = id
		}
		if p.ID == "" {
			skipped = append(skipped, jwk.Skipped{Reason: "it carries no id, and none was given beside it"})
			continue
		}
		if keys[p.ID] != nil {
			return nil, fmt.Errorf("moq: two keys with the id %s", p.ID)
		}
		keys[p.ID] = p.Key
	}
	if len(keys) == 0 {
		return nil, errors.New("moq: no usable Ed25519 key" + because(skipped))
	}
	return NewStaticKeys(keys)
}

// because tells of the first few keys that were skipped: there may be a thousand.
func because(skipped []jwk.Skipped) string {
	const few = 3
	var reasons []string
	for _, s := range skipped[:min(len(skipped), few)] {
		name := "a key"
		if s.ID != "" {
			name = "key " + s.ID
		}
		reasons = append(reasons, name+" was skipped: "+s.Reason)
	}
	if len(reasons) == 0 {
		return ""
	}
	return ": " + strings.Join(reasons, "; ")
}

// Key gives the key with this id, or streamtoken.ReasonKeyUnknown.
func (s *StaticKeys) Key(kid string) (ed25519.PublicKey, error) {
	if s != nil {
		if k, ok := s.byID[kid]; ok {
			return k, nil
		}
	}
	return nil, streamtoken.ReasonKeyUnknown
}

// IDs lists the ids of the keys, sorted.
func (s *StaticKeys) IDs() []string { return slices.Sorted(maps.Keys(s.byID)) }

// MarshalJWKS writes the public JWK Set of keys, in the given order, for verifiers. An id twice is an error.
func MarshalJWKS(keys ...*Key) ([]byte, error) {
	set := make([]jwk.AnyPublic, 0, len(keys))
	for i, k := range keys {
		if k == nil || k.private == nil {
			return nil, fmt.Errorf("moq: key %d is no key", i)
		}
		set = append(set, jwk.AnyPublic{ID: k.id, Key: k.pub})
	}
	out, err := jwk.MarshalMixedSet(set)
	if err != nil {
		return nil, fromJWK(err)
	}
	return out, nil
}
