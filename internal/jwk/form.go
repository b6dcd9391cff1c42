package jwk

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

// form is what an input looks like from its first bytes.
type form int

const (
	formUnknown form = iota
	formEmpty
	formPEM
	formObject
	formQuoted
	formBase64
)

// formOf looks at data past white space. It anchors nowhere else: a PEM test that a leading space defeats has turned
// public keys into HMAC secrets elsewhere (CVE-2026-34950).
func formOf(data []byte) form {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
		return formEmpty
	case bytes.HasPrefix(data, []byte("-----BEGIN ")):
		return formPEM
	case data[0] == '{':
		return formObject
	case data[0] == '"':
		return formQuoted
	case isBase64Text(data):
		return formBase64
	}
	return formUnknown
}

// hint says what the input is and what to do about it.
func (f form) hint() string {
	switch f {
	case formEmpty:
		return "the input is empty"
	case formQuoted:
		return "it is a JSON string in quotes; give what is inside them (jq -r prints it so)"
	case formBase64:
		return "it looks like base64; decode it first (base64 -d)"
	default:
		return "PEM begins with -----BEGIN, a JWK or JWK Set with {"
	}
}

// IsWrapped tells whether data looks like base64, whether or not it decodes: it begins as a wrapped key does, or holds
// nothing but base64.
func IsWrapped(data []byte) bool { return formOf(data) == formBase64 }

func isBase64Text(data []byte) bool {
	for _, beginning := range []string{"LS0tLS1C", "eyJ", "ewo", "ew0K", "eyAi"} { // -----B, {", { and a line break, { and a blank
		if bytes.HasPrefix(data, []byte(beginning)) {
			return true
		}
	}
	for _, c := range data {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '+', c == '/', c == '=', c == '\r', c == '\n':
		default:
			return false
		}
	}
	return true
}

// Unwrap undoes the base64 in which Stream hands out pem and jwk: standard alphabet with padding (RFC 4648 section 4).
// Line breaks are passed over, as base64 tools write them; anything else is an error. What comes out is not looked at.
func Unwrap(data []byte) ([]byte, error) {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) > MaxPrivateBytes:
		return nil, fmt.Errorf("jwk: more than %d bytes", MaxPrivateBytes)
	case bytes.ContainsAny(data, " \t"):
		return nil, errors.New("jwk: base64 with blanks inside; paste it as one line without blanks")
	case bytes.ContainsAny(data, "-_"):
		return nil, errors.New("jwk: base64 of the URL alphabet; Stream hands keys out in the standard one")
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, err := base64.StdEncoding.Strict().Decode(out, data)
	if err != nil || n == 0 {
		return nil, errors.New("jwk: damaged base64; copy the whole value, its final = signs included")
	}
	return out[:n], nil
}
