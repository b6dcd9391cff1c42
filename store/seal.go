package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

const (
	masterKeyBytes = 32
	sealSaltBytes  = 32
	sealVersion    = 1
)

// errSealed: a sealed value is not what was sealed, or not where it was put.
var errSealed = errors.New("store: a sealed value was altered")

// sealer keeps values secret and in their place, by AES-256-GCM with a random nonce (NIST SP 800-38D) under a key that is
// derived of the master key and the database's salt by HKDF-SHA-256 (RFC 5869).
type sealer struct{ aead cipher.AEAD }

func newSealer(master, salt []byte) (*sealer, error) {
	key, err := hkdf.Key(sha256.New, master, salt, "streamtoken store: sealed values", 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead: aead}, nil
}

// seal gives a version byte, the nonce, the encrypted value and its tag. It opens only under the same place: whoever can
// write to the database cannot put one account's key in the row of another.
func (s *sealer) seal(value []byte, place ...string) []byte {
	return s.aead.Seal([]byte{sealVersion}, nil, value, sealPlace(place))
}

// open is the inverse of seal.
func (s *sealer) open(sealed []byte, place ...string) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, errSealed
	}
	value, err := s.aead.Open(nil, nil, sealed[1:], sealPlace(place))
	if err != nil {
		return nil, errSealed
	}
	return value, nil
}

// sealPlace joins the parts so that no two places give the same bytes: each has its length before it.
func sealPlace(parts []string) []byte {
	out := []byte{sealVersion}
	for _, p := range parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// ownKeyPlace is where the private half of an own key is sealed.
func ownKeyPlace(account string, k OwnKey) []string {
	return []string{"own key", account, k.ID, k.Alg}
}

// sealCheck is sealed when a database is made: whoever cannot open it has another master key.
const sealCheck = "streamtoken"

// meta is the row of the table of that name, and which database it was read from.
type meta struct {
	epoch       int64
	salt, check []byte
	home, here  string
}

// newMeta is that of a new database.
func newMeta(master []byte, here string) (meta, error) {
	m := meta{salt: make([]byte, sealSaltBytes), home: here, here: here}
	_, _ = rand.Read(m.salt) // it never fails (crypto/rand)
	s, err := newSealer(master, m.salt)
	if err != nil {
		return meta{}, err
	}
	m.check = s.seal([]byte(sealCheck), "check")
	return m, nil
}

// sealer gives the database's sealer, or ErrMasterKey.
func (m meta) sealer(master []byte) (*sealer, error) {
	s, err := newSealer(master, m.salt)
	if err != nil {
		return nil, err
	}
	if v, err := s.open(m.check, "check"); err != nil || string(v) != sealCheck {
		return nil, ErrMasterKey
	}
	return s, nil
}
