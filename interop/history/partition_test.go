//go:build integration

package history

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/store"
)

// TestPartition: a node whose line to PostgreSQL is cut refuses everything when its lease is over, the rotation returns not
// before that, and the node comes back.
func TestPartition(t *testing.T) {
	const lease = 4 * time.Second
	url := engines["postgres"](t)
	far, line := through(t, url)
	a, b := enter(t, url, lease), enter(t, far, lease)
	relay, old := a.relay(t)
	accepted, err := b.node.Accepts(relay, old)
	require.NoError(t, err)
	require.True(t, accepted)

	line.cut()
	type result struct {
		jti   string
		found store.Invalidation
		err   error
	}
	done := make(chan result, 1)
	begun := time.Now()
	go func() {
		jti, found, err := a.rotate(t.Context(), relay)
		done <- result{jti, found, err}
	}()
	var rotated result
	for waiting := true; waiting; {
		select {
		case rotated = <-done:
			waiting = false
		case <-time.After(time.Millisecond):
			_, _ = b.node.Accepts(relay, old) // either answer is right while the rotation has not returned
		}
	}
	accepted, err = b.node.Accepts(relay, old)
	require.ErrorIs(t, err, store.ErrLease)
	require.False(t, accepted)
	require.NoError(t, rotated.err)
	require.Equal(t, store.Invalidation{Acknowledged: 1, Expired: 1}, rotated.found)
	t.Logf("everywhere after %v", time.Since(begun))
	_, found, err := a.rotate(t.Context(), relay)
	require.NoError(t, err)
	require.Equal(t, store.Invalidation{Acknowledged: 1}, found, "nobody waits a second time")

	line.mend()
	mended := time.Now()
	require.Eventually(t, func() bool { return b.node.Live() == nil }, 2*time.Minute, 10*time.Millisecond)
	t.Logf("back after %v", time.Since(mended))
	last, found, err := a.rotate(t.Context(), relay)
	require.NoError(t, err)
	require.Equal(t, store.Invalidation{Acknowledged: 2}, found)
	for _, m := range []*member{a, b} {
		accepted, err = m.node.Accepts(relay, last)
		require.NoError(t, err)
		require.True(t, accepted)
		for _, dead := range []string{old, rotated.jti} {
			accepted, err = m.node.Accepts(relay, dead)
			require.NoError(t, err)
			require.False(t, accepted)
		}
	}
}
