package rsavec

import "encoding/binary"

// setBytes sets x to a number of 2048 bits, big-endian.
func (x *number) setBytes(b *[Size]byte) {
	var words [Size/8 + 1]uint64
	for i := range Size / 8 {
		words[i] = binary.BigEndian.Uint64(b[Size-8*(i+1):])
	}
	for j := range x {
		w, shift := limbBits*j/64, uint(limbBits*j%64)
		if w > Size/8-1 {
			x[j] = 0
			continue
		}
		x[j] = (words[w]>>shift | words[w+1]<<(64-shift)) & limbMask
	}
}

// bytes gives x, which is below 2^2048 and in limbs below 2^52.
func (x *number) bytes(b *[Size]byte) {
	for i := range Size / 8 {
		j, shift := 64*i/limbBits, uint(64*i%limbBits)
		w := x[j]>>shift | x[j+1]<<(limbBits-shift)
		if shift > 2*limbBits-64 {
			w |= x[j+2] << (2*limbBits - shift)
		}
		binary.BigEndian.PutUint64(b[Size-8*(i+1):], w)
	}
}

// below reports whether x < y; the limbs of both are below 2^52.
func (x *number) below(y *number) bool {
	for j := numberLimbs - 1; j >= 0; j-- {
		if x[j] != y[j] {
			return x[j] < y[j]
		}
	}
	return false
}

// reduce brings x, which is below 2n, below n.
func (x *number) reduce(n *number) {
	if !x.below(n) {
		x.subtract(n)
	}
}

// subtract takes y, which is not above x, from x.
func (x *number) subtract(y *number) {
	var borrow uint64
	for j := range x {
		d := x[j] - y[j] - borrow
		x[j] = d & limbMask
		borrow = d >> 63
	}
}
