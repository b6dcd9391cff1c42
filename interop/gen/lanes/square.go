package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// square writes the almost Montgomery square, repeated. The 40 columns of the
// square go to memory first; the folds then take them in as they move up.
func (g *gen) square() {
	g.routine("squareAsm", "func(dst, a *[20][8]uint64, t *[40][8]uint64, m *[41][8]uint64, times int)")
	dst, a, t := g.pointer("dst", reg.RDI), g.pointer("a", reg.RSI), g.pointer("t", reg.RDX)
	mod, times := g.pointer("m", reg.RCX), g.pointer("times", reg.R8)
	g.Label("again")
	g.squareColumns(t, a)

	c, spare := ring(z[:rolling]), ring(z[26:])
	for i := range window {
		g.VMOVDQU64(row(t, i), c.at(i))
	}
	for i := 0; i < 2*doubles; i += 2 {
		g.VMOVDQU64(row(t, i+window), c.at(i+window))
		g.VMOVDQU64(row(t, i+window+1), c.at(i+window+1))
		g.fold(c, i, mod, spare)
	}
	g.finish(c, 2*doubles, dst, mod, reg.RAX, z[24], spare)
	g.MOVQ(dst, a)
	g.DECQ(times)
	g.JNZ(operand.LabelRef("again"))
	g.end()
}

// squareColumns writes the 40 columns of a*a to t, uncarried: products of two
// different limbs once and doubled, then each limb's own square. With a in
// halves, L and H of ten limbs, L*L, L*H and H*H follow one another on twenty
// accumulators, so that ten limbs stay in registers.
func (g *gen) squareColumns(t, a reg.GPPhysical) {
	const half = limbs / 2
	limb, c, spare := z[:half], ring(z[half:half+limbs]), ring(z[half+limbs:])
	load := func(first int) {
		for i := range half {
			g.VMOVDQU64(row(a, first+i), limb[i])
		}
	}
	clear := func(from, to int) {
		for i := from; i < to; i++ {
			g.zero(c.at(i))
		}
	}
	// mixed adds the products of different limbs of one half.
	mixed := func(at int) {
		for i := range half {
			for j := i + 1; j < half; j++ {
				g.lo(c.at(at+i+j), limb[i], limb[j])
			}
			for j := i + 1; j < half; j++ {
				g.hi(c.at(at+i+j+1), limb[i], limb[j])
			}
		}
	}
	// store doubles columns from at, adds the squares of limbs from first, and
	// writes them out.
	store := func(at, first, squares int) {
		for i := range 2 * squares {
			g.VPADDQ(c.at(at+i), c.at(at+i), c.at(at+i))
		}
		for i := range squares {
			g.lo(c.at(at+2*i), limb[first+i], limb[first+i])
			g.hi(c.at(at+2*i+1), limb[first+i], limb[first+i])
		}
		for i := range 2 * squares {
			g.VMOVDQU64(c.at(at+i), row(t, at+i))
		}
	}

	g.Comment("L*L.")
	load(0)
	clear(0, 2*half)
	mixed(0)
	store(0, 0, half/2)
	g.Comment("2*L*H.")
	clear(2*half, 3*half)
	for j := range half {
		h := spare.at(j)
		g.VMOVDQU64(row(a, half+j), h)
		for i := range half {
			g.lo(c.at(half+i+j), limb[i], h)
		}
		for i := range half {
			g.hi(c.at(half+i+j+1), limb[i], h)
		}
	}
	store(half, half/2, half/2)
	g.Comment("H*H.")
	load(half)
	clear(3*half, 4*half)
	mixed(2 * half)
	store(2*half, 0, half)
}
