package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const entries = 16

// choose writes dst = table[digit]. Every entry is loaded in full, in the same
// order, and goes into the result under a mask that is all ones for one of
// them. (A load under a mask register would do with less, but a processor need
// not treat one whose mask is zero as it treats another.)
func (g *gen) choose() {
	g.routine("chooseAsm", "func(dst *[20][8]uint64, table *[16][20][8]uint64, digit uint64)")
	dst, table, digit := g.argument("dst", reg.RDI), g.argument("table", reg.RSI), g.argument("digit", reg.RDX)
	result, mask, number, equal := z[:limbs], z[limbs], reg.R8, reg.RAX
	g.zero(result...)
	g.XORQ(number, number)
	g.repeat("entry", entries, reg.RCX, func() {
		g.MOVQ(number, equal)
		g.XORQ(digit, equal)
		g.SUBQ(operand.Imm(1), equal) // borrows from 0 alone
		g.SBBQ(equal, equal)
		g.VPBROADCASTQ(equal, mask)
		g.INCQ(number)
		const orAnd = 0xf8 // a | b&c, by the bits a, b, c of the index
		for j, r := range result {
			g.VPTERNLOGQ(operand.U8(orAnd), row(table, j), mask, r)
		}
		g.advance(table, limbs)
	})
	for j, r := range result {
		g.store(r, row(dst, j))
	}
	g.end()
}
