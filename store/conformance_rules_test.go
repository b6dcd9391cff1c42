package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

// testAccounts: what belongs to one account is, for another, not there.
func testAccounts(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	_, err := s.CreateStreamKey(ctx, alice, streamKey("k", at(1)))
	require.NoError(t, err)
	_, err = s.CreateTURNKey(ctx, alice, turnKeyOf("u", at(1)))
	require.NoError(t, err)
	_, err = s.CreateRelay(ctx, alice, relayOf("r", at(1)), []RelayToken{tokenOf("t", Subscribe, at(1))})
	require.NoError(t, err)
	own, err := s.OwnKey(ctx, alice, "Ed25519", func() (OwnKey, error) { return ed25519Key("own"), nil })
	require.NoError(t, err)

	unchanged(t, s, func() {
		for name, call := range map[string]func() error{
			"DeleteStreamKey":  func() error { _, err := s.DeleteStreamKey(ctx, bob, "k"); return err },
			"Relay":            func() error { _, err := s.Relay(ctx, bob.Account, "r"); return err },
			"UpdateRelay":      func() error { _, _, err := s.UpdateRelay(ctx, bob, "r", func(*Relay) error { return nil }); return err },
			"DeleteRelay":      func() error { _, err := s.DeleteRelay(ctx, bob, "r"); return err },
			"CreateRelayToken": func() error { _, err := s.CreateRelayToken(ctx, bob, "r", tokenOf("t2", NoSlot, at(1))); return err },
			"RelayTokens":      func() error { _, err := s.RelayTokens(ctx, bob.Account, "r"); return err },
			"RotateRelayToken": func() error { _, err := s.RotateRelayToken(ctx, bob, "r", tokenOf("t2", Subscribe, at(1))); return err },
			"DeleteRelayToken": func() error { _, err := s.DeleteRelayToken(ctx, bob, "r", "t"); return err },
			"TURNKey":          func() error { _, err := s.TURNKey(ctx, bob.Account, "u"); return err },
			"RenameTURNKey":    func() error { _, _, err := s.RenameTURNKey(ctx, bob, "u", "x"); return err },
			"DeleteTURNKey":    func() error { _, _, err := s.DeleteTURNKey(ctx, bob, "u"); return err },
		} {
			require.ErrorIs(t, call(), ErrNotFound, name)
		}
		keys, err := s.StreamKeys(ctx, bob.Account)
		require.NoError(t, err)
		require.Empty(t, keys)
		turn, err := s.TURNKeys(ctx, bob.Account)
		require.NoError(t, err)
		require.Empty(t, turn)
		relays, total, err := s.Relays(ctx, bob.Account, RelayQuery{})
		require.NoError(t, err)
		require.Empty(t, relays)
		require.Zero(t, total)
		entries, err := s.Audit(ctx, bob.Account, 0, 100)
		require.NoError(t, err)
		require.Empty(t, entries)
	})
	bobs, err := s.OwnKey(ctx, bob, "Ed25519", func() (OwnKey, error) { return ed25519Key("own of bob"), nil })
	require.NoError(t, err)
	require.NotEqual(t, own.ID, bobs.ID)
}

