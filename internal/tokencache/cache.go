package tokencache

import (
	"math/rand/v2"
)

const (
	maxShards = 16        // a power of two: the top four bits of the hash choose
	minShard  = 256 << 10 // bytes
)

// Cache remembers values by the whole token, within a bound in bytes. It is
// safe for concurrent use. A nil *Cache remembers nothing. A Cache is made by
// New and must not be copied.
type Cache[T any] struct {
	seed   seed
	mask   uint64 // shards in use, less one
	frames frames // read by Add alone; fills whole lines with the above
	_      [cacheLine - (2+1+len(frames{}))*8%cacheLine]byte

	shards [maxShards]shard[T]
}

// New makes a cache that holds at most maxBytes: tokens, values, entries and
// index together, as Stats counts them. It starts with next to no memory and
// takes more as it fills; only the empty shards, 4 KiB, are not counted. For
// maxBytes of zero or less it gives nil, the cache that remembers nothing.
func New[T any](maxBytes int64) *Cache[T] {
	if maxBytes <= 0 {
		return nil
	}
	n := int64(1)
	for n < maxShards && maxBytes/(2*n) >= minShard {
		n *= 2
	}
	c := &Cache[T]{
		seed:   seed{rand.Uint64() | 1, rand.Uint64() | 1},
		mask:   uint64(n - 1),
		frames: newFrames[T](),
	}
	for i := range n {
		c.shards[i].bound = maxBytes / n
	}
	return c
}

// shard gives the shard that is responsible for a hash.
func (c *Cache[T]) shard(hash uint64) *shard[T] {
	return &c.shards[hash>>60&c.mask]
}

// Get gives the value that is remembered for exactly this token, nil if there
// is none. The value is shared: it must not be changed. It stays valid, and
// the same, for as long as the caller holds it, whatever becomes of the entry.
// Get takes no lock and allocates nothing. While other goroutines add and drop,
// it may now and then miss a token that is remembered; it never gives the value
// of another.
func (c *Cache[T]) Get(token string) *T {
	if c == nil || len(token) < minToken {
		return nil
	}
	h := c.seed.hash(token)
	t := c.shard(h).table.Load()
	if t == nil {
		return nil
	}
	e := t.find(h, token)
	if e == nil {
		return nil
	}
	// Written only while it is low: a hot entry is read by all cores and written by none. An update lost to another reader does no harm.
	if n := e.uses.Load(); n < maxUses {
		e.uses.Store(n + 1)
	}
	return &e.value
}

// Add remembers e for its token in place of what was remembered for that. bytes
// is what the value holds in memory beside itself and the entry's text: these
// the cache counts itself, as it counts the index. An entry is added once, to
// one cache.
//
// An entry that takes more than an eighth of its shard's bound (2 KiB at least of
// any cache of 16 KiB, 128 KiB of one of 16 MiB) is not remembered, nor is one
// whose token is shorter than 17 bytes.
func (c *Cache[T]) Add(e *Entry[T], bytes int) {
	if c == nil || len(e.token) < minToken {
		return
	}
	e.hash = c.seed.hash(e.token)
	c.shard(e.hash).add(e, c.frames.of(int(e.weight))+int64(bytes))
}

// Drop forgets what is remembered for token, if it is still the value that Get
// or Add gave (the pointers are compared). It is meant for a value that turned
// out to be out of date: one put in its place since then stays.
func (c *Cache[T]) Drop(token string, value *T) {
	if c == nil || len(token) < minToken {
		return
	}
	h := c.seed.hash(token)
	c.shard(h).drop(h, token, value)
}

// Stats is what a cache holds and what it has done. Hits are not counted: a
// counter that all cores write would cost more than the look-up.
type Stats struct {
	Entries   int
	Bytes     int64  // of tokens, values, entries and index; at most what New was told
	Additions uint64 // values that were remembered, replacements among them
	Evictions uint64 // entries given up for want of room
}

// Stats gives the figures of this moment, shard by shard: while others write,
// they need not be of one instant. It takes the writers' locks.
func (c *Cache[T]) Stats() Stats {
	var sum Stats
	if c == nil {
		return sum
	}
	for i := range c.shards[:c.mask+1] {
		s := &c.shards[i]
		s.mu.Lock()
		sum.Entries += s.count
		sum.Bytes += s.bytes
		sum.Additions += s.additions
		sum.Evictions += s.evictions
		s.mu.Unlock()
	}
	return sum
}
