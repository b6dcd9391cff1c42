package store

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// fakeDB is a database in memory: relays with their tokens, the log and the list of nodes.
type fakeDB struct {
	mu      sync.Mutex
	now     state
	log     []change
	list    map[string]nodeRow
	hints   map[chan struct{}]bool
	dropped int
	marks   int64 // of all changes, also those that were lost
}

func newFakeDB() *fakeDB {
	return &fakeDB{list: map[string]nodeRow{}, hints: map[chan struct{}]bool{}}
}

// commit changes one subject.
func (db *fakeDB) commit(kind, account, subject string, do func(*state)) int64 {
	db.mu.Lock()
	defer db.mu.Unlock()
	do(&db.now)
	db.now.epoch++
	db.marks++
	db.log = append(db.log, change{epoch: db.now.epoch, mark: db.marks, account: account, kind: kind, subject: subject})
	for ch := range db.hints {
		poke(ch)
	}
	return db.now.epoch
}

// rotate gives the relay one token in place of those that it has.
func (db *fakeDB) rotate(relay, jti string) int64 {
	return db.commit(kindRelay, "acc", relay, func(s *state) {
		s.relays = slices.DeleteFunc(slices.Clone(s.relays), func(r relayRow) bool { return r.uid == relay })
		s.relays = append(s.relays, relayRow{account: "acc", uid: relay, tokens: []RelayToken{{JTI: jti}}})
	})
}

func (db *fakeDB) rows() map[string]nodeRow {
	db.mu.Lock()
	defer db.mu.Unlock()
	return maps.Clone(db.list)
}

// restore puts the database back to a state and a log that it had.
func (db *fakeDB) restore(s state, log []change) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.now, db.log, db.list = s, log, map[string]nodeRow{}
}

// mark gives that of an epoch's change, or other if the log has none. Under the lock.
func (db *fakeDB) mark(epoch, other int64) int64 {
	for _, c := range db.log {
		if c.epoch == epoch {
			return c.mark
		}
	}
	return other
}

// forget cuts the log.
func (db *fakeDB) forget() {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.log = nil
}

// fakeFeed is one node's way to the database. It is perfect until its faults are set.
type fakeFeed struct {
	db *fakeDB

	mu     sync.Mutex
	cut    bool // calls hang until their context ends, without effect
	random *rand.Rand
	faults faults
	calls  map[string]int
	hook   func(call string)
}

// faults are what may befall a call: chances of 1, and the longest delay on the way there and on the way back.
type faults struct {
	lostCall   float64 // an error, no effect
	lostAnswer float64 // an error after the effect
	late       float64 // an error at once, the effect later
	stall      float64 // hangs until the context ends
	noHint     float64
	delay      time.Duration
}

var errFault = errors.New("fault")

func newFakeFeed(db *fakeDB) *fakeFeed {
	return &fakeFeed{db: db, calls: map[string]int{}}
}

func (f *fakeFeed) set(do func(*fakeFeed)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(f)
}

func (f *fakeFeed) partition(cut bool) { f.set(func(f *fakeFeed) { f.cut = cut }) }

func (f *fakeFeed) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

// fate is drawn before a call.
type fate struct {
	cut                        bool
	lostCall, lostAnswer, late bool
	there, back, afterwards    time.Duration
}

func (f *fakeFeed) draw(call string) fate {
	f.mu.Lock()
	f.calls[call]++
	hook, fate := f.hook, fate{cut: f.cut}
	if f.random != nil {
		chance := func(p float64) bool { return f.random.Float64() < p }
		delay := func() time.Duration {
			if f.faults.delay == 0 {
				return 0
			}
			return time.Duration(f.random.Int64N(int64(f.faults.delay)))
		}
		fate.cut = fate.cut || chance(f.faults.stall)
		fate.lostCall, fate.lostAnswer, fate.late = chance(f.faults.lostCall), chance(f.faults.lostAnswer), chance(f.faults.late)
		fate.there, fate.back, fate.afterwards = delay(), delay(), 20*delay()
	}
	f.mu.Unlock()
	if hook != nil {
		hook(call)
	}
	return fate
}

