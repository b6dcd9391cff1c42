package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// An operation of a history. Its times are places in one order: call before what it did, back after.
type operation struct {
	call, back int
	node       int
	relay      string
	jti        string
	rotate     bool  // jti was put in, with epoch; back is when Await returned
	epoch      int64 // of a rotation
	accepted   bool  // the answer about jti, if it is no rotation
}

// history collects operations.
type history struct {
	mu    sync.Mutex
	clock int
	done  []operation
}

func (h *history) tick() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	return h.clock
}

func (h *history) add(op operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	op.back = h.clock
	h.done = append(h.done, op)
}

// check gives the first answer that no order of events explains:
//
//   - "accepted" asked after a rotation that replaced the token had returned from Await, or before the rotation that put it
//     in was begun;
//   - "not accepted" asked after the token's own rotation had returned from Await, and answered before the next one of that
//     relay was begun.
//
// A rotation whose Await failed counts as begun and never as returned.
func (h *history) check() error {
	rotations := map[string][]operation{} // by relay
	put := map[string]operation{}
	for _, op := range h.done {
		if op.rotate {
			rotations[op.relay] = append(rotations[op.relay], op)
			put[op.jti] = op
		}
	}
	for _, op := range h.done {
		if op.rotate {
			continue
		}
		own := put[op.jti]
		if op.accepted && op.back < own.call {
			return fmt.Errorf("node %d accepted %s before it was there", op.node, op.jti)
		}
		replaced := false
		for _, r := range rotations[op.relay] {
			if r.epoch <= own.epoch {
				continue
			}
			if op.accepted && op.call > r.back {
				return fmt.Errorf("node %d accepted %s (epoch %d) after %s (epoch %d) was everywhere", op.node, op.jti, own.epoch, r.jti, r.epoch)
			}
			replaced = replaced || r.call < op.back
		}
		if !op.accepted && op.call > own.back && !replaced {
			return fmt.Errorf("node %d did not accept %s (epoch %d) though it was everywhere", op.node, op.jti, own.epoch)
		}
	}
	return nil
}

// stage is nodes on one database, with what is broken about them.
type stage struct {
	db    *fakeDB
	feeds []*fakeFeed
	nodes []*Node

	accept func(n *Node, relay, jti string) (bool, error)
	await  func(ctx context.Context, n *Node, epoch int64) error
}

func intact(w *stage) {
	w.accept = func(n *Node, relay, jti string) (bool, error) { return n.Accepts(relay, jti) }
	w.await = func(ctx context.Context, n *Node, epoch int64) error {
		_, err := n.Await(ctx, epoch)
		return err
	}
}

// storm runs rotations and questions on three nodes for two minutes, while connections fail in every way there is, clocks
// run fast and slow, and machines are suspended.
func storm(t *testing.T, seed uint64, breaks func(*stage)) *history {
	h := &history{}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		random := rand.New(rand.NewPCG(seed, 0))
		w := &stage{db: newFakeDB()}
		breaks(w)
		for i := range 3 {
			f := newFakeFeed(w.db)
			clock := newWarped(1 + (random.Float64()-0.5)/6)
			n, err := startNode(ctx, f, NodeConfig{Lease: time.Duration(1+random.IntN(4)) * time.Second}, testPoll, clock.read)
			require.NoError(t, err)
			defer n.Close()
			f.set(func(f *fakeFeed) {
				f.random = rand.New(rand.NewPCG(seed, uint64(i)+1))
				f.faults = faults{lostCall: 0.02, lostAnswer: 0.05, late: 0.05, stall: 0.02, noHint: 0.5, delay: 40 * time.Millisecond}
			})
			w.feeds, w.nodes = append(w.feeds, f), append(w.nodes, n)
			r := rand.New(rand.NewPCG(seed, uint64(i)+100))
			go func() {
				for ctx.Err() == nil {
					time.Sleep(time.Duration(r.Int64N(int64(10 * time.Second))))
					switch r.IntN(2) {
					case 0:
						f.partition(true)
						time.Sleep(time.Duration(r.Int64N(int64(8 * time.Second))))
						f.partition(false)
					case 1: // the monotonic clock stands still, and for a while nothing gets through
						f.partition(true)
						clock.suspend(time.Duration(r.Int64N(int64(8 * time.Second))))
						f.partition(false)
					}
				}
			}()
		}
		relays := []string{"r0", "r1"}
		var mu sync.Mutex
		var rotateMu [2]sync.Mutex // for the harness: one relay's rotations in the order of their epochs
		known := map[string][]string{}
		for i, n := range w.nodes {
			r := rand.New(rand.NewPCG(seed, uint64(i)+200))
			for j := range 2 { // rotations
				go func() {
					for k := 0; ctx.Err() == nil; k++ {
						time.Sleep(time.Duration(rand.New(rand.NewPCG(seed, uint64(i*1e6+j*1e5+k))).Int64N(int64(4 * time.Second))))
						op := operation{node: i, relay: relays[j], jti: fmt.Sprintf("%d.%d.%d", i, j, k), rotate: true}
						rotateMu[j].Lock()
						op.call = h.tick()
						op.epoch = w.db.rotate(op.relay, op.jti)
						rotateMu[j].Unlock()
						mu.Lock()
						known[op.relay] = append(known[op.relay], op.jti)
						mu.Unlock()
						if err := w.await(ctx, n, op.epoch); err != nil {
							h.mu.Lock()
							op.back = 1 << 30
							h.done = append(h.done, op)
							h.mu.Unlock()
							continue
						}
						h.add(op)
					}
				}()
			}
			go func() { // questions
				for ctx.Err() == nil {
					time.Sleep(time.Duration(r.Int64N(int64(20 * time.Millisecond))))
					relay := relays[r.IntN(2)]
					mu.Lock()
					jtis := known[relay]
					mu.Unlock()
					for _, jti := range jtis[max(0, len(jtis)-3):] {
						op := operation{call: h.tick(), node: i, relay: relay, jti: jti}
						ok, err := w.accept(n, relay, jti)
						if err != nil {
							continue
						}
						op.accepted = ok
						h.add(op)
					}
				}
			}()
		}
		<-ctx.Done()
		for _, f := range w.feeds { // so that Close is quick
			f.set(func(f *fakeFeed) { f.random, f.cut = nil, false })
		}
		time.Sleep(20 * time.Second)
	})
	return h
}

