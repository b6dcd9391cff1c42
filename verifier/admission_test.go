package verifier

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// newAdmission makes one in which a sender's lane is its own number.
func newAdmission(limit int) *admission {
	a := new(admission)
	a.init(limit)
	a.seed = 1 << 56
	return a
}

const (
	detailEnded = "the request ended while its token waited to be verified"
	detailFull  = "too many tokens wait to be verified"
)

// door is an admission of one place, taken by the test, and who was let in, in order.
type door struct {
	*admission
	t     *testing.T
	mu    sync.Mutex
	order []string
	wg    sync.WaitGroup
}

func newDoor(t *testing.T) *door {
	d := &door{admission: newAdmission(1), t: t}
	require.True(t, d.try())
	return d
}

// arrive lets somebody wait who is done as soon as it is let in, and notes its name, or what it was told.
func (d *door) arrive(ctx context.Context, name string, sender uint64) {
	d.wg.Go(func() {
		refusal := d.queue(ctx, sender)
		if refusal != nil {
			name = refusal.Detail
			if refusal.Reason != streamtoken.ReasonVerifierBusy {
				d.t.Errorf("reason %s", refusal.Reason)
			}
		}
		d.mu.Lock()
		d.order = append(d.order, name)
		d.mu.Unlock()
		if refusal == nil {
			d.done()
		}
	})
	synctest.Wait() // one after the other
}

// open lets all in, and gives the order.
func (d *door) open() []string {
	d.done()
	d.wg.Wait()
	requireSound(d.t, d.admission, 1, 0)
	return d.order
}

// requireSound: no place is lost or made up, and the lanes are what they say.
func requireSound(t testing.TB, a *admission, limit, running int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.free+running != limit {
		t.Fatalf("%d places of %d are free while %d run", a.free, limit, running)
	}
	waiting := 0
	for i := range a.lane {
		l, n := &a.lane[i], 0
		var before *waiter
		for w := l.first; w != nil; w = w.next {
			if w.prev != before || int(w.lane) != i || w.state != waits {
				t.Fatalf("lane %d: waiter %d is not linked, of lane %d, or in state %d", i, n, w.lane, w.state)
			}
			before = w
			n++
		}
		if l.last != before || l.len != n || (n > 0) != (a.queued[i/64]>>(i%64)&1 == 1) {
			t.Fatalf("lane %d: its end, its length %d or its bit is not that of %d waiters", i, l.len, n)
		}
		waiting += n
	}
	if a.waiting != waiting || a.free > 0 && waiting > 0 {
		t.Fatalf("%d wait, %d are said to, %d places are free", waiting, a.waiting, a.free)
	}
}

func TestAdmissionTakesTurnsByLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.turn = 4
		for i, sender := range []uint64{3, 3, 3, 7, 200, 200, 63, 64, 255, 0, 3} {
			d.arrive(t.Context(), fmt.Sprint(sender, "#", i), sender)
		}
		require.Equal(t, []string{
			"7#3", "63#6", "64#7", "200#4", "255#8", "0#9", "3#0",
			"200#5", "3#1", "3#2", "3#10",
		}, d.open())
	})
}

// One sender has 10,000 waiting, another comes with one: it is served within two turns, wherever the turn is.
func TestAdmissionFloodDoesNotStarve(t *testing.T) {
	for _, turn := range []uint8{0, 9, 10, 11, 99, 100, 255} {
		synctest.Test(t, func(t *testing.T) {
			a := newAdmission(1)
			require.True(t, a.try())
			a.turn = turn
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			var served atomic.Int32
			for range 10_000 {
				wg.Go(func() {
					if a.queue(ctx, 10) == nil {
						served.Add(1) // the test ends its turn
					}
				})
			}
			synctest.Wait()
			require.Equal(t, 10_000, a.waiting)
			var turns int32
			wg.Go(func() {
				if a.queue(t.Context(), 100) == nil {
					turns = served.Load() + 1
				}
			})
			synctest.Wait()
			for range 2 {
				a.done()
				synctest.Wait()
			}
			require.NotZero(t, turns, "not served within two turns")
			require.LessOrEqual(t, turns, int32(2))
			cancel()
			wg.Wait()
			requireSound(t, a, 1, 1)
		})
	}
}

// The one who leaves is the one who is gone, wherever it stands in its lane.
func TestAdmissionLeavesInTheMiddle(t *testing.T) {
	for leaving := range 5 {
		synctest.Test(t, func(t *testing.T) {
			d := newDoor(t)
			ctx, cancel := context.WithCancel(t.Context())
			want := []string{detailEnded}
			for i := range 5 {
				if i == leaving {
					d.arrive(ctx, "leaves", 3)
				} else {
					d.arrive(t.Context(), fmt.Sprint(i), 3)
					want = append(want, fmt.Sprint(i))
				}
			}
			cancel()
			synctest.Wait()
			requireSound(t, d.admission, 1, 1)
			require.Equal(t, 4, d.waiting)
			require.Equal(t, want, d.open())
			require.EqualValues(t, 1, d.turnedAway)
		})
	}
}

