package tokencache

import (
	"container/list"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// use asks for a token as a verifier does, and tells whether it was there.
func use(c *Cache[int], token string, bytes int) bool {
	if c.Get(token) != nil {
		return true
	}
	c.Add(token, 0, bytes)
	return false
}

// A hot set beside a flood of tokens that are valid and used once, a hundred times the capacity: the hot set stays, whether its uses are near or far apart.
func TestFloodDoesNotDriveOutTheHot(t *testing.T) {
	const (
		bound = 4 << 20
		bytes = 1200
		hot   = bound / bytes / 4 // a quarter of the capacity
	)
	for _, every := range []int{1, 4, 20} { // one hot use in so many
		t.Run(fmt.Sprintf("one in %d", every), func(t *testing.T) {
			c := New[int](bound)
			r := rand.New(rand.NewPCG(1, uint64(every)))
			for range 5 {
				for i := range hot {
					use(c, named(i), bytes)
				}
			}
			flood, hits, asked := 0, 0, 0
			for flood < 100*bound/bytes {
				flood++
				require.False(t, use(c, named(1e9+flood), bytes))
				if flood%every == 0 {
					asked++
					if use(c, named(r.IntN(hot)), bytes) {
						hits++
					}
				}
			}
			require.NoError(t, c.check())
			ratio := float64(hits) / float64(asked)
			t.Logf("%d of %d: %.4f", hits, asked, ratio)
			require.Greater(t, ratio, 0.99)
		})
	}
}

// lru is the usual policy with the same bound, as a model.
type lru struct {
	most  int
	order *list.List
	at    map[string]*list.Element
}

func (l *lru) use(token string) bool {
	if e := l.at[token]; e != nil {
		l.order.MoveToFront(e)
		return true
	}
	l.at[token] = l.order.PushFront(token)
	if l.order.Len() > l.most {
		delete(l.at, l.order.Remove(l.order.Back()).(string))
	}
	return false
}

// On requests that follow Zipf's law the cache hits at least as often as a least-recently-used one that holds as many tokens, once both have seen a hundred requests for each place they have.
func TestZipfAtLeastAsGoodAsLRU(t *testing.T) {
	const bytes = 1200
	for _, s := range []float64{1.01, 1.2, 1.5} {
		for _, bound := range []int64{100_000, 1 << 20, 8 << 20} {
			t.Run(fmt.Sprintf("s=%g bound=%d", s, bound), func(t *testing.T) {
				c := New[int](bound)
				for i := range int(bound / bytes) {
					c.Add(named(1e9+i), 0, bytes)
				}
				l := &lru{most: c.Stats().Entries, order: list.New(), at: map[string]*list.Element{}}
				z := rand.NewZipf(rand.New(rand.NewPCG(5, 5)), s, 1, 1<<20)
				ours, theirs := 0, 0
				const n = 200_000
				warm := 100 * l.most
				for i := range warm + n {
					token := named(int(z.Uint64()))
					our, their := use(c, token, bytes), l.use(token)
					if i >= warm && our {
						ours++
					}
					if i >= warm && their {
						theirs++
					}
				}
				t.Logf("ours %.4f, LRU %.4f", float64(ours)/n, float64(theirs)/n)
				require.GreaterOrEqual(t, ours, theirs)
			})
		}
	}
}
