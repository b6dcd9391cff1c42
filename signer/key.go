package signer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jwk"
)

// Key is one signing key with its id. It is immutable, safe for concurrent use, and precomputed once. Printed, logged or
// marshalled it shows its id only; MarshalAnswer is the one way to get the private part out. The zero Key signs nothing.
type Key struct {
	id     string
	pub    *rsa.PublicKey
	header string // base64url of the JOSE header, and the dot after it: the same for every token of the key

	// The private key lives behind these, because printers that walk values by reflection cannot look into a function.
	sign    func(digest []byte) ([]byte, error)
	private func() *rsa.PrivateKey // nil for a crypto.Signer
}

// NewKey wraps any crypto.Signer with an RSA key of 2048 to 8192 bits and e = 65537, so that a KMS or HSM can sign; s is
// called with a SHA-256 digest and crypto.SHA256, must give PKCS#1 v1.5 signatures, and must be safe for concurrent use if
// the Key is used so. Each of its signatures is checked with the public key before it leaves (about 3 % of the time of a
// software signature): a KMS set to another key or to PSS would mint tokens nobody accepts. A panic in s becomes an error.
//
// An *rsa.PrivateKey is copied, checked for consistency, and not checked again at each signature: crypto/rsa does that.
//
// id must hold 1 to 128 characters of A-Z a-z 0-9 _ . - and be the id by which verifiers know the key.
func NewKey(id string, s crypto.Signer) (*Key, error) {
	if !streamtoken.ValidKeyID(id) {
		return nil, errKeyID
	}
	if s == nil {
		return nil, errors.New("signer: no crypto.Signer")
	}
	if own, ok := s.(*rsa.PrivateKey); ok {
		key, err := clonePrivate(own)
		if err != nil {
			return nil, err
		}
		return newKey(id, key), nil
	}
	pub, err := publicOf(s)
	if err != nil {
		return nil, err
	}
	sign := func(digest []byte) ([]byte, error) { return signForeign(s, pub, digest) }
	return &Key{id: id, pub: pub, header: header(id), sign: sign}, nil
}

// GenerateKey makes a key of 2048 to 8192 bits; id "" gives 32 random lower-case hex digits, the form of Stream's own ids.
// More than 2048 bits makes every signature and every check slower, and Stream's own keys have 2048.
func GenerateKey(id string, bits int) (*Key, error) {
	if id == "" {
		var random [16]byte
		rand.Read(random[:]) // never fails
		id = hex.EncodeToString(random[:])
	}
	if !streamtoken.ValidKeyID(id) {
		return nil, errKeyID
	}
	if bits < jwk.MinBits || bits > jwk.MaxBits {
		return nil, fmt.Errorf("signer: a key of %d bits: it must have %d to %d", bits, jwk.MinBits, jwk.MaxBits)
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("signer: generating a key: %w", err)
	}
	return newKey(id, key), nil
}

// newKey makes a Key of a consistent, precomputed private key that nobody else changes.
func newKey(id string, key *rsa.PrivateKey) *Key {
	return &Key{
		id:      id,
		pub:     &key.PublicKey,
		header:  header(id),
		sign:    func(digest []byte) ([]byte, error) { return rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest) },
		private: func() *rsa.PrivateKey { return key },
	}
}

// header is the JOSE header of Stream's own sample code: alg and kid, no typ. A valid id needs no escape in JSON.
func header(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+streamtoken.Algorithm+`","kid":"`+id+`"}`)) + "."
}

// ID is the key's id: the kid of its tokens.
func (k *Key) ID() string { return k.id }

// Public gives a copy of the public key, nil for the zero Key.
func (k *Key) Public() *rsa.PublicKey {
	if k.pub == nil {
		return nil
	}
	return clonePublic(k.pub)
}

func clonePublic(key *rsa.PublicKey) *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E}
}

func clonePrivate(key *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if key == nil {
		return nil, errors.New("signer: no key")
	}
	if err := jwk.CheckPublic(&key.PublicKey); err != nil {
		return nil, fromJWK(err)
	}
	inconsistent := errors.New("signer: the parts of the RSA key do not fit together")
	if key.D == nil || len(key.Primes) != 2 || key.Primes[0] == nil || key.Primes[1] == nil {
		return nil, inconsistent
	}
	clone := &rsa.PrivateKey{PublicKey: *clonePublic(&key.PublicKey), D: new(big.Int).Set(key.D)}
	for _, prime := range key.Primes {
		clone.Primes = append(clone.Primes, new(big.Int).Set(prime))
	}
	clone.Precompute()
	if clone.Validate() != nil {
		return nil, inconsistent
	}
	return clone, nil
}

// publicOf asks a foreign signer for its public key.
func publicOf(s crypto.Signer) (pub *rsa.PublicKey, err error) {
	err = guarded(errors.New("signer: the crypto.Signer panicked when asked for its public key"), func() error {
		key, ok := s.Public().(*rsa.PublicKey)
		if !ok {
			return errors.New("signer: the crypto.Signer's key is not RSA: Stream tokens are signed with RS256")
		}
		if err := jwk.CheckPublic(key); err != nil {
			return fromJWK(err)
		}
		pub = clonePublic(key)
		return nil
	})
	return pub, err
}

var errSignerPanic = errors.New("signer: the crypto.Signer panicked")

// signForeign has s sign digest and believes nothing it gives.
func signForeign(s crypto.Signer, pub *rsa.PublicKey, digest []byte) (sig []byte, err error) {
	own := append([]byte{}, digest...)
	err = guarded(errSignerPanic, func() (err error) {
		if sig, err = s.Sign(rand.Reader, own, crypto.SHA256); err != nil {
			return fmt.Errorf("signer: the crypto.Signer failed: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(sig) != pub.Size() || rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest, sig) != nil {
		return nil, errors.New("signer: the crypto.Signer's signature does not hold with its own public key: it signs with another key or not with PKCS#1 v1.5 and SHA-256")
	}
	return sig, nil
}
