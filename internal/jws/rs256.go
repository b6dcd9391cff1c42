package jws

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"unsafe"
)

// VerifyRS256 reports whether sig is an RSASSA-PKCS1-v1_5 signature with
// SHA-256 (RFC 7518, section 3.3) of signingInput by key. A signature that is
// not exactly as long as the modulus is refused, and so is one that is not
// below it: either would be a second spelling of a good one. A nil key, or one
// without a modulus, verifies nothing. It does not judge the key's size or exponent.
func VerifyRS256(key *rsa.PublicKey, signingInput string, sig []byte) bool {
	if key == nil || key.N == nil || len(sig) != key.Size() {
		return false
	}
	// The hash only reads, so the string need not be copied.
	sum := sha256.Sum256(unsafe.Slice(unsafe.StringData(signingInput), len(signingInput)))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}
