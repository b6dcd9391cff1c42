package tokencache

// Eviction follows S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: "FIFO queues are
// all you need for cache eviction", SOSP 2023), by bytes instead of objects.
// A newcomer waits in a small queue. If it was used again by the time it
// reaches the end, it moves to the main queue, else it goes and leaves a
// fingerprint; a token whose fingerprint is still there when it comes back
// enters the main queue at once. The main queue gives an entry another round
// for each use. A flood of tokens that are used once passes through the small
// queue and never touches what is hot.
const (
	smallShare = 10 // the small queue's part of the room: one in ten
	promoteAt  = 2  // uses in the small queue that lead to the main one

	// maxSteps bounds the entries looked at for one eviction, that is the time the lock is held: about as long as the signature check before it.
	// Each step takes back a use that some hit put there, so it is seldom reached.
	maxSteps = 512
)

// evict removes one entry. It gives false if there is none.
func (s *shard[T]) evict() bool {
	if s.small.bytes > s.room()/smallShare || s.main.oldest == nil {
		if e := s.leavingSmall(); e != nil {
			s.ghost.note(e.hash)
			s.remove(e)
			s.evictions++
			return true
		}
	}
	e := s.leavingMain() // if all of the small queue moved on, what moved is here
	if e == nil {
		return false
	}
	s.remove(e)
	s.evictions++
	return true
}

// leavingSmall moves what was used on to the main queue and gives the first entry that was not; nil if it came to none.
func (s *shard[T]) leavingSmall() *Entry[T] {
	for range maxSteps {
		e := s.small.oldest
		if e == nil || e.uses.Load() < promoteAt {
			return e
		}
		s.small.remove(e)
		e.uses.Store(0)
		e.weight |= 1
		s.main.push(e)
	}
	return nil
}

// leavingMain gives the oldest entry that has no uses left.
func (s *shard[T]) leavingMain() *Entry[T] {
	for range maxSteps {
		e := s.main.oldest
		if e == nil {
			return nil
		}
		uses := e.uses.Load()
		if uses == 0 {
			return e
		}
		e.uses.Store(uses - 1)
		s.main.remove(e)
		s.main.push(e)
	}
	return s.main.oldest
}

// ghost remembers which tokens left the small queue of late: one fingerprint a slot, a power of two of them, the newer in place of the older. A wrong answer only puts an entry into the wrong queue.
type ghost []uint32

func (g ghost) slot(hash uint64) (*uint32, uint32) {
	return &g[hash&uint64(len(g)-1)], uint32(hash>>28) | 1 // beside the bits that choose slot and shard; never 0, which is an empty slot
}

func (g ghost) note(hash uint64) {
	at, print := g.slot(hash)
	*at = print
}

// take tells whether hash was noted, and forgets it.
func (g ghost) take(hash uint64) bool {
	at, print := g.slot(hash)
	if *at != print {
		return false
	}
	*at = 0
	return true
}
