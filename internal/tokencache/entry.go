package tokencache

import (
	"reflect"
	"strings"
	"sync/atomic"
)

const maxUses = 3

// entry is one remembered token, in one allocation with its value. What Get reads comes first; hash, token and value never change once a reader can see them.
type entry[T any] struct {
	next   atomic.Pointer[entry[T]] // in its bucket
	hash   uint64
	token  string
	uses   atomic.Uint32 // 0 to maxUses: hits of late
	weight uint32        // bytes<<1, and 1 if it is in the main queue; 0 once evicted or dropped. Under the shard's lock, like the links.
	value  T

	newer, older *entry[T] // in its queue
}

// maxWeight keeps bytes<<1 within 32 bits.
const maxWeight = 1<<31 - 1

func (e *entry[T]) bytes() int64 { return int64(e.weight >> 1) }
func (e *entry[T]) inMain() bool { return e.weight&1 != 0 }

// frameBytes gives what the allocator sets aside for an entry: its size class, and a thirty-second of it for the bitmap and the unused end of the span.
func frameBytes[T any]() int64 {
	n := int(reflect.TypeFor[entry[T]]().Size())
	if n > 512 {
		n += 8 // objects with pointers carry a header from here on
	}
	n = sizeClass(n)
	return int64(n + n/32)
}

// sizeClass gives what an allocation of n bytes takes: a Builder uses the whole of its size class.
func sizeClass(n int) int {
	var b strings.Builder
	b.Grow(n)
	return b.Cap()
}

// Clone gives a copy of token that aliases nothing, and the bytes it takes in
// memory, which are up to a fifth more than its length: what to count for it in
// Add. It makes one allocation.
func Clone(token string) (string, int) {
	var b strings.Builder
	b.Grow(len(token))
	b.WriteString(token)
	return b.String(), b.Cap()
}
