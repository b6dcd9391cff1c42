package tokencache

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestBucketIsALine(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) == 8 {
		require.EqualValues(t, cacheLine, unsafe.Sizeof(bucket[claims]{}))
	}
	require.Equal(t, slots, bits.OnesCount64(eachByte), "every slot's byte is looked at")
}

// matching finds every byte that is the tag, and nothing where no byte is.
func TestMatching(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 1_000_000 {
		var tags uint64
		var each [slots]uint64
		for i := range each {
			switch r.IntN(4) {
			case 0: // empty
			case 1:
				each[i] = uint64(2*r.IntN(3) + 1) // close together
			default:
				each[i] = tag(r.Uint64())
			}
			tags |= each[i] << (8 * i)
		}
		want := each[r.IntN(slots)] | 1
		found := matching(tags, want)
		require.Zero(t, found&^topBits)
		some := false
		for i, is := range each {
			if is == want {
				some = true
				require.NotZero(t, found>>(8*i)&0x80, "tag %x in %x", want, tags)
			}
		}
		require.Equal(t, some, found != 0, "tag %x in %x", want, tags)
	}
}

// crowded gives tokens with hashes that fall into few buckets, with few tags, some of them with the same hash.
func crowded(n int) (tokens []string, hashes map[string]uint64) {
	r := rand.New(rand.NewPCG(5, 5))
	hashes = map[string]uint64{}
	for i := range n {
		token := fmt.Sprintf("token %012d", i)
		tokens = append(tokens, token)
		hashes[token] = r.Uint64N(3)<<53 | r.Uint64N(2)<<40 | r.Uint64N(16)
	}
	return tokens, hashes
}

func hashedEntry(token string, hash uint64) *Entry[string] {
	e := NewEntry(token, nil, func(text string) string { return text })
	e.hash = hash
	return e
}

// TestSlotsAreFilledFirst: only what finds no free slot lies in the chain.
func TestSlotsAreFilledFirst(t *testing.T) {
	table := newTable[string](minPlaces)
	var list []*Entry[string]
	for i := range slots + 2 {
		e := hashedEntry(fmt.Sprintf("token %012d", i), uint64(i)<<53)
		table.insert(e)
		list = append(list, e)
	}
	b := table.bucket(0)
	chain := func() (entries []*Entry[string]) {
		for e := b.rest.Load(); e != nil; e = e.next.Load() {
			entries = append(entries, e)
		}
		return entries
	}
	require.Equal(t, []*Entry[string]{list[slots+1], list[slots]}, chain())
	table.replace(list[2], nil)
	again := hashedEntry("token that takes the place", 9<<53)
	table.insert(again)
	require.Same(t, again, b.slot[2].Load())
	require.Equal(t, []*Entry[string]{list[slots+1], list[slots]}, chain())
	require.NoError(t, table.check())
}

// TestTable: beside a map, with buckets so full that most entries lie in chains.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	tokens, hashes := crowded(120)
	chains := 0
	for range 20 {
		table := newTable[string](minPlaces)
		there := map[string]*Entry[string]{}
		for step := range 3000 {
			if raceEnabled && step == 300 {
				break
			}
			token := tokens[r.IntN(len(tokens))]
			old, e := there[token], hashedEntry(token, hashes[token])
			switch {
			case old == nil:
				table.insert(e)
				there[token] = e
			case r.IntN(2) == 0:
				table.replace(old, nil)
				delete(there, token)
				require.Nil(t, old.next.Load())
			default:
				table.replace(old, e)
				there[token] = e
				require.Nil(t, old.next.Load())
			}
			if step%500 == 499 {
				larger := newTable[string](2 * len(table.buckets) * fill)
				table.moveTo(larger)
				table = larger
			}
			require.NoError(t, table.check())
			reached := 0
			for e := range table.all() {
				require.Same(t, there[e.token], e)
				reached++
				if e.next.Load() != nil {
					chains++
				}
			}
			require.Equal(t, len(there), reached)
			token = tokens[r.IntN(len(tokens))]
			require.Same(t, there[token], table.find(hashes[token], token))
		}
	}
	require.NotZero(t, chains)
}

// TestTableReaders: while entries come, go, are replaced and moved to larger tables, a reader gets the token it asks for or none.
func TestTableReaders(t *testing.T) {
	tokens, hashes := crowded(120)
	var found atomic.Int64
	for round := range uint64(20) {
		var now atomic.Pointer[table[string]]
		now.Store(newTable[string](minPlaces))
		var done atomic.Bool
		var readers sync.WaitGroup
		for i := range uint64(3) {
			readers.Go(func() {
				r := rand.New(rand.NewPCG(round, i))
				for !done.Load() {
					token := tokens[r.IntN(len(tokens))]
					e := now.Load().find(hashes[token], token)
					if e == nil {
						continue
					}
					found.Add(1)
					if e.token != token || e.value != token {
						t.Errorf("%q for %q", e.token, token)
					}
				}
			})
		}
		r := rand.New(rand.NewPCG(round, 99))
		there := map[string]*Entry[string]{}
		for step := range 5000 {
			token := tokens[r.IntN(len(tokens))]
			old, e := there[token], hashedEntry(token, hashes[token])
			switch {
			case old == nil:
				now.Load().insert(e)
				there[token] = e
			case r.IntN(3) == 0:
				now.Load().replace(old, e)
				there[token] = e
			default:
				now.Load().replace(old, nil)
				delete(there, token)
			}
			if step%1000 == 999 {
				larger := newTable[string](2 * len(now.Load().buckets) * fill)
				now.Load().moveTo(larger)
				now.Store(larger)
			}
		}
		done.Store(true)
		readers.Wait()
		require.NoError(t, now.Load().check())
		for _, token := range tokens {
			require.Same(t, there[token], now.Load().find(hashes[token], token))
		}
	}
	require.NotZero(t, found.Load())
}
