package tokencache

import (
	"math/bits"
	"sync/atomic"
)

const (
	slots = 6 // of a bucket, which is one line of a 64-bit processor's cache
	fill  = 4 // entries to a bucket, on average, when the table grows

	minPlaces  = 4 * fill
	placeBytes = cacheLine/fill + 4 // a part of a bucket here, a fingerprint in the ghost
)

// table is the index: a power of two of buckets.
//
// Readers look into it without a lock, while one writer at a time, under the
// shard's lock, changes it. Three things keep them safe.
//
//   - An entry is complete before an atomic store makes it visible, and its
//     hash and token do not change afterwards. Whatever a reader comes to, by a
//     tag that is out of date or in a chain that it has strayed into, is compared
//     with the token.
//   - In a chain, an entry points only to what was linked before it, and one
//     that is taken out points to nothing: a reader that stands on it sees the
//     end of the chain, and holding its value keeps no other entry alive.
//   - A growing table fills another, and is itself left as it is, but for its
//     chains. Entries not yet moved point to entries not yet moved, in the old
//     order; those moved point only to ones moved earlier. So at every instant
//     there is no circle, and a reader that is carried along by a move comes to
//     an end: each entry is moved once for every doubling, and there are at most
//     a few dozen of these in the life of a cache.
//
// What a reader may get is a miss for a token that is there. The caller then
// does again what it did the first time.
type table[T any] struct {
	buckets []bucket[T]
}

// bucket is made so that a look-up comes from one line of memory to the entry it looks for, and seldom to another: very many tokens lie in memory that
// is slow to come, and one entry cannot be waited for before the last.
type bucket[T any] struct {
	tags atomic.Uint64                   // a byte for each slot, from the lowest; 0: empty
	slot [slots]atomic.Pointer[Entry[T]] // filled before the tag is set
	rest atomic.Pointer[Entry[T]]        // a chain of those that came when every slot was taken
}

// newTable makes a table for so many entries: a multiple of fill by a power of two.
func newTable[T any](places int) *table[T] {
	return &table[T]{buckets: make([]bucket[T], places/fill)}
}

func (t *table[T]) bucket(hash uint64) *bucket[T] {
	return &t.buckets[hash&uint64(len(t.buckets)-1)]
}

// tag gives the byte that stands for a hash: of bits that choose neither shard nor bucket, and never 0.
func tag(hash uint64) uint64 { return hash>>52&0xff | 1 }

const (
	eachByte = 0x01_01_01_01_01_01 // for the byte of each slot
	topBits  = eachByte << 7
)

// matching gives the highest bit of each byte in tags that is tag. It may also give that of a byte above one: the entry tells.
func matching(tags, tag uint64) uint64 {
	x := tags ^ tag*eachByte
	return (x - eachByte) &^ x & topBits
}

// find gives the entry of exactly this token, nil if there is none.
func (t *table[T]) find(hash uint64, token string) *Entry[T] {
	b := t.bucket(hash)
	for m := matching(b.tags.Load(), tag(hash)); m != 0; m &= m - 1 {
		if e := b.slot[bits.TrailingZeros64(m)/8].Load(); e != nil && e.hash == hash && e.is(token) {
			return e
		}
	}
	for e := b.rest.Load(); e != nil; e = e.next.Load() {
		if e.hash == hash && e.is(token) {
			return e
		}
	}
	return nil
}

// insert puts e, which points to nothing, into a free slot, or at the head of the chain.
func (t *table[T]) insert(e *Entry[T]) {
	b := t.bucket(e.hash)
	for i := range b.slot {
		if b.slot[i].Load() == nil {
			b.slot[i].Store(e)
			b.tags.Store(b.tags.Load() | tag(e.hash)<<(8*i))
			return
		}
	}
	e.next.Store(b.rest.Load())
	b.rest.Store(e)
}

// replace puts e, which has the same hash, in the place of old, or nothing if e is nil.
func (t *table[T]) replace(old, e *Entry[T]) {
	b := t.bucket(old.hash)
	for i := range b.slot {
		if b.slot[i].Load() == old {
			if e == nil {
				b.tags.Store(b.tags.Load() &^ (0xff << (8 * i)))
			}
			b.slot[i].Store(e)
			return
		}
	}
	link := &b.rest
	for at := link.Load(); at != old; at = link.Load() {
		link = &at.next
	}
	rest := old.next.Load()
	if e != nil {
		e.next.Store(rest)
		rest = e
	}
	link.Store(rest)
	old.next.Store(nil)
}

// moveTo puts what is in t into an empty, larger table.
func (t *table[T]) moveTo(larger *table[T]) {
	for i := range t.buckets {
		b := &t.buckets[i]
		for j := range b.slot {
			if e := b.slot[j].Load(); e != nil {
				larger.insert(e)
			}
		}
		for e := b.rest.Load(); e != nil; {
			rest := e.next.Load()
			e.next.Store(nil)
			larger.insert(e)
			e = rest
		}
	}
}
