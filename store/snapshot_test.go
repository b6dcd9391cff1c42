package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestApplyAgain: a change that is loaded again, since another failed after it, takes nothing away in between: a reader that
// misses a key ends the sessions that it let in.
func TestApplyAgain(t *testing.T) {
	now := state{ownKeys: []ownKeyRow{{account: "acc", key: ed25519Key("own")}}}
	x := newIndex(now)
	stop, missed := make(chan struct{}), make(chan bool)
	go func() {
		miss := false
		for {
			select {
			case <-stop:
				missed <- miss
				return
			default:
				_, ok := x.ownKeys.get("own")
				miss = miss || !ok
			}
		}
	}()
	for range 20_000 {
		x.apply(change{account: "acc", kind: kindOwnKey, subject: "own"}, now)
	}
	close(stop)
	require.False(t, <-missed)
	x.apply(change{account: "acc", kind: kindOwnKey, subject: "own"}, state{})
	_, ok := x.ownKeys.get("own")
	require.False(t, ok)
}
