package main

import "github.com/mmcloughlin/avo/reg"

// multiply writes the almost Montgomery product. Each round takes two limbs of
// b: first their products with a, which wait for nothing, then the fold of the
// two columns that are now complete.
func (g *gen) multiply() {
	g.routine("mulAsm", "func(dst, a, b *[20][8]uint64, m *[41][8]uint64)")
	g.steady()
	dst, a, b := g.argument("dst", reg.RDI), g.argument("a", reg.RSI), g.argument("b", reg.RDX)
	mod := g.argument("m", reg.RCX)
	c, b0, b1, spare := z[:columns], z[24], z[25], z[26:]
	products := func() {
		g.Comment("Two limbs of b.")
		g.load(row(b, 0), b0)
		g.load(row(b, 1), b1)
		g.rows(c, b0, b1, a, 0, ring(spare))
	}

	g.zero(c...)
	g.repeat("round", folds, reg.RAX, func() {
		products()
		g.fold(c, mod, ring(spare))
		g.zero(c[reach:]...)
		g.advance(b, 2)
	})
	products()
	g.finish(c, dst, mod, reg.RAX, z[24:])
	g.end()
}
