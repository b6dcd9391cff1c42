package jwk

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"slices"
)

// PublicEd25519 is one usable Ed25519 verification key. ID may be empty.
type PublicEd25519 struct {
	ID  string
	Key ed25519.PublicKey
}

// PrivateEd25519 is one Ed25519 signing key. ID may be empty. Its printed forms show the id only.
type PrivateEd25519 struct {
	ID  string
	Key ed25519.PrivateKey // its public half belongs to its seed
}

// String gives the id only, so that a key printed by mistake is not a key disclosed.
func (p PrivateEd25519) String() string { return "jwk.PrivateEd25519(" + p.ID + ")" }

// GoString is String, for %#v.
func (p PrivateEd25519) GoString() string { return p.String() }

// CheckEd25519 applies the policy to a public key: 32 bytes, the one encoding of its point (RFC 8032 section 5.1.3 demands
// y < 2^255 - 19), and not of small order. Under a key of small order signatures hold that nobody made: with the neutral
// element, R = A and S = 0 holds for every message.
//
// It does not compute whether there is such a point: no signature holds where there is none.
func CheckEd25519(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return errors.New("jwk: not an Ed25519 key of 32 bytes")
	}
	// y, most significant byte first; the top bit belongs to x, and no value of it makes these points better.
	var y [ed25519.PublicKeySize]byte
	copy(y[:], key)
	slices.Reverse(y[:])
	y[0] &= 0x7f
	if bytes.Compare(y[:], fieldPrime) >= 0 {
		return errors.New("jwk: an Ed25519 key in another encoding than its own")
	}
	for _, small := range smallOrder {
		if bytes.Equal(y[:], small) {
			return errors.New("jwk: an Ed25519 key of small order: signatures that nobody made hold under it")
		}
	}
	return nil
}

var (
	// fieldPrime is 2^255 - 19.
	fieldPrime = unhex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")

	// smallOrder are the y of the eight points whose order divides 8 ("Taming the many EdDSAs", SSR 2020, table 1).
	smallOrder = [...][]byte{
		unhex("0000000000000000000000000000000000000000000000000000000000000001"), // order 1
		unhex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"), // 2
		unhex("0000000000000000000000000000000000000000000000000000000000000000"), // 4
		unhex("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"), // 8
		unhex("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"), // 8
	}
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
