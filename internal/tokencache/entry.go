package tokencache

import (
	"reflect"
	"strings"
	"sync/atomic"
	"unsafe"
)

const maxUses = 3

// Entry is a token with a value, which a Cache may remember: one allocation, token and all. It is made by NewEntry.
//
// Hash, token and value never change once a reader can see them. Get asks for the hash, at one end, the token, at the other, and what is behind:
// with these under way at once, the value in between is there when it is read.
type Entry[T any] struct {
	next   atomic.Pointer[Entry[T]] // in its bucket's chain
	hash   uint64
	uses   atomic.Uint32 // 0 to maxUses: hits of late
	weight uint32        // bytes<<1, and 1 if it is in the main queue; 0 once removed. Under the shard's lock, like the links. Until it is added, the length of its text.
	value  T
	token  string

	newer, older *Entry[T] // in its queue
}

// maxWeight keeps bytes<<1 within 32 bits.
const maxWeight = 1<<31 - 1

func (e *Entry[T]) bytes() int64 { return int64(e.weight >> 1) }
func (e *Entry[T]) inMain() bool { return e.weight&1 != 0 }

// rooms are the sizes of text that an entry is allocated with. With a value of 192 bytes, that of package verifier, each fills a
// size class of the allocator.
var rooms = [...]int{264, 384, 512, 640, 768, 896, 1024, 1152, 1280, 1536, 1792, 2048, 2432, 2816, 2944, 3840}

// room gives the index in rooms for n bytes of text, len(rooms) if they need an allocation of their own.
func room(n int) int {
	for i, size := range rooms {
		if n <= size {
			return i
		}
	}
	return len(rooms)
}

// newEntry makes an entry with room for n bytes of text behind it: from the index a look-up comes to the entry, and has the token next to
// it. A text elsewhere is one more page to find and one more wait for memory.
func newEntry[T any](n int) (*Entry[T], []byte) {
	switch room(n) {
	case 0:
		return alloc[T, [264]byte](n)
	case 1:
		return alloc[T, [384]byte](n)
	case 2:
		return alloc[T, [512]byte](n)
	case 3:
		return alloc[T, [640]byte](n)
	case 4:
		return alloc[T, [768]byte](n)
	case 5:
		return alloc[T, [896]byte](n)
	case 6:
		return alloc[T, [1024]byte](n)
	case 7:
		return alloc[T, [1152]byte](n)
	case 8:
		return alloc[T, [1280]byte](n)
	case 9:
		return alloc[T, [1536]byte](n)
	case 10:
		return alloc[T, [1792]byte](n)
	case 11:
		return alloc[T, [2048]byte](n)
	case 12:
		return alloc[T, [2432]byte](n)
	case 13:
		return alloc[T, [2816]byte](n)
	case 14:
		return alloc[T, [2944]byte](n)
	case 15:
		return alloc[T, [3840]byte](n)
	default:
		return new(Entry[T]), make([]byte, n)
	}
}

// alloc makes an entry and, behind it, an array of bytes, and gives the first n of these.
func alloc[T, Array any](n int) (*Entry[T], []byte) {
	o := new(struct {
		entry Entry[T]
		text  Array
	})
	return &o.entry, unsafe.Slice((*byte)(unsafe.Pointer(&o.text)), unsafe.Sizeof(o.text))[:n:n]
}

// is reports whether e is of exactly this token.
//
// Its text is almost always right behind it. Where that is known from e alone, a processor that expects it reads ahead there while it still waits for e
// itself, which is a quarter of a look-up among very many; the place that e names it could only read once e is there.
func (e *Entry[T]) is(token string) bool {
	text := unsafe.StringData(e.token)
	if len(e.token) == len(token) && uintptr(unsafe.Pointer(text)) == uintptr(unsafe.Pointer(e))+unsafe.Sizeof(*e) {
		text = (*byte)(unsafe.Add(unsafe.Pointer(e), unsafe.Sizeof(*e)))
		return unsafe.String(text, len(token)) == token
	}
	return e.token == token
}

// NewEntry makes an entry with its own copy of token and, behind it, of tail, whatever the value wants to keep. value is given that
// text, of which the value may hold parts, and is called once.
func NewEntry[T any](token string, tail []byte, value func(text string) T) *Entry[T] {
	e, b := newEntry[T](len(token) + len(tail))
	copy(b[copy(b, token):], tail)
	text := unsafe.String(unsafe.SliceData(b), len(b)) // nobody writes to b again
	e.token = text[:len(token)]
	e.weight = uint32(len(b))
	e.value = value(text)
	return e
}

// Value gives the value of e. It is shared once e was added to a cache, and must not be changed then.
func (e *Entry[T]) Value() *T { return &e.value }

// frames are the bytes that an entry takes with each of the rooms, and last without.
type frames [len(rooms) + 1]int64

func newFrames[T any]() (f frames) {
	size := int(reflect.TypeFor[Entry[T]]().Size())
	for i, text := range rooms {
		f[i] = allocated(size + text)
	}
	f[len(rooms)] = allocated(size)
	return f
}

// of gives the bytes of an entry with n bytes of text.
func (f *frames) of(n int) int64 {
	i := room(n)
	if i == len(rooms) {
		return f[i] + int64(n+n/5) // large texts come in size classes up to a fifth apart
	}
	return f[i]
}

// allocated gives what the allocator sets aside for an object of n bytes with pointers: its size class, and a thirty-second of it for the
// bitmap and the unused end of the span.
func allocated(n int) int64 {
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
