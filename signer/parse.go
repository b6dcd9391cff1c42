package signer

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jwk"
)

var errKeyID = fmt.Errorf("signer: the key id must hold 1 to %d characters of A-Z a-z 0-9 _ . -", streamtoken.MaxKeyIDBytes)

// ParseKey reads a key in any form in which Stream hands one out ("Cloudflare Stream: securing your stream"): the answer to
// the create-key call, in the API's envelope or bare; its pem or jwk value, base64 as it stands there; the PEM (PKCS#1, or
// converted to PKCS#8) or JWK inside. At most 32 KiB.
//
// id is needed where the form carries none (PEM, a JWK without kid) and must be the same where it does; "" otherwise. Two
// ids or two keys in one answer that contradict each other are refused: a token would name a key it was not signed with.
// The key must be RSA of 2048 to 8192 bits with e = 65537 and consistent; encrypted PEM is refused. Errors say what to do
// and never quote the input.
func ParseKey(data []byte, id string) (*Key, error) {
	if id != "" && !streamtoken.ValidKeyID(id) {
		return nil, errKeyID
	}
	if len(data) > jwk.MaxPrivateBytes {
		return nil, fmt.Errorf("signer: a key of more than %d bytes", jwk.MaxPrivateBytes)
	}
	key, err := parseForm(data)
	if err != nil {
		return nil, fromJWK(err)
	}
	if key.ID, err = agree(key.ID, id); err != nil {
		return nil, err
	}
	return newKey(key.ID, key.Key), nil
}

func parseForm(data []byte) (jwk.Private, error) {
	switch {
	case jwk.IsAnswer(data):
		return parseAnswer(data)
	case looksLikeToken(data):
		return jwk.Private{}, errors.New("signer: this is a token, not a key")
	case jwk.IsWrapped(data):
		inner, err := jwk.Unwrap(data)
		if err != nil {
			return jwk.Private{}, err
		}
		if jwk.IsWrapped(inner) {
			return jwk.Private{}, errors.New("signer: base64 inside base64; decode it once")
		}
		return jwk.ParsePrivate(inner)
	}
	return jwk.ParsePrivate(data)
}

func parseAnswer(data []byte) (jwk.Private, error) {
	answer, err := jwk.ParseAnswer(data)
	if err != nil {
		return jwk.Private{}, err
	}
	var key jwk.Private
	for _, part := range []struct {
		name string
		data []byte
	}{{"pem", answer.PEM}, {"jwk", answer.JWK}} {
		if part.data == nil {
			continue
		}
		parsed, err := jwk.ParsePrivate(part.data)
		if err != nil {
			return jwk.Private{}, fmt.Errorf("%w (%s)", err, part.name)
		}
		if key.Key != nil && !key.Key.Equal(parsed.Key) {
			return jwk.Private{}, errors.New("signer: pem and jwk of this answer are two keys; take the answer as the API gave it")
		}
		key = parsed
	}
	if key.ID == "" {
		key.ID = answer.ID
	}
	if answer.ID != "" && key.ID != answer.ID {
		return jwk.Private{}, fmt.Errorf("signer: the answer's id is %s, the kid of its jwk %s; take the answer as the API gave it", answer.ID, key.ID)
	}
	return key, nil
}

// agree gives the one id of a key that carries one, is given one, or both.
func agree(carried, given string) (string, error) {
	switch {
	case carried == "" && given == "":
		return "", errors.New("signer: this form of key carries no id; give the id Stream created the key with")
	case carried == "":
		return given, nil
	case given != "" && given != carried:
		return "", fmt.Errorf("signer: the key says that its id is %s, not %s; leave the id out or correct it", carried, given)
	}
	return carried, nil
}

func looksLikeToken(data []byte) bool {
	data = bytes.TrimSpace(data)
	return bytes.HasPrefix(data, []byte("eyJ")) && bytes.Count(data, []byte(".")) == 2
}

// fromJWK gives an error of package jwk this package's prefix.
func fromJWK(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "jwk: "); ok {
		return errors.New("signer: " + text)
	}
	return err
}
