package verifier

import (
	"sync/atomic"
	"time"
)

// clockAge is how old the reading of the wall clock may be that a time is
// counted from.
const clockAge = 50 * time.Millisecond

// moment is a time in Unix seconds, and in nanoseconds after them, less than a
// second: what is compared with the times in tokens.
type moment struct{ sec, nsec int64 }

func momentOf(t time.Time) moment { return moment{t.Unix(), int64(t.Nanosecond())} }

func (m moment) time() time.Time { return time.Unix(m.sec, m.nsec) }

// clock tells the time for half the price of time.Now, which reads two clocks:
// it reads the monotonic one only, and counts from the wall clock's last
// reading. A wall clock that is set is noticed within clockAge of running time.
// There is nothing to stop and nothing that could fail to tick.
//
// Safe for concurrent use. The zero clock is ready.
type clock struct {
	last atomic.Pointer[reading]
}

type reading struct {
	moment
	at time.Time // the same, with its monotonic part
}

func (c *clock) now() moment {
	last := c.last.Load()
	if last != nil {
		if since := time.Since(last.at); since >= 0 && since < clockAge {
			m := last.moment
			if m.nsec += int64(since); m.nsec >= int64(time.Second) {
				m.sec, m.nsec = m.sec+1, m.nsec-int64(time.Second)
			}
			return m
		}
	}
	now := time.Now()
	// Of two that read the clock at once the later to get here is not always the later to have read it.
	next := &reading{momentOf(now), now}
	c.last.CompareAndSwap(last, next)
	return next.moment
}
