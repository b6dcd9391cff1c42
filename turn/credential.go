package turn

import (
	"fmt"
	"strconv"
	"time"
)

// Bounds of a credential.
const (
	MinTTL     = time.Second
	MaxTTL     = 48 * time.Hour // Cloudflare Realtime: TURN FAQ
	DefaultTTL = 24 * time.Hour // ours: the value of Cloudflare's examples; what it takes when none is given is not documented

	MaxIdentifierBytes = 64
)

// Credential is what a TURN client logs in with, until Expires.
type Credential struct {
	Username string
	Password string
	Expires  time.Time // whole seconds, UTC
}

// TTL gives n seconds as a time to live. Outside of MinTTL to MaxTTL: ErrTTL. It is for numbers from outside, which
// time.Duration(n)*time.Second would let overflow into the allowed range.
func TTL(n int64) (time.Duration, error) {
	if n < int64(MinTTL/time.Second) || n > int64(MaxTTL/time.Second) {
		return 0, ErrTTL
	}
	return time.Duration(n) * time.Second, nil
}

// Credential makes a credential that is good until ttl after now: whole seconds, MinTTL to MaxTTL, zero is no default
// (ErrTTL). identifier is what tells users apart at the server; "" is the key's uid, anything else must satisfy
// ValidIdentifier (ErrIdentifier). An end that cannot be written is ErrExpiry, the zero Key ErrNoKey.
func (k *Key) Credential(ttl time.Duration, identifier string, now time.Time) (Credential, error) {
	return Credential{}, fmt.Errorf("%w", ErrNoKey)
}

// Check tells whether password is the credential of username under k, and still good at now.
func (k *Key) Check(username, password string, now time.Time) (Holder, error) {
	return Holder{}, ErrNoKey
}

// Password gives the password that belongs to a username, for a TURN server.
func (k *Key) Password(username string, now time.Time) (string, error) {
	return "", ErrNoKey
}

// Holder is who a credential was made for.
type Holder struct {
	Identifier string    // as given when it was made: the key's uid if nothing was
	Expires    time.Time // whole seconds, UTC
}

// ValidIdentifier tells whether s can be a credential's identifier: 1 to 64 printable ASCII characters without space and
// without colon.
func ValidIdentifier(s string) bool {
	if s == "" || len(s) > MaxIdentifierBytes {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	return true
}

var _ = strconv.Itoa
