package store

import (
	"sync/atomic"
	"time"
)

// The bounds of a lease.
const (
	minLease     = time.Second
	maxLease     = time.Minute
	defaultLease = 10 * time.Second
)

// answering is for how much of its lease a node answers. Whoever changed something waits the whole lease by another machine's
// clock: a sixth less makes up for a clock that is slewed slow here (8.3 % at most with chrony's default maxslewrate) and
// one that is slewed fast there.
func answering(lease time.Duration) time.Duration { return lease - lease/6 }

// moment is one reading of this machine's two clocks.
type moment struct {
	mono time.Duration // since the node was made: never set, but stands still while the machine is suspended
	wall time.Duration // since 1970: may be set, but not stopped
}

// newClock gives the machine's clocks.
func newClock() func() moment {
	base := time.Now()
	return func() moment {
		now := time.Now()
		return moment{mono: now.Sub(base), wall: time.Duration(now.UnixNano())}
	}
}

// lease is for how long a node may answer, by both clocks. The zero lease is over.
type lease struct {
	monoEnd   time.Duration
	wallStart time.Duration
	wallEnd   time.Duration
}

// leaseFrom gives the lease of the length d that began at start.
func leaseFrom(start moment, d time.Duration) lease {
	return lease{monoEnd: start.mono + answering(d), wallStart: start.wall, wallEnd: start.wall + answering(d)}
}

// holds reports whether now is within the lease. A wall clock that was set back says nothing: not within.
func (l *lease) holds(now moment) bool {
	return now.mono < l.monoEnd && l.wallStart <= now.wall && now.wall < l.wallEnd
}

// signal is a channel that can be closed again and again.
type signal struct{ ch atomic.Pointer[chan struct{}] }

func newSignal() *signal {
	s := &signal{}
	ch := make(chan struct{})
	s.ch.Store(&ch)
	return s
}

// wait gives the channel that the next call of fire closes.
func (s *signal) wait() <-chan struct{} { return *s.ch.Load() }

func (s *signal) fire() {
	ch := make(chan struct{})
	close(*s.ch.Swap(&ch))
}

// grant gives n the lease that began at start, if that is longer than the one it has.
func (n *Node) grant(start moment) {
	n.mu.Lock()
	defer n.mu.Unlock()
	next := leaseFrom(start, n.lease)
	now := n.clock()
	if n.closed || next.monoEnd <= n.held.Load().monoEnd || !next.holds(now) {
		return
	}
	n.held.Store(&next)
	n.end.Reset(next.monoEnd - now.mono)
	if n.lost {
		n.lost = false
		n.changed.fire()
		n.log.Info("store: lease held", "epoch", n.epoch.Load())
	}
}

// revoke takes the lease.
func (n *Node) revoke() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held.Store(&lease{})
	n.sayLost()
}

func (n *Node) isClosed() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.closed
}

// expired says that the lease is over, if it is. From then on it is, also if the wall clock is set back.
func (n *Node) expired() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l, now := n.held.Load(), n.clock(); !l.holds(now) {
		n.held.Store(&lease{})
		n.sayLost()
	} else {
		n.end.Reset(max(l.monoEnd-now.mono, time.Millisecond)) // prolonged meanwhile, or a timer that ran ahead of the clock
	}
}

func (n *Node) sayLost() {
	if n.lost {
		return
	}
	n.lost = true
	n.changed.fire()
	n.log.Warn("store: lease over", "epoch", n.epoch.Load())
}
