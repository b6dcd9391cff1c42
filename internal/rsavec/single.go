package rsavec

import "math/bits"

const (
	limbBits    = 52
	limbMask    = 1<<limbBits - 1
	spareBits   = 64 - limbBits
	numberLimbs = 40 // of R = 2^2080
)

// number is one of less than 2^2080, least significant limb first; as an
// operand, each limb is below 2^52. R is 2^2080.
type number [numberLimbs]uint64

// chainPortable is the twin of chainIFMA, with the same quotient digits, sums and
// bounds; only the final carry goes from limb to limb.
//
// It is a chain of almost Montgomery multiplications (Gueron 2012: the result
// is below 2^2080 but need not be below n). With amm(a, b) = (ab + qn)/R, q being
// the number below R that makes it whole:
//
//	dst = amm(first, second); so many squarings times: dst = amm(dst, dst);
//	then, if last is not nil: dst = amm(dst, last)
//
// k0 is -1/n mod 2^52, times 2^12. n is odd. What it takes of the operands: all
// limbs are below 2^52, and (ab + (R-1)n)/R is below R. This is so if a and b
// are below 2n and n is below 2^2048, for then
//
//	(ab + qn)/R < n(4n/R + 1) < n(2^-30 + 1) < 2n,
//
// and so is whatever the chain comes to. dst may not be any of the others.
func chainPortable(dst, first, second, last, n *number, k0 uint64, squarings int) {
	amm(dst, first, second, n, k0)
	for range squarings {
		amm(dst, dst, dst, n, k0)
	}
	if last != nil {
		amm(dst, dst, last, n, k0)
	}
}

// amm sets dst to (ab + qn)/R, in limbs below 2^52. dst may be a or b.
func amm(dst, a, b, n *number, k0 uint64) {
	sum := accumulate(a, b, n, k0)
	var carry uint64
	for j := range dst {
		carry += sum[j]
		dst[j] = carry & limbMask
		carry >>= limbBits
	}
}

// accumulate gives (ab + qn)/R in limbs that have not been carried from. Row by
// row it adds a*b[i] and n*m, with m so that the lowest limb becomes a multiple
// of 2^52, and drops that limb. Halves of a product are those of its 104 bits; the
// upper one belongs to the limb above, and so a row's are added with the lower
// ones of the next, after the limbs have moved down.
//
// low is sum[0] and what was carried into it. Limbs above it carry nothing before
// the end. Nothing overflows: a limb takes four halves a row, less than 2^54, and
// is dropped after 40 rows, so that it stays below 160*2^52; what is carried into
// it is then at most 161, and none of these reaches 2^60.
func accumulate(a, b, n *number, k0 uint64) (sum number) {
	var low, before uint64
	for i := range b {
		for j := range a {
			sum[j] += upperHalf(a[j], before) + lowerHalf(a[j], b[i])
		}
		low += upperHalf(a[0], before) + lowerHalf(a[0], b[i])
		before = b[i]

		shifted := low * k0
		m := shifted >> spareBits
		// With the lower half of n[0]*m, low is the next multiple of 2^52, or one already.
		low = (low + limbMask) >> limbBits
		low += sum[1] + shifted*n[1]>>spareBits
		upper, _ := bits.Mul64(shifted, n[0])
		low += upper

		for j := range n {
			sum[j] = upperHalf(n[j], m)
			if j+1 < numberLimbs {
				sum[j] += sum[j+1] + lowerHalf(n[j+1], m)
			}
		}
	}
	sum[0] = low
	for j := range a {
		sum[j] += upperHalf(a[j], before)
	}
	return sum
}

// inverse gives -1/n mod 2^52, times 2^12, of an odd n by Newton's method: each
// step doubles the bits that are right, of which any odd number has three.
func inverse(n *number) uint64 {
	x := n[0]
	for range 5 {
		x *= 2 - n[0]*x
	}
	return -x << spareBits
}

func lowerHalf(x, y uint64) uint64 { return x * y & limbMask }

func upperHalf(x, y uint64) uint64 {
	upper, lower := bits.Mul64(x, y)
	return upper<<spareBits | lower>>limbBits
}
