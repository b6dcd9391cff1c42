package jws

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"hash"
	"unsafe"
)

// VerifyRS256 reports whether sig is an RSASSA-PKCS1-v1_5 signature with
// SHA-256 (RFC 7518, section 3.3) by key, of the signing input that has this
// SHA-256 sum. A signature that is not exactly as long as the modulus is
// refused, and so is one that is not below it: either would be a second
// spelling of a good one. A nil key, or one without a modulus, verifies
// nothing. It does not judge the key's size or exponent.
func VerifyRS256(key *rsa.PublicKey, sum [sha256.Size]byte, sig []byte) bool {
	if key == nil || key.N == nil || len(sig) != key.Size() {
		return false
	}
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}

// Hash takes SHA-256 of a token in one pass: first of its signing input, for
// the signature, then of all of it, for the token's own digest. It is meant to
// be used again; the zero Hash is ready. Not safe for concurrent use.
type Hash struct {
	h   hash.Hash
	sum [sha256.Size]byte
}

// SigningInput begins a token and gives the sum its signature is made of.
func (h *Hash) SigningInput(s string) [sha256.Size]byte {
	if h.h == nil {
		h.h = sha256.New()
	}
	h.h.Reset()
	return h.more(s)
}

// Rest gives the sum of the whole token; s is what follows the signing input.
func (h *Hash) Rest(s string) [sha256.Size]byte { return h.more(s) }

func (h *Hash) more(s string) [sha256.Size]byte {
	// The hash only reads, so the string need not be copied.
	h.h.Write(unsafe.Slice(unsafe.StringData(s), len(s)))
	h.h.Sum(h.sum[:0])
	return h.sum
}
