package trace

import "golang.org/x/arch/x86/x86asm"

// A rule says how an instruction changes general registers. Only instructions with a rule may occur in a trace: all are, to the best of our knowledge, on
// Intel's list "Data Operand Independent Timing Instructions", or steer control (the trace itself shows where to), or touch
// memory in a way that the trace records.
type rule uint8

const (
	writesNothing rule = iota // no general register but by its flags
	writesFirst               // its first operand, if that is a register
	writesBoth                // its first two operands
	writesProduct             // RAX and RDX (MUL, and IMUL with one operand), or its first operand
	writesRDX
	writesRAX
	copies    // MOV
	adds      // ADD, SUB, INC, DEC
	address   // LEA
	exclusive // XOR: of a register with itself, zero
	pushes    // and pops, with the memory that RSP points to
	pops
	leaves
	stores     // STOS: RDI
	moves      // MOVS: RSI, RDI
	flow       // jumps
	calls      // CALL
	returns    // RET
	breakpoint // INT3
)

var legacyRules = map[x86asm.Op]rule{
	x86asm.CMP: writesNothing, x86asm.TEST: writesNothing, x86asm.BT: writesNothing, x86asm.NOP: writesNothing, x86asm.CLD: writesNothing,
	x86asm.LDMXCSR: writesNothing, x86asm.STMXCSR: writesNothing, x86asm.LFENCE: writesNothing,
	x86asm.CMC: writesNothing, x86asm.CLC: writesNothing, x86asm.STC: writesNothing,
	x86asm.PREFETCHT0: writesNothing, x86asm.PREFETCHT1: writesNothing, x86asm.PREFETCHT2: writesNothing, x86asm.PREFETCHNTA: writesNothing,

	x86asm.ADC: writesFirst, x86asm.SBB: writesFirst, x86asm.AND: writesFirst, x86asm.OR: writesFirst, x86asm.NOT: writesFirst,
	x86asm.NEG: writesFirst, x86asm.SHL: writesFirst, x86asm.SHR: writesFirst, x86asm.SAR: writesFirst, x86asm.ROL: writesFirst,
	x86asm.ROR: writesFirst, x86asm.SHLD: writesFirst, x86asm.SHRD: writesFirst, x86asm.BSWAP: writesFirst, x86asm.MOVBE: writesFirst,
	x86asm.MOVZX: writesFirst, x86asm.MOVSX: writesFirst, x86asm.MOVSXD: writesFirst, x86asm.BTC: writesFirst, x86asm.BTR: writesFirst,
	x86asm.BTS: writesFirst, x86asm.POPCNT: writesFirst, x86asm.LZCNT: writesFirst, x86asm.TZCNT: writesFirst,
	x86asm.MUL: writesProduct, x86asm.IMUL: writesProduct, x86asm.XCHG: writesBoth,
	x86asm.CWD: writesRDX, x86asm.CDQ: writesRDX, x86asm.CQO: writesRDX, x86asm.CBW: writesRAX, x86asm.CWDE: writesRAX, x86asm.CDQE: writesRAX,
	x86asm.MOV: copies, x86asm.ADD: adds, x86asm.SUB: adds, x86asm.INC: adds, x86asm.DEC: adds, x86asm.LEA: address, x86asm.XOR: exclusive,

	x86asm.MOVD: writesFirst, x86asm.MOVQ: writesFirst, x86asm.MOVUPS: writesFirst, x86asm.MOVAPS: writesFirst, x86asm.MOVDQU: writesFirst,
	x86asm.MOVDQA: writesFirst, x86asm.XORPS: writesFirst, x86asm.PXOR: writesFirst, x86asm.POR: writesFirst, x86asm.PAND: writesFirst,
	x86asm.PADDQ: writesFirst, x86asm.PSUBQ: writesFirst, x86asm.PSHUFB: writesFirst, x86asm.PSHUFD: writesFirst,
	x86asm.PUNPCKLQDQ: writesFirst, x86asm.PUNPCKHQDQ: writesFirst, x86asm.PCMPEQB: writesFirst, x86asm.PCMPEQD: writesFirst,

	x86asm.PUSH: pushes, x86asm.POP: pops, x86asm.LEAVE: leaves,
	x86asm.STOSB: stores, x86asm.STOSD: stores, x86asm.STOSQ: stores, x86asm.MOVSB: moves, x86asm.MOVSQ: moves,
	x86asm.CALL: calls, x86asm.RET: returns, x86asm.INT: breakpoint,
}

