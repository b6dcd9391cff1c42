package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The rows of a modulus, as internal/rsavec lays it out.
const (
	foldRow = 0           // (n*c + 1) / 2^104 where n*c = -1 mod 2^104
	nRow    = limbs       // n
	k0Row   = 2 * limbs   // -1/n mod 2^52
	doubles = limbs/2 - 1 // double steps; the last two limbs go one by one
	window  = limbs + 2   // columns in reach of a double step
	rolling = window + 2  // and the two it takes away
)

// fold takes the two lowest columns of the accumulator away, c[at] and
// c[at+1], two limbs m of the number T in it:
//
//	(T + m*n*c) / 2^104 = (T - m)/2^104 + m*fold
//
// so m needs no multiplication by -1/n, and nothing waits for it but the two
// carries. It adds to columns at+2 to at+23.
func (g *gen) fold(c ring, at int, mod reg.GPPhysical, spare ring) {
	g.Commentf("Fold limbs %d and %d of the product.", at, at+1)
	m0, m1 := c.at(at), c.at(at+1)
	g.carryInto(m1, m0, spare.at(0))
	g.carryInto(c.at(at+2), m1, spare.at(1))
	g.rows(c, at+2, m0, m1, mod, foldRow, spare)
}

// rows adds (x0 + x1*2^52) * y to the accumulator at column at and up, y being
// the rows of base from first. Each row of y is loaded once for four products.
func (g *gen) rows(c ring, at int, x0, x1 reg.VecPhysical, base reg.GPPhysical, first int, spare ring) {
	for j := range limbs {
		y := spare.at(j)
		g.VMOVDQU64(row(base, first+j), y)
		g.lo(c.at(at+j), x0, y)
		g.hi(c.at(at+j+1), x0, y)
		g.lo(c.at(at+j+1), x1, y)
		g.hi(c.at(at+j+2), x1, y)
	}
}

// step is one limb of Montgomery's reduction as everyone knows it, for the
// last two: fold's result would be longer than n.
//
//	m = c0 * -1/n mod 2^52;  (T + m*n) / 2^52
//
// The lower half of m*n[0] cancels the limb in c0, so its carry is 1 unless
// that limb is 0: it needs no product, only (c0 + 2^52 - 1) >> 52.
func (g *gen) step(c ring, at int, mod reg.GPPhysical, mask reg.VecPhysical, spare ring) {
	g.Commentf("Montgomery step for limb %d of the product.", at)
	c0, m, y := c.at(at), spare.at(0), spare[1:]
	g.zero(m)
	g.lo(m, c0, row(mod, k0Row))
	g.VPADDQ(mask, c0, c0)
	g.carryInto(c.at(at+1), c0, c0)
	for j := range limbs {
		n := y.at(j)
		g.VMOVDQU64(row(mod, nRow+j), n)
		if j > 0 {
			g.lo(c.at(at+j), m, n)
		}
		g.hi(c.at(at+j+1), m, n)
	}
}

// finish takes the last two limbs away and stores the result, columns at+2 to
// at+21, each carried into the next.
func (g *gen) finish(c ring, at int, dst, mod, scratch reg.GPPhysical, mask reg.VecPhysical, spare ring) {
	g.MOVQ(operand.U64(1<<52-1), scratch)
	g.VPBROADCASTQ(scratch, mask)
	g.step(c, at, mod, mask, spare)
	g.step(c, at+1, mod, mask, spare)
	g.Comment("Carry, and store.")
	for j := range limbs {
		col := c.at(at + 2 + j)
		g.VMOVDQU64(col, row(dst, j))
		if j < limbs-1 {
			g.carryInto(c.at(at+3+j), col, spare.at(j))
		}
	}
}
