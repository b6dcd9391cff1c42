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
	put(c, token, 0, bytes)
	return false
}

// A hot set beside a flood of tokens that are valid and used once, a hundred times the capacity: the hot set stays, whether its uses are near or far apart.
func TestFloodDoesNotDriveOutTheHot(t *testing.T) {
	if raceEnabled { // one goroutine, many steps
		return
	}
	const (
		bound = 4 << 20
		bytes = 1200
		hot   = bound / (bytes + 400) / 4 // a quarter of the capacity, with the entries themselves
	)
	for _, row := range []struct {
		uses  int // of each token of the flood, one after the other
		every int // tokens of the flood for one hot use
	}{{1, 1}, {1, 4}, {1, 20}, {2, 20}, {5, 1}} {
		t.Run(fmt.Sprintf("used %d times, %d to one hot", row.uses, row.every), func(t *testing.T) {
			c := New[int](bound)
			r := rand.New(rand.NewPCG(1, uint64(row.every)))
			for range 5 {
				for i := range hot {
					use(c, named(i), bytes)
				}
			}
			flood, hits, asked := 0, 0, 0
			for flood < 100*bound/bytes {
				flood++
				for range row.uses {
					use(c, named(1e9+flood), bytes)
				}
				if flood%row.every == 0 {
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

// What comes back soon after it was driven out goes to the main queue at once.
func TestGhost(t *testing.T) {
	remembered := 0 // now and then another fingerprint took the place
	for range 20 {
		if comesBack(t) {
			remembered++
		}
	}
	require.GreaterOrEqual(t, remembered, 10)
}

func comesBack(t *testing.T) bool {
	c := New[int](64 << 10)
	s := &c.shards[0]
	entryOf := func(i int) *Entry[int] { return s.find(c.seed.hash(named(i)), named(i)) }
	put(c, named(1), 1, 1000)
	require.False(t, entryOf(1).inMain())
	for i := 2; entryOf(1) != nil; i++ {
		put(c, named(i), i, 1000)
	}
	put(c, named(1), 1, 1000)
	back := entryOf(1).inMain()
	c.Drop(named(1), c.Get(named(1)))
	put(c, named(1), 1, 1000)
	require.False(t, entryOf(1).inMain(), "what was dropped was not driven out")
	return back
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
	if raceEnabled { // one goroutine, many steps
		return
	}
	const bytes = 1200
	for _, s := range []float64{1.01, 1.2, 1.5} {
		for _, bound := range []int64{100_000, 1 << 20, 8 << 20} {
			t.Run(fmt.Sprintf("s=%g bound=%d", s, bound), func(t *testing.T) {
				c := New[int](bound)
				for i := range int(bound / bytes) {
					put(c, named(1e9+i), 0, bytes)
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

// A value put in another's place is as hot as that was: the token is the same.
func TestReplacedStaysHot(t *testing.T) {
	c := New[int](64 << 10)
	s := &c.shards[0]
	for i := range 3 {
		put(c, named(i), i, 1000)
	}
	for range maxUses {
		c.Get(named(1))
	}
	was := s.find(c.seed.hash(named(1)), named(1))
	put(c, named(1), -1, 2000)
	is := s.find(was.hash, was.token)
	require.NotSame(t, was, is)
	require.EqualValues(t, maxUses, is.uses.Load())
	require.Same(t, is, s.small.oldest.newer, "it keeps its place in the queue")
	require.NoError(t, c.check())
}
