package jwk

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

var errPublic = errors.New("jwk: a public key; signing needs the private one, shown once by Stream when the key was created")

// ParsePrivate reads one signing key: one PEM block (PKCS#1 or PKCS#8) or a private JWK, at most MaxPrivateBytes.
// The key passes CheckPublic, has two primes, and its parts fit together (rsa.PrivateKey.Validate); dp, dq and qi of a JWK
// are compared with what they must be, because signing with a wrong one gives the primes away. use, alg and key_ops of a
// JWK are respected. Encrypted PEM, several blocks, data around the block and JWK Sets are errors.
func ParsePrivate(data []byte) (Private, error) {
	if len(data) > MaxPrivateBytes {
		return Private{}, fmt.Errorf("jwk: more than %d bytes", MaxPrivateBytes)
	}
	var (
		key Private
		err error
	)
	switch form := formOf(data); form {
	case formPEM:
		key.Key, err = parsePrivatePEM(data)
	case formObject:
		key, err = parsePrivateJWK(data)
	default:
		err = errors.New("jwk: not a private key: " + form.hint())
	}
	if err == nil {
		err = finish(key.Key)
	}
	if err != nil {
		return Private{}, err
	}
	return key, nil
}

// finish applies the policy, and has crypto/rsa check that the parts fit together.
func finish(key *rsa.PrivateKey) error {
	if err := CheckPublic(&key.PublicKey); err != nil {
		return err
	}
	if len(key.Primes) != 2 {
		return errors.New("jwk: an RSA key of other than two primes")
	}
	key.Precompute() // nothing to do if the parser has
	if err := key.Validate(); err != nil {
		return errors.New("jwk: the parts of the RSA key do not fit together")
	}
	return nil
}

func parsePrivateJWK(data []byte) (Private, error) {
	doc, err := strictjson.Parse(data)
	if err != nil {
		return Private{}, fmt.Errorf("jwk: %w", err)
	}
	o, err := readObject(doc, append([]string{"keys"}, jwkNames...))
	if err != nil {
		return Private{}, err
	}
	if o.has("keys") {
		return Private{}, errors.New("jwk: a JWK Set; give one private JWK by itself")
	}
	id, err := o.id()
	if err != nil {
		return Private{}, fmt.Errorf("jwk: %w", err)
	}
	key, err := readPrivate(o, data)
	if err != nil {
		return Private{}, err
	}
	return Private{ID: id, Key: key}, nil
}

func readPrivate(o object, raw []byte) (*rsa.PrivateKey, error) {
	if err := o.checkPurpose("sign"); err != nil {
		return nil, fmt.Errorf("jwk: %w", err)
	}
	if !o.isPrivate() {
		return nil, errPublic
	}
	if o.has("oth") {
		return nil, errors.New("jwk: an RSA key of other than two primes")
	}
	if err := o.checkNumbers([]string{"n", "e", "d", "p", "q"}, []string{"dp", "dq", "qi"}); err != nil {
		return nil, fmt.Errorf("jwk: %w", err)
	}
	inconsistent := errors.New("jwk: the parts of the RSA key do not fit together")
	var decoded jose.JSONWebKey
	if err := decoded.UnmarshalJSON(raw); err != nil {
		return nil, inconsistent
	}
	given, ok := decoded.Key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("jwk: not an RSA key")
	}
	key := &rsa.PrivateKey{PublicKey: given.PublicKey, D: given.D, Primes: given.Primes}
	key.Precompute()
	for _, part := range [][2]*big.Int{
		{given.Precomputed.Dp, key.Precomputed.Dp},
		{given.Precomputed.Dq, key.Precomputed.Dq},
		{given.Precomputed.Qinv, key.Precomputed.Qinv},
	} {
		if part[0] != nil && (part[1] == nil || part[0].Cmp(part[1]) != 0) {
			return nil, inconsistent
		}
	}
	return key, nil
}
