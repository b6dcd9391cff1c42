package store

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// took gives for how long do ran.
func took(do func()) time.Duration {
	begun := time.Now()
	do()
	return time.Since(begun)
}

func await(t *testing.T, n *Node, epoch int64) Invalidation {
	t.Helper()
	found, err := n.Await(t.Context(), epoch)
	require.NoError(t, err)
	return found
}

func TestAwaitAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, mute{f})
		settle(time.Minute)
		renewals := f.count("renew")
		require.Zero(t, took(func() {
			for _, jti := range []string{"a", "b", "c"} {
				require.Equal(t, Invalidation{Acknowledged: 1}, await(t, n, db.rotate("r", jti)))
				require.True(t, accepts(t, n, "r", jti))
			}
		}), "it waits for no poll")
		require.Equal(t, renewals, f.count("renew"), "nobody else asks what it acknowledges")
		require.False(t, accepts(t, n, "r", "b"))
		settle(testPoll)
		for _, row := range db.rows() {
			require.EqualValues(t, 3, row.acked)
		}
	})
}

func TestAwaitTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		a, b := startTest(t, newFakeFeed(db)), startTest(t, newFakeFeed(db))
		settle(time.Minute)
		took := took(func() {
			require.Equal(t, Invalidation{Acknowledged: 2}, await(t, a, db.rotate("r", "a")))
		})
		require.LessOrEqual(t, took, lastPause, "the hint is enough")
		require.True(t, accepts(t, b, "r", "a"))
	})
}

func TestAwaitTheOtherWhoHearsNoHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		a, b := startTest(t, newFakeFeed(db)), startTest(t, mute{newFakeFeed(db)})
		settle(time.Minute)
		took := took(func() {
			require.Equal(t, Invalidation{Acknowledged: 2}, await(t, a, db.rotate("r", "a")))
		})
		require.LessOrEqual(t, took, testPoll+lastPause)
		require.True(t, accepts(t, b, "r", "a"))
	})
}

// TestAwaitADeadNode: the first call waits for its lease and no longer, the second not at all.
func TestAwaitADeadNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		db.rotate("r", "a")
		a, b := startTest(t, newFakeFeed(db)), startTest(t, f)
		f.partition(true)
		epoch := db.rotate("r", "b")
		first := took(func() {
			found := await(t, a, epoch)
			require.Equal(t, Invalidation{Acknowledged: 1, Expired: 1}, found)
			require.Equal(t, "lease-expired", found.String())
			refusesAll(t, b)
		})
		require.GreaterOrEqual(t, first, 6*time.Second)
		require.LessOrEqual(t, first, 6*time.Second+lastPause)
		require.Zero(t, took(func() {
			found := await(t, a, db.rotate("r", "c"))
			require.Equal(t, Invalidation{Acknowledged: 1}, found)
			require.Equal(t, "acknowledged", found.String())
		}))
		require.Len(t, db.rows(), 1)

		f.partition(false)
		settle(6 * time.Second)
		require.Len(t, db.rows(), 2)
		require.True(t, accepts(t, b, "r", "c"))
		require.False(t, accepts(t, b, "r", "a"))
		require.Equal(t, Invalidation{Acknowledged: 2}, await(t, a, db.rotate("r", "d")))
	})
}

// TestAwaitANodeDroppedMeanwhile: a node that was silent before the change is dropped by the housekeeping, or by a call that began earlier, while
// it is waited for. Its lease was waited for all the same.
func TestAwaitANodeDroppedMeanwhile(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, db *fakeDB, a *Node){
		"by the housekeeping": func(*testing.T, *fakeDB, *Node) { settle(4 * time.Second) },
		"by another call": func(t *testing.T, db *fakeDB, a *Node) {
			epoch := db.rotate("r", "b")
			go func() { _, _ = a.Await(t.Context(), epoch) }()
			settle(time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				f := newFakeFeed(db)
				db.rotate("r", "a")
				a, b := startTest(t, newFakeFeed(db)), startTest(t, f)
				settle(time.Minute)
				f.partition(true)
				before(t, db, a)
				epoch := db.rotate("r", "c")
				require.Less(t, took(func() {
					found := await(t, a, epoch)
					require.Equal(t, Invalidation{Acknowledged: 1, Expired: 1}, found)
					require.Equal(t, "lease-expired", found.String())
					refusesAll(t, b)
				}), 6*time.Second)
			})
		})
	}
}

