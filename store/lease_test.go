package store

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// warped is a machine's clocks that run at a rate of their own, can be suspended, and of which the wall clock can be set.
type warped struct {
	mu    sync.Mutex
	last  time.Time
	rate  float64
	now   moment
	still bool
}

func newWarped(rate float64) *warped {
	return &warped{last: time.Now(), rate: rate, now: moment{wall: time.Duration(time.Now().UnixNano())}}
}

func (w *warped) read() moment {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	passed := time.Duration(float64(now.Sub(w.last)) * w.rate)
	w.last = now
	if !w.still {
		w.now.mono += passed
	}
	w.now.wall += passed
	return w.now
}

// suspend stops the monotonic clock for d.
func (w *warped) suspend(d time.Duration) {
	w.stop(true)
	time.Sleep(d)
	w.stop(false)
}

func (w *warped) stop(still bool) {
	w.read()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.still = still
}

// setWall sets the wall clock.
func (w *warped) setWall(by time.Duration) {
	w.read()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.wall += by
}

func TestLeaseHolds(t *testing.T) {
	start := moment{mono: 100 * time.Second, wall: 5000 * time.Second}
	l := leaseFrom(start, 12*time.Second) // of which it answers for 10
	at := func(mono, wall time.Duration) moment { return moment{mono: start.mono + mono, wall: start.wall + wall} }
	for name, c := range map[string]struct {
		now  moment
		want bool
	}{
		"at its start":                     {at(0, 0), true},
		"at its last moment":               {at(10*time.Second-1, 10*time.Second-1), true},
		"over":                             {at(10*time.Second, 10*time.Second), false},
		"over by the monotonic clock":      {at(10*time.Second, time.Second), false},
		"over by the wall clock":           {at(time.Second, 10*time.Second), false},
		"the wall clock was set back":      {at(time.Second, -1), false},
		"the wall clock was set back less": {at(2*time.Second, time.Second), true},
	} {
		require.Equal(t, c.want, l.holds(c.now), name)
	}
	require.False(t, new(lease).holds(moment{}))
}

// TestLeaseOfASuspendedMachine: the monotonic clock stands still, the wall clock tells.
func TestLeaseOfASuspendedMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		clock := newWarped(1)
		n, err := startNode(t.Context(), f, NodeConfig{Lease: 6 * time.Second}, testPoll, clock.read)
		require.NoError(t, err)
		defer n.Close()
		f.partition(true)
		changed := n.Changed()
		clock.suspend(5 * time.Second)
		require.ErrorIs(t, n.Live(), ErrLease)
		settle(3 * time.Second) // the poll that hangs gives up, and the next one looks
		require.False(t, pending(changed), "said, though the timer did not go off")
		f.partition(false)
		settle(3 * time.Second)
		require.NoError(t, n.Live())
	})
}

func TestLeaseWhenTheWallClockIsSet(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			clock := newWarped(1)
			n, err := startNode(t.Context(), newFakeFeed(newFakeDB()), NodeConfig{Lease: 6 * time.Second}, testPoll, clock.read)
			require.NoError(t, err)
			defer n.Close()
			clock.setWall(by)
			require.ErrorIs(t, n.Live(), ErrLease)
			settle(2 * testPoll)
			require.NoError(t, n.Live(), "renewed at the next look")
		})
	}
}

// TestLeaseThatIsOverStaysOver: the wall clock has told of a suspension, and is then set back.
func TestLeaseThatIsOverStaysOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, f := newWarped(1), newFakeFeed(newFakeDB())
		n, err := startNode(t.Context(), f, NodeConfig{Lease: 6 * time.Second}, testPoll, clock.read)
		require.NoError(t, err)
		defer n.Close()
		f.partition(true)
		clock.suspend(time.Hour)
		settle(time.Second)
		require.ErrorIs(t, n.Live(), ErrLease)
		clock.setWall(-time.Hour)
		require.ErrorIs(t, n.Live(), ErrLease)
		f.partition(false)
		settle(3 * time.Second)
		require.NoError(t, n.Live())
	})
}

// TestLeaseBeginsBeforeItsRenewalIsSent: a slow answer makes the lease shorter, one that is too slow gives none.
func TestLeaseBeginsBeforeItsRenewalIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, f)
		f.set(func(f *fakeFeed) {
			f.hook = func(call string) {
				if call == "renew" {
					time.Sleep(1900 * time.Millisecond)
				}
			}
		})
		settle(1500*time.Millisecond + 1900*time.Millisecond + 10*time.Millisecond) // renewed at 1.5 s, answered at 3.4 s
		f.partition(true)
		settle(3 * time.Second)
		require.NoError(t, n.Live(), "until 6.5 s")
		settle(100 * time.Millisecond)
		require.ErrorIs(t, n.Live(), ErrLease)
		f.set(func(f *fakeFeed) { f.hook = nil })
	})
}

func TestSignal(t *testing.T) {
	s := newSignal()
	a := s.wait()
	require.True(t, pending(a))
	s.fire()
	require.False(t, pending(a))
	b := s.wait()
	require.True(t, pending(b))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				s.fire()
			}
		})
	}
	all.Wait()
	require.False(t, pending(b))
}
