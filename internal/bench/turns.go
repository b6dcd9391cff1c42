package bench

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// side is one thing to be measured: n calls of it in a row.
type side func(n int) error

// timing is what a side took.
type timing struct {
	ns    float64 // a call, median of the rounds
	ratio float64 // to the first side in the same round, median of the rounds
}

// minRounds are run however short the time.
const minRounds = 3

// inTurn measures sides against the first. In each round every side runs for a slice of time, so that a machine that slows
// down for a while slows all alike, and another side begins: who runs first finds colder caches.
func inTurn(ctx context.Context, cfg Config, sides ...side) ([]timing, error) {
	calls := make([]int, len(sides))
	for i, s := range sides {
		var err error
		if calls[i], err = callsIn(ctx, s, cfg.Slice); err != nil {
			return nil, err
		}
	}
	ns := make([][]float64, len(sides))
	ratios := make([][]float64, len(sides))
	for start, round := time.Now(), 0; round < minRounds || time.Since(start) < cfg.Time; round++ {
		for turn := range sides {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			i := (turn + round) % len(sides)
			took, err := clock(sides[i], calls[i])
			if err != nil {
				return nil, err
			}
			ns[i] = append(ns[i], float64(took)/float64(calls[i]))
		}
		for i := range sides {
			ratios[i] = append(ratios[i], ns[i][round]/ns[0][round])
		}
	}
	timings := make([]timing, len(sides))
	for i := range sides {
		timings[i] = timing{median(ns[i]), median(ratios[i])}
	}
	return timings, nil
}

// callsIn finds how many calls of s take about slice. It warms up what s uses, too.
func callsIn(ctx context.Context, s side, slice time.Duration) (int, error) {
	for n := 1; ; n *= 2 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		took, err := clock(s, n)
		switch {
		case err != nil:
			return 0, err
		case took > time.Second && n == 1:
			return 0, errSlow
		case took >= slice/4:
			return max(1, int(float64(n)*float64(slice)/float64(took))), nil
		}
	}
}

// clock times n calls; at least a nanosecond, so that it may be divided by.
func clock(s side, n int) (time.Duration, error) {
	start := time.Now()
	err := s(n)
	return max(time.Since(start), 1), err
}

// allocations counts those of a call, over some and rounded down: what a run of the garbage collector adds is no call's.
func allocations(s side) (uint64, error) {
	const some = 1000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := s(some); err != nil {
		return 0, err
	}
	runtime.ReadMemStats(&after)
	return (after.Mallocs - before.Mallocs) / some, nil
}

// median sorts list, which must not be empty.
func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
