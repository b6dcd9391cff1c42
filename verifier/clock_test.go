package verifier

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The time told is that of time.Now at every moment; the wall clock is read
// again once its last reading is clockAge old, and not before.
func TestClockTellsTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clock
		require.Equal(t, momentOf(time.Now()), c.now())
		read := c.last.Load()
		for _, step := range []time.Duration{0, 1, time.Millisecond, clockAge - time.Millisecond - 2} {
			time.Sleep(step)
			require.Equal(t, momentOf(time.Now()), c.now())
			require.Same(t, read, c.last.Load())
		}
		for _, step := range []time.Duration{1, clockAge, time.Hour, 1000 * time.Hour} {
			time.Sleep(step)
			require.Equal(t, momentOf(time.Now()), c.now())
			require.NotSame(t, read, c.last.Load())
			read = c.last.Load()
		}
	})
}

// A reading that lies ahead, as of a clock that went back, is not counted from.
func TestClockReadsAgainWhatLiesAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clock
		ahead := time.Now().Add(time.Hour)
		c.last.Store(&reading{momentOf(ahead), ahead})
		require.Equal(t, momentOf(time.Now()), c.now())
		require.Equal(t, momentOf(time.Now()), c.now())
	})
}

// TestClockIsShared: whoever reads it, and however many, gets a time between
// that of before and that of after. The wall clock is slewed against the
// monotonic one, by some nanoseconds within the age of a reading.
func TestClockIsShared(t *testing.T) {
	const slewed = time.Millisecond
	var c clock
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20_000 {
				before := time.Now()
				got := c.now().time()
				after := time.Now()
				if got.Before(before.Add(-slewed)) || got.After(after.Add(slewed)) {
					t.Errorf("%s is not between %s and %s", got, before, after)
					return
				}
			}
		})
	}
	wg.Wait()
}
