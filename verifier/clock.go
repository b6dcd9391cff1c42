package verifier

import (
	"sync/atomic"
	"time"
)

// clockAge is how old the reading of the wall clock may be that a time is
// counted from.
const clockAge = 50 * time.Millisecond

// clock tells the time for half the price of time.Now, which reads two clocks:
// it reads the monotonic one only, and counts from the wall clock's last
// reading. A wall clock that is set is noticed within clockAge of running time.
// There is nothing to stop and nothing that could fail to tick.
//
// Safe for concurrent use. The zero clock is ready.
type clock struct {
	last atomic.Pointer[time.Time] // with its monotonic part
}

func (c *clock) now() time.Time {
	last := c.last.Load()
	if last != nil {
		if since := time.Since(*last); since >= 0 && since < clockAge {
			return last.Add(since)
		}
	}
	now := time.Now()
	// Of two that read the clock at once the later to get here is not always the later to have read it.
	c.last.CompareAndSwap(last, &now)
	return now
}
