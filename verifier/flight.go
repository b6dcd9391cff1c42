package verifier

import (
	"context"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
)

// flight is one verification that several requests wait for: a player opens
// with a burst of them. Only its leader writes token and refusal, before done is
// closed.
type flight struct {
	key  *Key
	done chan struct{} // made by the first to wait, under the group's lock

	token   *Token               // genuine; whether it is current each one judges for itself
	refusal *streamtoken.Refusal // or refused by its signature or claims
}

// wait waits until f has ended, or ctx has.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// outcome is nil and nil if nothing came of the flight: its leader's request
// ended, or its key was replaced.
func (f *flight) outcome() (*Token, *streamtoken.Refusal) {
	if f.refusal != nil {
		r := *f.refusal // each has its own to hand out
		return nil, &r
	}
	return f.token, nil
}

// flights are those under way, by their whole tokens. They are spread over
// several locks, since every cold verification takes one twice. The zero value
// is ready.
type flights [16]flightGroup

type flightGroup struct {
	mu      sync.Mutex
	byToken map[string]*flight
}

// join gives the flight of this token and key, and begins it if there is none;
// its leader must end it. A flight with another key is none of ours: what the
// old key says of a token is nothing to whoever was given the new one.
func (fs *flights) join(token string, key *Key) (f *flight, leads bool) {
	g := fs.group(token)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch f := g.byToken[token]; {
	case f == nil:
	case f.key == key:
		if f.done == nil {
			f.done = make(chan struct{})
		}
		return f, false
	default:
		return &flight{key: key}, true
	}
	if g.byToken == nil {
		g.byToken = map[string]*flight{}
	}
	f = &flight{key: key}
	g.byToken[token] = f
	return f, true
}

// end lets go whoever waits for f.
func (fs *flights) end(token string, f *flight) {
	g := fs.group(token)
	g.mu.Lock()
	if g.byToken[token] == f {
		delete(g.byToken, token)
	}
	done := f.done // nobody joins any more
	g.mu.Unlock()
	if done != nil {
		close(done)
	}
}

func (fs *flights) group(token string) *flightGroup {
	return &fs[token[len(token)-2]%byte(len(fs))] // a letter of the signature
}
