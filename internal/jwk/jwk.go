// Package jwk reads and writes RS256 and Ed25519 keys as PEM, JWK (RFC 7517, RFC 7518 section 6.3, RFC 8037) and JWK Set, and in the answer of
// Stream's create-key call. It is the one door to go-jose, which decodes and encodes the key members; what may be used as
// a key is decided here. Every function is safe for concurrent use. No error and no reason quotes the input.
package jwk

import (
	"crypto/rsa"
	"errors"
	"fmt"
)

const (
	MinBits = 2048 // smallest modulus accepted
	MaxBits = 8192 // largest: the time of a check grows with the square of the size

	MaxPublicBytes  = 16 << 20 // largest input of ParsePublic
	MaxPrivateBytes = 32 << 10 // largest input of ParsePrivate, ParseAnswer and Unwrap
	MaxKeys         = 32768    // keys in one set: that of a control API has its keys of all accounts, each with up to 1,002
	MaxIDBytes      = 128      // longest key id

	publicExponent = 65537
)

// Public is one usable RS256 verification key. ID may be empty (PEM carries none, a JWK may carry none).
type Public struct {
	ID  string
	Key *rsa.PublicKey
}

// Private is one signing key. ID may be empty. Its printed forms show the id only.
type Private struct {
	ID  string
	Key *rsa.PrivateKey // precomputed, consistency-checked
}

// String gives the id only, so that a key printed by mistake is not a key disclosed.
func (p Private) String() string { return "jwk.Private(" + p.ID + ")" }

// GoString is String, for %#v.
func (p Private) GoString() string { return p.String() }

// Skipped says why an entry of a set was not usable. ID is empty if the entry has none that may be shown.
type Skipped struct {
	ID     string
	Reason string
}

// ErrPrivate: a private or symmetric key stands where public keys belong. The whole input is refused, because whoever
// handed it out has handed out the right to mint.
var ErrPrivate = errors.New("jwk: a private or symmetric key where public keys belong")

// CheckPublic applies the policy to a key: 2048 to 8192 bits, e = 65537, odd modulus, no ROCA fingerprint
// (CVE-2017-15361). A nil key is refused. It does not prove that the modulus is a product of two large primes.
func CheckPublic(key *rsa.PublicKey) error {
	switch {
	case key == nil || key.N == nil || key.N.Sign() <= 0:
		return errors.New("jwk: no RSA key")
	case key.N.BitLen() < MinBits:
		return fmt.Errorf("jwk: %d-bit RSA key: at least %d bits are needed", key.N.BitLen(), MinBits)
	case key.N.BitLen() > MaxBits:
		return fmt.Errorf("jwk: %d-bit RSA key: at most %d bits are allowed", key.N.BitLen(), MaxBits)
	case key.E != publicExponent:
		// e = 1 makes every padded message its own signature; small ones have been forged, large ones cost time.
		return fmt.Errorf("jwk: RSA public exponent %d: it must be %d", key.E, publicExponent)
	case key.N.Bit(0) == 0:
		return errors.New("jwk: RSA modulus is even")
	case hasROCAFingerprint(key.N):
		return errors.New("jwk: RSA modulus has the ROCA fingerprint (CVE-2017-15361): the private key can be computed from it")
	}
	return nil
}

// validID tells whether s can be the id of a key: [A-Za-z0-9_.-]{1,128}. Anything else cannot be named by a token, and
// could carry line breaks into a log.
func validID(s string) bool {
	if s == "" || len(s) > MaxIDBytes {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return true
}
