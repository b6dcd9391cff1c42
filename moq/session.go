package moq

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrSessionClosed is Err of a Session that was closed, by Close or because the handler returned without Keep.
var ErrSessionClosed = errors.New("moq: session closed")

// Session is what a token opened: who may do what, and until when. It ends when the token is taken back, expires, or can no
// longer be told to be good; whoever serves the session then has to close it. The fields are not to be changed. Safe for
// concurrent use.
type Session struct {
	Relay      string // the relay's uid
	ID         string // jti
	Operations []Operation
	Expires    time.Time

	watch *watch
	group *group // of the token; under the watch's lock
	ops   operations
	kept  atomic.Bool

	mu   sync.Mutex
	err  error
	done chan struct{}
}

// Allows tells whether op may be done in the session. It does not look whether the session has ended. Of a nil Session
// nothing is allowed.
func (s *Session) Allows(op Operation) bool { return s != nil && s.ops.has(op) }

// Done gives a channel that is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err is nil while the session lasts. After that it is ErrSessionClosed or a *streamtoken.Refusal, to compare with errors.Is:
// streamtoken.ReasonTokenRevoked, ReasonTokenExpired, ReasonKeyUnknown (its key was taken out of the set or replaced),
// ReasonRevocationsUnavailable or ReasonKeysUnavailable (it was not known for a second whether the token is still good).
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Keep lets the session go on when the handler it was given to returns, as the handlers of WebTransport servers do that serve
// the session from another goroutine. Whoever calls it calls Close when the connection is over; until then, or until the
// token ends, the session counts against VerifierConfig.MaxSessions.
func (s *Session) Keep() { s.kept.Store(true) }

// Close ends the session: nobody needs to be told any more what becomes of the token. Further calls do nothing.
func (s *Session) Close() {
	if s.end(ErrSessionClosed) && s.watch != nil {
		s.watch.remove(s)
	}
}

// end is false if the session has ended before.
func (s *Session) end(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.done == nil { // a zero Session never began
		return false
	}
	s.err = err
	close(s.done)
	return true
}

type sessionKey struct{}

// SessionFrom gives the session that Handler put into a request's context; nil if there is none: then the request did not
// come through a Handler.
func SessionFrom(ctx context.Context) *Session {
	s, _ := ctx.Value(sessionKey{}).(*Session)
	return s
}

// Admit verifies a token and opens a session with it, for relays whose clients do not come through Handler. The error is a
// *streamtoken.Refusal: one of Verify's, or ReasonVerifierBusy if VerifierConfig.MaxSessions are open. Whoever calls it
// calls Close.
func (v *Verifier) Admit(ctx context.Context, token string) (*Session, error) {
	t, err := v.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	return v.watch.open(t)
}
