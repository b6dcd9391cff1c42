package trace

import (
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"
)

// decode reads the instruction at pc, the first of code. What it cannot read is refused and has length 0.
func decode(pc uint64, code []byte) *Insn {
	i := &Insn{PC: pc}
	inst, err := x86asm.Decode(code, 64)
	if err != nil {
		i.Refused, i.alone = fmt.Sprintf("not decoded (% x)", code[:min(len(code), 15)]), true
		return i
	}
	if inst.Op == x86asm.VZEROUPPER || inst.Op == x86asm.VZEROALL {
		// They have no ModRM byte, but x86asm takes what follows for one.
		inst.Len = 3
		if code[0] == 0xc4 {
			inst.Len = 4
		}
	}
	i.Len, i.Name = inst.Len, inst.Op.String()
	if err := i.fill(inst, code[:inst.Len]); err != nil {
		i.Refused, i.alone = err.Error(), true
	}
	return i
}

func (i *Insn) fill(inst x86asm.Inst, code []byte) error {
	v, isVector := vectorPrefix(code)
	for _, arg := range inst.Args {
		mem, ok := arg.(x86asm.Mem)
		if !ok || inst.Op == x86asm.LEA || inst.Op == x86asm.NOP {
			continue
		}
		m, err := i.operand(mem, inst, v, isVector)
		if err != nil {
			return err
		}
		i.mem = append(i.mem, m)
	}
	if isVector {
		return i.fillVector(inst, v)
	}
	return i.fillLegacy(inst)
}

func (i *Insn) operand(mem x86asm.Mem, inst x86asm.Inst, v prefix, isVector bool) (Mem, error) {
	// x86asm does not extend the sign of every displacement of 32 bits.
	m := Mem{base: none, index: none, segment: none, scale: uint64(mem.Scale), disp: uint64(int32(mem.Disp))}
	if mem.Disp>>32 != 0 && mem.Disp>>32 != -1 {
		return m, fmt.Errorf("displacement %#x", mem.Disp)
	}
	var ok bool
	switch {
	case mem.Base == x86asm.RIP, isVector && v.ripRelative:
		m.disp += i.PC + uint64(i.Len)
	case mem.Base != 0:
		if m.base, ok = general64(mem.Base); !ok {
			return m, fmt.Errorf("base register %v", mem.Base)
		}
	}
	if mem.Index != 0 {
		if m.index, ok = general64(mem.Index); !ok {
			return m, fmt.Errorf("addresses from a vector register (%v)", mem.Index)
		}
	}
	switch mem.Segment {
	case 0, x86asm.CS, x86asm.DS, x86asm.ES, x86asm.SS: // their base is 0
	case x86asm.FS:
		m.segment = fsBase
	case x86asm.GS:
		m.segment = gsBase
	}
	if inst.AddrSize != 64 && !isVector {
		return m, fmt.Errorf("addresses of %d bits", inst.AddrSize)
	}
	return m, nil
}

// A prefix is what a VEX or EVEX prefix and the ModRM byte say beyond what x86asm hands out.
type prefix struct {
	evex        bool
	mask        uint8
	opMap       byte
	ripRelative bool
}

// vectorPrefix finds the VEX or EVEX prefix, which in 64-bit code is the first byte: a segment override before it is not
// accepted, and the others are not allowed there.
func vectorPrefix(code []byte) (v prefix, ok bool) {
	var modrm int
	switch {
	case len(code) >= 6 && code[0] == 0x62:
		v.evex, v.mask, v.opMap, modrm = true, code[3]&7, code[1]&7, 5
	case len(code) >= 4 && code[0] == 0xc4:
		v.opMap, modrm = code[1]&31, 4
	case len(code) >= 3 && code[0] == 0xc5:
		v.opMap, modrm = 1, 3
	default:
		return v, false
	}
	v.ripRelative = modrm < len(code) && code[modrm]&0xc7 == 0x05
	return v, true
}

func (i *Insn) fillVector(inst x86asm.Inst, v prefix) error {
	if v.opMap < 1 || v.opMap > 3 {
		return fmt.Errorf("opcode map %d", v.opMap)
	}
	if !vectorRules[inst.Op] {
		return fmt.Errorf("%v is not among the instructions known to take the same time for all operands", inst.Op)
	}
	if inst.Op == x86asm.VZEROUPPER || inst.Op == x86asm.VZEROALL {
		return nil
	}
	if v.evex && v.mask != 0 && len(i.mem) > 0 {
		i.masked, i.mask, i.alone = true, v.mask, true
	}
	if inst.Op == x86asm.VPMADD52LUQ || inst.Op == x86asm.VPMADD52HUQ {
		z, _ := inst.Args[0].(x86asm.Reg)
		i.madd = z >= x86asm.Z0 && z <= x86asm.Z31
	}
	for n, arg := range inst.Args {
		if r, ok := general(arg); ok && (n == 0 || n == 1 && inst.Op == x86asm.MULX) {
			i.effects = append(i.effects, effect{kind: clobber, dst: r})
		}
	}
	return nil
}

func (i *Insn) fillLegacy(inst x86asm.Inst) error {
	for _, p := range inst.Prefix {
		if p&0xff == 0xf0 && p&x86asm.PrefixIgnored == 0 {
			return fmt.Errorf("locked %v: shared memory", inst.Op)
		}
	}
	rule, ok := legacyRules[inst.Op]
	if !ok && (strings.HasPrefix(i.Name, "J") || strings.HasPrefix(i.Name, "CMOV") || strings.HasPrefix(i.Name, "SET")) {
		rule, ok = writesFirst, true
		if i.Name[0] == 'J' {
			rule = flow
		}
	}
	if !ok {
		return fmt.Errorf("%v is not among the instructions known to take the same time for all operands", inst.Op)
	}
	_, bitNumber := general(inst.Args[1])
	switch inst.Op {
	case x86asm.BT, x86asm.BTC, x86asm.BTR, x86asm.BTS:
		if len(i.mem) > 0 && bitNumber {
			return fmt.Errorf("%v of a bit whose number, in a register, is part of the address", inst.Op)
		}
	case x86asm.XCHG:
		if len(i.mem) > 0 {
			return fmt.Errorf("%v with memory: shared memory", inst.Op)
		}
	case x86asm.INT:
		if inst.Args[0] != x86asm.Imm(3) {
			return fmt.Errorf("%v", inst)
		}
	}
	i.apply(rule, inst)
	return nil
}

// general is the general register that arg is a part or the whole of.
func general(arg x86asm.Arg) (register, bool) {
	r, ok := arg.(x86asm.Reg)
	switch {
	case !ok:
		return none, false
	case r >= x86asm.AH && r <= x86asm.BH:
		return register(r - x86asm.AH), true
	case r >= x86asm.AL && r <= x86asm.BL:
		return register(r - x86asm.AL), true
	case r >= x86asm.SPB && r <= x86asm.R15B:
		return register(r-x86asm.SPB) + 4, true
	case r >= x86asm.AX && r <= x86asm.R15W:
		return register(r - x86asm.AX), true
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return register(r - x86asm.EAX), true
	}
	return general64(r)
}

func general64(r x86asm.Reg) (register, bool) {
	if r >= x86asm.RAX && r <= x86asm.R15 {
		return register(r - x86asm.RAX), true
	}
	return none, false
}
