// Single writes single_amd64.s of internal/rsavec: a chain of almost Montgomery
// multiplications of one number of 2048 bits, in Go assembly, to its standard
// output.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	limbs     = 40
	lanes     = 8
	vectors   = limbs / lanes
	limbBits  = 52
	spareBits = 64 - limbBits
	limbMask  = 1<<limbBits - 1
	unroll    = 4 // rows in the body of the loop
)

// Everything is in registers but the second factor, of which each row takes one
// limb. Limb 8k+j of a number is in lane j of its k-th vector.
var (
	sum     = [vectors]VecPhysical{Z0, Z1, Z2, Z3, Z4}      // shifted down a limb a row
	product = [vectors]VecPhysical{Z5, Z6, Z7, Z8, Z9}      // what a*b adds to it in a row
	a       = [vectors]VecPhysical{Z10, Z11, Z12, Z13, Z14} // the first factor
	n       = [vectors]VecPhysical{Z15, Z16, Z17, Z18, Z19} // the modulus

	zero, quotient, mask = Z20, Z21, Z22
	digits               = [2]VecPhysical{Z23, Z24} // of the second factor, in even and odd rows

	b, last, modulus, dst = RSI, RBX, RCX, RDI
	squarings, rows, at   = R8, R9, R10

	// The lowest limb is summed up here beside its lane, ahead of it: the next
	// quotient digit depends on it, and the way through the vectors is longer.
	low = R11

	shiftedK0 = R12 // << 12, as the upper half of a product of a digit then is its upper 52 bits
	n0, n1    = R13, R14
	t, u      = R15, RAX
)

func main() {
	ConstraintExpr("amd64,!purego")
	TEXT("chainIFMA", NOSPLIT, "func(dst, first, second, last, n *[40]uint64, k0 uint64, squarings int)")
	lane0, lane1 := AllocLocal(8), AllocLocal(8)
	Load(Param("dst"), dst)
	Load(Param("first"), at)
	Load(Param("second"), b)
	Load(Param("last"), last)
	Load(Param("n"), modulus)
	Load(Param("k0"), shiftedK0)
	Load(Param("squarings"), squarings)
	for k := range vectors {
		VMOVDQU64(vector(at, k), a[k])
		VMOVDQU64(vector(modulus, k), n[k])
	}
	MOVQ(Mem{Base: modulus}, n0)
	MOVQ(Mem{Base: modulus, Disp: 8}, n1)
	VPXORQ(zero, zero, zero)
	MOVQ(U64(limbMask), t)
	VPBROADCASTQ(t, mask)

	Label("multiply")
	multiply(lane0, lane1)
	normalize()
	for k := range vectors {
		VMOVDQU64(sum[k], vector(dst, k))
		VMOVDQA64(sum[k], a[k])
	}

	Comment("What comes next is the same for all numbers.")
	SUBQ(Imm(1), squarings)
	JL(LabelRef("squared"))
	MOVQ(dst, b)
	JMP(LabelRef("multiply"))
	Label("squared")
	TESTQ(last, last)
	JZ(LabelRef("done"))
	MOVQ(last, b)
	XORQ(last, last)
	JMP(LabelRef("multiply"))
	Label("done")
	VZEROUPPER()
	RET()
	Generate()
}

func vector(base Register, k int) Mem { return Mem{Base: base, Disp: 8 * lanes * k} }

func multiply(lane0, lane1 Mem) {
	for k := range vectors {
		VPXORQ(sum[k], sum[k], sum[k])
	}
	VPXORQ(digits[1], digits[1], digits[1])
	XORQ(low, low)
	MOVQ(b, at)
	MOVQ(U32(limbs/unroll), rows)
	Label("rows")
	for i := range unroll {
		row(i, lane0, lane1)
	}
	ADDQ(U32(8*unroll), at)
	SUBQ(Imm(1), rows)
	JNZ(LabelRef("rows"))

	Comment("The lowest limb with all that was carried into it, and the upper halves of the last row.")
	MOVQ(U32(1), t)
	KMOVQ(t, K1)
	VPBROADCASTQ(low, K1, sum[0])
	for k := range vectors {
		VPMADD52HUQ(digits[(unroll-1)%2], a[k], sum[k])
	}
}

