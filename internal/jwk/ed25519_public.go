package jwk

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
)

// ParsePublicEd25519 is ParsePublic for Ed25519 keys (RFC 8037): a JWK Set, a single JWK, or one PKIX PEM block. Here it is
// the RSA keys that are skipped, with their reason, and so is every other entry that is public and of no use; an entry's alg,
// if it has one, is "Ed25519" (RFC 9864) or "EdDSA", which with the curve says the same. Private keys are ErrPrivate. A value
// that is no point of the curve is not noticed; no signature holds under it.
func ParsePublicEd25519(data []byte) ([]PublicEd25519, []Skipped, error) {
	if len(data) > MaxPublicBytes {
		return nil, nil, fmt.Errorf("jwk: more than %d bytes", MaxPublicBytes)
	}
	switch form := formOf(data); form {
	case formPEM:
		return parsePublicEd25519PEM(data)
	case formObject:
		entries, err := publicEntries(data)
		if err != nil {
			return nil, nil, err
		}
		var keys []PublicEd25519
		skipped, err := readEntries(entries, func(id string, o object, _ []byte) error {
			key, err := readPublicEd25519(o)
			if err == nil {
				keys = append(keys, PublicEd25519{ID: id, Key: key})
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		return keys, skipped, nil
	default:
		return nil, nil, refuseOther(data, form)
	}
}

func readPublicEd25519(o object) (ed25519.PublicKey, error) {
	if err := o.checkPurposeEd25519("verify"); err != nil {
		return nil, err
	}
	key, err := o.octets32("x")
	if err != nil {
		return nil, err
	}
	if err := CheckEd25519(key); err != nil {
		return nil, err
	}
	return key, nil
}

// octets32 gives a member that is 32 bytes in base64url.
func (o object) octets32(name string) ([]byte, error) {
	if err := o.checkNumbers([]string{name}, nil); err != nil {
		return nil, err
	}
	s, _ := o.text(name)
	if b, err := base64.RawURLEncoding.DecodeString(s); err == nil && len(b) == 32 {
		return b, nil
	}
	return nil, fmt.Errorf("%s is not 32 bytes", name)
}

func parsePublicEd25519PEM(data []byte) ([]PublicEd25519, []Skipped, error) {
	if bytes.Contains(data, []byte(privateMark)) {
		return nil, nil, ErrPrivate
	}
	block, err := decodePEM(data)
	if err != nil {
		return nil, nil, err
	}
	if block.Type != "PUBLIC KEY" {
		return nil, nil, errors.New("jwk: PEM that is not PUBLIC KEY")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, nil, errors.New("jwk: the PEM block does not hold what its label says")
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, []Skipped{{Reason: "not an Ed25519 key"}}, nil
	}
	if err := CheckEd25519(key); err != nil {
		return nil, []Skipped{{Reason: err.Error()[len("jwk: "):]}}, nil
	}
	return []PublicEd25519{{Key: key}}, nil, nil
}
