package store

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testFeed: a state that is kept up to date by loading what each change names is the state that a snapshot gives.
func testFeed(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	_, err := s.OwnKey(ctx, alice, "Ed25519", func() (OwnKey, error) { return ed25519Key("own"), nil })
	require.NoError(t, err)
	w := &world{s: s, rand: rand.New(rand.NewPCG(5, 6)), name: "w"}
	followed := map[string]state{} // by kind and subject
	at, mark := int64(0), int64(0)
	for range 12 {
		for range 30 {
			w.step(ctx, []By{alice, bob}[w.rand.IntN(2)])
		}
		for {
			list, err := s.changes(ctx, at, 4)
			require.NoError(t, err)
			if len(list) == 0 {
				break
			}
			for _, c := range list {
				require.Equal(t, at+1, c.epoch)
				at, mark = c.epoch, c.mark
				st, err := s.load(ctx, c)
				require.NoError(t, err)
				require.Zero(t, st.epoch)
				followed[c.kind+" "+c.subject] = st
			}
		}
		want, err := s.snapshot(ctx)
		require.NoError(t, err)
		got := state{epoch: at, mark: mark}
		for _, st := range followed {
			got.relays = append(got.relays, st.relays...)
			got.streamKeys = append(got.streamKeys, st.streamKeys...)
			got.ownKeys = append(got.ownKeys, st.ownKeys...)
			got.turnKeys = append(got.turnKeys, st.turnKeys...)
			got.deleted = append(got.deleted, st.deleted...)
		}
		require.Equal(t, inOrder(want), inOrder(got))
	}
	st, err := s.snapshot(ctx)
	require.NoError(t, err)
	require.True(t, len(st.relays) > 3 && len(st.streamKeys) > 1 && len(st.turnKeys) > 1 && len(st.deleted) > 0, "the walk was too short")

	bound := s.timeout
	s.timeout = time.Nanosecond
	_, err = s.epoch(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = s.snapshot(ctx)
	require.NoError(t, err, "everything may take longer than one call")
	s.timeout = bound

	for _, c := range []change{{kind: "all"}, {kind: "other", subject: "x"}} {
		_, err = s.load(ctx, c)
		require.Error(t, err)
	}
}

// inOrder sorts a state's lists, which have no order of their own.
func inOrder(st state) state {
	slices.SortFunc(st.relays, func(a, b relayRow) int { return strings.Compare(a.uid, b.uid) })
	slices.SortFunc(st.streamKeys, func(a, b streamKeyRow) int { return strings.Compare(a.id, b.id) })
	slices.SortFunc(st.ownKeys, func(a, b ownKeyRow) int { return strings.Compare(a.key.ID, b.key.ID) })
	slices.SortFunc(st.turnKeys, func(a, b turnKeyRow) int { return strings.Compare(a.key.UID, b.key.UID) })
	slices.SortFunc(st.deleted, func(a, b deletedRow) int { return strings.Compare(a.key.ID, b.key.ID) })
	return st
}

func testNodes(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	list := func() []nodeRow {
		t.Helper()
		rows, err := s.nodes(ctx)
		require.NoError(t, err)
		return rows
	}
	_, err := s.renew(ctx, "a", 0, 0)
	require.ErrorIs(t, err, ErrNotFound)
	require.Empty(t, list())
	require.NoError(t, s.register(ctx, "b", time.Second))
	require.NoError(t, s.register(ctx, "a", 10*time.Second))
	require.Equal(t, []nodeRow{{"a", -1, 0, 10 * time.Second}, {"b", -1, 0, time.Second}}, list())

	_, err = s.CreateStreamKey(ctx, alice, streamKey("k", at(1)))
	require.NoError(t, err)
	now, err := s.snapshot(ctx)
	require.NoError(t, err)
	mark := now.mark
	require.NotZero(t, mark)
	epoch, err := s.renew(ctx, "a", 0, 0)
	require.NoError(t, err)
	require.EqualValues(t, 1, epoch)
	epoch, err = s.renew(ctx, "a", 1, mark)
	require.NoError(t, err)
	require.EqualValues(t, 1, epoch)
	_, err = s.renew(ctx, "a", 0, 0)
	require.NoError(t, err)
	require.NoError(t, s.register(ctx, "a", time.Minute))
	require.Equal(t, nodeRow{"a", 1, 3, 10 * time.Second}, list()[0], "acked is never lowered, the row is left as it is")
	for _, other := range []struct{ epoch, mark int64 }{{1, mark + 1}, {1, 0}, {2, mark}, {2, 0}} {
		_, err = s.renew(ctx, "b", other.epoch, other.mark)
		require.ErrorIs(t, err, errHistory)
		require.EqualValues(t, -1, list()[1].acked, "who follows other changes has acknowledged none of these")
	}

	for _, row := range []nodeRow{{"a", 0, 3, 0}, {"a", 1, 2, 0}, {"c", 1, 3, 0}} {
		require.NoError(t, s.drop(ctx, row))
	}
	require.Len(t, list(), 2)
	require.NoError(t, s.drop(ctx, nodeRow{id: "a", acked: 1, beats: 3}))
	require.Len(t, list(), 1)
	_, err = s.renew(ctx, "a", 1, mark)
	require.ErrorIs(t, err, ErrNotFound)
	require.EqualValues(t, 1, epochOf(t, s), "nodes are no part of what is followed")
}

func testHints(t *testing.T, e engine) {
	s := fresh(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	ch, err := s.listen(ctx)
	require.NoError(t, err)
	require.NotNil(t, ch)
	for i := range 3 {
		_, err = s.CreateStreamKey(t.Context(), alice, streamKey(string(rune('a'+i)), at(1)))
		require.NoError(t, err)
		select {
		case _, open := <-ch:
			require.True(t, open)
		case <-time.After(20 * time.Second):
			t.Fatal("no hint")
		}
	}
	cancel()
	for {
		select {
		case _, open := <-ch:
			if !open {
				return
			}
		case <-time.After(20 * time.Second):
			t.Fatal("still open")
		}
	}
}
