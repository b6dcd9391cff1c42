package trace

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Registers in which each address below is another one: register n is n<<32.
func spread() *Regs {
	var r Regs
	for n := range r {
		r[n] = uint64(n) << 32
	}
	return &r
}

// The texts are objdump's reading of the encodings.
func TestDecode(t *testing.T) {
	const at = 0x400000
	for _, c := range []struct {
		code, text string
		addresses  []uint64 // in the registers of spread
	}{
		{"488b0a", "mov rcx, [rdx]", []uint64{2 << 32}},
		{"488b4cda7f", "mov rcx, [rdx+rbx*8+0x7f]", []uint64{26<<32 + 0x7f}},
		{"488b8c1a00ffffff", "mov rcx, [rdx+rbx-0x100]", []uint64{5<<32 - 0x100}},
		{"4f8b04ec", "mov r8, [r12+r13*8]", []uint64{116 << 32}},
		{"488b0c25f8ff0000", "mov rcx, [0xfff8]", []uint64{0xfff8}},
		{"488b0d10000000", "mov rcx, [rip+0x10]", []uint64{at + 7 + 0x10}},
		{"64488b0c25f8ffffff", "mov rcx, fs:[-8]", []uint64{16<<32 - 8}},
		{"480fafca", "imul rcx, rdx", nil},
		{"488d4c0a10", "lea rcx, [rdx+rcx+0x10]: no access", nil},
		{"0f1f440000", "nop [rax+rax]: no access", nil},
		{"50", "push rax", []uint64{4<<32 - 8}},
		{"5d", "pop rbp", []uint64{4 << 32}},
		{"ff12", "call [rdx]", []uint64{2 << 32, 4<<32 - 8}},
		{"e800000000", "call: the return address", []uint64{4<<32 - 8}},
		{"c3", "ret", []uint64{4 << 32}},
		{"c9", "leave", []uint64{5 << 32}},
		{"f3a4", "rep movsb", []uint64{7 << 32, 6 << 32}},
		{"f348ab", "rep stosq", []uint64{7 << 32}},
		{"0fae1424", "ldmxcsr [rsp]", []uint64{4 << 32}},
		{"0fae1c24", "stmxcsr [rsp]", []uint64{4 << 32}},
		{"c5f8ae1424", "vldmxcsr [rsp]", []uint64{4 << 32}},
		{"c5f8ae1c24", "vstmxcsr [rsp]", []uint64{4 << 32}},
		{"0faee8", "lfence", nil},
		{"c5f877", "vzeroupper", nil},
		{"c4e17877", "vzeroupper with a prefix of three bytes", nil},
		{"c5fe6f4a20", "vmovdqu ymm1, [rdx+0x20]", []uint64{2<<32 + 0x20}},
		{"c5fe6f0d20000000", "vmovdqu ymm1, [rip+0x20]", []uint64{at + 8 + 0x20}},
		{"c4e2fbf64a08", "mulx rcx, rax, [rdx+8]", []uint64{2<<32 + 8}},
		{"62f1fe486f4a01", "vmovdqu64 zmm1, [rdx+0x40]: displacement in units of 64", []uint64{2<<32 + 0x40}},
		{"62f1fe486f8a40000000", "vmovdqu64 zmm1, [rdx+0x40]: displacement of 32 bits", []uint64{2<<32 + 0x40}},
		{"62f1fe286f4a02", "vmovdqu64 ymm1, [rdx+0x40]: units of 32", []uint64{2<<32 + 0x40}},
		{"62f2ed58b44a02", "vpmadd52luq zmm1, zmm2, [rdx+0x10]{1to8}: units of 8", []uint64{2<<32 + 0x10}},
		{"62b2ed48b54cfaff", "vpmadd52huq zmm1, zmm2, [rdx+r15*8-0x40]", []uint64{122<<32 - 0x40}},
		{"62d2ed48b40c24", "vpmadd52luq zmm1, zmm2, [r12]", []uint64{12 << 32}},
		{"62f1fe486f0d00010000", "vmovdqu64 zmm1, [rip+0x100]", []uint64{at + 10 + 0x100}},
		{"62f1fe496f4a01", "vmovdqu64 zmm1{k1}, [rdx+0x40]", []uint64{2<<32 + 0x40}},
	} {
		code, err := hex.DecodeString(c.code)
		require.NoError(t, err)
		i := decode(at, append(code, bytes.Repeat([]byte{0x94}, 16-len(code))...))
		require.Empty(t, i.Refused, c.text)
		require.Equal(t, len(code), i.Len, c.text)
		require.Equal(t, i, decode(at, append(code, make([]byte, 16-len(code))...)), "%s: what follows it makes no difference", c.text)
		var addresses []uint64
		for _, m := range i.mem {
			addresses = append(addresses, m.address(spread()))
		}
		require.Equal(t, c.addresses, addresses, c.text)
		require.Equal(t, strings.Contains(c.text, "{k1}"), i.masked, c.text)
		require.Equal(t, strings.HasPrefix(c.text, "rep"), i.repeat, c.text)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ code, text string }{
		{"48f7f1", "div rcx"},
		{"48f7f9", "idiv rcx"},
		{"f20f5ec1", "divsd xmm0, xmm1"},
		{"c5f359c2", "vmulsd xmm0, xmm1, xmm2"},
		{"0fa2", "cpuid"},
		{"0f05", "syscall"},
		{"cd80", "int 0x80"},
		{"f0480fb10a", "lock cmpxchg [rdx], rcx"},
		{"48870a", "xchg [rdx], rcx"},
		{"480fa30a", "bt [rdx], rcx: touches [rdx+rcx/8]"},
		{"f3a6", "rep cmpsb"},
		{"d7", "xlat"},
		{"0ff7c1", "maskmovq mm0, mm1"},
		{"c4e2758e0a", "vpmaskmovd [rdx], ymm1, ymm1"},
		{"62f2fd49910c0a", "vpgatherqq zmm1{k1}, [rdx+zmm1]"},
		{"62f2fd49a10c0a", "vpscatterqq [rdx+zmm1]{k1}, zmm1"},
		{"62f2fd498b0a", "vpcompressq [rdx]{k1}, zmm1"},
		{"67488b0a", "mov rcx, [edx]"},
		{"0f0b", "ud2"},
		{"06", "no instruction"},
	} {
		code, err := hex.DecodeString(c.code)
		require.NoError(t, err)
		i := decode(0x400000, append(code, make([]byte, 16-len(code))...))
		require.NotEmpty(t, i.Refused, c.text)
		require.True(t, i.alone, c.text)
	}
}

