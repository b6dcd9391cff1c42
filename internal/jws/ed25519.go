package jws

import (
	"crypto/ed25519"
	"unsafe"
)

// VerifyEd25519 reports whether sig is an Ed25519 signature (RFC 8032, section 5.1.7; RFC 8037, section 3.1) by key, of the
// signing input. A signature that is not 64 bytes is refused, and so is one whose S is not below the group's order or whose R
// is not encoded as its point is: either would be a second spelling of a good one. A key that is not 32 bytes verifies
// nothing. It does not judge whether the key is one that nobody can sign for: package jwk does.
func VerifyEd25519(key ed25519.PublicKey, signingInput string, sig []byte) bool {
	if len(key) != ed25519.PublicKeySize || len(sig) != ed25519.SignatureSize {
		return false // crypto/ed25519 panics for the key
	}
	// The check only reads, so the string need not be copied.
	return ed25519.Verify(key, unsafe.Slice(unsafe.StringData(signingInput), len(signingInput)), sig)
}
