package jws

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Compact is a parsed token, nothing of it trusted.
type Compact struct {
	SigningInput string // the part the signature covers, header "." payload; aliases the token
	Header       []byte // decoded
	Payload      []byte // decoded
	Signature    []byte // decoded
}

// Parse decodes token strictly: at most MaxBytes (ErrTooLarge), then exactly
// two dots, no empty part, and canonical base64url (ErrMalformed). An
// encrypted token (five parts), a JSON serialization, an unsigned token (an
// empty third part) and a detached payload are therefore malformed.
//
// buf is scratch and may be nil. The decoded parts lie in its capacity if that
// is len(token)*3/4 or more, and then nothing is allocated; they are valid
// until buf is used again. Parse does not read the header: ParseHeader does.
func Parse(token string, buf []byte) (Compact, error) {
	if len(token) > MaxBytes {
		return Compact{}, errTooLarge
	}
	// Never strings.Split: a token of nothing but dots would make it allocate
	// sixteen times the token's size.
	first := strings.IndexByte(token, '.')
	if first < 0 {
		return Compact{}, errParts
	}
	header, rest := token[:first], token[first+1:]
	second := strings.IndexByte(rest, '.')
	if second < 0 {
		return Compact{}, errParts
	}
	payload, signature := rest[:second], rest[second+1:]
	if strings.IndexByte(signature, '.') >= 0 {
		return Compact{}, errParts
	}
	if header == "" || payload == "" || signature == "" {
		return Compact{}, errEmptyPart
	}

	h := decodedLen(len(header))
	p := h + decodedLen(len(payload))
	end := p + decodedLen(len(signature))
	buf = slices.Grow(buf[:0], end)[:end]
	if !decode(buf[:h], header) || !decode(buf[h:p], payload) || !decode(buf[p:], signature) {
		return Compact{}, errBase64
	}
	return Compact{
		SigningInput: token[:first+1+second],
		Header:       buf[:h:h],
		Payload:      buf[h:p:p],
		Signature:    buf[p:end:end],
	}, nil
}

// AppendSignature appends "." base64url(sig) to dst, a signing input, which
// makes it a token.
func AppendSignature(dst, sig []byte) []byte {
	dst = append(dst, '.')
	return base64.RawURLEncoding.AppendEncode(dst, sig)
}
