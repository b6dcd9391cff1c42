package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// product writes t += a*b over 40 columns, uncarried.
func (g *gen) product() {
	g.routine("productAsm", "func(t *[40][8]uint64, a, b *[20][8]uint64)")
	t, a, b := g.pointer("t", reg.RDI), g.pointer("a", reg.RSI), g.pointer("b", reg.RDX)
	c := ring(z[:window])
	b0, b1, spare := z[24], z[25], ring(z[26:])
	for i := range limbs {
		g.VMOVDQU64(row(t, i), c.at(i))
	}
	g.MOVQ(operand.U64(limbs/2), reg.RAX)
	g.Label("pair")
	g.VMOVDQU64(row(t, limbs), c.at(limbs))
	g.VMOVDQU64(row(t, limbs+1), c.at(limbs+1))
	g.VMOVDQU64(row(b, 0), b0)
	g.VMOVDQU64(row(b, 1), b1)
	g.rows(c, 0, b0, b1, a, 0, spare)
	g.VMOVDQU64(c.at(0), row(t, 0))
	g.VMOVDQU64(c.at(1), row(t, 1))
	g.moveDown(c, 2, limbs)
	g.ADDQ(operand.U32(2*rowBytes), t)
	g.ADDQ(operand.U32(2*rowBytes), b)
	g.DECQ(reg.RAX)
	g.JNZ(operand.LabelRef("pair"))
	for i := range limbs {
		g.VMOVDQU64(c.at(i), row(t, i))
	}
	g.end()
}

// moveDown renames columns by moving them: column i takes column i+by.
func (g *gen) moveDown(c ring, by, columns int) {
	for i := range columns {
		g.VMOVDQA64(c.at(i+by), c.at(i))
	}
}

// reduce writes twenty steps of Montgomery's reduction by the lower twenty
// limbs of a longer n: it changes columns 20 to 39 of t and stores the twenty
// m, which the caller multiplies by the rest of n.
func (g *gen) reduce() {
	g.routine("reduceAsm", "func(t *[40][8]uint64, q, n *[20][8]uint64, k0 *[8]uint64)")
	t, q, n := g.pointer("t", reg.RDI), g.pointer("q", reg.RSI), g.pointer("n", reg.RDX)
	k0 := g.pointer("k0", reg.RCX)
	c := ring(z[:limbs+1])
	m, mask, inverse, spare := z[24], z[25], z[26], ring(z[27:])
	g.MOVQ(operand.U64(1<<52-1), reg.RAX)
	g.VPBROADCASTQ(reg.RAX, mask)
	g.VMOVDQU64(row(k0, 0), inverse)
	for i := range limbs {
		g.VMOVDQU64(row(t, i), c.at(i))
	}
	g.MOVQ(operand.U64(limbs), reg.RAX)
	g.Label("limb")
	g.VMOVDQU64(row(t, limbs), c.at(limbs))
	g.zero(m)
	g.lo(m, c.at(0), inverse)
	g.VMOVDQU64(m, row(q, 0))
	g.VPADDQ(mask, c.at(0), c.at(0))
	g.carryInto(c.at(1), c.at(0), c.at(0))
	for j := range limbs {
		y := spare.at(j)
		g.VMOVDQU64(row(n, j), y)
		if j > 0 {
			g.lo(c.at(j), m, y)
		}
		g.hi(c.at(j+1), m, y)
	}
	g.moveDown(c, 1, limbs)
	g.ADDQ(operand.Imm(rowBytes), t)
	g.ADDQ(operand.Imm(rowBytes), q)
	g.DECQ(reg.RAX)
	g.JNZ(operand.LabelRef("limb"))
	for i := range limbs {
		g.VMOVDQU64(c.at(i), row(t, i))
	}
	g.end()
}

// carry writes columns as limbs of exactly 52 bits.
func (g *gen) carry() {
	g.routine("carryAsm", "func(dst, t *[8]uint64, rows int)")
	dst, t, rows := g.pointer("dst", reg.RDI), g.pointer("t", reg.RSI), g.pointer("rows", reg.RDX)
	sum, limb, mask := z[0], z[1], z[2]
	g.MOVQ(operand.U64(1<<52-1), reg.RAX)
	g.VPBROADCASTQ(reg.RAX, mask)
	g.zero(sum)
	g.Label("column")
	g.VPADDQ(row(t, 0), sum, sum)
	g.VPANDQ(mask, sum, limb)
	g.VMOVDQU64(limb, row(dst, 0))
	g.VPSRLQ(operand.Imm(52), sum, sum)
	g.ADDQ(operand.Imm(rowBytes), t)
	g.ADDQ(operand.Imm(rowBytes), dst)
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("column"))
	g.end()
}

// forget writes zeros to the vector and mask registers, which otherwise keep
// the last secrets until something else needs them. VZEROALL reaches only
// the lower sixteen.
func (g *gen) forget() {
	g.routine("forgetAsm", "func()")
	for _, r := range z {
		g.zero(r)
	}
	g.KXORQ(reg.K1, reg.K1, reg.K1)
	g.end()
}