// ask makes a call in the fakeDB, with its fate.
func ask[T any](ctx context.Context, f *fakeFeed, call string, do func(db *fakeDB) (T, error)) (T, error) {
	var none T
	effect := func() (T, error) {
		f.db.mu.Lock()
		defer f.db.mu.Unlock()
		return do(f.db)
	}
	pause := func(d time.Duration) error {
		if d == 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
	fate := f.draw(call)
	if fate.cut {
		<-ctx.Done()
		return none, ctx.Err()
	}
	if err := pause(fate.there); err != nil {
		return none, err
	}
	if fate.lostCall {
		return none, errFault
	}
	if fate.late {
		time.AfterFunc(fate.afterwards, func() { _, _ = effect() })
		return none, errFault
	}
	result, err := effect()
	if err != nil {
		return none, err
	}
	if fate.lostAnswer {
		return none, errFault
	}
	if err := pause(fate.back); err != nil {
		return none, err
	}
	f.mu.Lock()
	cut := f.cut
	f.mu.Unlock()
	if cut { // the answer is on its way when the connection is cut
		<-ctx.Done()
		return none, ctx.Err()
	}
	return result, nil
}

func (f *fakeFeed) epoch(ctx context.Context) (int64, error) {
	return ask(ctx, f, "epoch", func(db *fakeDB) (int64, error) { return db.now.epoch, nil })
}

func (f *fakeFeed) changes(ctx context.Context, after int64, limit int) ([]change, error) {
	return ask(ctx, f, "changes", func(db *fakeDB) ([]change, error) {
		list := slices.DeleteFunc(slices.Clone(db.log), func(c change) bool { return c.epoch <= after })
		return list[:min(limit, len(list))], nil
	})
}

func (f *fakeFeed) snapshot(ctx context.Context) (state, error) {
	return ask(ctx, f, "snapshot", func(db *fakeDB) (state, error) {
		s := db.now
		s.mark = db.mark(s.epoch, 0)
		return s, nil
	})
}

func (f *fakeFeed) load(ctx context.Context, c change) (state, error) {
	return ask(ctx, f, "load", func(db *fakeDB) (s state, err error) {
		switch c.kind {
		case kindRelay:
			s.relays = only(db.now.relays, func(r relayRow) bool { return r.uid == c.subject })
		case kindStreamKey:
			s.streamKeys = only(db.now.streamKeys, func(k streamKeyRow) bool { return k.id == c.subject })
			s.deleted = only(db.now.deleted, func(k deletedRow) bool { return k.key.ID == c.subject })
		case kindOwnKey:
			s.ownKeys = only(db.now.ownKeys, func(k ownKeyRow) bool { return k.key.ID == c.subject })
		case kindTURNKey:
			s.turnKeys = only(db.now.turnKeys, func(k turnKeyRow) bool { return k.key.UID == c.subject })
		default:
			err = errors.New("load of an unknown kind")
		}
		return s, err
	})
}

func only[T any](list []T, is func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return !is(v) })
}

func (f *fakeFeed) register(ctx context.Context, node string, lease time.Duration) error {
	_, err := ask(ctx, f, "register", func(db *fakeDB) (struct{}, error) {
		if _, ok := db.list[node]; !ok {
			db.list[node] = nodeRow{id: node, acked: -1, lease: lease}
		}
		return struct{}{}, nil
	})
	return err
}

// renew reads the epoch some time before it writes, as a statement does that takes its view of the database at its start and
// then waits for the row.
func (f *fakeFeed) renew(ctx context.Context, node string, acked, mark int64) (int64, error) {
	f.draw("renewing")
	f.db.mu.Lock()
	epoch, has := f.db.now.epoch, f.db.mark(acked, mark)
	f.db.mu.Unlock()
	lost := epoch < acked || has != mark
	return ask(ctx, f, "renew", func(db *fakeDB) (int64, error) {
		row, ok := db.list[node]
		if !ok {
			return 0, ErrNotFound
		}
		if row.beats++; !lost {
			row.acked = max(row.acked, acked)
		}
		if db.list[node] = row; lost {
			return epoch, errHistory
		}
		return epoch, nil
	})
}

func (f *fakeFeed) nodes(ctx context.Context) ([]nodeRow, error) {
	return ask(ctx, f, "nodes", func(db *fakeDB) ([]nodeRow, error) {
		return slices.Collect(maps.Values(db.list)), nil
	})
}

func (f *fakeFeed) drop(ctx context.Context, row nodeRow) error {
	_, err := ask(ctx, f, "drop", func(db *fakeDB) (struct{}, error) {
		if now, ok := db.list[row.id]; ok && now.acked == row.acked && now.beats == row.beats {
			delete(db.list, row.id)
			db.dropped++
		}
		return struct{}{}, nil
	})
	return err
}

// listen forwards the hints that are not lost.
func (f *fakeFeed) listen(ctx context.Context) (<-chan struct{}, error) {
	in, out := make(chan struct{}, 1), make(chan struct{}, 1)
	if _, err := ask(ctx, f, "listen", func(db *fakeDB) (struct{}, error) {
		db.hints[in] = true
		return struct{}{}, nil
	}); err != nil {
		return nil, err
	}
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case <-in:
			}
			f.mu.Lock()
			lost := f.cut || f.random != nil && f.random.Float64() < f.faults.noHint
			f.mu.Unlock()
			if !lost {
				poke(out)
			}
		}
	}()
	return out, nil
}

// settle lets everything in the bubble come to rest after d.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
