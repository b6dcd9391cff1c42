package turn

import (
	"strconv"
	"strings"
	"time"
)

// MaxIdentifierBytes bounds the identifier in a username. With it a username fits into any TURN server's buffer (RFC 8489:
// at most 508 bytes).
const MaxIdentifierBytes = 64

const (
	separator        = ':'          // coturn's rest-api-separator unless set; pion/turn's only one
	maxExpiry        = 253402300799 // the last second of 9999, 12 digits
	maxUsernameBytes = 12 + 1 + MaxIdentifierBytes
)

// ValidIdentifier tells whether s can be the identifier of a credential: 1 to 64 characters of A-Z a-z 0-9 - . _ ~ @ + = |,
// which not in any case of letters hold both "union" and "select".
//
// What is left out is what a TURN server reads in another way, or not at all. A second colon: pion/turn takes "a" for the
// user of "1:a:b", coturn "a:b". Space, quotes and backslash, and the two words of SQL: coturn answers 400. Slash and percent:
// coturn puts the username into a Redis key, up to 4.6 as part of a format. Angle brackets: coturn's log has the username
// between such. Control characters, and anything beyond ASCII: servers prepare these strings differently, or not.
func ValidIdentifier(s string) bool {
	if s == "" || len(s) > MaxIdentifierBytes {
		return false
	}
	for i := range len(s) {
		if !identifierByte(s[i]) {
			return false
		}
	}
	return !looksLikeSQL(s)
}

func identifierByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("-._~@+=|", c) >= 0
}

// looksLikeSQL is coturn's test of usernames.
func looksLikeSQL(s string) bool {
	lower := strings.ToLower(s)
	return strings.Contains(lower, "union") && strings.Contains(lower, "select")
}

// parseUsername takes a username apart. The time comes first and is written in one way only, so that no two usernames mean
// the same and every server sees the same end: coturn would look behind the separator if there were anything but digits
// before it, and reads "+1", " 1" and "01" as 1.
func parseUsername(s string) (expires int64, identifier string, ok bool) {
	digits, identifier, found := strings.Cut(s, string(separator))
	if !found || digits == "" || len(digits) > 12 || digits[0] == '0' {
		return 0, "", false
	}
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, "", false
		}
		expires = expires*10 + int64(c-'0')
	}
	if expires > maxExpiry || !ValidIdentifier(identifier) {
		return 0, "", false
	}
	return expires, identifier, true
}

// writeUsername is the inverse. expires is 1 to maxExpiry.
func writeUsername(expires int64, identifier string) string {
	buf := make([]byte, 0, maxUsernameBytes) // does not escape
	buf = strconv.AppendInt(buf, expires, 10)
	buf = append(buf, separator)
	return string(append(buf, identifier...))
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
