package tokencache

import (
	"encoding/binary"
	"math/bits"
)

// The hash reads 16 characters of the signature, the part of a token that no
// two have in common, and skips the last one: some of its bits mean nothing,
// and in a strict reading it is never what distinguishes two tokens.
const (
	hashed   = 16
	minToken = hashed + 1
)

// seed keeps the place of an entry from being known outside.
type seed [2]uint64

// hash gives the hash of a token of at least minToken bytes. It decides where an entry lies and nothing else: the whole token is compared
// afterwards, so that a collision, found or made, costs a comparison and never gives a wrong answer.
func (s *seed) hash(token string) uint64 {
	b := []byte(token[len(token)-minToken:]) // read only, so that the compiler copies nothing
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b)^s[0], binary.LittleEndian.Uint64(b[8:])^s[1])
	hi, lo = bits.Mul64(hi^s[1], lo^s[0]) // once more: bytes of some regularity, unlike a signature's, would else crowd together under one seed in thirty
	return hi ^ lo
}
