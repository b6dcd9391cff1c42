package moq

import (
	"bytes"
	"sync"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

const (
	// recheck is how long no token of an open session goes unexamined, even if nothing is said to have changed: what is
	// accepted may end by time alone. It is also how long it may be unknown whether a token is still good: acceptance is
	// answered from memory, so that an error which lasts is one that a lease or a source is really gone.
	recheck = time.Second

	// pause is the least time between two examinations, so that a source which changes all the time is not all there is.
	pause = time.Millisecond
)

// watch tells open sessions when their token ends. Sessions with the same token are one group, examined once: the work of a
// change is that of the tokens in use, not of the sessions. It runs one goroutine while there are any.
type watch struct {
	v   *Verifier
	max int

	mu      sync.Mutex
	byToken map[tokenName]*group
	groups  []*group
	count   int // sessions
	running bool
	wake    chan struct{} // of size 1
	next    int64         // when the goroutine will look at the clock again, in Unix seconds
}

// tokenName is what tells the tokens in use apart. Two with one jti may differ in the rest.
type tokenName struct {
	keyID, relay, id string
	expires          int64
	key              [32]byte
}

// group is a token and the sessions it opened.
type group struct {
	token    *Token
	name     tokenName
	index    int // in groups, -1: not any more
	sessions map[*Session]struct{}
	unknown  time.Time // since when it is not known whether the token is good; zero: it is
}

func (w *watch) init(v *Verifier, max int) {
	w.v, w.max = v, max
	w.byToken = map[tokenName]*group{}
	w.wake = make(chan struct{}, 1)
}

// open begins a session with a token that held a moment ago.
func (w *watch) open(t *Token) (*Session, error) {
	s := &Session{
		Relay:      t.relay,
		ID:         t.id,
		Operations: t.ops.list(),
		Expires:    t.Expires(),
		watch:      w,
		ops:        t.ops,
		done:       make(chan struct{}),
	}
	if !w.add(s, t) {
		return nil, t.refuse(streamtoken.ReasonVerifierBusy, "as many sessions are open as there may be")
	}
	// Once more, now that a change will be noticed: of one between Verify and here nobody would tell.
	if refusal := w.v.still(t); refusal != nil {
		s.Close()
		return nil, refusal
	}
	return s, nil
}

func (w *watch) add(s *Session, t *Token) bool {
	name := tokenName{t.keyID, t.relay, t.id, t.expires, t.key}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count >= w.max {
		return false
	}
	g := w.byToken[name]
	if g == nil {
		g = &group{token: t, name: name, index: len(w.groups), sessions: map[*Session]struct{}{}}
		w.byToken[name] = g
		w.groups = append(w.groups, g)
	}
	g.sessions[s] = struct{}{}
	s.group = g
	w.count++
	switch {
	case !w.running:
		w.running = true
		go w.run()
	case t.expires < w.next:
		w.stir()
	}
	return true
}

// remove forgets a session that has ended by itself.
func (w *watch) remove(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := s.group
	if _, ok := g.sessions[s]; !ok {
		return // its group has ended
	}
	delete(g.sessions, s)
	w.count--
	if len(g.sessions) > 0 {
		return
	}
	w.drop(g)
	if len(w.groups) == 0 {
		w.stir() // to end the goroutine
	}
}

// drop takes g out. Under the lock.
func (w *watch) drop(g *group) {
	last := w.groups[len(w.groups)-1]
	w.groups[g.index], last.index = last, g.index
	w.groups[len(w.groups)-1] = nil
	w.groups = w.groups[:len(w.groups)-1]
	delete(w.byToken, g.name)
	g.index = -1
}

func (w *watch) stir() {
	select {
	case w.wake <- struct{}{}:
	default: // it will wake anyway
	}
}

// run examines all tokens in use at each change, at the end of each one's life, and at least every recheck. It ends when
// there are none.
func (w *watch) run() {
	timer := time.NewTimer(recheck)
	defer timer.Stop()
	for {
		changed := w.v.accepted.Changed() // before looking: what changes later closes it
		began := time.Now()
		wait, more := w.sweep(began)
		if !more {
			return
		}
		took := time.Since(began)
		timer.Reset(max(wait, pause))
		select {
		case <-timer.C:
			continue
		case <-changed:
		case <-w.wake:
		}
		timer.Reset(min(max(took, pause), recheck))
		<-timer.C
	}
}

// sweep examines every token in use, and gives for how long nothing will expire. It is false if there are none, and the
// goroutine has to end.
//
// It goes down from the end, and takes the lock for each step only: groups that are dropped meanwhile are replaced by ones
// that were examined, or that come later still; ones that are added were examined when they were.
func (w *watch) sweep(at time.Time) (wait time.Duration, more bool) {
	now := w.v.now()
	next := now.Add(recheck)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = next.Unix() + 1
	for i := len(w.groups) - 1; i >= 0; i-- {
		if i = min(i, len(w.groups)-1); i < 0 {
			break
		}
		g := w.groups[i]
		w.mu.Unlock()
		refusal := w.v.examine(g, now, at)
		w.mu.Lock()
		switch {
		case refusal != nil && g.index >= 0:
			w.finish(g, refusal)
		case refusal == nil && g.token.Expires().Before(next):
			next = g.token.Expires()
		}
	}
	w.running = len(w.groups) > 0
	return next.Sub(now), w.running
}

// finish ends all sessions of g. Under the lock.
func (w *watch) finish(g *group, refusal *streamtoken.Refusal) {
	w.drop(g)
	w.count -= len(g.sessions)
	for s := range g.sessions {
		own := *refusal // the caller may do with its own what it likes
		s.end(&own)
	}
	g.sessions = nil
}

// examine says why the sessions of g have to end. What is not known counts from the second time on.
func (v *Verifier) examine(g *group, now, at time.Time) *streamtoken.Refusal {
	t := g.token
	if now.Unix() >= t.expires {
		return t.refuse(streamtoken.ReasonTokenExpired, "")
	}
	refusal := v.still(t)
	switch {
	case refusal == nil:
		g.unknown = time.Time{}
		return nil
	case refusal.Reason != streamtoken.ReasonRevocationsUnavailable && refusal.Reason != streamtoken.ReasonKeysUnavailable:
		return refusal
	case g.unknown.IsZero():
		g.unknown = at
		return nil
	case at.Sub(g.unknown) < recheck:
		return nil
	}
	return refusal
}

// still asks the key set and the relay once more about a token that held.
func (v *Verifier) still(t *Token) *streamtoken.Refusal {
	key, refusal := v.key(t.keyID)
	switch {
	case refusal != nil:
		return t.refuse(refusal.Reason, refusal.Detail)
	case !bytes.Equal(key, t.key[:]):
		return t.refuse(streamtoken.ReasonKeyUnknown, "another key has its id now")
	}
	return v.taken(t)
}
