package jwk

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

var setNames = []string{"keys"}

// ParsePublic reads public keys: a JWK Set, a single JWK, or one PEM block (PKIX, PKCS#1 public, or a certificate, of which
// neither chain nor dates are looked at). At most MaxPublicBytes and MaxKeys.
//
// An entry that is public but of no use for RS256 (another kty, alg or use, key_ops without verify, too small or too large,
// e other than 65537, malformed) is skipped, with its reason. The whole input is refused if it holds a private or symmetric
// key anywhere (errors.Is ErrPrivate), one kid twice (RFC 7517 section 4.5 leaves open which would count), a duplicate
// member name or one that differs by case only, or if it is no key form at all. All entries skipped is no error.
func ParsePublic(data []byte) ([]Public, []Skipped, error) {
	if len(data) > MaxPublicBytes {
		return nil, nil, fmt.Errorf("jwk: more than %d bytes", MaxPublicBytes)
	}
	switch form := formOf(data); form {
	case formPEM:
		return parsePublicPEM(data)
	case formObject:
		return parsePublicJSON(data)
	default:
		return nil, nil, refuseOther(data, form)
	}
}

// refuseOther says why data, which begins neither as PEM nor as JSON, is no public key.
func refuseOther(data []byte, form form) error {
	if bytes.Contains(data, []byte(privateMark)) {
		return ErrPrivate
	}
	if inner, err := Unwrap(data); err == nil && holdsPrivate(inner) {
		return ErrPrivate
	}
	return errors.New("jwk: not a public key: " + form.hint())
}

func parsePublicJSON(data []byte) ([]Public, []Skipped, error) {
	entries, err := publicEntries(data)
	if err != nil {
		return nil, nil, err
	}
	var keys []Public
	skipped, err := readEntries(entries, func(id string, o object, raw []byte) error {
		key, err := readPublic(o, raw)
		if err == nil {
			keys = append(keys, Public{ID: id, Key: key})
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return keys, skipped, nil
}

// publicEntries gives the keys of a JWK Set, or the one JWK, with nothing private among them.
func publicEntries(data []byte) ([]strictjson.Value, error) {
	doc, err := strictjson.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("jwk: %w", err)
	}
	top, err := readObject(doc, setNames)
	if err != nil {
		return nil, err
	}
	if top.isPrivate() || looksLikeAnswer(top) {
		return nil, ErrPrivate
	}
	entries := []strictjson.Value{doc}
	switch set, isSet := top["keys"]; {
	case isSet && top.has("kty"):
		return nil, errors.New("jwk: both a key (kty) and a set (keys)")
	case !isSet && !top.has("kty"):
		return nil, errors.New("jwk: JSON that is neither a key (kty) nor a set of keys (keys)")
	case isSet && set.Kind() != strictjson.Array:
		return nil, errors.New("jwk: keys is not an array")
	case isSet:
		entries = entries[:0]
		for _, e := range set.Elements() {
			if entries = append(entries, e); len(entries) > MaxKeys {
				return nil, fmt.Errorf("jwk: more than %d keys", MaxKeys)
			}
		}
	}
	if err := refusePrivate(entries); err != nil {
		return nil, err
	}
	return entries, nil
}

// refusePrivate comes before any entry is read: one private entry refuses the set whatever else is wrong with the entries
// before it.
func refusePrivate(entries []strictjson.Value) error {
	for _, e := range entries {
		for name := range e.Members() {
			if strictjson.CaseVariant(name, privateNames) != "" {
				return ErrPrivate
			}
		}
		if o, err := readObject(e, nil); err == nil && o.isPrivate() {
			return ErrPrivate
		}
	}
	return nil
}

// readEntries has read take each entry, and gives those that were skipped.
func readEntries(entries []strictjson.Value, read func(id string, o object, raw []byte) error) ([]Skipped, error) {
	var (
		skipped []Skipped
		ids     = map[string]bool{}
	)
	for i, e := range entries {
		o, err := readObject(e, jwkNames)
		if err != nil {
			return nil, fmt.Errorf("%w (key %d)", err, i)
		}
		id, err := o.id()
		if err != nil {
			skipped = append(skipped, Skipped{Reason: err.Error()})
			continue
		}
		if id != "" && ids[id] {
			return nil, fmt.Errorf("jwk: kid %s twice", id)
		}
		ids[id] = true
		if err := read(id, o, []byte(e.Raw())); err != nil {
			skipped = append(skipped, Skipped{ID: id, Reason: strings.TrimPrefix(err.Error(), "jwk: ")})
		}
	}
	return skipped, nil
}

func readPublic(o object, raw []byte) (*rsa.PublicKey, error) {
	if err := o.checkPurpose("verify"); err != nil {
		return nil, err
	}
	if err := o.checkNumbers([]string{"n", "e"}, nil); err != nil {
		return nil, err
	}
	var decoded jose.JSONWebKey
	if err := decoded.UnmarshalJSON(raw); err != nil {
		if n, _ := o.text("n"); base64.RawURLEncoding.DecodedLen(len(n)) > MaxBits/8 {
			return nil, fmt.Errorf("RSA key of more than %d bits", MaxBits)
		}
		return nil, errors.New("its RSA or certificate members do not make a key")
	}
	key, ok := decoded.Key.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("not an RSA public key")
	}
	if err := CheckPublic(key); err != nil {
		return nil, err
	}
	return key, nil
}

// holdsPrivate tells whether data, which is no public key form, is private in one of the forms this package knows.
func holdsPrivate(data []byte) bool {
	switch formOf(data) {
	case formPEM:
		return bytes.Contains(data, []byte(privateMark))
	case formObject:
		_, err := publicEntries(data)
		return errors.Is(err, ErrPrivate)
	}
	return false
}
