package streamtoken

import "time"

// Algorithm is the one signature algorithm of a Stream token: RSASSA-PKCS1-v1_5
// with SHA-256 (RFC 7518, section 3.3). There is no other to choose.
const Algorithm = "RS256"

// Limits of a token, the same when it is minted and when it is checked.
const (
	// MaxTokenBytes bounds the whole compact token. A longer one is refused
	// before anything in it is read.
	MaxTokenBytes = 8 << 10

	// MaxLifetime is how far exp may lie after issue ("cannot be greater than
	// 24 hours in the future from when the token is signed", Cloudflare
	// Stream: securing your stream).
	MaxLifetime = 24 * time.Hour

	// LifetimeSlack is what a check adds to MaxLifetime. The token does not say
	// when it was issued, so the check measures from its own clock, and the
	// issuer's may run ahead. exp itself is enforced all the same.
	LifetimeSlack = 5 * time.Minute

	// MaxLeeway is the most a verifier may be told to forgive on exp and nbf.
	MaxLeeway = 60 * time.Second

	// DefaultLifetime is how long after issue a token expires that was given
	// no exp, and DefaultBackdate how long before issue it becomes valid when
	// given no nbf. Both are the defaults of Stream's own token call.
	DefaultLifetime = time.Hour
	DefaultBackdate = time.Hour

	// MaxUnixTime is 9999-12-31T23:59:59Z, the last second that RFC 3339 can
	// write. Greater values of exp and nbf overflow in one reader or another
	// and would make "far in the future" mean "long ago".
	MaxUnixTime int64 = 253402300799

	// MaxAccessRules is how many access rules a token may carry (Cloudflare
	// Stream: securing your stream).
	MaxAccessRules = 5

	// MaxSubjectBytes bounds sub; see ValidSubject. StreamSubjectBytes is the
	// length of the ids that Stream itself gives out, and its own limit.
	MaxSubjectBytes    = 64
	StreamSubjectBytes = 32

	// MaxKeyIDBytes bounds kid; see ValidKeyID.
	MaxKeyIDBytes = 128
)

// ValidSubject reports whether s can be a token's sub, the id of a video or a
// live input: a letter or digit, then up to 63 letters, digits, "_" or "-".
// All of it is ASCII and none of it has a meaning in a path: once the token
// has held, sub becomes a path segment at the origin.
func ValidSubject(s string) bool {
	if s == "" || len(s) > MaxSubjectBytes || !isAlphanumeric(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !isAlphanumeric(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// ValidKeyID reports whether s can be the id of a key: 1 to 128 ASCII letters,
// digits, "_", "." or "-". An id is only ever looked up among keys already
// held; it is never a path or part of a URL, and "." and ".." are ids like any
// other.
func ValidKeyID(s string) bool {
	if s == "" || len(s) > MaxKeyIDBytes {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isAlphanumeric(c) && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
