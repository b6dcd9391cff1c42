package signer

import (
	"crypto/sha256"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
)

// work is one token in the making, with room for its parts: of a token that is made in a used work only the string is
// allocated.
type work struct {
	payload []byte
	token   []byte            // the signing input, then the whole token
	digest  [sha256.Size]byte // of the signing input
	sig     []byte            // as long as the modulus; an Engine writes here

	// Of a call that shares its batch with others (share):
	next *work
	turn chan bool // made by who waits; true: the slot is yours; false: sig or err is there
	err  error
}

// works are kept between calls. What they hold are tokens, which their caller has too, never a key.
var works = sync.Pool{New: func() any { return new(work) }}

// build resolves c and makes the signing input of its token and the digest of that.
func (s *Signer) build(w *work, c streamtoken.Claims) error {
	c, err := s.resolve(c)
	if err != nil {
		return err
	}
	w.payload = c.AppendJSON(w.payload[:0])
	if size := s.key.tokenSize(len(w.payload)); size > streamtoken.MaxTokenBytes {
		w.payload = nil // its length has no bound, and w is kept
		return errTokenSize(size)
	}
	w.token = append(w.token[:0], s.key.header...)
	w.token = appendBase64(w.token, w.payload)
	w.digest = sha256.Sum256(w.token)
	return nil
}

// finish gives the token that build began.
func (w *work) finish(sig []byte) string {
	w.token = appendBase64(append(w.token, '.'), sig)
	return string(w.token)
}
