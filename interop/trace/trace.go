package trace

import (
	"fmt"
	"slices"
)

// A Trace is what one thread executed between Begin and End: every instruction in order, and every address of data it touched.
type Trace struct {
	Stops int // how often the thread was stopped for it

	program *program
	steps   []uint32
	words   []uint64
}

// Steps is the number of instructions executed.
func (t *Trace) Steps() int { return len(t.steps) }

func (t *Trace) add(n uint32, r *Regs, mask uint64) {
	i := t.program.insns[n]
	t.steps = append(t.steps, n)
	for _, m := range i.mem {
		t.words = append(t.words, m.address(r))
	}
	if i.repeat {
		t.words = append(t.words, r[rcx])
	}
	if i.masked {
		t.words = append(t.words, mask)
	}
}

// Refused lists the instructions of t that cannot be judged: no comparison makes a trace with one of them constant time.
func (t *Trace) Refused() []*Insn {
	var out []*Insn
	for n, count := range t.counts() {
		if i := t.program.insns[n]; count > 0 && i.Refused != "" {
			out = append(out, i)
		}
	}
	return out
}

// counts is how often each instruction of the program was executed.
func (t *Trace) counts() []int {
	counts := make([]int, len(t.program.insns))
	for _, n := range t.steps {
		counts[n]++
	}
	return counts
}

// A Difference is a place at which two traces part.
type Difference struct {
	Step   int   // the number of the instruction in both traces
	At     *Insn // where it is: of a difference in control flow, the last instruction that both executed
	What   string
	First  uint64
	Second uint64
}

// String says where and what.
func (d Difference) String() string {
	name := "the beginning"
	if d.At != nil {
		name = fmt.Sprintf("%s at %s", d.At.Name, d.At.Symbol)
	}
	return fmt.Sprintf("step %d, %s: %s %#x and %#x", d.Step, name, d.What, d.First, d.Second)
}

const maxDifferences = 20

// Compare gives the places at which a and b, traces by one Tracer, differ: none if both executed the same instructions on the same
// addresses. Each instruction whose addresses differ is named once, and after the first difference in control flow nothing is.
func Compare(a, b *Trace) []Difference {
	if a.program != b.program {
		panic("trace: traces of two programs")
	}
	var out []Difference
	var last *Insn
	word := 0
	for s := range min(len(a.steps), len(b.steps)) {
		i := a.program.insns[a.steps[s]]
		if a.steps[s] != b.steps[s] {
			return append(out, Difference{s, last, "next instruction", i.PC, b.program.insns[b.steps[s]].PC})
		}
		for n := range i.words() {
			if a.words[word] != b.words[word] && len(out) < maxDifferences && !slices.ContainsFunc(out, func(d Difference) bool { return d.At == i }) {
				out = append(out, Difference{s, i, i.word(n), a.words[word], b.words[word]})
			}
			word++
		}
		last = i
	}
	if len(a.steps) != len(b.steps) {
		out = append(out, Difference{min(len(a.steps), len(b.steps)), last, "length", uint64(len(a.steps)), uint64(len(b.steps))})
	}
	return out
}
