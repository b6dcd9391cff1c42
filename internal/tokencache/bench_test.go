package tokencache

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"
)

// claims stands for what a verifier remembers: a pointer or two and some numbers.
type claims struct {
	_ *int
	_ [7]uint64
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

// benchSizes are the numbers of live tokens; of more than 65,536 that many are asked for, spread over all, so that the sources of the copies do not crowd the caches out.
var benchSizes = []int{64, 2000, 100_000, 1_000_000}

// filled gives a cache of n tokens, and those that are asked for, in an order of no regularity and in memory of their own.
func filled(b *testing.B, n int) (*Cache[claims], []string) {
	list := tokens(n, 1)
	c := New[claims](4 << 30)
	for _, t := range list {
		put(c, t, claims{}, 0)
	}
	if c.Stats().Entries != n {
		b.Fatal("not all remembered")
	}
	rand.New(rand.NewPCG(7, 7)).Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
	asked := make([]string, min(n, 1<<16))
	for i := range asked {
		asked[i] = strings.Clone(list[i])
		for range maxUses {
			c.Get(asked[i])
		}
	}
	return c, asked
}

// A request brings its token in a buffer that was just written, so the look-up is measured with the token copied into one hot buffer first. The copy alone is the "copy" line of the same size: subtract it.
func BenchmarkGet(b *testing.B) {
	for _, n := range benchSizes {
		c, asked := filled(b, n)
		hot := make([]byte, tokenLength)
		b.Run(fmt.Sprintf("tokens=%d/hit", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				copy(hot, asked[i%len(asked)])
				if c.Get(asString(hot)) == nil {
					b.Fatal("miss")
				}
			}
		})
		b.Run(fmt.Sprintf("tokens=%d/copy", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				copy(hot, asked[i%len(asked)])
				sink = asString(hot)
			}
		})
	}
}

// A token that is not there: the tags are read, seldom an entry, and nothing is compared.
func BenchmarkGetMiss(b *testing.B) {
	for _, n := range benchSizes {
		c, _ := filled(b, n)
		strangers := tokens(64, 2)
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if c.Get(strangers[i%len(strangers)]) != nil {
					b.Fatal("hit")
				}
			}
		})
	}
}

// All cores ask for the same tokens: ns/op of -cpu 2 is to be half of that of -cpu 1.
func BenchmarkGetParallel(b *testing.B) {
	for _, n := range benchSizes[:2] {
		c, asked := filled(b, n)
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				hot := make([]byte, tokenLength)
				for i := 0; pb.Next(); i++ {
					copy(hot, asked[i%len(asked)])
					if c.Get(asString(hot)) == nil {
						panic("miss")
					}
				}
			})
		})
	}
}

// Every token is new and drives one out.
func BenchmarkAddEvict(b *testing.B) {
	c := New[claims](16 << 20)
	list := tokens(1<<16, 1)
	for _, token := range list { // until it is full
		put(c, token, claims{}, 0)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		put(c, list[i%len(list)], claims{}, 0)
	}
	if c.Stats().Evictions == 0 {
		b.Fatal("nothing evicted")
	}
}

var sink string

// asString lets a benchmark look up the bytes of a buffer as a server does, without a copy.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// The same with Go's own map, which hashes the whole token, is not bounded and takes no writers: what a look-up of this size costs at the least elsewhere.
func BenchmarkMap(b *testing.B) {
	for _, n := range benchSizes {
		list := tokens(n, 1)
		m := make(map[string]*claims)
		for _, t := range list {
			m[strings.Clone(t)] = new(claims)
		}
		rand.New(rand.NewPCG(7, 7)).Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
		asked := make([]string, min(n, 1<<16))
		for i := range asked {
			asked[i] = strings.Clone(list[i])
		}
		hot := make([]byte, tokenLength)
		b.Run(fmt.Sprintf("tokens=%d/hit", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				copy(hot, asked[i%len(asked)])
				if m[asString(hot)] == nil {
					b.Fatal("miss")
				}
			}
		})
	}
}
