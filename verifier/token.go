package verifier

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

// Token is a token that held when Verify gave it out: immutable, shared, safe
// for concurrent use. Time passes and keys are taken back; a Token does not
// notice. Only Verify makes one.
type Token struct {
	raw    string
	key    *Key
	claims streamtoken.Claims
	rules  *accessrules.Set

	hashed sync.Once
	digest string
}

// Claims gives a copy that the caller may change.
func (t *Token) Claims() streamtoken.Claims {
	c := t.claims
	c.AccessRules = slices.Clone(c.AccessRules)
	for i := range c.AccessRules {
		c.AccessRules[i].IP = slices.Clone(c.AccessRules[i].IP)
		c.AccessRules[i].Country = slices.Clone(c.AccessRules[i].Country)
	}
	return c
}

// Subject gives sub, the video or live input the token opens. It is as in
// streamtoken.ValidSubject and so fit to be a path segment.
func (t *Token) Subject() string { return t.claims.Subject }

// KeyID gives the id of the key that signed, the header's kid.
func (t *Token) KeyID() string { return t.key.id }

// Expires gives exp in UTC, without leeway.
func (t *Token) Expires() time.Time { return t.claims.Expires }

// Downloadable reports whether MP4 and audio files may be fetched with it.
func (t *Token) Downloadable() bool { return t.claims.Downloadable }

// Rules gives the access rules, compiled; never nil. They have not been
// applied. A token without rules has a set that allows everybody.
func (t *Token) Rules() *accessrules.Set { return t.rules }

// Digest gives the lower-case hex SHA-256 of the token's bytes: a name for it
// in logs and revocations that does not give it away. It is computed when it
// is first asked for.
func (t *Token) Digest() string {
	t.hashed.Do(func() {
		sum := sha256.Sum256([]byte(t.raw))
		t.digest = hex.EncodeToString(sum[:])
	})
	return t.digest
}
