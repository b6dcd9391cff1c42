package verifier

import "crypto/sha256"

// Signed is the signature check of v alone.
func (v *Verifier) Signed(key *Key, sum [sha256.Size]byte, sig []byte) bool {
	c := candidate{key: key}
	c.parts.Signature = sig
	return v.signed(c, sum, new(scratch))
}

// PreparedCount is how much a key keeps of what engines made of it.
func (k *Key) PreparedCount() int {
	if list := k.engines.list.Load(); list != nil {
		return len(*list)
	}
	return 0
}

// EnginesPerKey bounds it.
const EnginesPerKey = enginesPerKey
