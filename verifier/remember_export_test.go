package verifier

import (
	"errors"
	"fmt"

	"github.com/streamtoken/streamtoken/internal/tokencache"
)

// ColdCount is how many signatures were verified.
func (v *Verifier) ColdCount() uint64 { return v.verified.Load() }

// TurnedAwayCount is how many were not let in.
func (v *Verifier) TurnedAwayCount() uint64 {
	v.cold.mu.Lock()
	defer v.cold.mu.Unlock()
	return v.cold.turnedAway
}

// WaitingCount is how many wait to be let in.
func (v *Verifier) WaitingCount() int {
	v.cold.mu.Lock()
	defer v.cold.mu.Unlock()
	return v.cold.waiting
}

// HoldCold takes a place of those that verify, as a verification does that lasts; it panics if there is none.
func (v *Verifier) HoldCold() (release func()) {
	if !v.cold.try() {
		panic("no place is free")
	}
	return v.cold.done
}

// CheckIdle tells what is still held by a verifier of this ColdLimit that nobody uses.
func (v *Verifier) CheckIdle(limit int) error {
	var errs []error
	v.cold.mu.Lock()
	if v.cold.free != limit || v.cold.waiting != 0 || v.cold.queued != [lanes / 64]uint64{} {
		errs = append(errs, fmt.Errorf("%d of %d places are free, %d wait", v.cold.free, limit, v.cold.waiting))
	}
	for i := range v.cold.lane {
		if v.cold.lane[i] != (lane{}) {
			errs = append(errs, fmt.Errorf("lane %d is not empty", i))
		}
	}
	v.cold.mu.Unlock()
	for i := range v.flights {
		g := &v.flights[i]
		g.mu.Lock()
		if len(g.byToken) > 0 {
			errs = append(errs, fmt.Errorf("%d flights have not ended", len(g.byToken)))
		}
		g.mu.Unlock()
	}
	return errors.Join(errs...)
}

// SameLane tells whether two senders wait in one queue.
func (v *Verifier) SameLane(one, other uint64) bool {
	return one*v.cold.seed>>56 == other*v.cold.seed>>56
}

// Memory is what is remembered.
func (v *Verifier) Memory() tokencache.Stats { return v.remembered.Stats() }

// ScratchTwice tells whether one scratch was put back twice.
func ScratchTwice() bool {
	seen := map[*scratch]bool{}
	for range 32 {
		s := scratches.Get().(*scratch)
		if seen[s] {
			return true
		}
		seen[s] = true
	}
	return false
}
