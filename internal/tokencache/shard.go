package tokencache

import (
	"sync"
	"sync/atomic"
)

const cacheLine = 64 // bytes

// shard is a cache of its own for the hashes that fall to it.
type shard[T any] struct {
	table atomic.Pointer[table[T]] // nil until the first entry
	_     [cacheLine - 8]byte      // readers share the line above; writers dirty those below

	mu          sync.Mutex // guards the rest, and every change to the table
	bound       int64      // bytes
	bytes       int64      // of entries, with what they hold, and index; never above bound
	count       int        // entries
	ghost       ghost      // as many slots as the table has places
	small, main queue[T]
	additions   uint64
	evictions   uint64
	_           [8]byte // to a whole number of lines
}

// add remembers e, which takes so many bytes, in place of what is there for its token. If that is too large, nothing is remembered for the token.
func (s *shard[T]) add(e *Entry[T], bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes > min(s.bound/8, maxWeight) {
		s.forget(s.find(e.hash, e.token))
		return
	}
	e.weight = uint32(bytes) << 1
	old := s.find(e.hash, e.token)
	if old == nil && s.count >= len(s.ghost) {
		s.grow()
	}
	for {
		if old != nil && old.weight == 0 {
			old = nil // evicted for its own replacement
		}
		after := s.bytes + bytes
		if old != nil {
			after -= old.bytes()
		}
		if after <= s.bound {
			break
		}
		if !s.evict() {
			return
		}
	}
	s.additions++
	if old != nil {
		s.replace(old, e)
		return
	}
	s.bytes += bytes
	s.count++
	if s.ghost.take(e.hash) {
		e.weight |= 1
	}
	s.queueOf(e).push(e)
	s.table.Load().insert(e)
}

// replace puts e in old's place, in the chain as in the queue, and takes over its uses: the same token is as hot as before.
func (s *shard[T]) replace(old, e *Entry[T]) {
	e.weight |= old.weight & 1
	e.uses.Store(old.uses.Load())
	s.bytes += e.bytes() - old.bytes()
	s.queueOf(old).replace(old, e)
	s.table.Load().replace(old, e)
}

func (s *shard[T]) drop(hash uint64, token string, value *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.find(hash, token); e != nil && &e.value == value {
		s.remove(e)
	}
}

func (s *shard[T]) find(hash uint64, token string) *Entry[T] {
	if t := s.table.Load(); t != nil {
		return t.find(hash, token)
	}
	return nil
}

func (s *shard[T]) forget(e *Entry[T]) {
	if e != nil {
		s.remove(e)
	}
}

// remove takes e out of everything. Its links are cleared: whoever still holds the value must not hold its former neighbours.
func (s *shard[T]) remove(e *Entry[T]) {
	s.bytes -= e.bytes()
	s.count--
	s.queueOf(e).remove(e)
	s.table.Load().replace(e, nil)
	e.weight = 0
}

func (s *shard[T]) queueOf(e *Entry[T]) *queue[T] {
	if e.inMain() {
		return &s.main
	}
	return &s.small
}

// room gives the bytes that are left for entries beside the index.
func (s *shard[T]) room() int64 { return s.bound - int64(len(s.ghost))*placeBytes }

// grow doubles the index. Room for the new one is made while the old one still counts, since both are there for a moment. There always is room: the index grows when there
// are as many entries as places, or when it is made for an entry of at most an eighth of the bound, and an entry takes more than the old and new places for it. What the
// ghost knew is forgotten: the index grows while the cache fills, when that is little.
func (s *shard[T]) grow() {
	had := len(s.ghost)
	want := max(minPlaces, 2*had)
	for s.bytes+int64(want)*placeBytes > s.bound && s.evict() {
	}
	larger := newTable[T](want)
	if t := s.table.Load(); t != nil {
		t.moveTo(larger)
	}
	s.table.Store(larger)
	s.ghost = make(ghost, want)
	s.bytes += int64(want-had) * placeBytes
}
