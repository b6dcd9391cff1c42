package signer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

// MarshalAnswer writes the key, its private part included, as the create-key call returns it, without the envelope:
// {"id","pem","jwk","created"}, pem (PKCS#1) and jwk wrapped in base64, created in UTC. ParseKey reads it. A key that is a
// crypto.Signer cannot be written: an error.
func (k *Key) MarshalAnswer(created time.Time) ([]byte, error) {
	if k.private == nil {
		return nil, errors.New("signer: the private part of this key is not at hand")
	}
	if year := created.UTC().Year(); year < 0 || year > 9999 {
		return nil, errors.New("signer: created is no time that RFC 3339 can write")
	}
	asJWK, err := jwk.MarshalPrivate(jwk.Private{ID: k.id, Key: k.private()})
	if err != nil {
		return nil, fromJWK(err)
	}
	return json.Marshal(struct {
		ID      string `json:"id"`
		PEM     string `json:"pem"`
		JWK     string `json:"jwk"`
		Created string `json:"created"`
	}{
		ID:      k.id,
		PEM:     base64.StdEncoding.EncodeToString(jwk.MarshalPEM(k.private())),
		JWK:     base64.StdEncoding.EncodeToString(asJWK),
		Created: created.UTC().Format(time.RFC3339Nano),
	})
}

// MarshalJWKS writes the public JWK Set of keys (RFC 7517), in the given order, for verifiers. An id twice is an error.
func MarshalJWKS(keys ...*Key) ([]byte, error) {
	set := make([]jwk.Public, 0, len(keys))
	for i, k := range keys {
		if k == nil || k.pub == nil {
			return nil, fmt.Errorf("signer: key %d is no key", i)
		}
		set = append(set, jwk.Public{ID: k.id, Key: k.pub})
	}
	out, err := jwk.MarshalSet(set)
	if err != nil {
		return nil, fromJWK(err)
	}
	return out, nil
}
