package jws

// invalid marks a byte outside the alphabet of RFC 4648, section 5.
const invalid = 0xff

// sextets gives the six bits each byte stands for. Padding, line breaks and
// the "+" and "/" of ordinary base64 are invalid: encoding/base64 skips CR
// and LF even when strict.
var sextets = func() (t [256]byte) {
	for i := range t {
		t[i] = invalid
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		t[c] = byte(i)
	}
	return t
}()

// appendDecoded appends what s stands for to dst. It is false for a byte
// outside the alphabet, an impossible length, and unused bits that are not
// zero (RFC 4648, section 3.5): so encoding the result gives s again.
func appendDecoded(dst []byte, s string) ([]byte, bool) {
	bad := byte(0)
	for len(s) >= 4 {
		a, b, c, d := sextets[s[0]], sextets[s[1]], sextets[s[2]], sextets[s[3]]
		bad |= a | b | c | d
		dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		s = s[4:]
	}
	switch len(s) {
	case 1:
		return dst, false
	case 2:
		a, b := sextets[s[0]], sextets[s[1]]
		bad |= a | b
		if b&0x0f != 0 {
			return dst, false
		}
		dst = append(dst, a<<2|b>>4)
	case 3:
		a, b, c := sextets[s[0]], sextets[s[1]], sextets[s[2]]
		bad |= a | b | c
		if c&0x03 != 0 {
			return dst, false
		}
		dst = append(dst, a<<2|b>>4, b<<4|c>>2)
	}
	// Only the mark of an invalid byte has the high bit.
	return dst, bad&0x80 == 0
}
