package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrLease is what a Node answers while it holds no lease: it cannot tell whether what it knows is still so.
var ErrLease = errors.New("store: lease over")

// NodeConfig says how a node follows the store.
type NodeConfig struct {
	// Lease is for how long Await waits for this node when it does not answer, 1 to 60 s; zero: 10 s. Without the database the
	// node goes on for five sixths of it, counted from its last renewal.
	Lease time.Duration
	Poll  time.Duration // between looks at the epoch, at most Lease; zero: 250 ms, with SQLite 100 ms
	Log   *slog.Logger  // nil: silent
}

// Node is a process on the store that follows every change, answers from memory and holds a lease.
//
// The guarantee: an answer that is asked for after Await(ctx, e) returned, on whichever node, does not come from a state
// older than e. Either the node has loaded e, or it answers ErrLease. It rests on these rules.
//
//  1. Entering. A node puts itself on the list, under an id never used before, and only then asks how far the database is.
//     Whoever lists the nodes after a commit either finds it, or it will hear of that commit before it answers anything.
//  2. Renewing. Of a renewal the node knows: what was newer than the epoch e in its answer was committed after the moment t,
//     on the node's clocks, before it was sent. A renewal that says to the list "my state is at least a", with a >= e for a
//     moment t of this renewal or of one before it, prolongs the lease to t + Lease. One that shows a newer epoch prolongs
//     nothing until that is loaded and the list says so. The first renewal after entering prolongs nothing: who finds a node on
//     the list that has not renewed yet need not wait for it.
//  3. Changing. Whoever committed e lists the nodes after that, and waits for each until the list says that its state is at
//     least e, or its whole Lease has passed since: every lease on an older state began before the commit, and is over.
//  4. Dropping. A node is taken off the list only by a statement that finds its row as it was after its lease had passed
//     since a commit that it lacks (or, by the others' housekeeping, since they first saw the row like that), so that no renewal
//     came between. It learns that from its next renewal, holds no lease then, and enters anew.
//  5. Answering. The lease is looked at first, the state read second; the state on the list is never ahead of the one in
//     memory. The other way round a node could read the old state, load the new one, renew, and answer with the old one.
//
// No two clocks are compared; they must run at the same rate within a sixth. A lease is over when either of the node's own
// clocks says so: the monotonic one, which cannot be set, or the wall clock, which goes on while a machine is suspended.
//
// What no lease can help: an answer under way while Await returns may arrive after it, however long the process was
// stopped in between; a virtual machine that was stopped with both its clocks goes on where it was, for what was left of its
// lease; and a database that loses committed changes (a failover without synchronous replication) takes the guarantee for
// them with it. A node that finds the epoch gone back, or another change under the number of one that it has, holds no lease
// until it has loaded everything again, and acknowledges nothing by what it has.
//
// Safe for concurrent use. Readers share no lock.
type Node struct {
	feed  feed
	lease time.Duration
	poll  time.Duration
	log   *slog.Logger
	clock func() moment

	index   atomic.Pointer[index]
	epoch   atomic.Int64 // of the index, which may be newer: stored after it
	held    atomic.Pointer[lease]
	changed *signal

	kicked chan struct{} // by Await
	hinted chan struct{} // by the database
	others atomic.Bool   // the list had other nodes when it was last read
	names  names
	ended  names // of others, that this node took off the list when their lease was over
	lists  lists

	mu     sync.Mutex // held to give or take the lease
	end    *time.Timer
	lost   bool // said so
	closed bool

	stop   context.CancelFunc
	done   sync.WaitGroup
	closes sync.Once
}

// joinNode makes a node on f and returns when it holds a lease. poll stands in for a zero cfg.Poll.
func joinNode(ctx context.Context, f feed, cfg NodeConfig, poll time.Duration) (*Node, error) {
	return startNode(ctx, f, cfg, poll, newClock())
}

