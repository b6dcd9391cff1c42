package trace

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// A program is the code of a process that runs the same executable as this one, as far as traces have seen it. Symbols are looked
// up in this process.
type program struct {
	read  func(pc uint64, code []byte) (int, error)
	index map[uint64]uint32
	insns []*Insn
	runs  map[uint64]*run
}

func newProgram(read func(uint64, []byte) (int, error)) *program {
	return &program{read: read, index: map[uint64]uint32{}, runs: map[uint64]*run{}}
}

// at is the number of the instruction at pc.
func (p *program) at(pc uint64) (uint32, error) {
	if n, ok := p.index[pc]; ok {
		return n, nil
	}
	var code [16]byte
	n, err := p.read(pc, code[:])
	if n == 0 {
		return 0, fmt.Errorf("code at %#x: %w", pc, err)
	}
	i := decode(pc, code[:n])
	i.place()
	p.index[pc] = uint32(len(p.insns))
	p.insns = append(p.insns, i)
	return p.index[pc], nil
}

const vectorPackage = "github.com/streamtoken/streamtoken/internal/rsavec."

// place fills in what the symbol table says.
func (i *Insn) place() {
	f := runtime.FuncForPC(uintptr(i.PC))
	if f == nil {
		i.Symbol = fmt.Sprintf("%#x", i.PC)
		return
	}
	file, line := f.FileLine(uintptr(i.PC))
	name := f.Name()
	i.Symbol = fmt.Sprintf("%s+%#x (%s:%d)", name, i.PC-uint64(f.Entry()), path.Base(file), line)
	i.noise = name == "runtime.morestack" || name == "runtime.morestack_noctxt"
	i.vector = strings.HasPrefix(name, vectorPackage) && path.Base(file) == "lanes_amd64.s"
	i.foreign = strings.HasPrefix(name, "crypto/") && !strings.Contains(name, "subtle.") || strings.HasPrefix(name, "math/big.")
}

// A run is a stretch of instructions that execute one after the other from its first, whose addresses all follow from the registers
// before it. Nothing in it jumps, so its end is the one place where it can be left.
type run struct {
	insns []uint32
	next  uint64 // what is executed after it
	known uint32 // registers whose value after it follows, too

	checked bool // it was once executed step by step, and touched what was computed
}

// agrees compares the registers after r with those computed: an instruction whose effects were mistaken shows here.
func (r *run) agrees(computed, actual *Regs) error {
	for reg := range numRegs {
		if r.known>>reg&1 != 0 && computed[reg] != actual[reg] {
			return fmt.Errorf("register %d is %#x instead of %#x before %#x", reg, actual[reg], computed[reg], r.next)
		}
	}
	return nil
}

const (
	allRegs = 1<<numRegs - 1
	maxRun  = 4096
)

// from is the run that begins at pc. One of a single instruction may be anything; its next counts only if it is not alone.
func (p *program) from(pc uint64) (*run, error) {
	if r, ok := p.runs[pc]; ok {
		return r, nil
	}
	r := &run{next: pc, known: allRegs}
	for len(r.insns) < maxRun {
		n, err := p.at(r.next)
		if err != nil {
			return nil, err
		}
		i := p.insns[n]
		if len(r.insns) > 0 && (i.alone || i.needs()&^r.known != 0) {
			break
		}
		r.insns = append(r.insns, n)
		if i.alone {
			break
		}
		r.next += uint64(i.Len)
		for _, e := range i.effects {
			r.known = e.keeps(r.known)
		}
	}
	p.runs[pc] = r
	return r, nil
}

// keeps is the set of known registers after e, given the set before.
func (e *effect) keeps(known uint32) uint32 {
	var from uint32
	switch e.kind {
	case clobber:
		return known &^ (1 << e.dst)
	case setReg:
		from = 1 << e.src
	case addConst:
		from = 1 << e.dst
	case setAddress:
		from = e.mem.uses()
	}
	if from&^known != 0 {
		return known &^ (1 << e.dst)
	}
	return known | 1<<e.dst
}

func (e *effect) apply(r *Regs) {
	switch e.kind {
	case setReg:
		r[e.dst] = r[e.src]
	case setConst:
		r[e.dst] = e.value
	case addConst:
		r[e.dst] += e.value
	case setAddress:
		r[e.dst] = e.mem.address(r)
	}
}
