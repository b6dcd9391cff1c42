package store

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"
)

// keeper brings a node up to date and renews its lease. One goroutine at a time has it.
type keeper struct {
	*Node
	id       string // on the list; "": none
	entered  bool   // the list has it
	renewals int    // since then, 0 to 2
	known    fact   // since the first renewal
	stale    bool   // what is in memory cannot be built on
	mark     int64  // of the change of the epoch in memory
	acked    int64  // what the list says of this node, at least
	next     time.Duration
	failing  bool
	watched  map[string]watched
	swept    time.Duration
}

// fact is what a renewal told: whatever is newer than epoch was committed after at.
type fact struct {
	valid bool
	epoch int64
	at    moment
}

// watched is a row of the list as it was first seen at a time.
type watched struct {
	row   nodeRow
	since time.Duration
}

// A renewal that finds a newer epoch is followed by another, at most so many times: the next poll goes on.
const maxRenewals = 8

// How many changes are read at a time.
const changesPage = 512

// snapshotPatience is for how long reading everything may take.
const snapshotPatience = 30 * time.Second

// join gets the first lease, within ctx. A database that fails is the caller's to know at once; one that is merely slow to
// answer is asked again.
func (k *keeper) join(ctx context.Context) error {
	for slow := 0; k.Live() != nil; {
		err := k.hold(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded) && slow < 3:
			slow++
		case err != nil:
			return err
		}
	}
	return nil
}

// run follows the database until ctx ends.
func (k *keeper) run(ctx context.Context) {
	// Several looks a lease, so that a lost answer costs no lease.
	ticker := time.NewTicker(min(k.poll, k.lease/8))
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-k.hinted:
			err = k.follow(ctx, true)
		case <-k.kicked:
			// Alone nobody waits for what the list says: it can wait for the next look.
			err = k.follow(ctx, k.others.Load())
		case <-ticker.C:
			err = k.look(ctx)
		}
		if failing := err != nil && ctx.Err() == nil; failing != k.failing {
			k.failing = failing
			if failing {
				k.log.Warn("store: cannot follow changes", "err", err)
			} else {
				k.log.Info("store: following changes again")
			}
		}
	}
}

// follow loads what is new, and tells the list.
func (k *keeper) follow(ctx context.Context, tell bool) error {
	if k.entered && !k.stale {
		if err := k.catchUp(ctx); err != nil {
			return err
		}
	}
	if tell && k.acked < k.epoch.Load() || k.stale {
		return k.hold(ctx)
	}
	return nil
}

// look renews the lease when it is time, and otherwise looks whether there is anything new.
func (k *keeper) look(ctx context.Context) error {
	k.expired() // the wall clock may have ended a lease that the timer did not
	now := k.clock().mono
	if !k.entered || k.stale || k.acked < k.epoch.Load() || now >= k.next || k.Live() != nil {
		if err := k.hold(ctx); err != nil {
			return err
		}
		return k.sweep(ctx)
	}
	ask, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	epoch, err := k.feed.epoch(ask)
	if err != nil || epoch == k.epoch.Load() {
		return err
	}
	if err := k.catchUp(ctx); err != nil {
		return err
	}
	return k.hold(ctx) // it also sees an epoch that went back, or that the changes do not lead to
}

// hold renews, after entering and loading where that has to come first, until the lease is prolonged and the list knows
// what is in memory.
func (k *keeper) hold(ctx context.Context) error {
	for range maxRenewals {
		if !k.entered {
			if err := k.enter(ctx); err != nil {
				return err
			}
		}
		if k.stale {
			if err := k.loadAll(ctx); err != nil {
				return err
			}
		}
		acked, start := k.epoch.Load(), k.clock()
		epoch, err := k.renew(ctx, acked)
		if errors.Is(err, ErrNotFound) {
			// Dropped, or on a database that was restored: nothing that was read before is worth anything if a lease was held.
			k.abandon(k.renewals > 0)
			continue
		}
		if errors.Is(err, errHistory) {
			k.log.Error("store: the database has lost changes, or has others in their place", "had", acked, "has", epoch)
			k.abandon(true)
			continue
		}
		if err != nil {
			return err
		}
		k.acked = acked
		if k.renewals++; k.renewals > 1 {
			before := k.known
			k.known = fact{valid: true, epoch: epoch, at: start}
			if epoch > acked {
				start = before.at
			}
			if epoch == acked || before.valid && before.epoch <= acked {
				k.grant(start)
				k.next = start.mono + k.lease/4
			}
		}
		if epoch > acked {
			if err := k.catchUpTo(ctx, epoch); err != nil {
				return err
			}
		} else if k.renewals > 1 {
			return nil
		}
	}
	return nil
}

