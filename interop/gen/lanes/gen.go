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

// z is the vector registers. A row is in one; the columns of an accumulator
// are in as many, the lowest first.
var z = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

// ring is registers used in turn: element i is register i mod len.
type ring []reg.VecPhysical

func (r ring) at(i int) reg.VecPhysical { return r[i%len(r)] }

// routine starts a function. None calls another.
func (g *gen) routine(name, signature string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
}

// steady has products take the same time whatever is multiplied. Intel says of
// VPMADD52 on processors without MCDT_NO that its time may differ by a cycle
// while exception flags of MXCSR are clear ("MXCSR Configuration Dependent
// Timing"), though integers raise none. The flags are sticky, so this sets
// them once in a thread and leaves them: nothing in Go reads them. What else
// is in MXCSR, such as how to round, stays.
func (g *gen) steady() {
	const flags = 0x3f
	mxcsr := g.AllocLocal(8)
	g.STMXCSR(mxcsr)
	g.MOVL(mxcsr, reg.EAX)
	g.ANDL(operand.Imm(flags), reg.EAX)
	g.CMPL(reg.EAX, operand.Imm(flags))
	g.JEQ(operand.LabelRef("steady"))
	g.ORL(operand.Imm(flags), mxcsr)
	g.LDMXCSR(mxcsr)
	g.LFENCE()
	g.Label("steady")
}

// end returns to Go, which expects the upper halves of the registers clean.
func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

// argument loads an argument.
func (g *gen) argument(name string, to reg.GPPhysical) reg.GPPhysical {
	g.Load(g.Param(name), to)
	return to
}

// row is the memory of row i of the number at base.
func row(base reg.GPPhysical, i int) operand.Mem {
	return operand.Mem{Base: base, Disp: rowBytes * i}
}

func (g *gen) load(m operand.Mem, r reg.VecPhysical)  { g.VMOVDQU64(m, r) }
func (g *gen) store(r reg.VecPhysical, m operand.Mem) { g.VMOVDQU64(r, m) }

// zero clears registers.
func (g *gen) zero(registers ...reg.VecPhysical) {
	for _, r := range registers {
		g.VPXORQ(r, r, r)
	}
}

// advance moves a pointer up by rows.
func (g *gen) advance(pointer reg.GPPhysical, rows int) {
	g.ADDQ(operand.U32(rowBytes*rows), pointer)
}

// repeat writes body as a loop of so many rounds, counted in a register.
func (g *gen) repeat(label string, rounds int, counter reg.GPPhysical, body func()) {
	g.MOVQ(operand.U64(rounds), counter)
	g.loop(label, counter, body)
}

// loop writes body as a loop of as many rounds as counter says, at least one.
func (g *gen) loop(label string, counter reg.GPPhysical, body func()) {
	g.Label(label)
	body()
	g.DECQ(counter)
	g.JNZ(operand.LabelRef(label))
}

// lo and hi add the lower and the upper 52 bits of x*y.
func (g *gen) lo(to, x, y reg.VecPhysical) { g.VPMADD52LUQ(y, x, to) }
func (g *gen) hi(to, x, y reg.VecPhysical) { g.VPMADD52HUQ(y, x, to) }

// add adds x to to.
func (g *gen) add(to, x reg.VecPhysical) { g.VPADDQ(x, to, to) }

// mask sets r to 2^52 - 1 in every lane.
func (g *gen) mask(r reg.VecPhysical, spare reg.GPPhysical) {
	g.MOVQ(operand.U64(1<<52-1), spare)
	g.VPBROADCASTQ(spare, r)
}

// carryInto adds what column from holds beyond its limb to the next column.
func (g *gen) carryInto(next, from, spare reg.VecPhysical) {
	g.VPSRLQ(operand.Imm(52), from, spare)
	g.add(next, spare)
}

// moveDown takes the lowest columns of the accumulator away. The processor
// does these moves by renaming, so that a loop costs no more than the same
// rounds written out with the registers' names changed.
func (g *gen) moveDown(c []reg.VecPhysical, by int) {
	for i := range c[by:] {
		g.VMOVDQA64(c[i+by], c[i])
	}
}

// rows adds (x0 + x1*2^52) * y to the accumulator, y being the rows of base
// from first. Each row of y is loaded once for four products.
func (g *gen) rows(c []reg.VecPhysical, x0, x1 reg.VecPhysical, base reg.GPPhysical, first int, spare ring) {
	for j := range limbs {
		y := spare.at(j)
		g.load(row(base, first+j), y)
		g.lo(c[j], x0, y)
		g.hi(c[j+1], x0, y)
		g.lo(c[j+1], x1, y)
		g.hi(c[j+2], x1, y)
	}
}
