package tokentest

import (
	"sync"
	"time"
)

// Start is the time at which every clock of this package stands until it is moved: 2030-01-01T00:00:00Z.
func Start() time.Time { return time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Clock is a clock that moves only when told to. The zero value stands at [Start]. That of an [API] shows the present and
// goes on by itself, ahead of it by what it was moved. Safe for concurrent use.
type Clock struct {
	runs  bool       // with the time of day
	mu    sync.Mutex // guards ahead
	ahead time.Duration
}

// Now is the clock's time, for a Now field.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unmoved().Add(c.ahead)
}

// Advance moves the clock by d; backwards if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = t.Sub(c.unmoved())
}

func (c *Clock) unmoved() time.Time {
	if c.runs {
		return time.Now()
	}
	return Start()
}
