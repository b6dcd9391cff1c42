package tokencache

import (
	"fmt"
	"iter"
	"unsafe"
)

// check gives the first thing that is wrong with a cache that nobody else uses: every entry lies in its chain once and in its queue once, every sum is what the entries add up to, and the bound holds.
func (c *Cache[T]) check() error {
	var entries int
	var bytes int64
	for i := range c.shards {
		s := &c.shards[i]
		if uint64(i) > c.mask {
			if s.table.Load() != nil || s.bytes != 0 {
				return fmt.Errorf("shard %d is out of use and holds something", i)
			}
			continue
		}
		if err := s.check(c, i); err != nil {
			return fmt.Errorf("shard %d: %w", i, err)
		}
		entries += s.count
		bytes += s.bytes
	}
	if st := c.Stats(); st.Entries != entries || st.Bytes != bytes {
		return fmt.Errorf("Stats says %+v, there are %d entries and %d bytes", st, entries, bytes)
	}
	return nil
}

func (s *shard[T]) check(c *Cache[T], i int) error {
	seen := map[*Entry[T]]bool{} // false: in a queue, true: in a chain too
	var bytes int64
	for _, q := range []*queue[T]{&s.small, &s.main} {
		var older *Entry[T]
		var sum int64
		for e := q.oldest; e != nil; older, e = e, e.newer {
			if _, twice := seen[e]; twice {
				return fmt.Errorf("%q is in the queues twice", e.token)
			}
			seen[e] = false
			if e.older != older {
				return fmt.Errorf("%q has a wrong neighbour", e.token)
			}
			if e.weight>>1 == 0 || e.inMain() != (q == &s.main) {
				return fmt.Errorf("%q has weight %d", e.token, e.weight)
			}
			if e.uses.Load() > maxUses {
				return fmt.Errorf("%q has %d uses", e.token, e.uses.Load())
			}
			sum += e.bytes()
		}
		if q.newest != older {
			return fmt.Errorf("a queue ends with another entry than its last")
		}
		if q.bytes != sum {
			return fmt.Errorf("a queue counts %d bytes, its entries have %d", q.bytes, sum)
		}
		bytes += sum
	}
	if len(seen) != s.count {
		return fmt.Errorf("%d entries are counted, %d are queued", s.count, len(seen))
	}
	t := s.table.Load()
	if t == nil {
		if len(seen) > 0 || s.bytes != 0 || len(s.ghost) != 0 {
			return fmt.Errorf("there is no table, but something is counted")
		}
		return nil
	}
	if len(t.buckets)*fill != len(s.ghost) || len(t.buckets)&(len(t.buckets)-1) != 0 {
		return fmt.Errorf("%d buckets, %d fingerprints", len(t.buckets), len(s.ghost))
	}
	if err := t.check(); err != nil {
		return err
	}
	reached := 0
	tokens := map[string]bool{}
	for e := range t.all() {
		already, queued := seen[e]
		switch {
		case !queued:
			return fmt.Errorf("%q is in the table and in no queue", e.token)
		case already:
			return fmt.Errorf("%q is in the table twice", e.token)
		case tokens[e.token]:
			return fmt.Errorf("%q has two entries", e.token)
		case e.hash != c.seed.hash(e.token), c.shard(e.hash) != s:
			return fmt.Errorf("%q lies in the wrong place", e.token)
		}
		seen[e], tokens[e.token] = true, true
		reached++
	}
	if reached != s.count {
		return fmt.Errorf("%d entries are counted, %d can be reached", s.count, reached)
	}
	if want := bytes + int64(len(t.buckets))*int64(unsafe.Sizeof(t.buckets[0])) + int64(len(s.ghost))*int64(unsafe.Sizeof(s.ghost[0])); s.bytes != want {
		return fmt.Errorf("%d bytes are counted, %d are there", s.bytes, want)
	}
	if s.bytes > s.bound {
		return fmt.Errorf("%d bytes in a bound of %d", s.bytes, s.bound)
	}
	return nil
}

// all gives every entry.
func (t *table[T]) all() iter.Seq[*Entry[T]] {
	return func(yield func(*Entry[T]) bool) {
		for i := range t.buckets {
			b := &t.buckets[i]
			for j := range b.slot {
				if e := b.slot[j].Load(); e != nil && !yield(e) {
					return
				}
			}
			for e := b.rest.Load(); e != nil; e = e.next.Load() {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// check gives the first bucket that is wrong: each entry lies in that of its hash, each slot has the tag of its entry, and an entry in a slot points to nothing.
func (t *table[T]) check() error {
	for i := range t.buckets {
		b := &t.buckets[i]
		tags := b.tags.Load()
		for j := range 8 {
			want := uint64(0)
			if j < slots {
				if e := b.slot[j].Load(); e != nil {
					want = tag(e.hash)
					if t.bucket(e.hash) != b || e.next.Load() != nil {
						return fmt.Errorf("%q lies in the wrong slot, or in a chain too", e.token)
					}
				}
			}
			if got := tags >> (8 * j) & 0xff; got != want {
				return fmt.Errorf("slot %d of bucket %d has tag %d, not %d", j, i, got, want)
			}
		}
		for e := b.rest.Load(); e != nil; e = e.next.Load() {
			if t.bucket(e.hash) != b {
				return fmt.Errorf("%q lies in the wrong chain", e.token)
			}
		}
	}
	return nil
}