// testLimits: the last that fits is taken, the next is not, and what is deleted makes room; also with many callers at once.
func testLimits(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	other := reopen(t, urlOf(t, s))
	atOnce := func(max int, have int, create func(s *sqlStore, id string) error) {
		t.Helper()
		var made, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				h := []*sqlStore{s, other}[i%2]
				switch err := create(h, fmt.Sprintf("race%d", i)); {
				case err == nil:
					made.Add(1)
				case errors.Is(err, ErrLimit):
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, max-have, made.Load())
		require.EqualValues(t, 8-(max-have), refused.Load())
	}

	setCount(t, s, alice.Account, kindStreamKey, MaxStreamKeys-3)
	atOnce(MaxStreamKeys, MaxStreamKeys-3, func(s *sqlStore, id string) error {
		_, err := s.CreateStreamKey(ctx, alice, streamKey(id, at(1)))
		return err
	})
	keys, err := s.StreamKeys(ctx, alice.Account)
	require.NoError(t, err)
	require.Len(t, keys, 3)
	_, err = s.DeleteStreamKey(ctx, alice, keys[0].ID)
	require.NoError(t, err)
	_, err = s.CreateStreamKey(ctx, alice, streamKey("after", at(1)))
	require.NoError(t, err)
	_, err = s.CreateStreamKey(ctx, alice, streamKey("beyond", at(1)))
	require.ErrorIs(t, err, ErrLimit)
	_, err = s.CreateStreamKey(ctx, bob, streamKey("beyond", at(1)))
	require.NoError(t, err, "of each account")

	setCount(t, s, alice.Account, kindTURNKey, MaxTURNKeys-1)
	atOnce(MaxTURNKeys, MaxTURNKeys-1, func(s *sqlStore, id string) error {
		_, err := s.CreateTURNKey(ctx, alice, turnKeyOf(id, at(1)))
		return err
	})
	setCount(t, s, alice.Account, kindRelay, MaxRelays-2)
	atOnce(MaxRelays, MaxRelays-2, func(s *sqlStore, id string) error {
		_, err := s.CreateRelay(ctx, alice, relayOf(id, at(1)), nil)
		return err
	})
	page, total, err := s.Relays(ctx, alice.Account, RelayQuery{Limit: 1})
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, MaxRelays, total)

	_, err = s.CreateRelay(ctx, bob, relayOf("r", at(1)), []RelayToken{tokenOf("p", PublishSubscribe, at(1)), tokenOf("s", Subscribe, at(1))})
	require.NoError(t, err)
	for i := range 4 {
		_, err = s.CreateRelayToken(ctx, bob, "r", tokenOf(fmt.Sprint(i), NoSlot, at(1)))
		require.NoError(t, err)
	}
	atOnce(MaxRelayTokens, 6, func(s *sqlStore, id string) error {
		_, err := s.CreateRelayToken(ctx, bob, "r", tokenOf(id, NoSlot, at(1)))
		return err
	})
	var many []RelayToken
	for i := range MaxRelayTokens + 1 {
		many = append(many, tokenOf(fmt.Sprintf("many%d", i), NoSlot, at(1)))
	}
	_, err = s.CreateRelay(ctx, bob, relayOf("many", at(1)), many)
	require.ErrorIs(t, err, ErrLimit)
	_, err = s.CreateRelay(ctx, bob, relayOf("many", at(1)), many[1:])
	require.NoError(t, err)
}

// setCount makes an account look as if it had n objects, so that a limit is near.
func setCount(t *testing.T, s *sqlStore, account, kind string, n int) {
	t.Helper()
	_, err := s.write(context.Background(), `INSERT INTO counts (account, kind, n) VALUES ($1, $2, $3)`, account, kind, n)
	require.NoError(t, err)
}

// testIDs: an id that was used is never used again, by no account.
func testIDs(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	_, err := s.CreateStreamKey(ctx, alice, streamKey("x", at(1)))
	require.NoError(t, err)
	_, err = s.CreateTURNKey(ctx, alice, turnKeyOf("x", at(1)))
	require.NoError(t, err, "another kind, another space")
	_, err = s.CreateRelay(ctx, alice, relayOf("x", at(1)), []RelayToken{tokenOf("x", Subscribe, at(1))})
	require.NoError(t, err)
	_, err = s.CreateRelay(ctx, alice, relayOf("y", at(1)), nil)
	require.NoError(t, err)
	check := func() {
		t.Helper()
		unchanged(t, s, func() {
			for _, by := range []By{alice, bob} {
				_, err := s.CreateStreamKey(ctx, by, streamKey("x", at(1)))
				require.ErrorIs(t, err, ErrExists)
				_, err = s.CreateTURNKey(ctx, by, turnKeyOf("x", at(1)))
				require.ErrorIs(t, err, ErrExists)
				_, err = s.CreateRelay(ctx, by, relayOf("x", at(1)), nil)
				require.ErrorIs(t, err, ErrExists)
				_, err = s.OwnKey(ctx, by, "Ed25519", func() (OwnKey, error) { return ed25519Key("x"), nil })
				require.ErrorIs(t, err, ErrExists, "an own key's id is of the same set as a stream key's")
			}
			_, err = s.CreateRelayToken(ctx, alice, "y", tokenOf("x", NoSlot, at(1)))
			require.ErrorIs(t, err, ErrExists)
		})
	}
	check()
	_, err = s.DeleteStreamKey(ctx, alice, "x")
	require.NoError(t, err)
	_, _, err = s.DeleteTURNKey(ctx, alice, "x")
	require.NoError(t, err)
	_, err = s.DeleteRelay(ctx, alice, "x")
	require.NoError(t, err)
	check()
}

