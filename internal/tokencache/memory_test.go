package tokencache

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// What is not token or value takes at most 100 bytes an entry: its own words, and the index at its emptiest, which is just after it doubled.
func TestIndexBytes(t *testing.T) {
	own := unsafe.Sizeof(entry[claims]{}) - unsafe.Sizeof(claims{})
	emptiest := uintptr(2 * bucketBytes) // two buckets an entry
	t.Logf("%d bytes in the entry, up to %d in the index", own, emptiest)
	require.LessOrEqual(t, own+emptiest, uintptr(100))
}

// Two cores must not write into each other's lines.
func TestShardsFillLines(t *testing.T) {
	require.Zero(t, unsafe.Sizeof(shard[claims]{})%cacheLine)
	require.Zero(t, unsafe.Offsetof(Cache[claims]{}.shards)%cacheLine)
	require.LessOrEqual(t, unsafe.Sizeof(Cache[claims]{}), uintptr(4096))
}

// What the heap grows by is what Stats says.
func TestBytesAreTheHeaps(t *testing.T) {
	if raceEnabled {
		return
	}
	const n = 200_000
	list := tokens(n, 1)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := New[claims](1 << 30)
	var held int64
	for _, token := range list {
		clone, bytes := Clone(token)
		held += int64(bytes)
		c.Add(clone, claims{}, bytes)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	s := c.Stats()
	require.Equal(t, n, s.Entries)
	heap := int64(after.HeapAlloc - before.HeapAlloc)
	index := float64(heap-held)/n - float64(unsafe.Sizeof(claims{}))
	t.Logf("heap %d, counted %d (%.4f); index %.1f bytes an entry", heap, s.Bytes, float64(heap)/float64(s.Bytes), index)
	require.InEpsilon(t, s.Bytes, heap, 0.03)
	require.LessOrEqual(t, heap, s.Bytes*103/100)
	require.LessOrEqual(t, index, 100.0)
	runtime.KeepAlive(list)
}

// An evicted entry that somebody still holds keeps nothing else alive.
func TestEvictedEntryHoldsNoOther(t *testing.T) {
	c := New[int](64 << 10)
	var held []*entry[int]
	for i := range 5000 {
		c.Add(named(i), i, 500)
		for e := c.shards[0].small.oldest; e != nil && i == 4000; e = e.newer {
			held = append(held, e)
		}
	}
	require.NotEmpty(t, held)
	for _, e := range held {
		require.Nil(t, c.Get(e.token))
		require.Nil(t, e.next.Load())
		require.Nil(t, e.newer)
		require.Nil(t, e.older)
	}
	require.NoError(t, c.check())
}
