package middleware

// Classes of bytes in a request target and in header fields.
const (
	plainByte   uint8 = 1 << iota // unreserved (RFC 3986, 2.3): the same byte raw, decoded and in a token
	refusedByte                   // never in a path, however it is spelled
	tokenByte                     // tchar (RFC 9110, 5.6.2)
	literalByte                   // a byte that package net/url leaves as it is in a path
)

var classes = func() (t [256]uint8) {
	for c := range t {
		b := byte(c)
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
			t[c] |= plainByte | tokenByte | literalByte
		case b < ' ' || b == 0x7f:
			t[c] |= refusedByte
		}
	}
	for _, b := range []byte("-._~") {
		t[b] |= plainByte | literalByte
	}
	for _, b := range []byte("$&+,/:=@") {
		t[b] |= literalByte
	}
	for _, b := range []byte("!#$%&'*+-.^_`|~") {
		t[b] |= tokenByte
	}
	// A backslash is a slash to browsers and to Windows, a semicolon begins a path parameter for Java servers, and a
	// percent sign that is left after decoding is a second encoding for someone behind us to decode.
	for _, b := range []byte(`\;%`) {
		t[b] |= refusedByte
	}
	return t
}()

func is(c byte, class uint8) bool { return classes[c]&class != 0 }

func plainText(s string) bool { return skipPlain(s, 0) == len(s) }

func isToken(s string) bool { return s != "" && all(s, tokenByte) }

func all(s string, class uint8) bool {
	for i := 0; i < len(s); i++ {
		if !is(s[i], class) {
			return false
		}
	}
	return true
}

// skipPlain gives the place of the first byte of s from i on that is not a plainByte, len(s) if all are. A token is a
// thousand of them, so that eight are judged at once.
func skipPlain(s string, i int) int {
	for len(s)-i >= 8 && plainWord(word(s[i:])) {
		i += 8
	}
	for i < len(s) && is(s[i], plainByte) {
		i++
	}
	return i
}

// word gives the first eight bytes of s.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// plainWord says whether eight bytes are letters, digits, "-", "." or "_" (plainByte but for "~", which is rare). Each sum
// below sets the high bit of just those bytes that are at least some bound: none is beyond 0x7f, so that none carries.
func plainWord(x uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	lower := x | 0x20*ones
	letter := (lower + (0x80-'a')*ones) &^ (lower + (0x80-'z'-1)*ones)
	digit := (x + (0x80-'-')*ones) &^ (x + (0x80-'9'-1)*ones) & (x ^ '/'*ones + 0x7f*ones) // from "-" to "9" without "/"
	underscore := ^(x ^ '_'*ones + 0x7f*ones)
	return x&high == 0 && (letter|digit|underscore)&high == high
}

// unhex gives the byte that the escape at s[i:] stands for.
func unhex(s string, i int) (byte, bool) {
	if i+2 >= len(s) {
		return 0, false
	}
	hi, ok1 := hexDigit(s[i+1])
	lo, ok2 := hexDigit(s[i+2])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// lenientUnescape decodes the escapes that are valid and leaves the rest, as the most forgiving reader would.
func lenientUnescape(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if c, ok := unhex(s, i); ok {
				out = append(out, c)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}
