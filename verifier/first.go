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
		f, leads := v.join(c)
		if leads {
			if t, refusal := v.lead(ctx, f, c, sender, s); t != nil || refusal != nil {
				return t, refusal
			}
			// It was remembered a moment before this flight began, or its key has changed during the wait.
			if t, refusal := v.recall(token); t != nil || refusal != nil {
				return t, refusal
			}
			continue
		}
		scratches.Put(s) // not to be held by thousands who wait
		if f.wait(ctx) != nil {
			return nil, busy("the request ended while its token was being verified")
		}
		t, refusal := f.outcome()
		if refusal == nil && t != nil {
			refusal = v.current(t, v.time())
		}
		switch {
		case refusal != nil:
			return nil, refusal
		case t != nil:
			return t, nil
		}
	}
}

// join finds the flight that c belongs to, or begins one.
func (v *Verifier) join(c candidate) (f *flight, leads bool) {
	if v.remembered == nil {
		return &flight{key: c.key}, true
	}
	return v.flights.join(c.token, c.key)
}

// lead makes the verification that f is for, ends f, and gives s back. It gives
// nil and nil if there is nothing to verify any more. Not to have been let in
// is nothing to those who wait for f: they try anew.
func (v *Verifier) lead(ctx context.Context, f *flight, c candidate, sender uint64, s *scratch) (*Token, *streamtoken.Refusal) {
	defer v.flights.end(c.token, f) // whatever happens: others wait for it
	defer func() { scratches.Put(s) }()

	if v.remembered.Get(c.token) != nil {
		return nil, nil
	}
	if !v.cold.try() {
		scratches.Put(s)
		refusal := v.cold.wait(ctx, sender)
		s = scratches.Get().(*scratch)
		if refusal != nil {
			return nil, refusal
		}
		if c, refusal = v.form(c.token, s); refusal != nil || c.key != f.key {
			v.cold.done()
			return nil, nil
		}
	}
	e, refusal := v.admitted(c, s)
	if refusal != nil {
		f.refusal = refusal
		return nil, refusal
	}
	f.token = e.Value()
	if refusal = v.current(f.token, v.time()); refusal != nil {
		return nil, refusal
	}
	v.remembered.Add(e, f.token.bytes())
	return f.token, nil
}

// admitted is genuine for whoever was let in, and lets the next one in.
func (v *Verifier) admitted(c candidate, s *scratch) (*tokencache.Entry[Token], *streamtoken.Refusal) {
	defer v.cold.done()
	return v.genuine(c, s)
}

func busy(detail string) *streamtoken.Refusal {
	return &streamtoken.Refusal{Reason: streamtoken.ReasonVerifierBusy, Detail: detail}
}
