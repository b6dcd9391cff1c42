package jwk

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// Names of JWK members that mean something to a reader of keys: RFC 7517 section 4, RFC 7518 section 6, RFC 8037, RFC 9964.
var jwkNames = []string{
	"kty", "use", "key_ops", "alg", "kid", "x5u", "x5c", "x5t", "x5t#S256",
	"n", "e", "d", "p", "q", "dp", "dq", "qi", "oth", "k", "crv", "x", "y", "pub", "priv",
}

// privateNames are the members that only a private or symmetric key has.
var privateNames = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// object is one JSON object by member name.
type object map[string]strictjson.Value

// readObject takes v apart. A case variant of a known name is refused: a reader that folds case would see another key here
// than this one does.
func readObject(v strictjson.Value, known []string) (object, error) {
	if v.Kind() != strictjson.Object {
		return nil, errors.New("jwk: not a JSON object")
	}
	o := object{}
	for name, value := range v.Members() {
		if variant := strictjson.CaseVariant(name, known); variant != "" {
			return nil, fmt.Errorf("jwk: a member differs from %q by case only", variant)
		}
		o[name] = value
	}
	return o, nil
}

func (o object) has(name string) bool {
	_, ok := o[name]
	return ok
}

// text gives a string member; an absent one is "". null and other kinds are errors: null is a value, never absence.
func (o object) text(name string) (string, error) {
	v, ok := o[name]
	if !ok {
		return "", nil
	}
	s, ok := v.Text()
	if !ok {
		return "", fmt.Errorf("%s is not a string", name)
	}
	return s, nil
}

// isPrivate tells whether o holds material that must not stand among public keys.
func (o object) isPrivate() bool {
	for _, name := range privateNames {
		if o.has(name) {
			return true
		}
	}
	kty, _ := o.text("kty")
	return kty == "oct"
}

// id gives kid, "" if absent.
func (o object) id() (string, error) {
	kid, err := o.text("kid")
	if err != nil {
		return "", err
	}
	if o.has("kid") && !validID(kid) {
		return "", fmt.Errorf("kid is not 1 to %d characters of A-Z a-z 0-9 _ . -", MaxIDBytes)
	}
	return strings.Clone(kid), nil // not a slice of the document, which may hold a private key and would live as long
}

// checkPurpose says what forbids the key's use for RS256 and operation, "verify" or "sign" (RFC 7517 sections 4.2 to 4.4).
func (o object) checkPurpose(operation string) error {
	return o.checkMembers(operation, []wanted{{"kty", "RSA", ""}, {"use", "sig", ""}, {"alg", "RS256", ""}})
}

// checkPurposeEd25519 is checkPurpose for Ed25519. Older keys say "EdDSA" (RFC 8037), which RFC 9864 takes out of use; with
// the curve it means the same.
func (o object) checkPurposeEd25519(operation string) error {
	err := o.checkMembers(operation, []wanted{{"kty", "OKP", ""}, {"use", "sig", ""}, {"alg", "Ed25519", "EdDSA"}, {"crv", "Ed25519", ""}})
	if err == nil && !o.has("crv") {
		return errors.New("crv is missing")
	}
	return err
}

// wanted is a member that has one of two values if it is there.
type wanted struct{ name, value, or string }

func (o object) checkMembers(operation string, members []wanted) error {
	for _, want := range members {
		got, err := o.text(want.name)
		if err != nil {
			return err
		}
		if o.has(want.name) && got != want.value && (want.or == "" || got != want.or) {
			return fmt.Errorf("%s is not %s", want.name, want.value)
		}
	}
	if !o.has("kty") {
		return errors.New("kty is missing")
	}
	return o.checkOperations(operation)
}

func (o object) checkOperations(operation string) error {
	v, ok := o["key_ops"]
	if !ok {
		return nil
	}
	if v.Kind() != strictjson.Array {
		return errors.New("key_ops is not an array")
	}
	seen := map[string]bool{}
	for _, e := range v.Elements() {
		op, ok := e.Text()
		if !ok {
			return errors.New("key_ops holds something else than strings")
		}
		if seen[op] {
			return errors.New("key_ops names an operation twice")
		}
		seen[op] = true
	}
	if !seen[operation] {
		return fmt.Errorf("key_ops does not hold %s", operation)
	}
	return nil
}

// checkNumbers requires the named members and that each present one is canonical base64url: go-jose, like encoding/base64,
// lets line breaks and stray bits in the last character pass.
func (o object) checkNumbers(required, optional []string) error {
	for _, name := range required {
		if !o.has(name) {
			return fmt.Errorf("%s is missing", name)
		}
	}
	for _, list := range [][]string{required, optional} {
		for _, name := range list {
			s, err := o.text(name)
			if err != nil {
				return err
			}
			if !o.has(name) {
				continue
			}
			if _, err := base64.RawURLEncoding.Strict().DecodeString(s); err != nil || s == "" || strings.ContainsAny(s, "\r\n") {
				return fmt.Errorf("%s is not base64url", name)
			}
		}
	}
	return nil
}