// testInvalid: what one engine would keep and another would not is refused by both.
func testInvalid(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	_, err := s.CreateRelay(ctx, alice, relayOf("r", at(1)), nil)
	require.NoError(t, err)
	long := strings.Repeat("x", maxNameBytes+1)
	token := func(f func(*RelayToken)) func() error {
		tok := tokenOf("t", NoSlot, at(1))
		f(&tok)
		return func() error {
			_, err := s.CreateRelayToken(ctx, alice, "r", tok)
			_, err2 := s.CreateRelay(ctx, alice, relayOf("r2", at(1)), []RelayToken{tok})
			tok.Slot += Slot(strings.Repeat("subscribe", 1-min(1, len(tok.Slot))))
			_, err3 := s.RotateRelayToken(ctx, alice, "r", tok)
			for _, e := range []error{err, err2, err3} {
				if !errors.Is(e, ErrInvalid) {
					return fmt.Errorf("accepted: %w", e)
				}
			}
			return err
		}
	}
	key := func(by By, f func(*StreamKey)) func() error {
		k := streamKey("k", at(1))
		f(&k)
		return func() error { _, err := s.CreateStreamKey(ctx, by, k); return err }
	}
	same := func(*StreamKey) {}
	rename := func(name string) func() error {
		return func() error {
			_, _, err := s.UpdateRelay(ctx, alice, "r", func(r *Relay) error { r.Name = name; return nil })
			return err
		}
	}
	unchanged(t, s, func() {
		for name, call := range map[string]func() error{
			"no account":          key(By{}, same),
			"account with NUL":    key(By{Account: "a\x00b"}, same),
			"account not UTF-8":   key(By{Account: "\xff"}, same),
			"actor not UTF-8":     key(By{Account: "a", Actor: "\xff"}, same),
			"actor too long":      key(By{Account: "a", Actor: long}, same),
			"no id":               key(alice, func(k *StreamKey) { k.ID = "" }),
			"id too long":         key(alice, func(k *StreamKey) { k.ID = long }),
			"no public key":       key(alice, func(k *StreamKey) { k.Public = nil }),
			"public key too long": key(alice, func(k *StreamKey) { k.Public = make([]byte, maxKeyBytes+1) }),
			"no time":             key(alice, func(k *StreamKey) { k.Created = time.Time{} }),
			"time beyond 64 bits": key(alice, func(k *StreamKey) { k.Created = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) }),
			"name with NUL":       rename("\x00"),
			"name not UTF-8":      rename("\xc0\x80"),
			"name too long":       rename(long),
			"TURN name with NUL": func() error {
				_, err := s.CreateTURNKey(ctx, alice, TURNKey{UID: "u", Name: "\x00", Created: at(1)})
				return err
			},
			"TURN rename":          func() error { _, _, err := s.RenameTURNKey(ctx, alice, "u", "\x00"); return err },
			"relay without a time": func() error { _, err := s.CreateRelay(ctx, alice, Relay{UID: "r2"}, nil); return err },
			"no jti":               token(func(t *RelayToken) { t.JTI = "" }),
			"label too long":       token(func(t *RelayToken) { t.Label = long }),
			"no expiry":            token(func(t *RelayToken) { t.Expires = time.Time{} }),
			"no operations":        token(func(t *RelayToken) { t.Operations = nil }),
			"unknown operation":    token(func(t *RelayToken) { t.Operations = []moq.Operation{"fetch"} }),
			"operation twice":      token(func(t *RelayToken) { t.Operations = []moq.Operation{"publish", "publish"} }),
			"unknown slot":         token(func(t *RelayToken) { t.Slot = "publish" }),
			"audit of nothing":     func() error { _, err := s.Audit(ctx, "", 0, 0); return err },
		} {
			require.ErrorIs(t, call(), ErrInvalid, name)
		}
		_, _, err := s.UpdateRelay(ctx, alice, "r", func(r *Relay) error {
			r.Config.Upstreams = &moq.Upstreams{Upstreams: []moq.Origin{{URL: strings.Repeat("u", maxConfigBytes)}}}
			return nil
		})
		require.ErrorIs(t, err, ErrInvalid)
	})
	// What is odd and can be kept is kept byte for byte.
	odd := "\u2028 \U0001f600 ' \" \\ % $1 ?1 ; -- \n" + strings.Repeat("x", 1000)
	_, err = s.CreateTURNKey(ctx, By{Account: "o'dd", Actor: odd[:40]}, TURNKey{UID: "u;--", Name: odd, Created: at(1)})
	require.NoError(t, err)
	k, err := s.TURNKey(ctx, "o'dd", "u;--")
	require.NoError(t, err)
	require.Equal(t, odd, k.Name)
	require.Equal(t, at(1), k.Modified, "a zero one is Created")
}

