package jwk

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

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
		return nil, errPrimes
	}
	if err := o.checkNumbers([]string{"n", "e", "d", "p", "q"}, []string{"dp", "dq", "qi"}); err != nil {
		return nil, fmt.Errorf("jwk: %w", err)
	}
	if err := checkSizes(o.number("n"), o.number("d"), o.number("p"), o.number("q")); err != nil {
		return nil, err
	}
	var decoded jose.JSONWebKey
	if err := decoded.UnmarshalJSON(raw); err != nil {
		return nil, errMisfit
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
			return nil, errMisfit
		}
	}
	return key, nil
}

// number gives a member that checkNumbers has let pass.
func (o object) number(name string) *big.Int {
	s, _ := o.text(name)
	raw, _ := base64.RawURLEncoding.DecodeString(s)
	return new(big.Int).SetBytes(raw)
}