// vectorRules are the instructions with a VEX or EVEX prefix that may occur. Not among them: what divides, floating point, gather
// and scatter, compress and expand to memory, moves under a mask in a vector register.
var vectorRules = map[x86asm.Op]bool{
	x86asm.VPMADD52LUQ: true, x86asm.VPMADD52HUQ: true,
	x86asm.VMOVDQU64: true, x86asm.VMOVDQA64: true, x86asm.VMOVDQU32: true, x86asm.VMOVDQA32: true, x86asm.VMOVDQU8: true, x86asm.VMOVDQU: true,
	x86asm.VMOVDQA: true, x86asm.VMOVQ: true, x86asm.VMOVD: true, x86asm.VMOVUPS: true, x86asm.VMOVAPS: true,
	x86asm.VPADDQ: true, x86asm.VPSUBQ: true, x86asm.VPMULUDQ: true, x86asm.VPMULLQ: true,
	x86asm.VPAND: true, x86asm.VPANDQ: true, x86asm.VPANDD: true, x86asm.VPANDN: true, x86asm.VPANDNQ: true, x86asm.VPOR: true, x86asm.VPORQ: true,
	x86asm.VPXOR: true, x86asm.VPXORQ: true, x86asm.VPXORD: true, x86asm.VPTERNLOGQ: true, x86asm.VPTERNLOGD: true,
	x86asm.VPSLLQ: true, x86asm.VPSRLQ: true, x86asm.VPSRAQ: true, x86asm.VPSLLVQ: true, x86asm.VPSRLVQ: true, x86asm.VPSRAVQ: true,
	x86asm.VPROLQ: true, x86asm.VPRORQ: true, x86asm.VPROLVQ: true, x86asm.VPRORVQ: true, x86asm.VPSLLDQ: true, x86asm.VPSRLDQ: true,
	x86asm.VPBROADCASTQ: true, x86asm.VPBROADCASTD: true, x86asm.VBROADCASTI64X2: true, x86asm.VBROADCASTI64X4: true,
	x86asm.VPCMPEQQ: true, x86asm.VPCMPGTQ: true, x86asm.VPCMPQ: true, x86asm.VPCMPUQ: true, x86asm.VPTESTMQ: true, x86asm.VPTESTNMQ: true,
	x86asm.VPBLENDMQ: true, x86asm.VPERMQ: true, x86asm.VPERMI2Q: true, x86asm.VPERMT2Q: true, x86asm.VPERM2I128: true,
	x86asm.VPSHUFB: true, x86asm.VPSHUFD: true, x86asm.VSHUFI64X2: true, x86asm.VALIGNQ: true, x86asm.VPUNPCKLQDQ: true, x86asm.VPUNPCKHQDQ: true,
	x86asm.VINSERTI64X2: true, x86asm.VINSERTI64X4: true, x86asm.VEXTRACTI64X2: true, x86asm.VEXTRACTI64X4: true, x86asm.VINSERTI128: true,
	x86asm.VEXTRACTI128: true, x86asm.VPMINUQ: true, x86asm.VPMAXUQ: true, x86asm.VPMOVM2Q: true, x86asm.VPMOVQ2M: true,
	x86asm.KMOVB: true, x86asm.KMOVW: true, x86asm.KMOVD: true, x86asm.KMOVQ: true, x86asm.KNOTB: true, x86asm.KANDB: true, x86asm.KORB: true,
	x86asm.KXORB: true, x86asm.KXNORB: true, x86asm.KADDB: true, x86asm.KSHIFTLB: true, x86asm.KSHIFTRB: true, x86asm.KANDNB: true,
	x86asm.KXORQ: true, x86asm.KXNORQ: true, x86asm.KXORW: true, x86asm.KXNORW: true, x86asm.KSHIFTLW: true, x86asm.KSHIFTRW: true, x86asm.KADDW: true,
	x86asm.VLDMXCSR: true, x86asm.VSTMXCSR: true,
	x86asm.MULX: true, x86asm.ANDN: true, x86asm.SHLX: true, x86asm.SHRX: true, x86asm.SARX: true, x86asm.RORX: true, x86asm.BEXTR: true, x86asm.BZHI: true,
	x86asm.BLSI: true, x86asm.BLSR: true, x86asm.BLSMSK: true,
	x86asm.VZEROUPPER: true, x86asm.VZEROALL: true,
}

