package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrUnconfirmed is the error of Node.Await: the change is committed, and some node may not know of it. Asking again is
// safe.
var ErrUnconfirmed = errors.New("store: committed, and not known to be everywhere")

// Invalidation says how it came about that no node answers from an older state.
type Invalidation struct {
	Acknowledged int // nodes that have loaded the change, this one among them
	Expired      int // nodes that had not loaded it when their lease was over
	Gone         int // nodes that left the list meanwhile: closed, or dropped by another node after their lease
}

// String gives "acknowledged", or "lease-expired" if a lease had to be waited for.
func (i Invalidation) String() string {
	if i.Expired > 0 {
		return "lease-expired"
	}
	return "acknowledged"
}

// Await returns when no node answers from a state older than epoch, which a method of the Store gave: an answer that is
// asked for after this comes from that state or a newer one, or is ErrLease. It waits for a node that does not answer until
// its lease is over, at most a minute, and drops it, so that the next call need not wait for it.
//
// An error is ErrUnconfirmed, together with that of ctx if it ended, or of the database if the list of nodes could not be
// read for as long as this node's lease is.
func (n *Node) Await(ctx context.Context, epoch int64) (Invalidation, error) {
	w := &waiting{Node: n, epoch: epoch, begun: n.clock().mono}
	poke(n.kicked)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		changed := n.Changed()
		if w.own {
			changed = nil
		}
		if done, err := w.settle(ctx); err != nil {
			return Invalidation{}, fmt.Errorf("%w: %w", ErrUnconfirmed, err)
		} else if done {
			return w.found, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// Between looks at the list.
const (
	firstPause = 500 * time.Microsecond
	lastPause  = 20 * time.Millisecond
)

// waiting is one call of Await.
type waiting struct {
	*Node
	epoch int64
	begun time.Duration      // no earlier than the commit
	own   bool               // this node is done with
	list  map[string]nodeRow // those still waited for; nil before the list was read
	found Invalidation
}

// settle looks who is done, and reports whether all are. Only nodes that were on the list when it was first read count: one
// that entered later read its state after the commit.
func (w *waiting) settle(ctx context.Context) (done bool, err error) {
	rows, err := w.lists.read(ctx, w.Node)
	elapsed := w.clock().mono - w.begun // after the answer: it is of that time or older
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil && w.list == nil && elapsed >= w.lease {
		return false, err
	}
	if err == nil {
		w.compare(rows)
	}
	for id, row := range w.list {
		if elapsed >= row.lease {
			w.found.Expired++
			delete(w.list, id)
			w.drop(ctx, row)
		}
	}
	if err := w.settleOwn(ctx, elapsed); err != nil {
		return false, err
	}
	return w.own && w.list != nil && len(w.list) == 0, nil
}

// compare strikes those off that have the change or are no longer there.
func (w *waiting) compare(rows []nodeRow) {
	now := make(map[string]nodeRow, len(rows))
	for _, row := range rows {
		if !w.names.has(row.id) {
			now[row.id] = row
		}
	}
	if w.list == nil {
		w.list = make(map[string]nodeRow, len(now))
		for id, row := range now {
			if row.acked >= 0 { // else it holds no lease, and gets none before it has the change
				w.list[id] = row
			}
		}
	}
	for id := range w.list {
		row, ok := now[id]
		switch {
		case !ok && w.ended.has(id): // by the housekeeping, or by another call, whose wait began before this one
			w.found.Expired++
			delete(w.list, id)
		case !ok:
			w.found.Gone++
			delete(w.list, id)
		case row.acked >= w.epoch:
			w.found.Acknowledged++
			delete(w.list, id)
		default:
			w.list[id] = row
		}
	}
}

// settleOwn is the same for this node, which need not ask the list.
func (w *waiting) settleOwn(ctx context.Context, elapsed time.Duration) error {
	switch {
	case w.own:
	case w.Epoch() >= w.epoch, w.isClosed():
		w.own = true
		w.found.Acknowledged++
	case elapsed >= w.lease:
		// Either this node cannot load it, or there is no such epoch.
		current, err := w.feed.epoch(ctx)
		if err == nil && current < w.epoch {
			err = fmt.Errorf("store: epoch %d awaited, the database is at %d", w.epoch, current)
		}
		if err != nil {
			return err
		}
		w.own = true
		w.found.Expired++
	}
	return nil
}

// drop takes a node off the list whose lease is over, so that the next change need not wait for it. If that fails the next
// one waits again.
func (w *waiting) drop(ctx context.Context, row nodeRow) {
	ask, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	w.ended.add(row.id) // before another call can miss the row
	if err := w.feed.drop(ask, row); err != nil {
		w.log.Warn("store: a node whose lease is over stays on the list", "node", row.id, "err", err)
		return
	}
	w.log.Warn("store: dropped a node that did not follow a change", "node", row.id, "epoch", w.epoch)
}

// lists lets all calls of Await that wait at a time read the list together.
type lists struct {
	mu      sync.Mutex
	next    *listing // not begun
	reading bool
}

type listing struct {
	done chan struct{}
	rows []nodeRow
	err  error
}

// read gives a list that was asked for after the call. The caller does not change it.
func (l *lists) read(ctx context.Context, n *Node) ([]nodeRow, error) {
	l.mu.Lock()
	if l.next == nil {
		l.next = &listing{done: make(chan struct{})}
	}
	mine := l.next
	if !l.reading {
		l.reading = true
		go l.serve(n)
	}
	l.mu.Unlock()
	select {
	case <-mine.done:
		return mine.rows, mine.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *lists) serve(n *Node) {
	for {
		l.mu.Lock()
		mine := l.next
		l.next = nil
		if mine == nil {
			l.reading = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), n.patience())
		mine.rows, mine.err = n.feed.nodes(ctx)
		cancel()
		if mine.err == nil {
			n.others.Store(hasOthers(mine.rows, &n.names))
		}
		close(mine.done)
	}
}