// TestAwaitAnotherLease: what counts is the lease of the node that does not answer, not one's own.
func TestAwaitAnotherLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		a := startTest(t, newFakeFeed(db))
		b, err := joinNode(t.Context(), f, NodeConfig{Lease: 30 * time.Second}, testPoll)
		require.NoError(t, err)
		defer b.Close()
		f.partition(true)
		epoch := db.rotate("r", "a")
		require.GreaterOrEqual(t, took(func() {
			require.Equal(t, Invalidation{Acknowledged: 1, Expired: 1}, await(t, a, epoch))
			refusesAll(t, b)
		}), 30*time.Second)
	})
}

func TestAwaitWhatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := &deaf{fakeFeed: newFakeFeed(db)}
		a := startTest(t, newFakeFeed(db))
		startTest(t, f)
		f.nothing.Store(true)
		epoch := db.rotate("r", "a")
		for id, row := range db.rows() {
			if !a.names.has(id) {
				time.AfterFunc(time.Second, func() { _ = newFakeFeed(db).drop(context.Background(), row) })
			}
		}
		begun := time.Now()
		found := await(t, a, epoch)
		require.Equal(t, Invalidation{Acknowledged: 1, Gone: 1}, found)
		require.LessOrEqual(t, time.Since(begun), time.Second+lastPause)
	})
}

// deaf renews, and hears of no change.
type deaf struct {
	*fakeFeed
	nothing atomic.Bool
}

func (f *deaf) changes(ctx context.Context, after int64, limit int) ([]change, error) {
	if f.nothing.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return f.fakeFeed.changes(ctx, after, limit)
}

// TestAwaitANodeThatEnters: one that has not renewed yet holds no lease on the old state, and never gets one.
func TestAwaitANodeThatEnters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		db.rotate("r", "a")
		a := startTest(t, newFakeFeed(db))
		f := newFakeFeed(db)
		loaded, goOn := make(chan struct{}), make(chan struct{})
		var once sync.Once
		f.hook = func(call string) {
			if call == "renew" { // it has read the old state
				once.Do(func() { close(loaded); <-goOn })
			}
		}
		joined := make(chan *Node)
		go func() {
			n, err := joinNode(t.Context(), f, NodeConfig{Lease: time.Minute}, testPoll)
			if err != nil {
				t.Error(err)
			}
			joined <- n
		}()
		<-loaded
		require.Zero(t, took(func() {
			require.Equal(t, Invalidation{Acknowledged: 1}, await(t, a, db.rotate("r", "b")))
		}))
		close(goOn)
		b := <-joined
		defer b.Close()
		require.False(t, accepts(t, b, "r", "a"))
		require.True(t, accepts(t, b, "r", "b"))
	})
}

func TestAwaitErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f, g := newFakeFeed(db), newFakeFeed(db)
		a := startTest(t, f)
		startTest(t, g)
		settle(time.Minute)

		t.Log("ctx ends")
		g.partition(true)
		epoch := db.rotate("r", "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		found, err := a.Await(ctx, epoch)
		require.ErrorIs(t, err, ErrUnconfirmed)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, found)
		require.Equal(t, Invalidation{Acknowledged: 1, Expired: 1}, await(t, a, epoch), "asked again")

		t.Log("the database is gone")
		epoch = db.rotate("r", "b")
		f.partition(true)
		took := took(func() {
			found, err := a.Await(t.Context(), epoch)
			require.ErrorIs(t, err, ErrUnconfirmed)
			require.Zero(t, found)
		})
		require.GreaterOrEqual(t, took, 6*time.Second)
		require.LessOrEqual(t, took, 9*time.Second)
		f.partition(false)
		settle(time.Minute)
		require.Zero(t, await(t, a, epoch).Expired)

		t.Log("no such epoch")
		found, err = a.Await(t.Context(), 99)
		require.ErrorIs(t, err, ErrUnconfirmed)
		require.Zero(t, found)
	})
}

// TestAwaitOnAClosedNode: it is waited for no longer, the others are.
func TestAwaitOnAClosedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		a, b := startTest(t, newFakeFeed(db)), startTest(t, mute{newFakeFeed(db)})
		require.NoError(t, a.Close())
		require.Equal(t, Invalidation{Acknowledged: 2}, await(t, a, db.rotate("r", "a")))
		require.True(t, accepts(t, b, "r", "a"))
	})
}

// TestAwaitTogether: any number of calls read the list together.
func TestAwaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		a, b := startTest(t, f), startTest(t, mute{newFakeFeed(db)})
		settle(time.Minute)
		f.set(func(f *fakeFeed) {
			f.calls["nodes"] = 0
			f.hook = func(call string) {
				if call == "nodes" {
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
		epoch := db.rotate("r", "a")
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if found, err := a.Await(t.Context(), epoch); err != nil || found.Acknowledged != 2 {
					t.Error(found, err)
				}
			})
		}
		all.Wait()
		require.True(t, accepts(t, b, "r", "a"))
		require.Less(t, f.count("nodes"), 40)
	})
}