func startNode(ctx context.Context, f feed, cfg NodeConfig, poll time.Duration, clock func() moment) (*Node, error) {
	n := &Node{
		feed: f, lease: cmp.Or(cfg.Lease, defaultLease), poll: cmp.Or(cfg.Poll, poll), log: cfg.Log, clock: clock,
		changed: newSignal(), kicked: make(chan struct{}, 1), hinted: make(chan struct{}, 1), lost: true,
	}
	if n.lease < minLease || n.lease > maxLease {
		return nil, fmt.Errorf("store: a lease of %v: not from %v to %v", n.lease, minLease, maxLease)
	}
	if n.poll < time.Millisecond || n.poll > n.lease {
		return nil, fmt.Errorf("store: a poll every %v: not from 1ms to the lease, %v", n.poll, n.lease)
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.held.Store(&lease{})
	n.end = time.AfterFunc(maxLease, n.expired)
	background, stop := context.WithCancel(context.Background())
	n.stop = stop

	k := &keeper{Node: n, stale: true}
	if err := k.join(ctx); err != nil {
		_ = n.Close() // best effort: what is left on the list is dropped by the others
		return nil, fmt.Errorf("store: join: %w", err)
	}
	n.done.Go(func() { k.run(background) })
	n.done.Go(func() { n.listen(background) })
	return n, nil
}

// Epoch gives the epoch of the state that this node has, also while it holds no lease. What it answers may be newer.
func (n *Node) Epoch() int64 { return n.epoch.Load() }

// Live gives nil while the node holds a lease, else ErrLease.
func (n *Node) Live() error {
	if !n.held.Load().holds(n.clock()) {
		return ErrLease
	}
	return nil
}

// Changed gives a channel that is closed at the next change of the state, and when the lease runs out or comes back. Take
// the channel first, ask second, wait third. It may be closed for nothing.
func (n *Node) Changed() <-chan struct{} { return n.changed.wait() }

// Close takes the node off the list, so that nobody waits for its lease. Everything answers ErrLease from its beginning on.
// An error says that the others may have to wait for the lease, or drop the node, all the same.
func (n *Node) Close() (err error) {
	n.closes.Do(func() {
		n.mu.Lock()
		n.closed, n.lost = true, true
		n.end.Stop()
		n.held.Store(&lease{}) // before the list is touched: off the list means no answers
		n.mu.Unlock()
		n.changed.fire()
		n.stop()
		n.done.Wait()
		err = n.leave()
	})
	return err
}

// leave drops every row of this node.
func (n *Node) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), n.patience())
	defer cancel()
	rows, err := n.feed.nodes(ctx)
	if err != nil {
		return fmt.Errorf("store: leave: %w", err)
	}
	var errs []error
	for _, row := range rows {
		if n.names.has(row.id) {
			errs = append(errs, n.feed.drop(ctx, row))
		}
	}
	return errors.Join(errs...)
}

// patience is for how long one small question to the database may take: it leaves time to ask again within the lease.
func (n *Node) patience() time.Duration { return n.lease / 3 }

// listen passes the database's hints on. After each connection it counts as hinted: what changed meanwhile gave none.
func (n *Node) listen(ctx context.Context) {
	const longest = 2 * time.Second
	for pause := 50 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, longest) {
		hints, err := n.feed.listen(ctx)
		switch {
		case err != nil:
			n.log.Warn("store: no hints of changes, polling", "err", err)
		case hints == nil:
			return
		default:
			pause = 50 * time.Millisecond
			poke(n.hinted)
			for range hints {
				poke(n.hinted)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// poke puts a value into c unless there is one.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// names are ids that have been on the list, the newest last. Of one's own, an older one that is forgotten counts as another
// node's.
type names struct {
	mu  sync.Mutex
	ids []string
}

func (s *names) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, id)
	if len(s.ids) > 16 {
		s.ids = s.ids[1:]
	}
}

func (s *names) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.ids, id)
}
