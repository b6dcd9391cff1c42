package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

// world does random things to a store.
type world struct {
	s    *sqlStore
	rand *rand.Rand
	name string // of the ids it makes
	n    int
}

func (w *world) id() string {
	w.n++
	return fmt.Sprintf("%s-%d", w.name, w.n)
}

func (w *world) old() string { return fmt.Sprintf("%s-%d", w.name, w.rand.IntN(w.n+2)) }

// step does one thing and gives the epoch that it says it made, zero if it made none.
func (w *world) step(ctx context.Context, by By) (epoch int64) {
	before := w.old()
	var err error
	switch w.rand.IntN(12) {
	case 0:
		epoch, err = w.s.CreateStreamKey(ctx, by, streamKey(w.id(), at(w.rand.IntN(9))))
	case 1:
		epoch, err = w.s.DeleteStreamKey(ctx, by, before)
	case 2, 3:
		epoch, err = w.s.CreateRelay(ctx, by, relayOf(w.id(), at(w.rand.IntN(9))), []RelayToken{tokenOf(w.id(), Subscribe, at(1)), tokenOf(w.old(), NoSlot, at(1))})
	case 4:
		epoch, err = w.s.DeleteRelay(ctx, by, before)
	case 5, 6:
		epoch, err = w.s.RotateRelayToken(ctx, by, before, tokenOf(w.id(), Subscribe, at(2)))
	case 7:
		epoch, err = w.s.CreateRelayToken(ctx, by, before, tokenOf(w.id(), NoSlot, at(2)))
	case 8:
		_, epoch, err = w.s.UpdateRelay(ctx, by, before, func(r *Relay) error { r.Name += "x"; return nil })
	case 9:
		epoch, err = w.s.CreateTURNKey(ctx, by, turnKeyOf(w.id(), at(3)))
	case 10:
		_, epoch, err = w.s.RenameTURNKey(ctx, by, before, "x")
	case 11:
		_, epoch, err = w.s.DeleteTURNKey(ctx, by, before)
	}
	if err != nil {
		return 0
	}
	return epoch
}

// sound asserts what holds of a database whatever was done to it.
func sound(t *testing.T, s *sqlStore, epochs map[int64]int) {
	t.Helper()
	ctx := context.Background()
	entries, err := s.Audit(ctx, "", 0, 1<<20)
	require.NoError(t, err)
	require.EqualValues(t, epochOf(t, s), len(entries), "one row an epoch")
	for i, e := range entries {
		require.EqualValues(t, i+1, e.Epoch, "without a gap")
	}
	if epochs != nil {
		require.Len(t, epochs, len(entries), "each was told to somebody")
		for epoch, n := range epochs {
			require.Equal(t, 1, n, "epoch %d was told to %d", epoch, n)
		}
	}
	for what, query := range map[string]string{
		"counts of relays":      `SELECT count(*) FROM counts c WHERE kind = 'relay' AND n <> (SELECT count(*) FROM relays r WHERE r.account = c.account)`,
		"counts of stream keys": `SELECT count(*) FROM counts c WHERE kind = 'stream_key' AND n <> (SELECT count(*) FROM stream_keys k WHERE k.account = c.account)`,
		"counts of TURN keys":   `SELECT count(*) FROM counts c WHERE kind = 'turn_key' AND n <> (SELECT count(*) FROM turn_keys k WHERE k.account = c.account)`,
		"living ids":            `SELECT count(*) - (SELECT count(*) FROM relays) - (SELECT count(*) FROM relay_tokens) - (SELECT count(*) FROM stream_keys) - (SELECT count(*) FROM own_keys) - (SELECT count(*) FROM turn_keys) FROM ids WHERE deleted IS NULL`,
		"ids of relays":         `SELECT count(*) FROM relays WHERE uid NOT IN (SELECT id FROM ids WHERE space = 'relay' AND deleted IS NULL)`,
		"ids of tokens":         `SELECT count(*) FROM relay_tokens WHERE jti NOT IN (SELECT id FROM ids WHERE space = 'token' AND deleted IS NULL)`,
		"ids of keys":           `SELECT count(*) FROM stream_keys WHERE id NOT IN (SELECT id FROM ids WHERE space = 'key' AND deleted IS NULL)`,
		"ids of TURN keys":      `SELECT count(*) FROM turn_keys WHERE uid NOT IN (SELECT id FROM ids WHERE space = 'turn' AND deleted IS NULL)`,
		"too many tokens":       `SELECT count(*) FROM (SELECT relay FROM relay_tokens GROUP BY relay HAVING count(*) > 10) AS many`,
		"tokens of no relay":    `SELECT count(*) FROM relay_tokens WHERE relay NOT IN (SELECT uid FROM relays)`,
	} {
		var n int
		require.NoError(t, s.r.QueryRowContext(ctx, query).Scan(&n), what)
		require.Zero(t, n, what)
	}
}

