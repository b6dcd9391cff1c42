package strictjson

import (
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads the string at i, which is a quotation mark, and gives the index
// after it and whether it holds an escape.
func (r *Reader) str(i int) (end int, escaped bool) {
	i = skipPlain(r.text, i+1)
	for i < len(r.text) && r.text[i] != '"' {
		if r.text[i] == '\\' {
			escaped = true
		}
		i = skipPlain(r.text, r.special(i))
	}
	if i >= len(r.text) {
		return r.fail(i, msgEnd), false
	}
	return i + 1, escaped
}

// special reads an escape or a character that is not ASCII.
func (r *Reader) special(i int) int {
	switch c := r.text[i]; {
	case c == '\\':
		n, msg := escapeLen(r.text[i:])
		if msg != "" {
			return r.fail(i, msg)
		}
		return i + n
	case c < ' ':
		return r.fail(i, "control character in a string")
	}
	_, n := utf8.DecodeRuneInString(r.text[i:])
	if n == 1 { // not ASCII, so an error
		return r.fail(i, "not UTF-8")
	}
	return i + n
}

// skipPlain gives the index of the first byte from i on that is not printable
// ASCII, or is a quotation mark or a backslash. Most of a token is such text,
// so it is read eight bytes at a time.
func skipPlain(text string, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for len(text)-i >= 8 {
		w := load(text[i : i+8])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		// A high bit is set for a byte that is zero in quote or slash, below
		// 0x20 in w, or not ASCII. A borrow can set one too many above the
		// lowest, so the lowest is right.
		if stop := ((quote - ones) | (slash - ones) | (w - ones*' ') | w) & highs; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
		i += 8
	}
	for i < len(text) && !stops[text[i]] {
		i++
	}
	return i
}

// load gives eight bytes as one word, the first lowest.
func load(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// stops is true of the bytes at which skipPlain stops.
var stops = func() (t [256]bool) {
	for c := range t {
		t[c] = c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf
	}
	return t
}()

// escapeLen gives the length of the escape that s starts with, a surrogate
// pair counting as one, or a message why it is none. RFC 8259, section 7.
func escapeLen(s string) (n int, msg string) {
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
	c, ok := hex4(s)
	if !ok {
		return 0, "no four hexadecimal digits after \\u"
	}
	if !utf16.IsSurrogate(c) {
		return 6, ""
	}
	// Readers turn half a pair into U+FFFD, or keep it: two names that differ
	// here could become one elsewhere.
	if low, _ := hex4(s[6:]); utf16.DecodeRune(c, low) == utf8.RuneError {
		return 0, "lone surrogate"
	}
	return 12, ""
}

// hex4 reads "\uXXXX" at the start of s; 0 if there is none.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
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

// unescape gives the text that s, the inside of a good string, stands for. It
// is s itself if there is no escape in it.
func unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	var b strings.Builder
	for b.Grow(len(s)); i >= 0; i = strings.IndexByte(s, '\\') {
		b.WriteString(s[:i])
		s = s[i:]
		if s[1] != 'u' {
			b.WriteByte(shortEscape(s[1]))
			s = s[2:]
			continue
		}
		c, _ := hex4(s)
		s = s[6:]
		if utf16.IsSurrogate(c) {
			low, _ := hex4(s)
			c = utf16.DecodeRune(c, low)
			s = s[6:]
		}
		b.WriteRune(c)
	}
	b.WriteString(s)
	return b.String()
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
