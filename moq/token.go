package moq

import (
	"crypto/ed25519"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/tokencache"
)

// Token is a token that held when Verify gave it out: immutable, shared, safe for concurrent use. Time passes and tokens are
// taken back; a Token does not notice, a Session does. Only Verify makes one.
type Token struct {
	// Parts of one string of the Token's own, so that what it was read from, a whole request perhaps, can go.
	keyID, relay, id string

	key             [ed25519.PublicKeySize]byte // that signed
	issued, expires int64                       // Unix seconds, like from
	from            int64                       // not valid before
	ops             operations
	tooLong         bool // lives longer than a token may
}

// newToken makes a Token of what was found out about raw. Its text lies in one allocation with it.
func newToken(raw, keyID string, key ed25519.PublicKey, p parsed) *tokencache.Entry[Token] {
	var room [streamtoken.MaxKeyIDBytes + 2*32]byte
	tail := append(append(append(room[:0], keyID...), p.relay...), p.id...)
	return tokencache.NewEntry(raw, tail, func(text string) Token {
		text = text[len(raw):]
		n := len(keyID)
		return Token{
			keyID:   text[:n],
			relay:   text[n : n+32],
			id:      text[n+32:],
			key:     [ed25519.PublicKeySize]byte(key),
			issued:  p.issued,
			expires: p.expires,
			from:    max(p.issued-slack, p.notBefore),
			ops:     p.ops,
			tooLong: p.expires > MaxExpires(time.Unix(p.issued, 0)).Unix()+slack,
		}
	})
}

// slack is what is forgiven of an issuer whose clock runs ahead, in seconds. exp is enforced all the same.
const slack = int64(streamtoken.LifetimeSlack / time.Second)

// Relay gives sub, the uid of the relay the token is for.
func (t *Token) Relay() string { return t.relay }

// ID gives jti, the token's name in the relay's accepted set.
func (t *Token) ID() string { return t.id }

// KeyID gives the id of the key that signed, the header's kid.
func (t *Token) KeyID() string { return t.keyID }

// Allows tells whether the token permits op.
func (t *Token) Allows(op Operation) bool { return t.ops.has(op) }

// Operations lists what the token permits, publish first. The caller may change the slice.
func (t *Token) Operations() []Operation { return t.ops.list() }

// Expires gives exp in UTC.
func (t *Token) Expires() time.Time { return time.Unix(t.expires, 0).UTC() }

// Claims gives a copy of all of it, times in UTC.
func (t *Token) Claims() Claims {
	return Claims{
		Relay:      t.relay,
		ID:         t.id,
		Operations: t.ops.list(),
		IssuedAt:   time.Unix(t.issued, 0).UTC(),
		Expires:    t.Expires(),
	}
}
