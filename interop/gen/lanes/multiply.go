package main

import "github.com/mmcloughlin/avo/reg"

// multiply writes the almost Montgomery product: two limbs of b at a time,
// their products with a first, then the fold of the two columns that are
// complete.
func (g *gen) multiply() {
	g.routine("mulAsm", "func(dst, a, b *[20][8]uint64, m *[41][8]uint64)")
	dst, a, b := g.pointer("dst", reg.RDI), g.pointer("a", reg.RSI), g.pointer("b", reg.RDX)
	mod := g.pointer("m", reg.RCX)
	c := ring(z[:rolling])
	b0, b1, spare := z[24], z[25], ring(z[26:])
	for i := range window {
		g.zero(c.at(i))
	}
	for i := 0; i < limbs; i += 2 {
		g.Commentf("Limbs %d and %d of b.", i, i+1)
		g.VMOVDQU64(row(b, i), b0)
		g.VMOVDQU64(row(b, i+1), b1)
		g.rows(c, i, b0, b1, a, 0, spare)
		if i < 2*doubles {
			g.zero(c.at(i + window))
			g.zero(c.at(i + window + 1))
			g.fold(c, i, mod, spare)
		}
	}
	g.finish(c, 2*doubles, dst, mod, reg.RAX, b0, spare)
	g.end()
}