// A register is followed only as far as its value is certain.
func TestEffects(t *testing.T) {
	for _, c := range []struct {
		code, text string
		reg        register
		known      bool
		value      uint64
	}{
		{"4883c010", "add rax, 0x10", rax, true, 0x10},
		{"4883e810", "sub rax, 0x10", rax, true, ^uint64(0) - 15},
		{"48ffc1", "inc rcx", rcx, true, 1<<32 + 1},
		{"48ffc9", "dec rcx", rcx, true, 1<<32 - 1},
		{"4889d1", "mov rcx, rdx", rcx, true, 2 << 32},
		{"488d4c1a10", "lea rcx, [rdx+rbx+0x10]", rcx, true, 5<<32 + 0x10},
		{"31c9", "xor ecx, ecx", rcx, true, 0},
		{"50", "push rax", rsp, true, 4<<32 - 8},
		{"58", "pop rax", rsp, true, 4<<32 + 8},
		{"58", "pop rax", rax, false, 0},
		{"89d1", "mov ecx, edx: clears the upper half", rcx, false, 0},
		{"83c110", "add ecx, 0x10", rcx, false, 0},
		{"b101", "mov cl, 1", rcx, false, 0},
		{"b501", "mov ch, 1", rcx, false, 0},
		{"488b0a", "mov rcx, [rdx]", rcx, false, 0},
		{"48f7e1", "mul rcx", rdx, false, 0},
		{"4899", "cqo", rdx, false, 0},
		{"480f44ca", "cmove rcx, rdx", rcx, false, 0},
		{"0f94c1", "sete cl", rcx, false, 0},
		{"4887ca", "xchg rdx, rcx", rcx, false, 0},
		{"c4e2fbf64a08", "mulx rcx, rax, [rdx+8]", rax, false, 0},
		{"c4e2fbf64a08", "mulx rcx, rax, [rdx+8]", rcx, false, 0},
		{"c4e1f97ec1", "vmovq rcx, xmm0", rcx, false, 0},
		{"c5f893c9", "kmovw ecx, k1", rcx, false, 0},
	} {
		code, err := hex.DecodeString(c.code)
		require.NoError(t, err)
		i := decode(0x400000, append(code, make([]byte, 16-len(code))...))
		require.Empty(t, i.Refused, c.text)
		regs, known := spread(), uint32(allRegs)
		for _, e := range i.effects {
			known = e.keeps(known)
			e.apply(regs)
		}
		require.Equal(t, c.known, known>>c.reg&1 != 0, c.text)
		if c.known {
			require.Equal(t, c.value, regs[c.reg], c.text)
		}
	}
}
