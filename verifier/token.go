package verifier

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/tokencache"
)

// Token is a token that held when Verify gave it out: immutable, shared, safe
// for concurrent use. Time passes and keys are taken back; a Token does not
// notice. Only Verify makes one.
type Token struct {
	rules        accessrules.Set // first: its beginning is what a viewer is judged by
	key          *Key
	expires      int64 // Unix seconds, like notBefore
	notBefore    int64
	hasNotBefore bool
	downloadable bool

	// The token, its digest and its subject in a row, and where the last two begin: a text of the Token's own, so that what it was read from, a
	// whole request perhaps, can go.
	digestAt, subjectAt uint16
	text                string
}

// newToken makes a Token of what was found out about raw, whose SHA-256 is sum.
// The claims, as streamtoken.CompileClaims gives them, are not kept. The Token's
// text lies in one allocation with it.
func newToken(raw string, sum [sha256.Size]byte, key *Key, claims *streamtoken.Claims, rules *accessrules.Set) *tokencache.Entry[Token] {
	var room [2*sha256.Size + streamtoken.MaxSubjectBytes]byte
	tail := append(hex.AppendEncode(room[:0], sum[:]), claims.Subject...)
	return tokencache.NewEntry(raw, tail, func(text string) Token {
		return Token{
			key:          key,
			expires:      claims.Expires.Unix(),
			notBefore:    claims.NotBefore.Unix(),
			hasNotBefore: !claims.NotBefore.IsZero(),
			downloadable: claims.Downloadable,
			digestAt:     uint16(len(raw)), // at most streamtoken.MaxTokenBytes
			subjectAt:    uint16(len(raw) + 2*sha256.Size),
			text:         text,
			rules:        *rules,
		}
	})
}

// bytes is the memory that a Token holds beside itself, its text and its key,
// with an eighth for what the allocator rounds up.
func (t *Token) bytes() int {
	n := t.rules.Bytes()
	return n + n/8
}

func (t *Token) raw() string { return t.text[:t.digestAt] }

// Claims gives a copy that the caller may change. It reads them from the
// token's text again, which takes some microseconds: the other methods do not.
func (t *Token) Claims() streamtoken.Claims {
	_, rest, _ := strings.Cut(t.raw(), ".")
	payload, _, _ := strings.Cut(rest, ".")
	data, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return streamtoken.Claims{} // a zero Token: Verify has read this before
	}
	claims, _ := streamtoken.ParseClaims(data, false)
	return claims
}

// Subject gives sub, the video or live input the token opens. It is as in
// streamtoken.ValidSubject and so fit to be a path segment.
func (t *Token) Subject() string { return t.text[t.subjectAt:] }

// KeyID gives the id of the key that signed, the header's kid.
func (t *Token) KeyID() string { return t.key.id }

// Expires gives exp in UTC, without leeway.
func (t *Token) Expires() time.Time { return time.Unix(t.expires, 0).UTC() }

// Downloadable reports whether MP4 and audio files may be fetched with it.
func (t *Token) Downloadable() bool { return t.downloadable }

// Rules gives the access rules, compiled; never nil. They have not been
// applied. A token without rules has a set that allows everybody.
func (t *Token) Rules() *accessrules.Set { return &t.rules }

// Digest gives the lower-case hex SHA-256 of the token's bytes: a name for it
// in logs and revocations that does not give it away.
func (t *Token) Digest() string { return t.text[t.digestAt:t.subjectAt] }
