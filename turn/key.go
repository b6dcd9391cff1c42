package turn

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// Sizes of a key, in characters. Both parts are lower-case hexadecimal digits.
const (
	UIDChars    = 32
	SecretChars = 64
)

// Key is one TURN key: the uid by which it is known, and the secret that it shares with TURN servers. It is immutable and
// safe for concurrent use. Printed, logged or marshalled it shows its uid only; Secret and MarshalAnswer are the ways to get
// the secret out. The zero Key makes and accepts nothing: ErrNoKey.
type Key struct {
	uid string

	// The secret lives behind these, because printers that walk values by reflection cannot look into a function.
	secret func() string
	macs   func() *macs // nil for the zero Key
}

// GenerateKey makes a key: both parts are random, of 128 and 256 bits.
func GenerateKey() *Key {
	var random [(UIDChars + SecretChars) / 2]byte
	rand.Read(random[:]) // never fails
	digits := hex.EncodeToString(random[:])
	return newKey(digits[:UIDChars], digits[UIDChars:])
}

// NewKey makes a Key of its two parts as they were handed out: a uid of 32 and a secret of 64 lower-case hexadecimal digits.
// Anything else is ErrKey, which says nothing of the input. That the two belong together is not checked: who keeps the Hash
// beside the uid can tell.
func NewKey(uid, secret string) (*Key, error) {
	if len(uid) != UIDChars || !lowerHex(uid) || len(secret) != SecretChars || !lowerHex(secret) {
		return nil, ErrKey
	}
	return newKey(uid, secret), nil
}

func newKey(uid, secret string) *Key {
	m := &macs{secret: secret}
	return &Key{
		uid:    uid,
		secret: func() string { return secret },
		macs:   func() *macs { return m },
	}
}

// UID is the key's public name, 32 lower-case hexadecimal digits; "" for the zero Key.
func (k *Key) UID() string { return k.uid }

// Secret is the key itself, 64 lower-case hexadecimal digits; "" for the zero Key. Those 64 characters, not the 32 bytes
// they could stand for, are what a TURN server is given (coturn: static-auth-secret). Whoever has them makes credentials.
func (k *Key) Secret() string {
	if k.secret == nil {
		return ""
	}
	return k.secret()
}

// Hash is the SHA-256 of the secret's 64 characters: enough to recognize a secret that is presented, and of no use to make
// credentials. A secret has 256 random bits, so a plain hash of it cannot be searched for. Compare hashes in constant time
// (crypto/subtle). The zero Key's is that of no characters.
func (k *Key) Hash() [sha256.Size]byte { return sha256.Sum256([]byte(k.Secret())) }

func lowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