func (k *keeper) renew(ctx context.Context, acked int64) (int64, error) {
	ask, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	return k.feed.renew(ask, k.id, acked, k.mark)
}

// enter puts the node on the list. An id is used for one call alone: a late copy of it then adds a row that nobody answers
// for. Of an id that is in use it could put a row that was dropped on the list again, as one that has never renewed.
func (k *keeper) enter(ctx context.Context) error {
	k.id = rand.Text()
	k.names.add(k.id)
	ask, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	if err := k.feed.register(ask, k.id, k.lease); err != nil {
		return err
	}
	k.entered, k.renewals, k.known, k.acked = true, 0, fact{}, -1
	return nil
}

// abandon gives up the place on the list, and the lease with it.
func (k *keeper) abandon(stale bool) {
	k.revoke()
	k.id, k.entered, k.stale = "", false, k.stale || stale
}

// loadAll replaces what is in memory.
func (k *keeper) loadAll(ctx context.Context) error {
	ask, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	s, err := k.feed.snapshot(ask)
	if err != nil {
		return err
	}
	if s.epoch < k.epoch.Load() && !k.stale {
		k.abandon(true) // the next round reads it again, under another id
		return nil
	}
	k.index.Store(newIndex(s))
	k.epoch.Store(s.epoch)
	k.mark, k.stale = s.mark, false
	k.changed.fire()
	return nil
}

// catchUpTo loads what is new, and everything if that does not lead to the epoch given.
func (k *keeper) catchUpTo(ctx context.Context, epoch int64) error {
	if err := k.catchUp(ctx); err != nil || k.epoch.Load() >= epoch {
		return err
	}
	return k.loadAll(ctx)
}

// catchUp loads the subjects of the changes there are, and everything if they do not follow the one that it has: the epoch's
// number alone would not tell a database that has lost changes and made others since.
func (k *keeper) catchUp(ctx context.Context) error {
	for {
		have := k.epoch.Load()
		list, err := k.changes(ctx, have)
		if err != nil {
			return err
		}
		if have > 0 {
			if len(list) == 0 || list[0].epoch != have || list[0].mark != k.mark {
				return k.loadAll(ctx)
			}
			list = list[1:]
		}
		if len(list) == 0 {
			return nil
		}
		if !follows(list, have) {
			return k.loadAll(ctx)
		}
		last := list[len(list)-1]
		for _, c := range distinct(list) {
			if err := k.loadOne(ctx, c); err != nil {
				return err
			}
		}
		if last.epoch > k.epoch.Load() { // else loadAll has come further
			k.epoch.Store(last.epoch)
			k.mark = last.mark
		}
		k.changed.fire()
		if len(list) < changesPage-1 {
			return nil
		}
	}
}

// changes gives the change of the epoch have and those after it.
func (k *keeper) changes(ctx context.Context, have int64) ([]change, error) {
	ask, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	return k.feed.changes(ask, have-1, changesPage)
}

func (k *keeper) loadOne(ctx context.Context, c change) error {
	if !slices.Contains(kinds[:], c.kind) {
		return k.loadAll(ctx) // a newer version's: whatever it is, everything has it
	}
	ask, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	now, err := k.feed.load(ask, c)
	if err != nil {
		return err
	}
	k.index.Load().apply(c, now)
	return nil
}

// follows reports whether the changes follow epoch without a gap.
func follows(list []change, epoch int64) bool {
	for _, c := range list {
		if epoch++; c.epoch != epoch {
			return false
		}
	}
	return true
}

// distinct gives one change for each subject.
func distinct(list []change) []change {
	type subject struct{ kind, account, id string }
	seen := make(map[subject]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(c change) bool {
		s := subject{c.kind, c.account, c.subject}
		again := seen[s]
		seen[s] = true
		return again
	})
}
