package jwk

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
)

// AnyPublic is a public key with its id: an *rsa.PublicKey or an ed25519.PublicKey.
type AnyPublic struct {
	ID  string
	Key crypto.PublicKey
}

type setJSON struct {
	Keys []any `json:"keys"`
}

// publicRSA and publicOKP list what a verifier needs and nothing a private key has.
type publicRSA struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	N   string `json:"n"`
	E   string `json:"e"`
}

type publicOKP struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	Kid string `json:"kid"`
	X   string `json:"x"`
}

// MarshalSet writes a JWK Set of public keys (kty, use "sig", alg "RS256", kid, n, e), in the given order; none gives an
// empty set. A key without a valid id, an id twice, or a key that CheckPublic refuses is an error.
func MarshalSet(keys []Public) ([]byte, error) {
	set := make([]AnyPublic, 0, len(keys))
	for _, key := range keys {
		set = append(set, AnyPublic{ID: key.ID, Key: key.Key})
	}
	return MarshalMixedSet(set)
}

// MarshalMixedSet writes a JWK Set of RSA keys, as MarshalSet does, and Ed25519 keys (kty "OKP", use "sig", alg "Ed25519", crv,
// kid, x: RFC 8037, RFC 9864), in the given order. A reader of either kind skips the other. A key without a valid id, an id
// twice, whatever the kinds, a key that CheckPublic or CheckEd25519 refuses, or one of another type is an error.
func MarshalMixedSet(keys []AnyPublic) ([]byte, error) {
	set := setJSON{Keys: make([]any, 0, len(keys))}
	seen := map[string]bool{}
	for i, key := range keys {
		switch {
		case !validID(key.ID):
			return nil, fmt.Errorf("jwk: key %d has no valid id: a set finds its keys by kid", i)
		case seen[key.ID]:
			return nil, fmt.Errorf("jwk: kid %s twice", key.ID)
		}
		seen[key.ID] = true
		entry, err := publicEntry(key)
		if err != nil {
			return nil, fmt.Errorf("%w (key %s)", err, key.ID)
		}
		set.Keys = append(set.Keys, entry)
	}
	return json.Marshal(set)
}

func publicEntry(key AnyPublic) (any, error) {
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		if err := CheckPublic(k); err != nil {
			return nil, err
		}
		return publicRSA{
			Kty: "RSA", Use: "sig", Alg: "RS256", Kid: key.ID,
			N: base64.RawURLEncoding.EncodeToString(k.N.Bytes()),
			E: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes()),
		}, nil
	case ed25519.PublicKey:
		if err := CheckEd25519(k); err != nil {
			return nil, err
		}
		return publicOKP{
			Kty: "OKP", Use: "sig", Alg: "Ed25519", Crv: "Ed25519", Kid: key.ID,
			X: base64.RawURLEncoding.EncodeToString(k),
		}, nil
	default:
		return nil, fmt.Errorf("jwk: a public key of type %T", key.Key)
	}
}