// A request ends as it is let in: its place goes to the next one.
func TestAdmissionEndsAsItIsLetIn(t *testing.T) {
	for _, first := range []string{"end", "admit"} {
		synctest.Test(t, func(t *testing.T) {
			d := newDoor(t)
			ctx, cancel := context.WithCancel(t.Context())
			d.arrive(ctx, "leaves", 3)
			d.arrive(t.Context(), "next", 4)
			if first == "end" {
				cancel()
				d.done()
			} else {
				d.mu.Lock()
				d.admission.mu.Lock() // it cannot see that it was let in before its request has ended
				d.pass()
				cancel()
				d.admission.mu.Unlock()
				d.mu.Unlock()
			}
			d.wg.Wait()
			require.ElementsMatch(t, []string{detailEnded, "next"}, d.order)
			requireSound(t, d.admission, 1, 0)
		})
	}
}

// When all room is taken, the last of the longest lane has to go, never one of
// a shorter lane; who comes to the longest has to go itself.
func TestAdmissionOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(1)
		require.True(t, a.try())
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		var mu sync.Mutex
		away := map[string]int{}
		arrive := func(sender uint64) {
			wg.Go(func() {
				if refusal := a.queue(ctx, sender); refusal != nil {
					mu.Lock()
					away[fmt.Sprint(sender, ": ", refusal.Detail)]++
					mu.Unlock()
				}
			})
		}
		fill := func(sender uint64, n int) {
			for range n {
				arrive(sender)
			}
			synctest.Wait()
		}
		fill(1, maxWaiting-50)
		fill(2, 50)
		require.Equal(t, maxWaiting, a.waiting)
		require.Empty(t, away)

		lastOfLongest := a.lane[1].last
		fill(3, 1)
		require.Equal(t, turnedAway, lastOfLongest.state)
		require.Equal(t, map[string]int{"1: " + detailFull: 1}, away)
		fill(2, 9)
		require.Equal(t, map[string]int{"1: " + detailFull: 10}, away)
		fill(1, 5)
		require.Equal(t, map[string]int{"1: " + detailFull: 15}, away)
		require.Equal(t, []int{maxWaiting - 60, 59, 1}, []int{a.lane[1].len, a.lane[2].len, a.lane[3].len})
		requireSound(t, a, 1, 1)
		require.EqualValues(t, 15, a.turnedAway)

		cancel()
		wg.Wait()
		requireSound(t, a, 1, 1)
		require.Equal(t, maxWaiting, away["1: "+detailEnded]+away["2: "+detailEnded]+away["3: "+detailEnded])
	})
}

// Two lanes as long as each other: who comes to one of them has to go.
func TestAdmissionOverflowOfEquals(t *testing.T) {
	a := newAdmission(1)
	a.free = 0
	for i := range maxWaiting {
		a.push(&waiter{lane: uint8(i % 2), told: make(chan struct{})})
	}
	refusal := a.queue(t.Context(), 0)
	require.NotNil(t, refusal)
	require.Equal(t, detailFull, refusal.Detail)
	require.Equal(t, [2]int{maxWaiting / 2, maxWaiting / 2}, [2]int{a.lane[0].len, a.lane[1].len})
	requireSound(t, a, 1, 1)
}

// Addresses that follow each other, and such as differ in their first bytes alone, do not share a few lanes.
func TestAdmissionSpreadsSenders(t *testing.T) {
	for name, sender := range map[string]func(i int) uint64{
		"IPv4":     func(i int) uint64 { return 0xffff<<32 | 0xc6336400 + uint64(i) },
		"IPv4 /16": func(i int) uint64 { return 0xffff<<32 | uint64(i)<<16 },
		"IPv6 /64": func(i int) uint64 { return 0x20010db8<<32 | uint64(i) },
		"IPv6 /48": func(i int) uint64 { return 0x20010db8<<32 | uint64(i)<<16 },
	} {
		worst := 0
		r := rand.New(rand.NewPCG(1, 4)) // seeds that stay the same: of all there are, some few are bad
		for range 20 {
			a := &admission{seed: r.Uint64() | 1}
			seen := [lanes]int{}
			for i := range 4 * lanes {
				lane := uint8(sender(i) * a.seed >> 56)
				seen[lane]++
				worst = max(worst, seen[lane])
			}
		}
		require.Less(t, worst, 64, name) // in the mean 4
	}
}

// TestAdmissionUnderLoad: many come, leave and are let in at once; never more
// than the limit run, nobody hangs, and no place is lost.
func TestAdmissionUnderLoad(t *testing.T) {
	for _, limit := range []int{1, 2, 5} {
		a := newAdmission(limit)
		var running, most atomic.Int32
		var wg sync.WaitGroup
		for g := range 32 {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			wg.Go(func() {
				for range 300 {
					ctx, cancel := context.WithCancel(context.Background())
					if r.IntN(2) == 0 {
						go cancel() // about when it is let in
					}
					if r.IntN(8) == 0 {
						cancel()
					}
					if a.try() || a.queue(ctx, uint64(r.IntN(6))) == nil {
						n := running.Add(1)
						for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
						}
						running.Add(-1)
						a.done()
					}
					cancel()
				}
			})
		}
		wg.Wait()
		require.LessOrEqual(t, int(most.Load()), limit)
		requireSound(t, a, limit, 0)
	}
}
