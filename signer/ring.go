package signer

import (
	"context"
	"runtime"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
)

// ring holds the items of one loop over SignAll. The sequence fills it, workers take from it and the consumer is given what
// they have done, each in the order of the sequence.
type ring struct {
	workers int

	mu                   sync.Mutex
	room, more, done     sync.Cond // what the sequence, the workers and the consumer wait for
	items                []item
	filled, taken, given uint64  // counts since the beginning: given <= taken <= filled <= given+len(items)
	ended                bool    // the sequence has returned
	halted               bool    // nobody wants more
	broken               *broken // the first goroutine that was left in another way than by returning
}

// broken says how a goroutine was left: by a panic with value or, if that is nil, by runtime.Goexit.
type broken struct{ value any }

func newRing(workers int) *ring {
	r := &ring{workers: workers, items: make([]item, workers*InFlight)}
	r.room.L, r.more.L, r.done.L = &r.mu, &r.mu, &r.mu
	return r
}

func (r *ring) at(n uint64) *item { return &r.items[n%r.size()] }

func (r *ring) size() uint64 { return uint64(len(r.items)) }

// run calls f. If f is left in another way than by returning, that is kept, and over is called.
func (r *ring) run(f, over func()) {
	returned := false
	defer func() {
		if returned {
			return
		}
		r.mu.Lock()
		if value := recover(); r.broken == nil {
			r.broken = &broken{value}
		}
		r.mu.Unlock()
		over()
	}()
	f()
	returned = true
}

// end is called when there is no more to fill.
func (r *ring) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.more.Broadcast()
	r.done.Broadcast()
}

// halt has everybody stop.
func (r *ring) halt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halted = true
	r.room.Broadcast()
	r.more.Broadcast()
	r.done.Broadcast()
}

// fill is the yield of the sequence.
func (r *ring) fill(c streamtoken.Claims) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.filled-r.given == r.size() {
		// Not until the first place is free: a slow consumer would have batches of one signed for it.
		for r.filled-r.given > r.low() && !r.halted {
			r.room.Wait()
		}
	}
	if r.halted || r.ended { // ended: by a sequence that kept its yield
		return false
	}
	r.at(r.filled).set(c)
	r.filled++
	r.more.Signal()
	return true
}

// low is how many items are in a ring that was full when it may be filled again.
func (r *ring) low() uint64 { return r.size() - r.size()/4 }

// take waits for items and adds up to n to list, none when all is over. The caller writes to them until finish.
func (r *ring) take(list []*item, n int) []*item {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.filled-r.taken < uint64(n) && !r.ended {
		// Whoever is ready to run comes first, the sequence and the consumer most of all: on busy processors the batch would
		// otherwise be of what is left in the ring while they could fill it.
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
	}
	for r.filled == r.taken && !r.ended && !r.halted {
		r.more.Wait()
	}
	return r.add(list, n)
}

// takeMore is take without waiting.
func (r *ring) takeMore(list []*item, n int) []*item {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.add(list, n)
}

func (r *ring) add(list []*item, n int) []*item {
	if r.halted {
		return list
	}
	for ; n > 0 && r.taken < r.filled; n-- {
		list = append(list, r.at(r.taken))
		r.taken++
	}
	return list
}

// finish marks items as done.
func (r *ring) finish(items []*item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, it := range items {
		it.done = true
	}
	if r.ready() {
		r.done.Signal()
	}
}

// ready reports whether the next item is done.
func (r *ring) ready() bool { return r.given < r.taken && r.at(r.given).done }

// next waits for the next item and takes it out. It is false when there is none, or ctx has ended.
func (r *ring) next(ctx context.Context) (item, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.ready() && !r.halted && !(r.ended && r.given == r.filled) {
		r.done.Wait()
	}
	if r.halted || !r.ready() || ctx.Err() != nil {
		return item{}, false
	}
	it := *r.at(r.given)
	r.given++
	if r.filled-r.given <= r.low() {
		r.room.Signal()
	}
	return it, true
}
