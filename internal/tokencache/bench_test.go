package tokencache

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// claims stands for what a verifier remembers: a pointer or two and some numbers.
type claims struct {
	parsed *int
	expiry int64
	spare  [6]uint64
}

const tokenLength = 900

// tokens makes n distinct strings of the size and the alphabet of a token; only the "signature" is random.
func tokens(n int, seed uint64) []string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, tokenLength)
	for i := range b {
		b[i] = alphabet[i%64]
	}
	list := make([]string, n)
	for i := range list {
		for j := 4; j < 342; j += 8 {
			x := r.Uint64()
			for k := 0; k < 8 && j+k <= 342; k++ {
				b[tokenLength-j-k] = alphabet[x>>(8*k)&63]
			}
		}
		list[i] = string(b)
	}
	return list
}

// A request brings its token in a buffer that was just written, so the look-up is measured with the token copied into one hot buffer first. The copy alone is the "copy" line of the same size: subtract it.
func BenchmarkGet(b *testing.B) {
	for _, n := range []int{64, 2000, 100_000, 1_000_000} {
		list := tokens(n, 1)
		c := New[claims](4 << 30)
		for _, t := range list {
			c.Add(t, claims{}, 1024)
		}
		if c.Stats().Entries != n {
			b.Fatal("not all remembered")
		}
		order := rand.New(rand.NewPCG(7, 7)).Perm(n)
		hot := make([]byte, tokenLength)
		b.Run(fmt.Sprintf("tokens=%d/hit", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				copy(hot, list[order[i]])
				if c.Get(asString(hot)) == nil {
					b.Fatal("miss")
				}
				if i++; i == n {
					i = 0
				}
			}
		})
		b.Run(fmt.Sprintf("tokens=%d/copy", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				copy(hot, list[order[i]])
				sink = asString(hot)
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

var sink string

// asString lets a benchmark look up the bytes of a buffer as a server does, without a copy.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
