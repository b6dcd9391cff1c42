package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

func testRelays(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	r := relayOf("r1", at(1))
	tokens := []RelayToken{tokenOf("t1", PublishSubscribe, at(1)), tokenOf("t2", Subscribe, at(1))}
	epoch, err := s.CreateRelay(ctx, alice, r, tokens)
	require.NoError(t, err)
	require.EqualValues(t, 1, epoch)

	got, err := s.Relay(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Equal(t, r, got)
	have, err := s.RelayTokens(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Equal(t, tokens, have, "made at once: in their order")

	unchanged(t, s, func() { // what fails half way leaves nothing
		_, err = s.CreateRelay(ctx, alice, relayOf("r2", at(2)), []RelayToken{tokenOf("t3", NoSlot, at(1)), tokenOf("t1", NoSlot, at(1))})
		require.ErrorIs(t, err, ErrExists)
		_, err = s.Relay(ctx, alice.Account, "r2")
		require.ErrorIs(t, err, ErrNotFound)
	})
	_, err = s.CreateRelay(ctx, alice, relayOf("r2", at(2)), []RelayToken{tokenOf("t3", NoSlot, at(1))})
	require.NoError(t, err, "nor an id taken")

	epoch, err = s.DeleteRelay(ctx, alice, "r1")
	require.NoError(t, err)
	require.EqualValues(t, 3, epoch)
	unchanged(t, s, func() {
		_, err = s.DeleteRelay(ctx, alice, "r1")
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.Relay(ctx, alice.Account, "r1")
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.RelayTokens(ctx, alice.Account, "r1")
		require.ErrorIs(t, err, ErrNotFound)
	})
}

// testRelayList compares pages with a plain reading of RelayQuery.
func testRelayList(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	var all []Relay // oldest first
	for i, sec := range []int{3, 1, 2, 2, 5, 2} {
		r := relayOf(fmt.Sprintf("r%d", i), at(sec))
		_, err := s.CreateRelay(ctx, alice, r, nil)
		require.NoError(t, err)
		r.Config = moq.RelayConfig{} // a list does not have it
		all = append(all, r)
	}
	_, err := s.CreateRelay(ctx, bob, relayOf("bob", at(2)), nil)
	require.NoError(t, err)
	slices.SortStableFunc(all, func(a, b Relay) int { return a.Created.Compare(b.Created) })

	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	bounds := []time.Time{{}, at(1), at(2), at(3), at(2).Add(time.Nanosecond), at(6), far, time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)}
	for _, after := range bounds {
		for _, before := range bounds {
			for _, limit := range []int{0, 1, 3, 100} {
				for _, ascending := range []bool{false, true} {
					q := RelayQuery{Ascending: ascending, CreatedAfter: after, CreatedBefore: before, Limit: limit}
					var want []Relay
					for _, r := range all {
						if (after.IsZero() || r.Created.After(after)) && (before.IsZero() || r.Created.Before(before)) {
							want = append(want, r)
						}
					}
					total := len(want)
					if !ascending {
						slices.Reverse(want)
					}
					if limit > 0 && len(want) > limit {
						want = want[:limit]
					}
					got, n, err := s.Relays(ctx, alice.Account, q)
					require.NoError(t, err)
					require.Equal(t, want, got, "%+v", q)
					require.Equal(t, total, n, "%+v", q)
				}
			}
		}
	}
	_, _, err = s.Relays(ctx, alice.Account, RelayQuery{Limit: -1})
	require.ErrorIs(t, err, ErrInvalid)
}

func testRelayUpdate(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	_, err := s.CreateRelay(ctx, alice, relayOf("r1", at(1)), []RelayToken{tokenOf("t1", Subscribe, at(1))})
	require.NoError(t, err)
	got, epoch, err := s.UpdateRelay(ctx, alice, "r1", func(r *Relay) error {
		require.Equal(t, relayOf("r1", at(1)), *r)
		r.Name = "other"
		r.Config.Upstreams = nil
		r.Config.OriginFallback = &moq.OriginFallback{Enabled: true, Origins: []moq.Origin{}}
		r.UID, r.Created = "stolen", at(77)
		return nil
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, epoch)
	want := relayOf("r1", at(1))
	want.Name, want.Modified = "other", at(1000)
	want.Config.Upstreams, want.Config.OriginFallback = nil, &moq.OriginFallback{Enabled: true, Origins: []moq.Origin{}}
	require.Equal(t, want, got)
	got, err = s.Relay(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Equal(t, want, got)
	tokens, err := s.RelayTokens(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Len(t, tokens, 1)

	refused := errors.New("refused")
	unchanged(t, s, func() {
		_, _, err = s.UpdateRelay(ctx, alice, "r1", func(r *Relay) error { r.Name = "x"; return refused })
		require.Equal(t, refused, err, "as it is")
		_, _, err = s.UpdateRelay(ctx, alice, "none", func(*Relay) error { t.Fatal("asked"); return nil })
		require.ErrorIs(t, err, ErrNotFound)
		require.Panics(t, func() { _, _, _ = s.UpdateRelay(ctx, alice, "r1", func(*Relay) error { panic("in change") }) })
	})
	got, err = s.Relay(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func testRelayTokens(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	_, err := s.CreateRelay(ctx, alice, relayOf("r1", at(1)), []RelayToken{tokenOf("ps", PublishSubscribe, at(1)), tokenOf("s", Subscribe, at(1))})
	require.NoError(t, err)
	one := tokenOf("t1", NoSlot, at(3))
	one.Operations, one.Label = []moq.Operation{moq.Subscribe}, ""
	_, err = s.CreateRelayToken(ctx, alice, "r1", one)
	require.NoError(t, err)
	_, err = s.CreateRelayToken(ctx, alice, "r1", tokenOf("t2", NoSlot, at(2)))
	require.NoError(t, err)
	got, err := s.RelayTokens(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Equal(t, []RelayToken{one, tokenOf("t2", NoSlot, at(2)), tokenOf("ps", PublishSubscribe, at(1)), tokenOf("s", Subscribe, at(1))}, got)

	epoch, err := s.DeleteRelayToken(ctx, alice, "r1", "t1")
	require.NoError(t, err)
	require.EqualValues(t, 4, epoch)
	unchanged(t, s, func() { // once more, and one that never was
		for _, jti := range []string{"t1", "never", ""} {
			epoch, err := s.DeleteRelayToken(ctx, alice, "r1", jti)
			require.NoError(t, err)
			require.EqualValues(t, 4, epoch, "the epoch that holds")
		}
		_, err = s.DeleteRelayToken(ctx, alice, "none", "t2")
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.CreateRelayToken(ctx, alice, "none", tokenOf("t9", NoSlot, at(2)))
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.CreateRelayToken(ctx, alice, "r1", tokenOf("t9", Subscribe, at(2)))
		require.ErrorIs(t, err, ErrExists, "the slot is taken")
		_, err = s.RotateRelayToken(ctx, alice, "none", tokenOf("t9", Subscribe, at(2)))
		require.ErrorIs(t, err, ErrNotFound)
	})
	got, err = s.RelayTokens(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Len(t, got, 3)
}

func testRotation(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	_, err := s.CreateRelay(ctx, alice, relayOf("r1", at(1)), []RelayToken{tokenOf("ps0", PublishSubscribe, at(1)), tokenOf("s0", Subscribe, at(1))})
	require.NoError(t, err)
	has := func(want ...string) {
		t.Helper()
		tokens, err := s.RelayTokens(ctx, alice.Account, "r1")
		require.NoError(t, err)
		var got []string
		for _, tok := range tokens {
			got = append(got, tok.JTI)
		}
		require.ElementsMatch(t, want, got)
	}
	epoch, err := s.RotateRelayToken(ctx, alice, "r1", tokenOf("ps1", PublishSubscribe, at(2)))
	require.NoError(t, err)
	require.EqualValues(t, 2, epoch)
	has("ps1", "s0")
	_, err = s.RotateRelayToken(ctx, alice, "r1", tokenOf("ps2", PublishSubscribe, at(2)))
	require.NoError(t, err, "done again it replaces again")
	has("ps2", "s0")
	unchanged(t, s, func() {
		for _, jti := range []string{"ps2", "ps0", "s0"} { // in its place, gone, in the other place
			_, err = s.RotateRelayToken(ctx, alice, "r1", tokenOf(jti, PublishSubscribe, at(2)))
			require.ErrorIs(t, err, ErrExists)
		}
		_, err = s.RotateRelayToken(ctx, alice, "r1", tokenOf("x", NoSlot, at(2)))
		require.ErrorIs(t, err, ErrInvalid)
	})
	has("ps2", "s0")

	// An empty slot is filled, unless the relay is full; a full relay can still rotate.
	_, err = s.DeleteRelayToken(ctx, alice, "r1", "s0")
	require.NoError(t, err)
	for i := range MaxRelayTokens - 1 {
		_, err = s.CreateRelayToken(ctx, alice, "r1", tokenOf(fmt.Sprintf("more%d", i), NoSlot, at(3)))
		require.NoError(t, err)
	}
	unchanged(t, s, func() {
		_, err = s.RotateRelayToken(ctx, alice, "r1", tokenOf("s1", Subscribe, at(2)))
		require.ErrorIs(t, err, ErrLimit)
	})
	_, err = s.RotateRelayToken(ctx, alice, "r1", tokenOf("ps3", PublishSubscribe, at(2)))
	require.NoError(t, err)
	_, err = s.DeleteRelayToken(ctx, alice, "r1", "more0")
	require.NoError(t, err)
	_, err = s.RotateRelayToken(ctx, alice, "r1", tokenOf("s1", Subscribe, at(2)))
	require.NoError(t, err)

	// The empty slot is filled, and the other left alone.
	_, err = s.DeleteRelayToken(ctx, alice, "r1", "ps3")
	require.NoError(t, err)
	_, err = s.RotateRelayToken(ctx, alice, "r1", tokenOf("ps4", PublishSubscribe, at(2)))
	require.NoError(t, err)
	tokens, err := s.RelayTokens(ctx, alice.Account, "r1")
	require.NoError(t, err)
	require.Len(t, tokens, MaxRelayTokens)
	require.True(t, slices.ContainsFunc(tokens, func(tok RelayToken) bool { return tok.JTI == "s1" }))
}