// testEpochs: whatever is done, the epochs have no gap, each has one audit row, and each is the answer to one call.
func testEpochs(t *testing.T, e engine) {
	s := fresh(t, e)
	w := &world{s: s, rand: rand.New(rand.NewPCG(1, 2)), name: "w"}
	told := map[int64]int{}
	for range 300 {
		before := epochOf(t, s)
		epoch := w.step(t.Context(), []By{alice, alice, bob}[w.rand.IntN(3)])
		if epoch != 0 {
			told[epoch]++
			before++
			require.Equal(t, before, epoch)
		}
		require.Equal(t, before, epochOf(t, s))
	}
	require.Greater(t, len(told), 50)
	sound(t, s, told)
}

// testConcurrent is testEpochs with many writers on two handles, and readers who must never see half a change.
func testConcurrent(t *testing.T, e engine) {
	url := e.database(t)
	handles := []*sqlStore{reopen(t, url), reopen(t, url)}
	var mu sync.Mutex
	told := map[int64]int{}
	ctx, stop := context.WithCancel(t.Context())
	var writers, readers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			w := &world{s: handles[i%2], rand: rand.New(rand.NewPCG(uint64(i), 3)), name: fmt.Sprint("w", i)}
			for range 40 {
				if epoch := w.step(t.Context(), alice); epoch != 0 {
					mu.Lock()
					told[epoch]++
					mu.Unlock()
				}
			}
		})
	}
	for i := range 2 {
		readers.Go(func() {
			last := int64(0)
			for ctx.Err() == nil {
				st, err := handles[i].snapshot(ctx)
				if err != nil {
					if ctx.Err() == nil {
						t.Error(err)
					}
					return
				}
				if st.epoch < last {
					t.Errorf("epoch %d after %d", st.epoch, last)
				}
				last = st.epoch
				for _, r := range st.relays {
					slots := 0
					for _, tok := range r.tokens {
						if tok.Slot == Subscribe {
							slots++
						}
					}
					if slots != 1 { // made with one, and only ever rotated
						t.Errorf("relay %s has %d tokens in its slot", r.uid, slots)
					}
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	require.Greater(t, len(told), 50)
	sound(t, handles[0], told)
}

// testCancelled: a call whose context ends before the commit leaves nothing and says so.
func testCancelled(t *testing.T, e engine) {
	s := fresh(t, e)
	_, err := s.CreateRelay(t.Context(), alice, relayOf("r", at(1)), nil)
	require.NoError(t, err)
	unchanged(t, s, func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.CreateStreamKey(ctx, alice, streamKey("k", at(1)))
		require.ErrorIs(t, err, context.Canceled)
		_, err = s.StreamKeys(ctx, "alice")
		require.ErrorIs(t, err, context.Canceled)

		ctx, cancel = context.WithCancel(t.Context())
		_, _, err = s.UpdateRelay(ctx, alice, "r", func(r *Relay) error { // in the middle
			r.Name = "x"
			cancel()
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, ErrUnknown)

		// While another holds the lock of the epoch.
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, _, err = s.UpdateRelay(t.Context(), alice, "r", func(r *Relay) error {
			_, err := s.CreateStreamKey(ctx, alice, streamKey("k", at(1)))
			return err
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	_, err = s.CreateStreamKey(t.Context(), alice, streamKey("k", at(1)))
	require.NoError(t, err, "and nothing is left locked")
	sound(t, s, nil)
}

// testClosed: a closed store answers ErrClosed, and closing twice is no error.
func testClosed(t *testing.T, e engine) {
	s := fresh(t, e)
	hints, err := s.listen(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, err = s.CreateStreamKey(t.Context(), alice, streamKey("k", at(1)))
	require.ErrorIs(t, err, ErrClosed)
	_, err = s.StreamKeys(t.Context(), "alice")
	require.ErrorIs(t, err, ErrClosed)
	_, err = s.Join(t.Context(), NodeConfig{})
	require.ErrorIs(t, err, ErrClosed)
	for range hints { // ends
	}
}

// testMasterKey: another key is noticed at once, and no error shows either key.
func testMasterKey(t *testing.T, e engine) {
	s := fresh(t, e)
	_, err := s.OwnKey(t.Context(), alice, "Ed25519", func() (OwnKey, error) { return ed25519Key("k"), nil })
	require.NoError(t, err)
	cfg := config(urlOf(t, s))
	cfg.MasterKey = bytes.Repeat([]byte{'z'}, 32)
	_, err = Open(t.Context(), cfg)
	require.ErrorIs(t, err, ErrMasterKey)
	require.NotContains(t, err.Error(), "zzz")
	for _, n := range []int{0, 16, 31, 33, 64} {
		cfg.MasterKey = make([]byte, n)
		_, err = Open(t.Context(), cfg)
		require.ErrorContains(t, err, "32 bytes")
	}
	// The caller's copy may be wiped after Open.
	cfg.MasterKey = bytes.Clone(master)
	again, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	defer again.Close()
	clear(cfg.MasterKey)
	k, err := again.OwnKey(t.Context(), alice, "Ed25519", nil)
	require.NoError(t, err)
	require.Equal(t, "k", k.ID)
}

// testNewer: a program does not touch what a newer one has made.
func testNewer(t *testing.T, e engine) {
	s := fresh(t, e)
	_, err := s.write(t.Context(), `INSERT INTO schema_versions (version, at) VALUES (1000, 0)`)
	require.NoError(t, err)
	_, err = Open(t.Context(), config(urlOf(t, s)))
	require.ErrorIs(t, err, ErrNewer)
}

// testCopy: a database that was made elsewhere is not used in silence.
func testCopy(t *testing.T, e engine) {
	s := fresh(t, e)
	_, err := s.write(t.Context(), `UPDATE meta SET home = 'elsewhere'`)
	require.NoError(t, err)
	_, err = Open(t.Context(), config(urlOf(t, s)))
	require.ErrorIs(t, err, ErrCopy)
}

// testOpenAtOnce: processes that start together on a new database make one schema.
func testOpenAtOnce(t *testing.T, e engine) {
	url := e.database(t)
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() {
			s, err := openStore(t.Context(), config(url))
			if err != nil {
				errs[i] = err
				return
			}
			defer s.Close()
			_, errs[i] = s.CreateStreamKey(t.Context(), alice, streamKey(fmt.Sprint("k", i), at(1)))
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	s := reopen(t, url)
	require.EqualValues(t, len(errs), epochOf(t, s))
	sound(t, s, nil)
}

// testStored: nothing secret is in the database as it is.
func testStored(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	k := ed25519Key("own")
	_, err := s.OwnKey(ctx, alice, "Ed25519", func() (OwnKey, error) { return k, nil })
	require.NoError(t, err)
	var sealed []byte
	require.NoError(t, s.r.QueryRowContext(ctx, `SELECT sealed FROM own_keys`).Scan(&sealed))
	seed := k.Private[len(k.Private)-32:]
	require.False(t, bytes.Contains(sealed, seed))
	if path, ok := strings.CutPrefix(urlOf(t, s), "sqlite:"); ok {
		files, err := filepath.Glob(path + "*")
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(files), 2)
		for _, f := range files {
			b, err := os.ReadFile(f)
			require.NoError(t, err)
			for _, secret := range [][]byte{seed, []byte(hex.EncodeToString(seed)), master} {
				require.False(t, bytes.Contains(b, secret), f)
			}
		}
	}
	// A key that is put into another's row does not open there.
	for _, change := range []string{`account = 'bob'`, `id = 'other'`, `alg = 'RS256'`} {
		_, err = s.write(ctx, `UPDATE own_keys SET `+change)
		require.NoError(t, err)
		_, err = s.snapshot(ctx)
		require.ErrorIs(t, err, errSealed, change)
		_, err = s.write(ctx, `UPDATE own_keys SET account = 'alice', id = 'own', alg = 'Ed25519'`)
		require.NoError(t, err)
	}
	_, err = s.snapshot(ctx)
	require.NoError(t, err)
	require.Equal(t, "publish subscribe", joinOperations([]moq.Operation{moq.Publish, moq.Subscribe}))
}
