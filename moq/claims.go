package moq

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// Operation is what a relay token permits.
type Operation string

// The operations of a relay token.
const (
	Publish   Operation = "publish"
	Subscribe Operation = "subscribe"
)

// DefaultAudience is aud where nothing else is configured: what Cloudflare's own tokens say.
const DefaultAudience = "moq.cloudflare.com"

// Claims is what a relay token says.
type Claims struct {
	Relay      string      // sub: the relay's uid
	ID         string      // jti: names the token in the relay's accepted set
	Operations []Operation // not empty, none twice
	IssuedAt   time.Time
	Expires    time.Time
}

// NewID gives 32 random lower-case hexadecimal digits: an id for a token, a relay or a key.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ValidID tells whether s can be the uid of a relay or the jti of a token: 32 lower-case hexadecimal digits.
func ValidID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// MaxExpires is the latest end of a token issued at that time, and the end of one that was given none: one year later by the
// calendar of UTC, so that a year with a leap day counts ("default 1 year from creation", more is rejected, Cloudflare API: MoQ
// relay tokens).
func MaxExpires(issued time.Time) time.Time { return issued.UTC().AddDate(1, 0, 0) }

// Operations lists the operations there are, in the order in which tokens name them. The caller may change the slice.
func Operations() []Operation { return []Operation{Publish, Subscribe} }

// operations is a set of them.
type operations uint8

func (set operations) has(op Operation) bool { return set&bit(op) != 0 }

// bit gives 0 for what is no operation.
func bit(op Operation) operations {
	switch op {
	case Publish:
		return 1
	case Subscribe:
		return 2
	}
	return 0
}

func (set operations) list() []Operation {
	return slices.DeleteFunc(Operations(), func(op Operation) bool { return !set.has(op) })
}

// appendClaims writes the payload: aud, sub, jti, operations, iat, exp. Nothing in it needs an escape.
func appendClaims(dst []byte, audience string, relay, id string, ops operations, issued, expires int64) []byte {
	dst = append(dst, `{"aud":"`...)
	dst = append(dst, audience...)
	dst = append(dst, `","sub":"`...)
	dst = append(dst, relay...)
	dst = append(dst, `","jti":"`...)
	dst = append(dst, id...)
	dst = append(dst, `","operations":[`...)
	for i, op := range ops.list() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, op...)
		dst = append(dst, '"')
	}
	dst = append(dst, `],"iat":`...)
	dst = strconv.AppendInt(dst, issued, 10)
	dst = append(dst, `,"exp":`...)
	dst = strconv.AppendInt(dst, expires, 10)
	return append(dst, '}')
}

// validAudience tells whether s can stand in a token as it is: 1 to 256 printable characters of ASCII, no quote or backslash.
func validAudience(s string) bool {
	const longest = 256
	if s == "" || len(s) > longest {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// algorithm gives alg of every token: "Ed25519", the name that says which curve (RFC 9864), or by choice the older "EdDSA".
func algorithm(edDSA bool) string {
	if edDSA {
		return "EdDSA"
	}
	return "Ed25519"
}