// apply fills in what r says of inst.
func (i *Insn) apply(r rule, inst x86asm.Inst) {
	first, isFirst := general(inst.Args[0])
	second, isSecond := general(inst.Args[1])
	lose := func(regs ...register) {
		for _, reg := range regs {
			i.effects = append(i.effects, effect{kind: clobber, dst: reg})
		}
	}
	stack := func(disp int64) {
		i.mem = append(i.mem, Mem{base: rsp, index: none, segment: none, disp: uint64(disp)})
	}
	// Only whole registers are followed: a write to 32 bits clears the rest, one to fewer keeps it.
	_, whole := general64(regOf(inst.Args[0]))
	switch r {
	case writesFirst:
		if isFirst {
			lose(first)
		}
	case writesBoth:
		if isFirst {
			lose(first)
		}
		if isSecond {
			lose(second)
		}
	case writesProduct:
		if inst.Args[1] == nil {
			lose(rax, rdx)
		} else if isFirst {
			lose(first)
		}
	case writesRDX:
		lose(rdx)
	case writesRAX:
		lose(rax)
	case copies, adds, exclusive:
		if isFirst {
			i.effects = append(i.effects, followed(r, inst, first, second, whole))
		}
	case address:
		lose(first)
		mem, _ := inst.Args[1].(x86asm.Mem)
		if m, err := i.operand(mem, inst, prefix{}, false); err == nil && whole {
			i.effects = []effect{{kind: setAddress, dst: first, mem: m}}
		}
	case pushes:
		size := int64(8)
		if inst.DataSize == 16 {
			size = 2
		}
		stack(-size)
		i.effects = append(i.effects, effect{kind: addConst, dst: rsp, value: uint64(-size)})
	case pops:
		stack(0)
		if isFirst {
			lose(first)
		}
		size := uint64(8)
		if inst.DataSize == 16 {
			size = 2
		}
		i.effects = append(i.effects, effect{kind: addConst, dst: rsp, value: size})
	case leaves:
		i.mem = append(i.mem, Mem{base: rbp, index: none, segment: none})
		lose(rsp, rbp)
	case stores, moves:
		i.mem, i.repeat, i.alone = []Mem{{base: rdi, index: none, segment: none}}, true, true
		if r == moves {
			i.mem = append(i.mem, Mem{base: rsi, index: none, segment: none})
		}
	case flow:
		i.alone = true
	case calls:
		stack(-8)
		i.alone = true
	case returns:
		stack(0)
		i.alone = true
	case breakpoint:
		i.end, i.alone = true, true
	}
}

func regOf(arg x86asm.Arg) x86asm.Reg {
	r, _ := arg.(x86asm.Reg)
	return r
}

// followed is the effect on the register dst of an instruction whose result can be computed from known registers.
func followed(r rule, inst x86asm.Inst, dst, src register, whole bool) effect {
	lost := effect{kind: clobber, dst: dst}
	if r == exclusive {
		if inst.Args[0] == inst.Args[1] && inst.DataSize >= 32 {
			return effect{kind: setConst, dst: dst}
		}
		return lost
	}
	if !whole {
		return lost
	}
	_, wholeSource := general64(regOf(inst.Args[1]))
	imm, isImm := inst.Args[1].(x86asm.Imm)
	switch {
	case r == copies && wholeSource:
		return effect{kind: setReg, dst: dst, src: src}
	case r == adds && inst.Op == x86asm.INC:
		return effect{kind: addConst, dst: dst, value: 1}
	case r == adds && inst.Op == x86asm.DEC:
		return effect{kind: addConst, dst: dst, value: ^uint64(0)}
	case r == adds && isImm && inst.Op == x86asm.ADD:
		return effect{kind: addConst, dst: dst, value: uint64(imm)}
	case r == adds && isImm && inst.Op == x86asm.SUB:
		return effect{kind: addConst, dst: dst, value: -uint64(imm)}
	}
	return lost
}