func TestHistoryIsExplained(t *testing.T) {
	for seed := range uint64(historySeeds) {
		h := storm(t, seed, intact)
		require.NoError(t, h.check(), "seed %d", seed)
		accepted, rotations := 0, 0
		for _, op := range h.done {
			if op.accepted {
				accepted++
			}
			if op.rotate && op.back < 1<<30 {
				rotations++
			}
		}
		require.Greater(t, accepted, 500, "seed %d: too little was answered to say anything", seed)
		require.Greater(t, rotations, 20, "seed %d", seed)
	}
}

const historySeeds = 10

// TestHistoryOfABrokenNode: without either half of the guarantee the check fails.
func TestHistoryOfABrokenNode(t *testing.T) {
	broken := map[string]func(*stage){
		"the lease is not looked at": func(w *stage) {
			w.accept = func(n *Node, relay, jti string) (bool, error) {
				r, ok := n.index.Load().relays.get(relay)
				return ok && r.jtis[0] == jti, nil
			}
		},
		"nobody waits": func(w *stage) {
			w.await = func(context.Context, *Node, int64) error { return nil }
		},
		"own node alone is waited for": func(w *stage) {
			w.await = func(ctx context.Context, n *Node, epoch int64) error {
				for n.Epoch() < epoch {
					select {
					case <-n.Changed():
					case <-time.After(time.Millisecond):
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				return nil
			}
		},
	}
	for name, breaks := range broken {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(historySeeds) {
				h := storm(t, seed, func(w *stage) { intact(w); breaks(w) })
				if h.check() != nil {
					return
				}
			}
			t.Fatal("nothing noticed")
		})
	}
}

// TestHistoryCheck is the check's own.
func TestHistoryCheck(t *testing.T) {
	first := operation{call: 1, back: 2, rotate: true, jti: "a", relay: "r", epoch: 1}
	second := operation{call: 5, back: 8, rotate: true, jti: "b", relay: "r", epoch: 2}
	ask := func(call, back int, jti string, accepted bool) operation {
		return operation{call: call, back: back, jti: jti, relay: "r", accepted: accepted}
	}
	for name, c := range map[string]struct {
		op operation
		ok bool
	}{
		"the token that is there":                   {ask(3, 4, "a", true), true},
		"refused though it is there":                {ask(3, 4, "a", false), false},
		"the old one during the rotation":           {ask(6, 7, "a", true), true},
		"the new one during the rotation":           {ask(6, 7, "b", true), true},
		"the old one refused during the rotation":   {ask(6, 7, "a", false), true},
		"the new one refused during the rotation":   {ask(6, 7, "b", false), true},
		"the old one, asked before it had returned": {ask(7, 9, "a", true), true},
		"the old one after":                         {ask(9, 10, "a", true), false},
		"the old one refused after":                 {ask(9, 10, "a", false), true},
		"the new one after":                         {ask(9, 10, "b", true), true},
		"the new one refused after":                 {ask(9, 10, "b", false), false},
		"the new one before":                        {ask(3, 4, "b", true), false},
		"refused, the next one begun meanwhile":     {ask(3, 6, "a", false), true},
	} {
		h := history{done: []operation{first, second, c.op}}
		require.Equal(t, c.ok, h.check() == nil, name)
	}
}
