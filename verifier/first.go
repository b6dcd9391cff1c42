package verifier

import (
	"context"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/tokencache"
)

// first judges a token that is not remembered, and remembers it if it holds.
func (v *Verifier) first(ctx context.Context, token string, sender uint64) (*Token, *streamtoken.Refusal) {
	for {
		s := scratches.Get().(*scratch)
		c, refusal := v.form(token, s)
		if refusal != nil {
			scratches.Put(s)
			return nil, refusal
		}
		t, refusal := v.fly(ctx, c, sender, s)
		if t == nil && refusal == nil { // others have remembered it, or its key was replaced
			t, refusal = v.recall(token)
		}
		if t != nil || refusal != nil {
			return t, refusal
		}
	}
}

// fly takes part in the verification of c, and gives s back. It gives nil and
// nil if there is nothing to wait for any more.
//
// Whatever may panic in here, in a KeySet of someone else's making, leaves
// nobody waiting and no place taken.
func (v *Verifier) fly(ctx context.Context, c candidate, sender uint64, s *scratch) (*Token, *streamtoken.Refusal) {
	if v.remembered == nil {
		return v.alone(ctx, c, sender, s)
	}
	f, runs := v.flights.join(c.token, c.key)
	defer v.flights.leave(c.token, f)
	if v.holds(c) { // since it was not a moment ago
		scratches.Put(s)
		return nil, nil
	}
	if !runs && v.cold.try() {
		if v.flights.start(c.token, f) {
			return v.lead(f, c, s)
		}
		v.cold.done()
		runs = true
	}
	scratches.Put(s) // not to be held by thousands who wait
	if !runs {
		let, refusal := v.cold.wait(ctx, sender, v.flights.done(c.token, f))
		switch {
		case refusal != nil:
			return nil, refusal
		case let && v.flights.start(c.token, f):
			return v.lead(f, c, nil)
		case let:
			v.cold.done()
		}
	}
	if v.flights.wait(ctx, c.token, f) != nil {
		return nil, busy("the request ended while its token was being verified")
	}
	t, refusal := f.outcome()
	if t != nil {
		refusal = v.current(t, v.time())
	}
	if refusal != nil {
		return nil, refusal
	}
	return t, nil
}

// lead makes the verification that f is for, ends f, and gives up the place it
// was let in to. Without a scratch, the token has waited, and what was found out
// about it has passed.
func (v *Verifier) lead(f *flight, c candidate, s *scratch) (*Token, *streamtoken.Refusal) {
	defer v.flights.end(c.token, f)
	e, key, refusal := v.admitted(c, s)
	switch {
	case key != f.key:
		f = &flight{} // what another key says is nothing to those who wait
	case refusal != nil:
		shared := *refusal // the caller may do with its own what it likes
		f.refusal = &shared
	}
	if e == nil {
		return nil, refusal
	}
	t := e.Value()
	f.token = t
	if refusal = v.current(t, v.time()); refusal != nil {
		return nil, refusal
	}
	v.remembered.Add(e, t.bytes())
	return t, nil
}

// alone verifies c where nothing is remembered and nobody takes part.
func (v *Verifier) alone(ctx context.Context, c candidate, sender uint64, s *scratch) (*Token, *streamtoken.Refusal) {
	if !v.cold.try() {
		scratches.Put(s)
		s = nil
		let, refusal := v.cold.wait(ctx, sender, nil)
		switch {
		case refusal != nil:
			return nil, refusal
		case !let:
			return nil, busy("the request ended while its token waited to be verified")
		}
	}
	e, _, refusal := v.admitted(c, s)
	if refusal == nil {
		refusal = v.current(e.Value(), v.time())
	}
	if refusal != nil {
		return nil, refusal
	}
	return e.Value(), nil
}

// admitted is genuine for whoever was let in, and lets the next one in. Without
// a scratch, the token has waited and what was found out about it has passed. It
// gives the key by which it judged, and nothing else if there is nothing left to judge.
func (v *Verifier) admitted(c candidate, s *scratch) (_ *tokencache.Entry[Token], _ *Key, refusal *streamtoken.Refusal) {
	defer v.cold.done()
	waited := s == nil
	if waited {
		s = scratches.Get().(*scratch)
	}
	defer scratches.Put(s)
	if waited {
		if c, refusal = v.form(c.token, s); refusal != nil {
			return nil, nil, refusal
		}
		if v.holds(c) {
			return nil, c.key, nil
		}
	}
	v.verified.Add(1)
	e, refusal := v.genuine(c, s)
	return e, c.key, refusal
}

// holds reports whether the token is remembered with this key.
func (v *Verifier) holds(c candidate) bool {
	t := v.remembered.Get(c.token)
	return t != nil && t.key == c.key
}

func busy(detail string) *streamtoken.Refusal {
	return &streamtoken.Refusal{Reason: streamtoken.ReasonVerifierBusy, Detail: detail}
}
