package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// product writes t += a*b over 40 columns, uncarried.
func (g *gen) product() {
	g.routine("productAsm", "func(t *[40][8]uint64, a, b *[20][8]uint64)")
	g.steady()
	t, a, b := g.argument("t", reg.RDI), g.argument("a", reg.RSI), g.argument("b", reg.RDX)
	c, b0, b1, spare := z[:reach], z[24], z[25], ring(z[26:])
	for i := range limbs {
		g.load(row(t, i), c[i])
	}
	g.repeat("round", limbs/2, reg.RAX, func() {
		g.load(row(t, limbs), c[limbs])
		g.load(row(t, limbs+1), c[limbs+1])
		g.load(row(b, 0), b0)
		g.load(row(b, 1), b1)
		g.rows(c, b0, b1, a, 0, spare)
		g.store(c[0], row(t, 0))
		g.store(c[1], row(t, 1))
		g.moveDown(c, 2)
		g.advance(t, 2)
		g.advance(b, 2)
	})
	for i := range limbs {
		g.store(c[i], row(t, i))
	}
	g.end()
}

// reduce writes twenty of Montgomery's steps by the lower twenty limbs of a
// longer n: it changes columns 20 to 39 of t and stores the twenty m, which
// the caller multiplies by the rest of n.
func (g *gen) reduce() {
	g.routine("reduceAsm", "func(t *[40][8]uint64, q, n *[20][8]uint64, k0 *[8]uint64)")
	g.steady()
	t, q, n := g.argument("t", reg.RDI), g.argument("q", reg.RSI), g.argument("n", reg.RDX)
	k0 := g.argument("k0", reg.RCX)
	c, m, mask, inverse, spare := z[:limbs+1], z[24], z[25], z[26], ring(z[27:])
	g.mask(mask, reg.RAX)
	g.load(row(k0, 0), inverse)
	for i := range limbs {
		g.load(row(t, i), c[i])
	}
	g.repeat("round", limbs, reg.RAX, func() {
		g.load(row(t, limbs), c[limbs])
		g.step(c, m, inverse, mask, n, 0, spare, func(int) {})
		g.store(m, row(q, 0))
		g.moveDown(c, 1)
		g.advance(t, 1)
		g.advance(q, 1)
	})
	for i := range limbs {
		g.store(c[i], row(t, i))
	}
	g.end()
}

// carry writes columns, shifted up by some bits, as limbs of exactly 52 bits.
func (g *gen) carry() {
	g.routine("carryAsm", "func(dst, t *[8]uint64, rows int, shift uint64)")
	dst, t, rows := g.argument("dst", reg.RDI), g.argument("t", reg.RSI), g.argument("rows", reg.RDX)
	sum, limb, mask, shift := z[0], z[1], z[2], reg.X3
	g.VMOVQ(g.argument("shift", reg.RAX), shift)
	g.mask(mask, reg.RAX)
	g.zero(sum)
	g.loop("round", rows, func() {
		g.load(row(t, 0), limb)
		g.VPSLLQ(shift, limb, limb)
		g.add(sum, limb)
		g.VPANDQ(mask, sum, limb)
		g.store(limb, row(dst, 0))
		g.VPSRLQ(operand.Imm(52), sum, sum)
		g.advance(t, 1)
		g.advance(dst, 1)
	})
	g.end()
}

// forget writes zeros to the vector and mask registers, which otherwise keep
// the last secrets until something else needs them. VZEROALL reaches only the
// lower sixteen.
func (g *gen) forget() {
	g.routine("forgetAsm", "func()")
	g.zero(z...)
	g.KXORQ(reg.K1, reg.K1, reg.K1)
	g.end()
}
