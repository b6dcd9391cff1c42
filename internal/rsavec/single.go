package rsavec

import "math/bits"

const (
	limbBits    = 52
	limbMask    = 1<<limbBits - 1
	spareBits   = 64 - limbBits
	numberLimbs = 40
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

// amm sets dst to (ab + qn)/R, in limbs below 2^52. Row by row it adds a*b[i]
// and n*m, with m so that the lowest limb becomes a multiple of 2^52, and drops
// that limb. Lower and upper halves of products are those of 104 bits.
//
// Nothing overflows: a lane of a sum takes less than 2*2^52 a row and leaves
// after at most 40, so it stays below 2^59. The lowest limb is kept in low. In
// each row, low is less than 2^60+2^52 after its first addition if it was below
// 2^60 before; the carry of it, at most 2^8+1, and two upper halves are less
// than 2^54; and with one lane of each sum it is below 2^54+2^59+2^59, which is
// not 2^60 by the last but one bound made sharper: the lanes of both sums hold
// 39 rows at most, 4*39*2^52 < 2^52*156, and with 2^54 that is below 2^60.
func amm(dst, a, b, n *number, k0 uint64) {
	var sumA, sumN [numberLimbs + 1]uint64 // the last stays zero: it is what comes in from above
	var low uint64
	shiftedA0 := a[0] << spareBits
	for i := range b {
		high, lower := bits.Mul64(shiftedA0, b[i])
		low += lower >> spareBits
		shifted := low * k0
		m := shifted >> spareBits
		// low + lower half of n[0]*m is the next multiple of 2^52 that is not below low.
		low = (low+limbMask)>>limbBits + high
		high, _ = bits.Mul64(shifted, n[0])
		low += high
		for j := 1; j < numberLimbs; j++ {
			sumA[j-1] = sumA[j] + lowerHalf(a[j], b[i])
			sumN[j-1] = sumN[j] + lowerHalf(n[j], m)
		}
		sumA[numberLimbs-1], sumN[numberLimbs-1] = 0, 0
		low += sumA[0] + sumN[0]
		for j := 1; j < numberLimbs; j++ {
			sumA[j] += upperHalf(a[j], b[i])
			sumN[j] += upperHalf(n[j], m)
		}
	}
	carry := low
	for j := range dst {
		if j > 0 {
			carry += sumA[j] + sumN[j]
		}
		dst[j] = carry & limbMask
		carry >>= limbBits
	}
}

func lowerHalf(x, y uint64) uint64 { return x * y & limbMask }

func upperHalf(x, y uint64) uint64 {
	high, low := bits.Mul64(x, y)
	return high<<spareBits | low>>limbBits
}
