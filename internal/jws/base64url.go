package jws

import "encoding/binary"

// invalid marks a byte outside the alphabet of RFC 4648, section 5. Only it
// has the high bit set.
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

// placed gives the same six bits where they belong in 24, by their place among
// four characters. Only an invalid byte has the highest of the 32 bits set.
var placed = func() (t [4][256]uint32) {
	for i := range t {
		for c, bits := range sextets {
			t[i][c] = uint32(bits) << (18 - 6*i)
			if bits == invalid {
				t[i][c] = invalid << 24
			}
		}
	}
	return t
}()

// decode writes what s stands for to dst, which is at least decodedLen(len(s))
// long. It is false for a byte outside the alphabet, an impossible length, and
// unused bits that are not zero (RFC 4648, section 3.5): so encoding the
// result gives s again.
func decode(dst []byte, s string) bool {
	wrong := uint32(0)
	for len(s) >= 8 && len(dst) >= 8 { // 8 characters, 6 bytes, one store
		x := placed[0][s[0]] | placed[1][s[1]] | placed[2][s[2]] | placed[3][s[3]]
		y := placed[0][s[4]] | placed[1][s[5]] | placed[2][s[6]] | placed[3][s[7]]
		wrong |= x | y
		binary.BigEndian.PutUint64(dst, uint64(x)<<40|uint64(y)<<16)
		s, dst = s[8:], dst[6:]
	}
	bad := byte(wrong >> 24)
	for len(s) >= 4 && len(dst) >= 3 {
		a, b, c, d := sextets[s[0]], sextets[s[1]], sextets[s[2]], sextets[s[3]]
		bad |= a | b | c | d
		dst[0], dst[1], dst[2] = a<<2|b>>4, b<<4|c>>2, c<<6|d
		s, dst = s[4:], dst[3:]
	}
	switch len(s) {
	case 0:
	case 2:
		a, b := sextets[s[0]], sextets[s[1]]
		bad |= a | b
		if b&0x0f != 0 {
			return false
		}
		dst[0] = a<<2 | b>>4
	case 3:
		a, b, c := sextets[s[0]], sextets[s[1]], sextets[s[2]]
		bad |= a | b | c
		if c&0x03 != 0 {
			return false
		}
		dst[0], dst[1] = a<<2|b>>4, b<<4|c>>2
	default:
		return false
	}
	return bad&0x80 == 0
}

// decodedLen is how many bytes n characters stand for.
func decodedLen(n int) int { return n * 3 / 4 }
