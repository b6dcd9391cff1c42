package streamtoken

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/streamtoken/streamtoken/accessrules"
)

// Claims are what a Stream token says. A Claims value proves nothing by
// itself: only package verifier gives claims that a signature stands behind.
type Claims struct {
	Subject      string             // sub: the video or live input the token opens
	KeyID        string             // kid, as repeated in the payload; "" when absent
	Expires      time.Time          // exp: UTC, whole seconds; not valid at or after it
	NotBefore    time.Time          // nbf: UTC, whole seconds; zero when absent
	Downloadable bool               // downloadable: MP4 and audio files may be fetched
	AccessRules  []accessrules.Rule // accessRules: who may watch; none: everybody
}

// Wire names of the claims. A name that differs from one of them only by case
// is refused; flags, which Stream's own token call also takes, has no
// documented form in a token and is an unknown claim here.
const (
	claimSubject      = "sub"
	claimKeyID        = "kid"
	claimExpires      = "exp"
	claimNotBefore    = "nbf"
	claimDownloadable = "downloadable"
	claimAccessRules  = "accessRules"
)

var claimNames = []string{
	claimSubject, claimKeyID, claimExpires, claimNotBefore, claimDownloadable, claimAccessRules,
}

// AppendJSON appends the payload as it is minted: members in the order sub,
// kid, exp, nbf, downloadable, accessRules, times as numbers of Unix seconds
// (fractions cut off), no white space. Empty strings, zero times, a false
// Downloadable and an empty list are left out. ParseClaims reads it back.
// It checks nothing: package signer refuses claims that no token may carry.
// AccessRules must be valid (accessrules.Rule.Validate).
func (c Claims) AppendJSON(dst []byte) []byte {
	start := len(dst)
	member := func(name string) {
		sep := byte(',')
		if len(dst) == start {
			sep = '{'
		}
		dst = append(dst, sep, '"')
		dst = append(dst, name...)
		dst = append(dst, '"', ':')
	}
	if c.Subject != "" {
		member(claimSubject)
		dst = appendString(dst, c.Subject)
	}
	if c.KeyID != "" {
		member(claimKeyID)
		dst = appendString(dst, c.KeyID)
	}
	if !c.Expires.IsZero() {
		member(claimExpires)
		dst = strconv.AppendInt(dst, c.Expires.Unix(), 10)
	}
	if !c.NotBefore.IsZero() {
		member(claimNotBefore)
		dst = strconv.AppendInt(dst, c.NotBefore.Unix(), 10)
	}
	if c.Downloadable {
		member(claimDownloadable)
		dst = append(dst, "true"...)
	}
	if len(c.AccessRules) > 0 {
		member(claimAccessRules)
		dst = accessrules.AppendJSON(dst, c.AccessRules)
	}
	if len(dst) == start {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}

// MarshalJSON is AppendJSON for encoding/json, with an error that names the
// first access rule that is not valid.
func (c Claims) MarshalJSON() ([]byte, error) {
	for i, r := range c.AccessRules {
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("streamtoken: accessRules[%d]: %w", i, err)
		}
	}
	return c.AppendJSON(nil), nil
}

// UnmarshalJSON is ParseClaims with unknown claims ignored, so that reading
// claims through encoding/json is no looser than reading them here.
func (c *Claims) UnmarshalJSON(data []byte) error {
	parsed, err := ParseClaims(data, false)
	if err != nil {
		return fmt.Errorf("streamtoken: %w", err)
	}
	*c = parsed
	return nil
}

// appendString appends s as a JSON string. Valid subjects and key ids need no
// escape; others are still written so that the result is one JSON string.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s { // broken UTF-8 comes out as U+FFFD
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
