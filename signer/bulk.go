package signer

import (
	"context"
	"iter"
	"runtime"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
)

// InFlight bounds what SignAll has in hand, claims that the sequence has given and whose token has not been asked for yet:
// so many for each of the processors that Go uses (runtime.GOMAXPROCS) when the loop begins.
const InFlight = 64

// SignAll mints a token of each of claims, on all processors, and gives tokens or errors in the order of claims. The error
// of an item is that of Sign; the rest goes on. Memory is bounded by InFlight whatever the speed of either side. Each loop
// over the result runs claims anew. Config.Now and a crypto.Signer behind the key must be safe for concurrent use.
//
// The sequence claims is run on a goroutine of its own and told to stop (its yield gives false) when the loop is left or ctx
// ends. Each Claims is copied with its access rules before yield returns, so that their slices may be used again.
//
// Once ctx has ended the next pair is the last: "" and ctx.Err(), even if there were no claims left; what is in hand is
// dropped. A panic or runtime.Goexit of the sequence comes out of the loop, after the pairs of what it gave before; one of
// Config.Now at once.
//
// The loop ends when the sequence has returned and all goroutines are gone. A sequence that waits for something must
// therefore heed ctx itself, or whatever else ends the loop: one that blocks for ever holds up neither the pairs of the
// claims before nor the last pair of a ctx that ends, but the loop does not end before it comes back.
func (s *Signer) SignAll(ctx context.Context, claims iter.Seq[streamtoken.Claims]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := ctx.Err(); err != nil {
			yield("", err)
			return
		}
		r := newRing(runtime.GOMAXPROCS(0))
		s.loop(ctx, r, claims, yield)
		switch {
		case r.broken == nil:
		case r.broken.value == nil:
			runtime.Goexit()
		default:
			panic(r.broken.value)
		}
	}
}

// loop runs the sequence and the workers, and gives yield what comes of them. They are gone when it returns.
func (s *Signer) loop(ctx context.Context, r *ring, claims iter.Seq[streamtoken.Claims], yield func(string, error) bool) {
	var others sync.WaitGroup
	defer others.Wait()
	defer r.halt()

	others.Add(1)
	forget := context.AfterFunc(ctx, func() { // wakes who waits
		defer others.Done()
		r.halt()
	})
	defer func() {
		if forget() {
			others.Done()
		}
	}()
	others.Go(func() { r.run(func() { claims(r.fill) }, r.end); r.end() })
	for range r.workers {
		others.Go(func() { r.run(func() { s.work(r) }, r.halt) })
	}

	for {
		next, ok := r.next(ctx)
		if err := ctx.Err(); err != nil {
			yield("", err)
			return
		}
		if !ok || !yield(next.token, next.err) {
			return
		}
	}
}

// work mints what is in the ring until there is no more. A worker that is free takes what there is, up to a full batch.
func (s *Signer) work(r *ring) {
	size := 1
	var c *crew
	if s.share != nil {
		size, c = s.share.size, s.share.newCrew()
	}
	room := make([]*work, size)
	for i := range room {
		room[i] = works.Get().(*work)
	}
	good, taken := make([]*item, 0, size), make([]*item, 0, 2*size)
	for {
		good, taken = good[:0], r.take(taken[:0], size)
		if len(taken) == 0 {
			break
		}
		for n := 0; n < len(taken); {
			for ; n < len(taken); n++ {
				it := taken[n]
				if it.err = s.build(room[len(good)], it.claims); it.err == nil {
					good = append(good, it)
				}
			}
			// What cannot be minted leaves room in the batch. Up to a point, or many of them would keep their errors back.
			taken = r.takeMore(taken, min(size-len(good), 2*size-n))
		}
		s.signItems(c, room[:len(good)], good)
		r.finish(taken)
	}
	for _, w := range room {
		works.Put(w)
	}
}

// signItems makes the tokens of items, whose works are built. c is nil without an Engine.
func (s *Signer) signItems(c *crew, built []*work, items []*item) {
	if len(items) == 0 {
		return
	}
	if c == nil {
		sig, err := s.key.sign(built[0].digest[:])
		if items[0].err = err; err == nil {
			items[0].token = built[0].finish(sig)
		}
		return
	}
	c.works = append(c.works[:0], built...)
	err := s.share.run(c)
	for i, it := range items {
		if it.err = err; err == nil {
			it.token = built[i].finish(built[i].sig)
		}
	}
}
