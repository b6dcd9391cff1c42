package follow_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/follow"
)

func TestJoin(t *testing.T) {
	for mode, poll := range map[string]time.Duration{"events": never, "polling": 5 * time.Millisecond} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			one, two := filepath.Join(dir, "b"), filepath.Join(dir, "a")
			write(t, one, "1")
			write(t, two, "2")
			second := follow.FileSource(two, 100)
			if mode == "polling" {
				second = pollOnly{second}
			}
			both := follow.Join(follow.FileSource(one, 100), second)
			require.Equal(t, one+", "+two, both.String())
			f, a, _ := start(t, both, poll)
			require.Equal(t, "b=1 a=2", a.text())
			replace(t, two, "3")
			a.becomes(t, "b=1 a=3")
			replace(t, one, "4")
			a.becomes(t, "b=4 a=3")
			require.NoError(t, os.Remove(two))
			require.ErrorIs(t, f.Check(), os.ErrNotExist)
			require.Equal(t, "b=4 a=3", a.text())
		})
	}
}

// fixed is a source that was read at a time.
type fixed struct {
	follow.Source
	asOf time.Time
	err  error
}

func (s fixed) Read(context.Context) (follow.Snapshot, error) {
	return follow.Snapshot{Version: "v", AsOf: s.asOf}, s.err
}
func (s fixed) Watch(context.Context) (<-chan struct{}, error) { return nil, s.err }

// All of it is as old as its oldest part.
func TestJoinAsOf(t *testing.T) {
	old, now := time.Unix(1, 0), time.Unix(2, 0)
	snap, err := follow.Join(fixed{asOf: now}, fixed{}, fixed{asOf: old}).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, follow.Snapshot{Version: "v+v+v", AsOf: old}, snap)

	broken := follow.Join(follow.FileSource("join_test.go", 1<<20), fixed{err: errors.New("broken")})
	_, err = broken.Read(t.Context())
	require.ErrorContains(t, err, "broken")
	before := goroutines()
	_, err = broken.Watch(t.Context())
	require.ErrorContains(t, err, "broken")
	noneLeft(t, before)
}