// testAudit: one row for each change, that says it.
func testAudit(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	for _, step := range []func() error{
		func() error { _, err := s.CreateStreamKey(ctx, alice, streamKey("k", at(1))); return err },
		func() error {
			_, err := s.OwnKey(ctx, bob, "Ed25519", func() (OwnKey, error) { return ed25519Key("own"), nil })
			return err
		},
		func() error {
			_, err := s.CreateRelay(ctx, alice, relayOf("r", at(1)), []RelayToken{tokenOf("p0", PublishSubscribe, at(1))})
			return err
		},
		func() error {
			_, _, err := s.UpdateRelay(ctx, alice, "r", func(*Relay) error { return nil })
			return err
		},
		func() error { _, err := s.CreateRelayToken(ctx, alice, "r", tokenOf("t", NoSlot, at(1))); return err },
		func() error {
			_, err := s.RotateRelayToken(ctx, alice, "r", tokenOf("p1", PublishSubscribe, at(1)))
			return err
		},
		func() error { _, err := s.DeleteRelayToken(ctx, alice, "r", "t"); return err },
		func() error { _, err := s.DeleteRelayToken(ctx, alice, "r", "t"); return err }, // no change, no row
		func() error { _, err := s.DeleteRelay(ctx, alice, "r"); return err },
		func() error { _, err := s.CreateTURNKey(ctx, alice, turnKeyOf("u", at(1))); return err },
		func() error { _, _, err := s.RenameTURNKey(ctx, alice, "u", "n"); return err },
		func() error { _, _, err := s.DeleteTURNKey(ctx, alice, "u"); return err },
		func() error { _, err := s.DeleteStreamKey(ctx, alice, "k"); return err },
	} {
		require.NoError(t, step())
	}
	want := []AuditEntry{
		{Action: "create", Kind: kindStreamKey, Subject: "k"},
		{Action: "create", Kind: kindOwnKey, Subject: "own", Account: bob.Account},
		{Action: "create", Kind: kindRelay, Subject: "r"},
		{Action: "update", Kind: kindRelay, Subject: "r"},
		{Action: "create", Kind: kindRelay, Subject: "r", Detail: "t"},
		{Action: "rotate", Kind: kindRelay, Subject: "r", Detail: "publish_subscribe p1"},
		{Action: "delete", Kind: kindRelay, Subject: "r", Detail: "t"},
		{Action: "delete", Kind: kindRelay, Subject: "r"},
		{Action: "create", Kind: kindTURNKey, Subject: "u"},
		{Action: "update", Kind: kindTURNKey, Subject: "u"},
		{Action: "delete", Kind: kindTURNKey, Subject: "u"},
		{Action: "delete", Kind: kindStreamKey, Subject: "k"},
	}
	var alices []AuditEntry
	for i := range want {
		want[i].Epoch, want[i].At, want[i].Actor = int64(i+1), at(1000), "test"
		if want[i].Account == "" {
			want[i].Account = alice.Account
			alices = append(alices, want[i])
		}
	}
	got, err := s.Audit(ctx, "", 0, 100)
	require.NoError(t, err)
	require.Equal(t, want, got)
	got, err = s.Audit(ctx, "", 3, 2)
	require.NoError(t, err)
	require.Equal(t, want[3:5], got)
	got, err = s.Audit(ctx, alice.Account, 0, 100)
	require.NoError(t, err)
	require.Equal(t, alices, got)
}
