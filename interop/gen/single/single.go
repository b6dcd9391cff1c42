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
	unroll    = 8 // rows in the body of the loop
)

// Everything is in registers but the second factor, of which each row takes one
// limb. Limb 8k+j of a number is in lane j of its k-th vector.
var (
	sumA = [vectors]VecPhysical{Z0, Z1, Z2, Z3, Z4}      // what a*b adds up to, shifted down a limb a row
	sumN = [vectors]VecPhysical{Z5, Z6, Z7, Z8, Z9}      // what n*m adds up to
	a    = [vectors]VecPhysical{Z10, Z11, Z12, Z13, Z14} // the first factor
	n    = [vectors]VecPhysical{Z15, Z16, Z17, Z18, Z19} // the modulus

	zero, digit, quotient, mask = Z20, Z21, Z22, Z23

	b, last, modulus, dst = RSI, RBX, RCX, RDI
	squarings, rows, at   = R8, R9, R10

	// The lowest limb is summed up here, and not in its lane: the next
	// quotient digit depends on it.
	low = R11

	shiftedA0 = R12 // << 12, as the upper half of a product then is its upper 52 bits
	shiftedK0 = R13
	t, u      = R14, R15
)

func main() {
	ConstraintExpr("amd64,!purego")
	TEXT("chainIFMA", NOSPLIT, "func(dst, first, second, last, n *[40]uint64, k0 uint64, squarings int)")
	Doc("chainIFMA is chain.")
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
	MOVQ(Mem{Base: at}, shiftedA0)
	SHLQ(Imm(spareBits), shiftedA0)
	VPXORQ(zero, zero, zero)
	MOVQ(Imm(limbMask), t)
	VPBROADCASTQ(t, mask)

	Label("multiply")
	multiply()
	normalize()
	for k := range vectors {
		VMOVDQU64(sumA[k], vector(dst, k))
		VMOVDQA64(sumA[k], a[k])
	}
	VMOVQ(sumA[0].AsX(), shiftedA0)
	SHLQ(Imm(spareBits), shiftedA0)

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

func multiply() {
	Comment("The sums are empty.")
	for k := range vectors {
		VPXORQ(sumA[k], sumA[k], sumA[k])
		VPXORQ(sumN[k], sumN[k], sumN[k])
	}
	XORQ(low, low)
	MOVQ(b, at)
	MOVQ(U32(limbs/unroll), rows)
	Label("rows")
	for i := range unroll {
		row(i)
	}
	ADDQ(Imm(8*unroll), at)
	SUBQ(Imm(1), rows)
	JNZ(LabelRef("rows"))
}

// row adds a*b[i] and so much of n that the lowest limb becomes zero, and drops that limb.
func row(i int) {
	Comment("low += lower half of a[0]*b[i]; t = upper half.")
	MOVQ(Mem{Base: at, Disp: 8 * i}, RAX)
	VPBROADCASTQ(Mem{Base: at, Disp: 8 * i}, digit)
	MULQ(shiftedA0)
	SHRQ(Imm(spareBits), RAX)
	ADDQ(RAX, low)
	MOVQ(RDX, t)

	Comment("The quotient digit is low*k0 mod 2^52.")
	MOVQ(low, RAX)
	IMULQ(shiftedK0, RAX)
	MOVQ(RAX, u)
	SHRQ(Imm(spareBits), u)
	VPBROADCASTQ(u, quotient)

	Comment("low = what the lowest limb carries: its own rounded up, as n[0]*m makes it a multiple of 2^52, and two upper halves.")
	MOVQ(Imm(limbMask), u)
	ADDQ(u, low)
	SHRQ(Imm(limbBits), low)
	ADDQ(t, low)
	MULQ(Mem{Base: modulus})
	ADDQ(RDX, low)

	Comment("Lower halves, one limb down, upper halves.")
	for k := range vectors {
		VPMADD52LUQ(digit, a[k], sumA[k])
	}
	down(sumA)
	for k := range vectors {
		VPMADD52LUQ(quotient, n[k], sumN[k])
	}
	down(sumN)
	VMOVQ(sumA[0].AsX(), t)
	ADDQ(t, low)
	VMOVQ(sumN[0].AsX(), t)
	ADDQ(t, low)
	for k := range vectors {
		VPMADD52HUQ(digit, a[k], sumA[k])
	}
	for k := range vectors {
		VPMADD52HUQ(quotient, n[k], sumN[k])
	}
}

func down(sum [vectors]VecPhysical) {
	for k := range vectors {
		next := zero
		if k+1 < vectors {
			next = sum[k+1]
		}
		VALIGNQ(Imm(1), sum[k], next, sum[k])
	}
}

// normalize brings the limbs of the sum below 2^52.
func normalize() {
	Comment("One sum of two, and the lowest limb into its lane.")
	for k := range vectors {
		VPADDQ(sumN[k], sumA[k], sumA[k])
	}
	MOVQ(U32(1), t)
	KMOVQ(t, K1)
	VPBROADCASTQ(low, K1, sumA[0])

	Comment("Each limb keeps 52 bits and takes what the one below has above them, less than 2^12.")
	for k := range vectors {
		VPSRLQ(Imm(limbBits), sumA[k], sumN[k])
		VPANDQ(mask, sumA[k], sumA[k])
	}
	for k := vectors - 1; k >= 0; k-- {
		below := zero
		if k > 0 {
			below = sumN[k-1]
		}
		VALIGNQ(Imm(lanes-1), below, sumN[k], sumN[k])
		VPADDQ(sumN[k], sumA[k], sumA[k])
	}

	Comment("What is left to carry is one bit a limb. t: limbs that carry; u: limbs that do if they are carried into.")
	XORQ(t, t)
	XORQ(u, u)
	for k := vectors - 1; k >= 0; k-- {
		VPCMPUQ(Imm(6), mask, sumA[k], K1)
		VPCMPUQ(Imm(0), mask, sumA[k], K2)
		KMOVB(K1, RAX.As32())
		KMOVB(K2, RDX.As32())
		SHLQ(Imm(lanes), t)
		ORQ(RAX, t)
		SHLQ(Imm(lanes), u)
		ORQ(RDX, u)
	}
	Comment("Adding them carries through all limbs at once; the bits it changes are the limbs carried into.")
	LEAQ(Mem{Base: u, Index: t, Scale: 2}, t)
	XORQ(u, t)
	MOVQ(U32(1), RAX)
	VPBROADCASTQ(RAX, sumN[0])
	for k := range vectors {
		KMOVQ(t, K1)
		if k < vectors-1 {
			SHRQ(Imm(lanes), t)
		}
		VPADDQ(sumN[0], sumA[k], K1, sumA[k])
		VPANDQ(mask, sumA[k], sumA[k])
	}
}
