package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// large makes a database of 10,000 relays with 10 tokens each, in one transaction, beside the rules: only the rows matter.
func large(b *testing.B, url string) *sqlStore {
	b.Helper()
	ctx := context.Background()
	s, err := openStore(ctx, config(url))
	require.NoError(b, err)
	own, err := s.w.BeginTx(ctx, nil)
	require.NoError(b, err)
	t := &tx{querier: own, ctx: ctx, by: alice, at: at(0)}
	for i := range 10_000 {
		uid := fmt.Sprintf("%032x", i)
		r := relayOf(uid, at(i))
		cfg, err := marshalConfig(r)
		require.NoError(b, err)
		_, err = t.exec(`INSERT INTO relays (uid, account, name, config, created, modified, epoch) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			uid, alice.Account, r.Name, cfg, nanos(r.Created), nanos(r.Modified), i+1)
		require.NoError(b, err)
		for j := range 10 {
			jti := fmt.Sprintf("%032x", i*10+j)
			tok := tokenOf(jti, NoSlot, at(i))
			require.NoError(b, t.claim(spaceToken, jti))
			_, err = t.exec(`INSERT INTO relay_tokens (jti, relay, slot, operations, label, created, expires, epoch, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
				jti, uid, "", joinOperations(tok.Operations), tok.Label, nanos(tok.Created), nanos(tok.Expires), i+1, j)
			require.NoError(b, err)
		}
	}
	_, err = t.exec(`INSERT INTO counts (account, kind, n) VALUES ($1, $2, 10000)`, alice.Account, kindRelay)
	require.NoError(b, err)
	require.NoError(b, own.Commit())
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// benchmarkLarge is what the control API does with 10,000 relays and 100,000 tokens.
func benchmarkLarge(b *testing.B, url string) {
	ctx := context.Background()
	s := large(b, url)
	b.Run("page", func(b *testing.B) { // 25, the default of the API, and how many there are
		for b.Loop() {
			page, total, err := s.Relays(ctx, alice.Account, RelayQuery{Limit: 25})
			if err != nil || len(page) != 25 || total != 10_000 {
				b.Fatal(len(page), total, err)
			}
		}
	})
	b.Run("page of 1000", func(b *testing.B) {
		for b.Loop() {
			if page, _, err := s.Relays(ctx, alice.Account, RelayQuery{Limit: 1000}); err != nil || len(page) != 1000 {
				b.Fatal(len(page), err)
			}
		}
	})
	b.Run("page between times", func(b *testing.B) { // the total has to be counted
		for b.Loop() {
			_, total, err := s.Relays(ctx, alice.Account, RelayQuery{Limit: 25, CreatedAfter: at(0)})
			if err != nil || total != 9_999 {
				b.Fatal(total, err)
			}
		}
	})
	b.Run("tokens of a relay", func(b *testing.B) {
		for b.Loop() {
			if list, err := s.RelayTokens(ctx, alice.Account, fmt.Sprintf("%032x", 5000)); err != nil || len(list) != 10 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			if st, err := s.snapshot(ctx); err != nil || len(st.relays) != 10_000 {
				b.Fatal(len(st.relays), err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			again, err := openStore(ctx, config(url))
			if err != nil {
				b.Fatal(err)
			}
			_ = again.Close()
		}
	})
	b.Run("rotate", func(b *testing.B) {
		relay := rand.Text() // another one in every run: ids are used once
		_, err := s.CreateRelay(ctx, bob, relayOf(relay, at(1)), nil)
		require.NoError(b, err)
		for b.Loop() {
			if _, err := s.RotateRelayToken(ctx, bob, relay, tokenOf(rand.Text(), Subscribe, at(1))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("epoch", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.epoch(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("renew", func(b *testing.B) {
		now, err := s.snapshot(ctx)
		require.NoError(b, err)
		require.NoError(b, s.register(ctx, "n", 1))
		for b.Loop() {
			if _, err := s.renew(ctx, "n", now.epoch, now.mark); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSQLite(b *testing.B) { benchmarkLarge(b, sqliteEngine.database(b)) }
