package tokentest

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/store"
	"github.com/streamtoken/streamtoken/verifier"
)

// streamKeys is the set of keys that an API publishes, as it is at this moment.
type streamKeys struct{ node *store.Node }

func (s streamKeys) Key(id string) (*verifier.Key, error) {
	keys, _, err := s.node.PublicKeys("")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", streamtoken.ReasonKeysUnavailable, err)
	}
	for _, k := range keys {
		if k.ID != id || k.Alg != streamtoken.Algorithm {
			continue
		}
		parsed, err := x509.ParsePKIXPublicKey(k.Public)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", streamtoken.ReasonKeysUnavailable, err)
		}
		public, ok := parsed.(*rsa.PublicKey)
		if !ok {
			return nil, errors.New("tokentest: a key of RS256 that is not RSA")
		}
		return verifier.NewKey(id, public)
	}
	return nil, streamtoken.ReasonKeyUnknown
}