// row adds a*b[i] and so much of n that the lowest limb becomes a multiple of
// 2^52, and drops that limb. Of a*b[i] it adds the lower halves, and the upper
// halves of the row before, which belong to the same limbs.
func row(i int, lane0, lane1 Mem) {
	digit, before := digits[i%2], digits[(i+1)%2]
	Comment("a*b")
	VPBROADCASTQ(Mem{Base: at, Disp: 8 * i}, digit)
	for k := range vectors {
		VPXOR(product[k].AsX(), product[k].AsX(), product[k].AsX())
	}
	for k := range vectors {
		VPMADD52HUQ(before, a[k], product[k])
	}
	for k := range vectors {
		VPMADD52LUQ(digit, a[k], product[k])
	}
	VMOVQ(product[0].AsX(), lane0)
	for k := range vectors {
		VPADDQ(product[k], sum[k], sum[k])
	}
	VMOVHPD(sum[0].AsX(), lane1)

	Comment("The quotient digit is low*k0 mod 2^52, here shifted up by 12.")
	ADDQ(lane0, low)
	MOVQ(shiftedK0, RDX)
	IMULQ(low, RDX)
	MOVQ(RDX, t)
	SHRQ(Imm(spareBits), t)
	VPBROADCASTQ(t, quotient)

	Comment("The next low is what this one carries, rounded up as n[0] times the digit makes it a multiple of 2^52, and the second limb.")
	MOVQ(U64(limbMask), t)
	ADDQ(t, low)
	SHRQ(Imm(limbBits), low)
	ADDQ(lane1, low)
	MOVQ(RDX, t)
	IMULQ(n1, t)
	SHRQ(Imm(spareBits), t)
	ADDQ(t, low)
	MOVQ(RDX, RAX)
	MULQ(n0)
	ADDQ(RDX, low)

	Comment("n*digit: lower halves, one limb down, upper halves.")
	for k := range vectors {
		VPMADD52LUQ(quotient, n[k], sum[k])
	}
	for k := range vectors {
		next := zero
		if k+1 < vectors {
			next = sum[k+1]
		}
		VALIGNQ(Imm(1), sum[k], next, sum[k])
	}
	for k := range vectors {
		VPMADD52HUQ(quotient, n[k], sum[k])
	}
}

// normalize brings the limbs of the sum below 2^52.
func normalize() {
	carry := product
	Comment("Each limb keeps 52 bits and takes what the one below has above them, less than 2^8.")
	for k := range vectors {
		VPSRLQ(Imm(limbBits), sum[k], carry[k])
		VPANDQ(mask, sum[k], sum[k])
	}
	for k := vectors - 1; k >= 0; k-- {
		below := zero
		if k > 0 {
			below = carry[k-1]
		}
		VALIGNQ(Imm(lanes-1), below, carry[k], carry[k])
		VPADDQ(carry[k], sum[k], sum[k])
	}

	Comment("What is left to carry is one bit a limb. t: limbs that carry; u: limbs that do if they are carried into.")
	XORQ(t, t)
	XORQ(u, u)
	for k := vectors - 1; k >= 0; k-- {
		VPCMPUQ(Imm(6), mask, sum[k], K1)
		VPCMPUQ(Imm(0), mask, sum[k], K2)
		KMOVB(K1, RDX.As32())
		KMOVB(K2, at.As32())
		SHLQ(Imm(lanes), t)
		ORQ(RDX, t)
		SHLQ(Imm(lanes), u)
		ORQ(at, u)
	}
	Comment("Adding them carries through all limbs at once; the bits that changes are the limbs carried into.")
	LEAQ(Mem{Base: u, Index: t, Scale: 2}, t)
	XORQ(u, t)
	MOVQ(U32(1), RDX)
	VPBROADCASTQ(RDX, carry[0])
	for k := range vectors {
		KMOVQ(t, K1)
		if k < vectors-1 {
			SHRQ(Imm(lanes), t)
		}
		VPADDQ(carry[0], sum[k], K1, sum[k])
		VPANDQ(mask, sum[k], sum[k])
	}
}
