package follow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// DefaultPoll is the time between two looks when Config.Poll is zero.
const DefaultPoll = 5 * time.Second

// Config says what to follow. Source and Accept are required.
type Config struct {
	Source Source
	// Accept takes a new version or refuses it with an error; then the old one stays. It is called from one goroutine at a
	// time, never for the version in force nor twice in a row for one refused, and never after Close has returned. It
	// must not call the Follower. Its errors are logged: they must not hold what is secret in the content.
	Accept func(Snapshot) error
	// Confirmed is told after every look that found the version in force to be the newest, the one that accepted it
	// included: asOf is a moment at which it was, before the look's request was sent. By it a lease can be measured, also
	// while nothing changes. Called like Accept; nil: nobody is told.
	Confirmed func(asOf time.Time)
	Poll      time.Duration // between looks when no event comes; zero: DefaultPoll
	Jitter    time.Duration // each wait is longer or shorter by up to this, so that many followers do not ask one server in step
	Log       *slog.Logger  // nil: silent
	// Secret keeps the version out of the log: a few digits of a hash are enough to try out guesses at a weak password.
	Secret bool
}

// Status is what is in force and how the last look went.
type Status struct {
	Version   string    // of the version in force
	Loaded    time.Time // when it was accepted
	Checked   time.Time // the last look that found a good version
	AsOf      time.Time // a moment at which the version in force was the newest, as its source measures it
	LastError error     // nil when the last look was good
}

// Follower keeps the newest good version of its source in force. Safe for concurrent use.
type Follower struct {
	source Source
	accept func(Snapshot) error
	tell   func(time.Time) // Config.Confirmed
	poll   time.Duration
	jitter time.Duration
	log    *slog.Logger
	secret bool

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when the following goroutine has ended

	looking sync.Mutex // held for a whole look: one at a time
	fresh   bool       // the last look read a snapshot and judged it
	verdict error      // of that snapshot
	refused string     // version of the last refused snapshot
	refusal error      // and why; nil if a good one was seen since

	mu     sync.Mutex // never held across Read or Accept
	status Status
}

// Start loads the first version before it returns (an error there is Start's error, and nothing is left running) and then
// follows the source until Close.
func Start(cfg Config) (*Follower, error) {
	if cfg.Source == nil || cfg.Accept == nil {
		return nil, errors.New("follow: Source and Accept are required")
	}
	if cfg.Poll < 0 {
		return nil, errors.New("follow: Poll is negative")
	}
	f := &Follower{source: cfg.Source, accept: cfg.Accept, tell: cfg.Confirmed, poll: cfg.Poll, jitter: cfg.Jitter, log: cfg.Log, secret: cfg.Secret, done: make(chan struct{})}
	if f.poll == 0 {
		f.poll = DefaultPoll
	}
	if f.jitter < 0 || f.jitter >= f.poll {
		return nil, errors.New("follow: Jitter is negative, or not less than Poll")
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	hints := f.watch() // before the first read, so that no change falls between the two
	if err := f.look(true); err != nil {
		f.cancel()
		drain(hints)
		return nil, err
	}
	go f.run(hints)
	return f, nil
}

// Check looks now, whatever the timestamps say, and waits for the outcome: nil if a good version is in force that is also the
// newest, else why not. After Close it gives ErrClosed.
func (f *Follower) Check() error { return f.look(true) }

// Status gives what is in force. It does not wait for a look that is under way.
func (f *Follower) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

// Close stops following and waits for everything it started; no Accept runs once it has returned. The version in force stays
// what it is. Closing again does nothing. The error is always nil.
func (f *Follower) Close() error {
	f.cancel()
	<-f.done
	f.looking.Lock() // a Check under way in another goroutine
	defer f.looking.Unlock()
	return nil
}

// look reads the source once and judges what it gives. Without force a source that knows itself unchanged is not read.
func (f *Follower) look(force bool) error {
	f.looking.Lock()
	defer f.looking.Unlock()
	if f.ctx.Err() != nil {
		return ErrClosed
	}
	began := time.Now()
	if u, ok := f.source.(unchanger); ok && !force && f.fresh && u.Unchanged() {
		if f.verdict == nil {
			f.good(began)
		}
		return f.verdict
	}
	f.fresh = false
	snap, err := f.source.Read(f.ctx)
	if err != nil {
		if f.ctx.Err() != nil {
			return ErrClosed
		}
		return f.bad(fmt.Errorf("follow: %w", err), "cannot be read, the version in force stays")
	}
	if snap.AsOf.IsZero() {
		snap.AsOf = began
	}
	f.fresh, f.verdict = true, f.judge(snap)
	return f.verdict
}

func (f *Follower) judge(snap Snapshot) error {
	inForce := f.Status()
	if !inForce.Loaded.IsZero() && snap.Version == inForce.Version {
		f.good(snap.AsOf)
		return nil
	}
	if f.refusal != nil && snap.Version == f.refused { // judged and logged before
		f.mu.Lock()
		f.status.LastError = f.refusal
		f.mu.Unlock()
		return f.refusal
	}
	if err := f.accept(snap); err != nil {
		f.refused, f.refusal = snap.Version, fmt.Errorf("follow: %s: refused: %w", f.source, err)
		return f.bad(f.refusal, "refused, the version in force stays")
	}
	now := time.Now()
	f.mu.Lock()
	f.status = Status{Version: snap.Version, Loaded: now, Checked: now, AsOf: snap.AsOf}
	f.mu.Unlock()
	f.refusal = nil
	f.confirmed(snap.AsOf)
	if f.secret {
		f.log.Info("loaded", "source", f.source.String())
	} else {
		f.log.Info("loaded", "source", f.source.String(), "version", short(snap.Version))
	}
	return nil
}

func (f *Follower) confirmed(asOf time.Time) {
	if f.tell != nil {
		f.tell(asOf)
	}
}

// good notes a look that found the version in force.
func (f *Follower) good(asOf time.Time) {
	f.mu.Lock()
	was := f.status.LastError
	f.status.Checked, f.status.AsOf, f.status.LastError = time.Now(), asOf, nil
	f.mu.Unlock()
	f.refusal = nil
	f.confirmed(asOf)
	if was != nil {
		f.log.Info("good again", "source", f.source.String())
	}
}

// bad notes a look that failed and logs it, unless the one before failed alike.
func (f *Follower) bad(err error, what string) error {
	f.mu.Lock()
	was := f.status.LastError
	f.status.LastError = err
	first := f.status.Loaded.IsZero()
	f.mu.Unlock()
	if !first && (was == nil || was.Error() != err.Error()) { // the first one is Start's to report
		f.log.Error(what, "source", f.source.String(), "error", err)
	}
	return err
}

func short(version string) string { return version[:min(len(version), 12)] }
