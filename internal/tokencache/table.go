package tokencache

import "sync/atomic"

const (
	minBuckets  = 16
	bucketBytes = 8 + 4 // a pointer here, a fingerprint in the ghost
)

// table is the index: chains of entries, a power of two of them.
//
// Readers follow it without a lock, while one writer at a time, under the
// shard's lock, changes it. Three things keep them safe.
//
//   - An entry is complete before an atomic store makes it visible, and its
//     hash and token do not change afterwards. A reader that strays into
//     another chain therefore finds nothing false there: it compares the token.
//   - An entry is linked in at the head of its chain, or takes another's place
//     in it, and points only to what was linked before it. One that is taken
//     out points to nothing and is never linked again; a reader that stands on it sees the end
//     of the chain, and holding its value keeps no other entry alive.
//   - A growing table moves each chain from its head, each entry to the head
//     of a new chain. Entries not yet moved point to entries not yet moved, in
//     the old order; those moved point only to ones moved earlier. So at every
//     instant there is no circle, and a reader that is carried along by a move
//     comes to an end: each entry is moved once for every doubling, and there
//     are at most a few dozen of these in the life of a cache.
//
// What a reader may get is a miss for a token that is there. The caller then
// does again what it did the first time.
type table[T any] struct {
	buckets []atomic.Pointer[Entry[T]]
}

func newTable[T any](buckets int) *table[T] {
	return &table[T]{buckets: make([]atomic.Pointer[Entry[T]], buckets)}
}

func (t *table[T]) bucket(hash uint64) *atomic.Pointer[Entry[T]] {
	return &t.buckets[hash&uint64(len(t.buckets)-1)]
}

// find gives the entry of exactly this token, nil if there is none.
func (t *table[T]) find(hash uint64, token string) *Entry[T] {
	for e := t.bucket(hash).Load(); e != nil; e = e.next.Load() {
		if e.hash == hash && e.token == token {
			return e
		}
	}
	return nil
}

// insert links e in at the head of its chain.
func (t *table[T]) insert(e *Entry[T]) {
	b := t.bucket(e.hash)
	e.next.Store(b.Load())
	b.Store(e)
}

// replace puts e in the place of old in its chain, or nothing if e is nil.
func (t *table[T]) replace(old, e *Entry[T]) {
	link := t.bucket(old.hash)
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

// moveTo empties t into an empty, larger table.
func (t *table[T]) moveTo(larger *table[T]) {
	for i := range t.buckets {
		for e := t.buckets[i].Load(); e != nil; {
			rest := e.next.Load()
			larger.insert(e)
			e = rest
		}
	}
}
