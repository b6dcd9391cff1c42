package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	limbs    = 20 // of a number up to 1040 bits
	rowBytes = 64
)

// gen is the program being written, with the few steps all routines share.
type gen struct{ *build.Context }

// routine starts a function. None calls another and none has a frame.
func (g *gen) routine(name, signature string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
}

// end returns to Go, which expects the upper halves clean.
func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

// pointer loads an argument.
func (g *gen) pointer(name string, to reg.GPPhysical) reg.GPPhysical {
	g.Load(g.Param(name), to)
	return to
}

// row is the memory of row i of the number at base.
func row(base reg.GPPhysical, i int) operand.Mem {
	return operand.Mem{Base: base, Disp: rowBytes * i}
}

var z = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

// ring is registers taken in turn: element i is register i mod len. As the
// columns of an accumulator it moves up by renaming, without a move.
type ring []reg.VecPhysical

func (r ring) at(i int) reg.VecPhysical { return r[i%len(r)] }

func (g *gen) zero(r reg.VecPhysical) { g.VPXORQ(r, r, r) }

// lo and hi add the lower and the upper 52 bits of x*y.
func (g *gen) lo(to, x reg.VecPhysical, y operand.Op) { g.VPMADD52LUQ(y, x, to) }
func (g *gen) hi(to, x reg.VecPhysical, y operand.Op) { g.VPMADD52HUQ(y, x, to) }

// carryInto adds what column from holds beyond its limb to the next column.
func (g *gen) carryInto(next, from, spare reg.VecPhysical) {
	g.VPSRLQ(operand.Imm(52), from, spare)
	g.VPADDQ(spare, next, next)
}
