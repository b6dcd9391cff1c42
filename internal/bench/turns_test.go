package bench

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// taking is a side whose calls take so long, on a clock that only sleepers move; it writes its name into order.
func taking(d time.Duration, name byte, order *[]byte) side {
	return func(n int) error {
		*order = append(*order, name)
		time.Sleep(time.Duration(n) * d)
		return nil
	}
}

func TestInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []byte
		cfg := Config{Time: 31 * time.Second, Slice: 4 * time.Second}
		start := time.Now()
		got, err := inTurn(t.Context(), cfg, taking(time.Second, 'a', &order), taking(500*time.Millisecond, 'b', &order))
		require.NoError(t, err)
		require.Equal(t, []timing{{1e9, 1}, {5e8, 0.5}}, got)
		require.Equal(t, "abba"+"abba", string(order[len(order)-8:])) // 4 rounds of 8 s, another side first in each
		require.Less(t, time.Since(start), time.Minute)
	})
}

// A machine that is slow in some rounds changes the times, not the ratio.
func TestRatioWithinTheRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		slowing := func(d time.Duration) side {
			return func(n int) error {
				took := time.Duration(n) * d
				if time.Since(start) > 50*time.Millisecond {
					took *= 3
				}
				time.Sleep(took)
				return nil
			}
		}
		got, err := inTurn(t.Context(), Config{Time: 200 * time.Millisecond, Slice: 10 * time.Millisecond}, slowing(time.Millisecond), slowing(2*time.Millisecond))
		require.NoError(t, err)
		require.Equal(t, 3e6, got[0].ns)
		require.InDelta(t, 2, got[1].ratio, 1e-9)
	})
}

func TestInTurnEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	_, err := inTurn(ctx, Config{Time: time.Hour, Slice: time.Nanosecond}, func(int) error {
		if calls++; calls == 5 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 5, calls)
}

func TestInTurnGivesASidesError(t *testing.T) {
	failed := errors.New("failed")
	for _, at := range []int{1, 3} {
		calls := 0
		_, err := inTurn(t.Context(), Config{Time: time.Hour, Slice: time.Nanosecond}, func(int) error {
			if calls++; calls == at {
				return failed
			}
			return nil
		})
		require.ErrorIs(t, err, failed)
	}
}

func TestOneCallTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []byte
		_, err := inTurn(t.Context(), Config{Time: time.Second, Slice: time.Second}, taking(time.Minute, 'a', &order))
		require.ErrorIs(t, err, errSlow)
	})
}

func TestAllocations(t *testing.T) {
	var keep []byte
	got, err := allocations(func(n int) error {
		for range n {
			keep = make([]byte, 1<<10)
		}
		return nil
	})
	require.NoError(t, err)
	require.EqualValues(t, 1, got)
	require.Len(t, keep, 1<<10)
}
