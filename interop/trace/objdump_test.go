//go:build integration && linux && amd64

package trace

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDecodedAsObjdump reads every instruction of a trace again with objdump, which knows nothing of this package's decoder: as long,
// and with the same addresses for random registers.
func TestDecodedAsObjdump(t *testing.T) {
	s := newSession(t)
	s.take(t, "sign", 0)
	insns := slices.Clone(s.program.insns)
	slices.SortFunc(insns, func(a, b *Insn) int { return int(int64(a.PC - b.PC)) })
	random := rand.New(rand.NewPCG(1, 2))
	compared, withMemory := 0, 0
	for len(insns) > 0 {
		n := 1 // as many as lie close together
		for n < len(insns) && insns[n].PC-insns[n-1].PC < 64 {
			n++
		}
		text := disassemble(t, insns[0].PC, insns[n-1].PC+16)
		for _, i := range insns[:n] {
			line, ok := text[i.PC]
			require.True(t, ok, "objdump has no instruction at %#x, %s", i.PC, i.Symbol)
			if i.end || i.Refused != "" {
				continue
			}
			require.Equal(t, line.length, i.Len, "%s at %s: %s", i.Name, i.Symbol, line.text)
			var regs Regs
			for r := range regs {
				regs[r] = random.Uint64()
			}
			compareOperands(t, i, line, &regs)
			compared++
			if len(i.mem) > 0 {
				withMemory++
			}
		}
		insns = insns[n:]
	}
	t.Logf("%d instructions, %d with memory", compared, withMemory)
	require.Greater(t, compared, 2000)
	require.Greater(t, withMemory, 500)
}

type disassembled struct {
	length int
	text   string
}

func disassemble(t *testing.T, from, to uint64) map[uint64]disassembled {
	out, err := exec.Command("objdump", "-d", "-w", "-M", "intel", fmt.Sprintf("--start-address=%#x", from), fmt.Sprintf("--stop-address=%#x", to), os.Args[0]).Output()
	require.NoError(t, err, "objdump, of binutils, is needed")
	lines := map[uint64]disassembled{}
	in := bufio.NewScanner(bytes.NewReader(out))
	for in.Scan() {
		fields := strings.SplitN(in.Text(), "\t", 3)
		pc, err := strconv.ParseUint(strings.Trim(fields[0], " :"), 16, 64)
		if len(fields) == 3 && err == nil {
			lines[pc] = disassembled{len(strings.Fields(fields[1])), fields[2]}
		}
	}
	require.NoError(t, in.Err())
	return lines
}

var operandPattern = regexp.MustCompile(`(?:([cdefgs]s):)?\[([^\]]*)\]|\b([fg]s):(0x[0-9a-f]+)`)

func compareOperands(t *testing.T, i *Insn, line disassembled, regs *Regs) {
	var theirs, ours []uint64
	for _, m := range operandPattern.FindAllStringSubmatch(line.text, -1) {
		theirs = append(theirs, evaluate(t, m, i, regs))
	}
	mem := i.mem
	switch i.Name {
	case "PUSH", "POP", "CALL", "RET", "LEAVE": // the stack is not written as an operand
		mem = slices.DeleteFunc(slices.Clone(mem), func(m Mem) bool { return m.base == rsp || i.Name == "LEAVE" })
		theirs = slices.DeleteFunc(theirs, func(a uint64) bool { return a == regs[rsp] })
	case "NOP":
		return
	case "LEA":
		for _, e := range i.effects {
			if e.kind == setAddress {
				mem = append(mem, e.mem)
			} else {
				return // of a part of a register: not followed
			}
		}
	}
	for _, m := range mem {
		ours = append(ours, m.address(regs))
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	require.Equal(t, theirs, ours, "%s at %s: %s", i.Name, i.Symbol, line.text)
}

var numbers = []string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}

// evaluate computes an operand as objdump writes it: [rax+rcx*8-0x10], fs:0xfffffffffffffff8.
func evaluate(t *testing.T, m []string, i *Insn, regs *Regs) uint64 {
	segment, inner := m[1]+m[3], m[2]+m[4]
	var sum uint64
	switch segment {
	case "fs":
		sum = regs[fsBase]
	case "gs":
		sum = regs[gsBase]
	}
	for _, term := range strings.Split(strings.ReplaceAll(inner, "-", "+-"), "+") {
		name, factor, scaled := strings.Cut(term, "*")
		scale := uint64(1)
		if scaled {
			f, err := strconv.ParseUint(factor, 0, 64)
			require.NoError(t, err, term)
			scale = f
		}
		switch r := slices.Index(numbers, name); {
		case r >= 0:
			sum += regs[r] * scale
		case name == "rip":
			sum += i.PC + uint64(i.Len)
		case name == "riz", name == "": // no index
		default:
			negative := strings.HasPrefix(name, "-")
			v, err := strconv.ParseUint(strings.TrimPrefix(name, "-"), 0, 64)
			require.NoError(t, err, term)
			if negative {
				v = -v
			}
			sum += v
		}
	}
	return sum
}
