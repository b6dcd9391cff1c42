package jwk

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	jose "github.com/go-jose/go-jose/v4"
)

type setJSON struct {
	Keys []publicJSON `json:"keys"`
}

// publicJSON lists what a verifier needs and nothing a private key has.
type publicJSON struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	N   string `json:"n"`
	E   string `json:"e"`
}

// MarshalSet writes a JWK Set of public keys (kty, use "sig", alg "RS256", kid, n, e), in the given order; none gives an
// empty set. A key without a valid id, an id twice, or a key that CheckPublic refuses is an error.
func MarshalSet(keys []Public) ([]byte, error) {
	set := setJSON{Keys: make([]publicJSON, 0, len(keys))}
	seen := map[string]bool{}
	for i, key := range keys {
		switch {
		case !validID(key.ID):
			return nil, fmt.Errorf("jwk: key %d has no valid id: a set finds its keys by kid", i)
		case seen[key.ID]:
			return nil, fmt.Errorf("jwk: kid %s twice", key.ID)
		}
		seen[key.ID] = true
		if err := CheckPublic(key.Key); err != nil {
			return nil, fmt.Errorf("%w (key %s)", err, key.ID)
		}
		set.Keys = append(set.Keys, publicJSON{
			Kty: "RSA", Use: "sig", Alg: "RS256", Kid: key.ID,
			N: base64.RawURLEncoding.EncodeToString(key.Key.N.Bytes()),
			E: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.Key.E)).Bytes()),
		})
	}
	return json.Marshal(set)
}

// MarshalPrivate writes a private JWK in the member order Stream uses: use, kty, kid, alg, n, e, d, p, q, dp, dq, qi.
func MarshalPrivate(key Private) ([]byte, error) {
	if !validID(key.ID) {
		return nil, errors.New("jwk: a private JWK needs a valid key id")
	}
	if key.Key == nil {
		return nil, errors.New("jwk: no RSA key")
	}
	if err := CheckPublic(&key.Key.PublicKey); err != nil {
		return nil, err
	}
	return jose.JSONWebKey{Key: key.Key, KeyID: key.ID, Algorithm: "RS256", Use: "sig"}.MarshalJSON()
}

// MarshalPEM writes PKCS#1 PEM ("RSA PRIVATE KEY") with a final line break, as Stream does. key must have two primes and be
// validated, as ParsePrivate's are.
func MarshalPEM(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}
