package follow

import (
	"math/rand/v2"
	"time"
)

const (
	debounceQuiet = 50 * time.Millisecond  // a writer is taken to be done after this long without an event
	debounceMax   = 500 * time.Millisecond // and looked at after this long anyway
)

// watch asks the source for hints. Without them polling does the work: that is worth one line, not a failure.
func (f *Follower) watch() <-chan struct{} {
	hints, err := f.source.Watch(f.ctx)
	if err != nil {
		f.log.Debug("no watch, polling only", "source", f.source.String(), "poll", f.poll, "error", err)
		return nil
	}
	return hints
}

// run follows until the context is done.
func (f *Follower) run(hints <-chan struct{}) {
	defer close(f.done)
	defer func() { drain(hints) }()
	tick := time.NewTicker(f.wait())
	defer tick.Stop()
	ended := hints == nil
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-tick.C:
			if ended { // a watch may be possible again, once a missing directory is back
				hints = f.watch()
				ended = hints == nil
			}
			_ = f.look(false) // noted in the status and logged
			if f.jitter > 0 {
				tick.Reset(f.wait())
			}
		case _, open := <-hints:
			if !open {
				hints, ended = nil, true
			}
			f.settle(hints)
			if ended { // first the watch, then the look: nothing falls between
				hints = f.watch()
				ended = hints == nil
			}
			_ = f.look(true)
		}
	}
}

// settle waits until hints pause, so that a save of many steps is looked at once, when it is over.
func (f *Follower) settle(hints <-chan struct{}) {
	latest := time.NewTimer(debounceMax)
	defer latest.Stop()
	for {
		quiet := time.NewTimer(debounceQuiet)
		select {
		case <-f.ctx.Done():
		case <-latest.C:
		case <-quiet.C:
		case _, open := <-hints:
			quiet.Stop()
			if open {
				continue
			}
			hints = nil // ended; run sees it as well
			continue
		}
		quiet.Stop()
		return
	}
}

// drain waits until a source has closed its hints.
func drain(hints <-chan struct{}) {
	for hints != nil {
		if _, open := <-hints; !open {
			return
		}
	}
}

// wait is the time until the next look.
func (f *Follower) wait() time.Duration {
	if f.jitter == 0 {
		return f.poll
	}
	return f.poll - f.jitter + rand.N(2*f.jitter+1)
}
