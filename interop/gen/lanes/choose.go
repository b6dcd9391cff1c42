package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const entries = 32

// choose writes dst = table[digit], reading all of the table in the same
// order whatever digit is: each entry is loaded under a mask, all ones for
// the one entry and zero for the rest.
func (g *gen) choose() {
	g.routine("chooseAsm", "func(dst *[20][8]uint64, table *[32][20][8]uint64, digit uint64)")
	dst, table, digit := g.pointer("dst", reg.RDI), g.pointer("table", reg.RSI), g.pointer("digit", reg.RDX)
	want, number, one := z[31], z[30], z[29]
	g.VPBROADCASTQ(digit, want)
	g.zero(number)
	g.MOVQ(operand.U64(1), reg.RAX)
	g.VPBROADCASTQ(reg.RAX, one)
	for j := range limbs {
		g.zero(z[j])
	}
	g.MOVQ(operand.U64(entries), reg.RCX)
	g.Label("entry")
	g.VPCMPEQQ(want, number, reg.K1)
	g.VPADDQ(one, number, number)
	for j := range limbs {
		g.VMOVDQU64(row(table, j), reg.K1, z[j])
	}
	g.ADDQ(operand.U32(limbs*rowBytes), table)
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("entry"))
	for j := range limbs {
		g.VMOVDQU64(z[j], row(dst, j))
	}
	g.end()
}
