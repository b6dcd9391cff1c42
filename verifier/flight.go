package verifier

import (
	"context"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
)

// flight is one verification that several requests take part in: a player opens
// with a burst of them. Whichever is let in first makes it, for all. Each waits in
// its own sender's queue, so that none waits longer for another's company. The
// group's lock guards all but token and refusal, which whoever makes the
// verification writes before done is closed.
type flight struct {
	key   *Key
	parts int           // requests that take part
	runs  bool          // one of them was let in
	over  bool          // it has ended
	done  chan struct{} // closed then; made by the first to wait

	token   *Token               // genuine; whether it is current each one judges for itself
	refusal *streamtoken.Refusal // or refused by its signature or claims
}

// outcome is nil and nil if nothing came of the flight: the key was replaced.
func (f *flight) outcome() (*Token, *streamtoken.Refusal) {
	if f.refusal != nil {
		r := *f.refusal // each has its own to hand out
		return nil, &r
	}
	return f.token, nil
}

// flights are those under way, by their whole tokens. They are spread over
// several locks, since every cold verification takes one a few times. The zero
// value is ready.
type flights [16]flightGroup

type flightGroup struct {
	mu      sync.Mutex
	byToken map[string]*flight
}

// join takes part in the flight of this token and key, and begins it if there is
// none. A flight with another key is none of ours: what that key says of a token
// is nothing to whoever was given this one.
func (fs *flights) join(token string, key *Key) (f *flight, runs bool) {
	g := fs.group(token)
	g.mu.Lock()
	defer g.mu.Unlock()
	f = g.byToken[token]
	switch {
	case f == nil:
		if g.byToken == nil {
			g.byToken = map[string]*flight{}
		}
		f = &flight{key: key}
		g.byToken[token] = f
	case f.key != key:
		f = &flight{key: key}
	}
	f.parts++
	return f, f.runs
}

// start gives f to the caller to make, unless another makes it already.
func (fs *flights) start(token string, f *flight) bool {
	g := fs.group(token)
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.runs {
		return false
	}
	f.runs = true
	return true
}

// end ends f, which the caller has made.
func (fs *flights) end(token string, f *flight) {
	g := fs.group(token)
	g.mu.Lock()
	defer g.mu.Unlock()
	f.over = true
	if f.done != nil {
		close(f.done)
	}
	g.forget(token, f)
}

// leave ends the caller's part in f.
func (fs *flights) leave(token string, f *flight) {
	g := fs.group(token)
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.parts--; f.parts == 0 {
		g.forget(token, f)
	}
}

func (g *flightGroup) forget(token string, f *flight) {
	if g.byToken[token] == f {
		delete(g.byToken, token)
	}
}

// done gives what is closed when f ends.
func (fs *flights) done(token string, f *flight) <-chan struct{} {
	g := fs.group(token)
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.done == nil {
		f.done = make(chan struct{})
		if f.over {
			close(f.done)
		}
	}
	return f.done
}

// wait waits until f has ended, or ctx has.
func (fs *flights) wait(ctx context.Context, token string, f *flight) error {
	select {
	case <-fs.done(token, f):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (fs *flights) group(token string) *flightGroup {
	return &fs[token[len(token)-2]%byte(len(fs))] // a letter of the signature
}
