package tokencache

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// What is not token or value takes at most 100 bytes an entry: its own words, and the index at its emptiest, which is just after it doubled.
func TestIndexBytes(t *testing.T) {
	own := unsafe.Sizeof(Entry[claims]{}) - unsafe.Sizeof(claims{})
	emptiest := uintptr(2 * placeBytes) // two places an entry
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
	for _, token := range list {
		put(c, token, claims{}, 0)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	s := c.Stats()
	require.Equal(t, n, s.Entries)
	heap := int64(after.HeapAlloc - before.HeapAlloc)
	index := float64(heap)/n - float64(sizeClass(len(list[0]))) - float64(unsafe.Sizeof(claims{}))
	t.Logf("heap %d, counted %d (%.4f); %.1f bytes an entry beside token and value", heap, s.Bytes, float64(heap)/float64(s.Bytes), index)
	require.InEpsilon(t, s.Bytes, heap, 0.05) // it is 0.03 less here, now a little more, now a little less
	require.LessOrEqual(t, heap, s.Bytes*103/100)
	require.LessOrEqual(t, index, 100.0)
	runtime.KeepAlive(list)
}

// An entry of any length takes no more than is counted for it, those whose text is an allocation of its own included, and not much less.
func TestEveryLengthIsCounted(t *testing.T) {
	f := newFrames[claims]()
	own := int(unsafe.Sizeof(Entry[claims]{}))
	for n := minToken; n <= 9000; n++ {
		takes := sizeClass(own) + sizeClass(n)
		if i := room(n); i < len(rooms) {
			takes = sizeClass(own + rooms[i])
		}
		require.GreaterOrEqual(t, f.of(n), int64(takes), "%d bytes", n)
		if n >= rooms[0] {
			require.LessOrEqual(t, f.of(n), int64(takes+takes/4), "%d bytes", n)
		}
	}
}

// With a value of the size that package verifier has, asserted there, no room leaves any of its size class unused.
func TestRoomsFillSizeClasses(t *testing.T) {
	type token struct {
		_ *int
		_ [192 - 8]byte
	}
	own := int(unsafe.Sizeof(Entry[token]{}))
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return // the rooms are for machines of 64 bits
	}
	for _, room := range rooms {
		n := own + room
		if n > 512 {
			n += 8 // see allocated
		}
		require.Equal(t, n, sizeClass(n), "%d bytes", room)
	}
}

// While the index doubles, the old one and the new one are there together, and both count.
func TestGrowingStaysInBounds(t *testing.T) {
	c := New[int](64 << 10)
	s := &c.shards[0]
	for i := range 2000 {
		put(c, named(i), i, 0)
	}
	before := int64(len(s.ghost)) * placeBytes
	require.Greater(t, s.bytes+2*before, s.bound, "there is something to make room for")
	s.grow()
	require.LessOrEqual(t, s.bytes+before, s.bound)
	require.NoError(t, c.check())
}

// The smallest entry there can be takes more than the places that are there for it while the index doubles, so there always is room for that; and an entry that may enter an empty shard leaves room for the first index.
func TestIndexAlwaysFits(t *testing.T) {
	f := newFrames[struct{}]()
	smallest := f.of(minToken)
	require.Greater(t, smallest, int64(3*placeBytes))
	require.Less(t, smallest+minPlaces*placeBytes, 8*smallest)
}

// An entry that is evicted, dropped or replaced and that somebody still holds keeps no other alive.
func TestRemovedEntryHoldsNoOther(t *testing.T) {
	c := New[int](64 << 10)
	s := &c.shards[0]
	for i := 0; s.count < 60; { // all in one bucket of the first table, so that there are chains in those that follow
		if c.seed.hash(named(i))%(minPlaces/fill) == 0 {
			put(c, named(i), i, 500)
		}
		i++
	}
	var held []*Entry[int]
	chained := 0
	for e := s.small.oldest; e != nil; e = e.newer {
		held = append(held, e)
		if e.next.Load() != nil {
			chained++
		}
	}
	require.Greater(t, chained, 5)
	for _, e := range held[:len(held)/3] {
		put(c, e.token, -1, 500)
	}
	for _, e := range held[len(held)/3 : len(held)*2/3] {
		c.Drop(e.token, &e.value)
	}
	for i := range 200 {
		put(c, named(1000+i), i, 500)
	}
	for _, e := range held {
		require.Nil(t, c.Get(e.token))
		require.Nil(t, e.next.Load())
		require.Nil(t, e.newer)
		require.Nil(t, e.older)
	}
	require.NoError(t, c.check())
}
