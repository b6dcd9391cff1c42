package jwk

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"

	jose "github.com/go-jose/go-jose/v4"
)

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
