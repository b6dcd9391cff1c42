package signer

import (
	"crypto/rsa"
	"crypto/sha256"
)

// Engine makes signatures faster than crypto/rsa, many at a time. Package signer/vector has one; importing it is how a
// program opts in, and without one crypto/rsa signs. Equal claims give equal tokens either way.
type Engine interface {
	// Name is what (*Signer).Engine reports, a short word that is not "crypto/rsa".
	Name() string

	// Prepare readies key, of 2048 to 8192 bits, consistent and precomputed. It must neither change nor keep what key
	// points to. The error says why this key, machine or mode does not suit; crypto/rsa then signs with that key.
	Prepare(key *rsa.PrivateKey) (Batch, error)
}

// Batch signs with one prepared key: RSASSA-PKCS1-v1_5 with SHA-256. It must be safe for concurrent use.
type Batch interface {
	// Size is how many digests Sign takes at most, at least 1, and always the same.
	Size() int

	// Sign writes the signature of digests[i] into sigs[i], which has the length of the modulus. There are as many of one
	// as of the other, 1 to Size. It keeps neither after it returns. An error is one of all these signatures.
	Sign(sigs [][]byte, digests [][sha256.Size]byte) error
}

// standard is the name of what signs without an Engine.
const standard = "crypto/rsa"
