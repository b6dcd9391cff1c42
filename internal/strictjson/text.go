package strictjson

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// escapeLen gives the length of the escape that s starts with, a surrogate
// pair counting as one, or a message why it is none. RFC 8259, section 7.
func escapeLen(s []byte) (n int, msg string) {
	if len(s) < 2 {
		return 0, msgEnd
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, ""
	case 'u':
	default:
		return 0, "unknown escape"
	}
	r, ok := hex4(s)
	if !ok {
		return 0, "no four hexadecimal digits after \\u"
	}
	if !utf16.IsSurrogate(r) {
		return 6, ""
	}
	// Readers turn half a pair into U+FFFD, or keep it: two names that differ
	// here could become one elsewhere.
	if low, _ := hex4(s[6:]); utf16.DecodeRune(r, low) == utf8.RuneError {
		return 0, "lone surrogate"
	}
	return 12, ""
}

// hex4 reads "\uXXXX" at the start of s; 0 if there is none.
func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unquote gives the text of a string that Parse accepted, marks included.
func unquote(raw []byte) string {
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text)
	}
	return string(appendUnquoted(make([]byte, 0, len(text)), raw))
}

// appendUnquoted is unquote for a string with escapes. The result is never
// longer than raw.
func appendUnquoted(dst, raw []byte) []byte {
	s := raw[1 : len(raw)-1]
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		s = s[i:]
		if s[1] != 'u' {
			dst = append(dst, shortEscape(s[1]))
			s = s[2:]
			continue
		}
		r, _ := hex4(s)
		s = s[6:]
		if utf16.IsSurrogate(r) {
			low, _ := hex4(s)
			r = utf16.DecodeRune(r, low)
			s = s[6:]
		}
		dst = utf8.AppendRune(dst, r)
	}
}

func shortEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // '"', '\\' and '/' stand for themselves
}
