package turn

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"sync/atomic"
)

// macs makes passwords of one key: standard base64, padded, of HMAC-SHA1 (RFC 2104) with the secret's characters as the key.
// It keeps one mac, so that who makes many need not begin with the secret each time, and who comes while it is in use makes
// another. A sync.Pool would cost a key that is used once, as one that comes with a request, more than the password itself.
type macs struct {
	secret string
	idle   atomic.Pointer[mac]
}

// mac is the state of one HMAC computation, and room for what goes in and comes out: what is handed to an interface would
// be allocated anew each time.
type mac struct {
	hash     hash.Hash
	used     bool
	username [maxUsernameBytes]byte
	sum      [sha1.Size]byte
	password [passwordBytes]byte
}

const passwordBytes = (sha1.Size + 2) / 3 * 4

func (k *macs) take() *mac {
	if m := k.idle.Swap(nil); m != nil {
		return m
	}
	return &mac{hash: hmac.New(sha1.New, []byte(k.secret))}
}

func (k *macs) give(m *mac) { k.idle.Store(m) }

// compute leaves the password of username in m.password. username has at most maxUsernameBytes.
func (m *mac) compute(username string) {
	if m.used { // the first Reset is the dear one: it keeps what was derived from the secret
		m.hash.Reset()
	}
	m.used = true
	m.hash.Write(m.username[:copy(m.username[:], username)]) // never fails
	base64.StdEncoding.Encode(m.password[:], m.hash.Sum(m.sum[:0]))
}

func (k *macs) password(username string) string {
	m := k.take()
	m.compute(username)
	password := string(m.password[:])
	k.give(m)
	return password
}

// matches compares texts, not the bytes they decode to: of one password there is one spelling.
func (k *macs) matches(username, password string) bool {
	if len(password) != passwordBytes {
		return false
	}
	m := k.take()
	m.compute(username)
	var presented [passwordBytes]byte
	copy(presented[:], password)
	same := subtle.ConstantTimeCompare(m.password[:], presented[:]) == 1
	k.give(m)
	return same
}
