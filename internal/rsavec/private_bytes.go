package rsavec

import "encoding/binary"

// read sets x to the limbs of eight numbers of 2048 bits, big-endian.
func read(x *wide, em *[Lanes][Size]byte) {
	for lane := range em {
		b := &em[lane]
		for i := range len(x) - 1 { // limb i begins at bit 52i, a multiple of 4
			at := Size - 8 - limbBits*i/8
			x[i][lane] = binary.BigEndian.Uint64(b[at:]) >> (limbBits * i % 8) & limbMask
		}
		x[len(x)-1][lane] = (uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2])) >> 4
	}
}

// write is the inverse of read, for numbers below 2^2048 in limbs below 2^52:
// two limbs are 13 bytes. Lanes that mask does not select are zero.
func write(out *[Lanes][Size]byte, x *wide, mask *row) {
	for lane := range out {
		b, keep := &out[lane], mask[lane]
		for i := 0; i < len(x)-2; i += 2 {
			low, high := x[i][lane]&keep, x[i+1][lane]&keep
			at := Size - 8 - limbBits*i/8
			binary.BigEndian.PutUint64(b[at:], low|high<<limbBits)
			binary.BigEndian.PutUint64(b[at-8:], high>>12) // three bytes too far, for the next two limbs to replace
		}
		low, high := x[len(x)-2][lane]&keep, x[len(x)-1][lane]&keep
		binary.BigEndian.PutUint64(b[1:], low|high<<limbBits)
		b[0] = byte(high >> 12)
	}
}
