package rsavec

import "crypto/sha256"

// undigested is EMSA-PKCS1-v1_5 with SHA-256 for a modulus of 2048 bits (RFC 8017,
// section 9.2), all but the digest: 00 01, FF as often as fits, 00, and the DER
// of DigestInfo, with the NULL of its parameters, the one form there is.
var undigested = func() (em [Size]byte) {
	const info = "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
	zero := len(em) - sha256.Size - len(info) - 1
	em[1] = 0x01
	for i := 2; i < zero; i++ {
		em[i] = 0xff
	}
	copy(em[zero+1:], info)
	return em
}()

// Encode sets em to the number whose power by the private exponent is the
// RSASSA-PKCS1-v1_5 signature of what has this SHA-256 digest.
func Encode(em *[Size]byte, digest *[sha256.Size]byte) {
	*em = undigested
	copy(em[Size-sha256.Size:], digest[:])
}
