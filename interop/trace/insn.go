package trace

// A register is a general register by its number in an encoding (0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8 to 15)
// or one of those below. They are what an address is made of.
type register int8

const (
	rax     register = 0
	rcx     register = 1
	rdx     register = 2
	rsp     register = 4
	rbp     register = 5
	rsi     register = 6
	rdi     register = 7
	fsBase  register = 16
	gsBase  register = 17
	numRegs          = 18
	none    register = -1
)

// Regs are the values of the registers.
type Regs [numRegs]uint64

// A Mem is a memory operand: where an instruction reads or writes, however many bytes.
type Mem struct {
	base, index, segment register
	scale                uint64
	disp                 uint64 // of an address relative to RIP: the whole address
}

func (m Mem) address(r *Regs) uint64 {
	a := m.disp
	if m.base != none {
		a += r[m.base]
	}
	if m.index != none {
		a += r[m.index] * m.scale
	}
	if m.segment != none {
		a += r[m.segment]
	}
	return a
}

func (m Mem) uses() uint32 {
	var s uint32
	for _, r := range []register{m.base, m.index, m.segment} {
		if r != none {
			s |= 1 << r
		}
	}
	return s
}

// An effect is what an instruction does to general registers, as far as the addresses of later instructions can be computed from it.
type effect struct {
	kind     effectKind
	dst, src register
	mem      Mem    // of setAddress
	value    uint64 // of setConst and addConst
}

type effectKind uint8

const (
	clobber    effectKind = iota // dst is no longer known
	setReg                       // dst = src
	setConst                     // dst = value
	addConst                     // dst += value
	setAddress                   // dst = the address of mem
)

// An Insn is one instruction: where it is, what it touches, and whether it can be judged. Two runs of an Insn touch the same
// data if the words of the two (see words) are equal.
type Insn struct {
	PC      uint64
	Len     int
	Name    string // mnemonic
	Symbol  string // function and place in it
	Refused string // why no trace with it can be called constant time; empty if there is no reason

	mem     []Mem
	repeat  bool // string instruction: RCX says how often
	masked  bool // EVEX memory operand under an opmask: the mask says which of its elements are touched
	mask    uint8
	alone   bool // must be executed by one step: what follows it in memory is not (or need not be) what runs next
	madd    bool // VPMADD52LUQ or VPMADD52HUQ of 512 bits
	end     bool // INT3
	vector  bool // stands in the assembly of the vector path
	foreign bool // stands in a package that computes with keys on its own: crypto/..., math/big
	noise   bool // the Go scheduler
	effects []effect
}

// words is how many numbers are recorded for one run: an address for each memory operand, and what else decides what it touches.
func (i *Insn) words() int {
	n := len(i.mem)
	if i.repeat {
		n++
	}
	if i.masked {
		n++
	}
	return n
}

// word names the n-th number of words.
func (i *Insn) word(n int) string {
	switch {
	case n < len(i.mem):
		return "address"
	case i.repeat:
		return "count"
	default:
		return "opmask"
	}
}

func (i *Insn) needs() uint32 {
	var s uint32
	for _, m := range i.mem {
		s |= m.uses()
	}
	return s
}
