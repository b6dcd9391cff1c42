// Package jws is the strict compact codec of a JWS (RFC 7515, section 7.1):
// bytes in, bytes out. It knows headers and signatures; what a payload says
// is none of its business.
//
// A token has one spelling here. The usual decoders take 16 spellings of one
// 2048-bit signature, since the last character carries four unused bits, and
// any number of line breaks inside it. Whatever is keyed by a token's bytes
// (a cache, a list of revoked tokens, a rate limit) could then be walked
// around with a token that is different and still good.
//
// All functions are safe for concurrent use.
package jws

import (
	"errors"
	"fmt"
)

// MaxBytes is the longest token that is looked at, in bytes.
const MaxBytes = 8 << 10

// Errors of Parse and ParseHeader; compare with errors.Is. They are wrapped
// with what was wrong, never with bytes of the token.
var (
	// ErrTooLarge: more than MaxBytes.
	ErrTooLarge = errors.New("jws: token is too large")
	// ErrMalformed: not three parts of canonical base64url.
	ErrMalformed = errors.New("jws: token is malformed")
	// ErrHeader: the header is no strict JSON object, or has a member that is refused.
	ErrHeader = errors.New("jws: header is not acceptable")
	// ErrAlg: the header does not name the one algorithm that is allowed.
	ErrAlg = errors.New("jws: algorithm is not allowed")
)

// The refusals of Parse are made once: a stranger's garbage costs no formatting.
var (
	errTooLarge  = fmt.Errorf("%w: more than %d bytes", ErrTooLarge, MaxBytes)
	errParts     = fmt.Errorf("%w: not three parts with two dots between them", ErrMalformed)
	errEmptyPart = fmt.Errorf("%w: a part is empty", ErrMalformed)
	errBase64    = fmt.Errorf("%w: not canonical base64url", ErrMalformed)
)
