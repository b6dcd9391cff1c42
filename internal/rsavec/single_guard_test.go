//go:build linux

package rsavec

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// beside gives a T in pages of its own, at their very beginning or end, where to
// read or write a byte before or after it is a fault that ends the test.
func beside[T any](t *testing.T, end bool) *T {
	t.Helper()
	page := syscall.Getpagesize()
	size := int(unsafe.Sizeof(*new(T)))
	inner := (size + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, inner+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(m)) })
	require.NoError(t, syscall.Mprotect(m[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(m[page+inner:], syscall.PROT_NONE))
	at := page
	if end {
		at += inner - size
	}
	return (*T)(unsafe.Pointer(&m[at]))
}

// TestChainStaysInside: a chain reads and writes its operands and nothing beside them.
func TestChainStaysInside(t *testing.T) {
	t.Logf("assembly: %t", Supported())
	r := rand.New(rand.NewPCG(6, 6))
	for _, end := range []bool{false, true} {
		dst, n := beside[number](t, end), beside[number](t, end)
		factors := [3]*number{}
		for i := range factors {
			factors[i] = beside[number](t, end)
		}
		for _, m := range moduli(r) {
			*n = m
			for _, f := range factors {
				for j := range f {
					f[j] = r.Uint64() & limbMask
				}
				v := f.big()
				*f = numberOf(v.Mod(v, m.big()))
			}
			for _, last := range []*number{nil, factors[2]} {
				given := [3]number{*factors[0], *factors[1], *factors[2]}
				var want number
				chainPortable(&want, factors[0], factors[1], last, n, inverse(n), 2)
				chain(dst, factors[0], factors[1], last, n, inverse(n), 2)
				require.Equal(t, want, *dst)
				require.Equal(t, given, [3]number{*factors[0], *factors[1], *factors[2]})
				require.Equal(t, m, *n)
			}
		}
	}
}

// TestPowerAnywhere: a Public, a signature and a result may lie at any address
// that Go allows for them, and the two may overlap.
func TestPowerAnywhere(t *testing.T) {
	made, err := NewPublic(publicKey(t, "a"))
	require.NoError(t, err)
	var sig, want [Size]byte
	for i := range sig {
		sig[i] = byte(7 * i)
	}
	require.True(t, made.Power(&want, &sig))
	for _, end := range []bool{false, true} {
		k, in, out := beside[Public](t, end), beside[[Size]byte](t, end), beside[[Size]byte](t, end)
		*k, *in = *made, sig
		require.True(t, k.Power(out, in))
		require.Equal(t, want, *out)
		require.Equal(t, sig, *in)
	}
	room := make([]struct {
		words [6]uint64 // so that each key begins at another multiple of 8
		key   Public
	}, 8)
	buf := make([]byte, 2*Size)
	offsets := map[uintptr]bool{}
	for i := range room {
		room[i].key = *made
		offsets[uintptr(unsafe.Pointer(&room[i].key))%64] = true
		in := (*[Size]byte)(buf[i:])
		*in = sig
		out := (*[Size]byte)(buf[37*i%Size:])
		require.True(t, room[i].key.Power(out, in))
		require.Equal(t, want, *out)
	}
	require.Len(t, offsets, min(len(room), int(64/unsafe.Alignof(room[0]))))
}
