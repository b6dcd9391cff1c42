package main

import "github.com/mmcloughlin/avo/reg"

// square writes the almost Montgomery square, repeated. The 40 columns of the
// square go to memory; the folds take them in as they move down.
func (g *gen) square() {
	g.routine("squareAsm", "func(dst, a *[20][8]uint64, t *[40][8]uint64, m *[41][8]uint64, times int)")
	g.steady()
	dst, a, t := g.argument("dst", reg.RDI), g.argument("a", reg.RSI), g.argument("t", reg.RDX)
	mod, times := g.argument("m", reg.RCX), g.argument("times", reg.R8)
	c, spare := z[:columns], z[columns:]
	g.loop("again", times, func() {
		g.squareColumns(t, a)
		for i := range reach {
			g.load(row(t, i), c[i])
		}
		next := reg.R9
		g.MOVQ(t, next)
		g.repeat("round", folds, reg.RAX, func() {
			g.load(row(next, reach), c[reach])
			g.load(row(next, reach+1), c[reach+1])
			g.fold(c, mod, ring(spare))
			g.advance(next, 2)
		})
		g.finish(c, dst, mod, reg.RAX, spare)
		g.MOVQ(dst, a)
	})
	g.end()
}

// squareWide writes t = a*a over 40 columns, uncarried.
func (g *gen) squareWide() {
	g.routine("squareColumnsAsm", "func(t *[40][8]uint64, a *[20][8]uint64)")
	g.steady()
	g.squareColumns(g.argument("t", reg.RDI), g.argument("a", reg.RSI))
	g.end()
}

// squareColumns writes the columns of a*a to t, uncarried: products of two
// different limbs once and doubled, then each limb's own square. With a in
// halves of ten limbs, L and H, the three parts L*L, 2*L*H and H*H follow one
// another over twenty accumulators, and ten limbs stay in registers.
func (g *gen) squareColumns(t, a reg.GPPhysical) {
	const half = limbs / 2
	limb, c, spare := z[:half], ring(z[half:half+limbs]), ring(z[half+limbs:])
	limbsFrom := func(first int) {
		for i, r := range limb {
			g.load(row(a, first+i), r)
		}
	}
	clear := func(from int) {
		for i := range half {
			g.zero(c.at(from + i))
		}
	}
	// different adds the products of different limbs of one half, those of
	// the lower limbs first, which the squaring before has carried first.
	different := func(at int) {
		for j := 1; j < half; j++ {
			for i := range j {
				g.lo(c.at(at+i+j), limb[i], limb[j])
			}
			for i := range j {
				g.hi(c.at(at+i+j+1), limb[i], limb[j])
			}
		}
	}
	// complete doubles the columns from at, two for each of the limbs x, adds
	// the squares of these, and stores. Column by column: all doubled first,
	// and all squared then, takes a fiftieth longer.
	complete := func(at int, x []reg.VecPhysical) {
		for i := range 2 * len(x) {
			column := c.at(at + i)
			if at+i > 0 && at+i < 2*limbs-1 { // the first and the last are squares alone
				g.add(column, column)
			}
			if i%2 == 0 {
				g.lo(column, x[i/2], x[i/2])
			} else {
				g.hi(column, x[i/2], x[i/2])
			}
			g.store(column, row(t, at+i))
		}
	}

	g.Comment("L*L.")
	limbsFrom(0)
	clear(0)
	clear(half)
	different(0)
	complete(0, limb[:half/2])
	g.Comment("2*L*H.")
	clear(2 * half)
	for j := range half {
		h := spare.at(j)
		g.load(row(a, half+j), h)
		for i := range half {
			g.lo(c.at(half+i+j), limb[i], h)
		}
		for i := range half {
			g.hi(c.at(half+i+j+1), limb[i], h)
		}
	}
	complete(half, limb[half/2:])
	g.Comment("H*H.")
	limbsFrom(half)
	clear(3 * half)
	different(2 * half)
	complete(2*half, limb)
}
