package rsavec

import "unsafe"

// limbs is how many of 52 bits a number up to 1040 bits takes.
const limbs = 20

// A row is one limb of eight numbers. The bits of a limb above the 52nd mean
// nothing, unless a routine says that it clears them: what reads them as
// operands does not look, and clearing them would cost a fiftieth of all.
type row [Lanes]uint64

// An octet is eight numbers below R = 2^1040, least significant limb first.
type octet [limbs]row

// A wide is eight numbers below R^2, or the 40 sums, columns, that such a
// product is before it is carried.
type wide [2 * limbs]row

func (w *wide) low() *octet  { return (*octet)(w[:limbs]) }
func (w *wide) high() *octet { return (*octet)(w[limbs:]) }

// A modulus is, in every lane, what a reduction needs of an odd n below 2^1024:
//
//	rows  0 to 19  fold = (n*c + 1) / 2^104, c = -1/n mod 2^104; at most n
//	rows 20 to 39  n
//	row  40        k0 = -1/n mod 2^52
type modulus [2*limbs + 1]row

func (m *modulus) fold() *octet { return (*octet)(m[:limbs]) }
func (m *modulus) n() *octet    { return (*octet)(m[limbs : 2*limbs]) }
func (m *modulus) k0() *row     { return &m[2*limbs] }

// window is the table of one exponentiation: base to the power 0 to 15.
type window [1 << digitBits]octet

const digitBits = 4

// rowBytes is both the size of a row and the alignment of every octet: an
// operand across two cache lines doubles the time of a signature.
const rowBytes = 64

// aligned gives a zeroed T, which must not hold pointers, at an address that
// is a multiple of 64. Go has no type that asks for so much, so the memory is
// cut from a longer slice of bytes; the pointer into it keeps all of it alive,
// and Go's heap does not move.
func aligned[T any]() *T {
	memory := make([]byte, unsafe.Sizeof(*(*T)(nil))+rowBytes-1)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(memory))) % rowBytes
	return (*T)(unsafe.Pointer(&memory[skip]))
}
