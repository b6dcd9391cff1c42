package tokencache

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Bounds so small that entries are driven out and tables grow all the time, while others read. Each value names its token, so a wrong hit shows at once; a reader that went round in a circle would never come back.
func TestConcurrent(t *testing.T) {
	for _, bound := range []int64{5000, 40_000, 1 << 20} {
		t.Run(fmt.Sprint(bound), func(t *testing.T) {
			for round := range 20 { // a new cache each time: growth is the beginning of a life
				c := New[string](bound)
				var wg sync.WaitGroup
				for g := range 8 {
					wg.Go(func() {
						r := rand.New(rand.NewPCG(uint64(round), uint64(g)))
						for range 1500 {
							token := named(int(r.ExpFloat64() * float64(bound/1000)))
							v := c.Get(token)
							if v != nil && *v != token {
								panic("the value of another token: " + *v + " for " + token)
							}
							switch {
							case v == nil || r.IntN(16) == 0:
								if v := put(c, token, token, r.IntN(int(bound/20))); *v != token {
									panic("Add gave another value")
								}
							case r.IntN(16) == 0:
								c.Drop(token, v)
							case r.IntN(64) == 0:
								if s := c.Stats(); s.Bytes > bound {
									panic("above the bound")
								}
							}
						}
					})
				}
				wg.Wait()
				require.NoError(t, c.check())
			}
		})
	}
}

// While nothing is evicted, dropped or replaced and no table grows, a reader misses nothing.
func TestConcurrentReadersMissNothingAtRest(t *testing.T) {
	c := New[int](1 << 20)
	const n = 100
	for i := range n {
		put(c, named(i), i, 0)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 20_000 {
				if v := c.Get(named(i % n)); v == nil || *v != i%n {
					panic("missed")
				}
			}
		})
	}
	wg.Wait()
}

// A writer that replaces one value again and again: a reader sees one of its values or, now and then, none, and never an older one after a newer.
func TestConcurrentReplace(t *testing.T) {
	c := New[int](1 << 20)
	put(c, named(1), 0, 0)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			last := 0
			for last < 20_000 {
				if v := c.Get(named(1)); v != nil {
					if *v < last {
						panic("time ran backwards")
					}
					last = *v
				}
			}
		})
	}
	for i := range 20_000 {
		put(c, named(1), i+1, 0)
	}
	wg.Wait()
	require.NoError(t, c.check())
}
