package store

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNodeDropped: who is no longer on the list holds no lease from the moment it hears of it, reads everything again and
// is on the list under another id.
func TestNodeDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		db.rotate("r", "a")
		f := newFakeFeed(db)
		n := startTest(t, f)
		var id string
		for id = range db.rows() {
		}
		changed := n.Changed()
		var atEntering error
		f.set(func(f *fakeFeed) {
			f.hook = func(call string) {
				if call == "register" {
					atEntering = n.Live()
				}
			}
		})
		db.mu.Lock()
		delete(db.list, id)
		db.mu.Unlock()
		settle(2 * time.Second)
		require.ErrorIs(t, atEntering, ErrLease)
		require.NoError(t, n.Live())
		require.False(t, pending(changed))
		require.Len(t, db.rows(), 1)
		require.NotContains(t, db.rows(), id)
		require.Equal(t, 2, f.count("snapshot"))
	})
}

// TestNodeOnARestoredDatabase: its epoch goes back, and comes to mean something else.
func TestNodeOnARestoredDatabase(t *testing.T) {
	for name, after := range map[string]func(db *fakeDB){
		"at an earlier epoch":                   func(*fakeDB) {},
		"at the same epoch with another change": func(db *fakeDB) { db.rotate("r", "x") },
		"at a later epoch with other changes":   func(db *fakeDB) { db.rotate("r", "x"); db.rotate("r", "y") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				db.rotate("r", "a")
				backup, log := db.now, slices.Clone(db.log)
				n, other := startTest(t, newFakeFeed(db)), startTest(t, newFakeFeed(db))
				await(t, n, db.rotate("r", "b"))
				require.True(t, accepts(t, n, "r", "b"))
				db.restore(backup, log)
				after(db)
				settle(6 * time.Second)
				for _, n := range []*Node{n, other} {
					require.Equal(t, db.now.epoch, n.Epoch())
					require.True(t, accepts(t, n, "r", db.now.relays[0].tokens[0].JTI))
					require.False(t, accepts(t, n, "r", "b"))
				}
				require.Equal(t, Invalidation{Acknowledged: 2}, await(t, n, db.rotate("r", "c")))
			})
		})
	}
}

// TestNodeEpochWentBack: the list is still there, the changes are not (a failover that lost them).
func TestNodeEpochWentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		db.rotate("r", "a")
		before, log := db.now, slices.Clone(db.log)
		n := startTest(t, newFakeFeed(db))
		await(t, n, db.rotate("r", "b"))
		settle(time.Minute)
		list := db.rows()
		db.restore(before, log)
		db.mu.Lock()
		db.list = list
		db.mu.Unlock()
		settle(2 * testPoll)
		require.NoError(t, n.Live())
		require.True(t, accepts(t, n, "r", "a"))
		require.False(t, accepts(t, n, "r", "b"))
		require.EqualValues(t, 1, n.Epoch())
	})
}

// TestNodeOtherChangesOfTheSameEpochs: a failover has lost the last change, and before the node asks others were made, which
// have the numbers of those that it has. It may neither go on with what was lost nor acknowledge what it does not have.
func TestNodeOtherChangesOfTheSameEpochs(t *testing.T) {
	for name, others := range map[string]int{"as many": 1, "more": 3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				db.rotate("r", "a")
				before, log := db.now, slices.Clone(db.log)
				feeds := []*fakeFeed{newFakeFeed(db), newFakeFeed(db)}
				nodes := []*Node{startTest(t, feeds[0]), startTest(t, feeds[1])}
				await(t, nodes[0], db.rotate("r", "b"))
				settle(time.Minute)
				list := db.rows()
				for _, f := range feeds {
					f.partition(true)
				}
				db.restore(before, log)
				epoch := db.rotate("r", "c")
				for range others - 1 {
					epoch = db.rotate("s", "d")
				}
				db.mu.Lock()
				db.list = list
				db.mu.Unlock()
				settle(time.Millisecond) // no hint of it arrives
				for _, f := range feeds {
					f.partition(false)
				}
				settle(4 * time.Second)
				for _, n := range nodes {
					require.NoError(t, n.Live())
					require.True(t, accepts(t, n, "r", "c"))
					require.False(t, accepts(t, n, "r", "b"))
					require.Equal(t, epoch, n.Epoch())
				}
			})
		})
	}
}

// TestNodeThatIsPutOnTheListAgain: the first try to enter times out and is still on its way when the second has succeeded. If it
// arrived after the node was dropped the row would be there again, as one that has never renewed and need not be waited for.
func TestNodeThatIsPutOnTheListAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := &registers{fakeFeed: newFakeFeed(db)}
		n := startTest(t, f)
		require.Len(t, f.ids, 2)
		require.NotEqual(t, f.ids[0], f.ids[1])
		require.Contains(t, db.rows(), f.ids[1])
		require.NoError(t, n.Live())
	})
}

// registers fails the first time.
type registers struct {
	*fakeFeed
	ids []string
}

func (f *registers) register(ctx context.Context, node string, lease time.Duration) error {
	if f.ids = append(f.ids, node); len(f.ids) == 1 {
		return context.DeadlineExceeded
	}
	return f.fakeFeed.register(ctx, node, lease)
}

// TestNodeLogWasCut: the changes do not lead to the epoch.
func TestNodeLogWasCut(t *testing.T) {
	for name, then := range map[string]func(db *fakeDB){
		"all of them":      func(*fakeDB) {},
		"but for the last": func(db *fakeDB) { db.rotate("s", "b") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				f := newFakeFeed(db)
				n := startTest(t, f)
				f.partition(true)
				db.rotate("r", "a")
				db.forget()
				then(db)
				f.partition(false)
				settle(3 * time.Second)
				require.True(t, accepts(t, n, "r", "a"))
				require.Equal(t, db.now.epoch, n.Epoch())
				require.Equal(t, 2, f.count("snapshot"))
			})
		})
	}
}

// TestNodeUnknownKind: a newer version shares the database.
func TestNodeUnknownKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, f)
		db.commit("account", "acc", "acc", func(s *state) {
			s.relays = []relayRow{{account: "acc", uid: "r", tokens: []RelayToken{{JTI: "a"}}}}
		})
		settle(testPoll)
		require.True(t, accepts(t, n, "r", "a"))
		require.EqualValues(t, 1, n.Epoch())
	})
}

// TestNodeFarBehind: more changes than are read at a time, each subject once in each.
func TestNodeFarBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, f)
		settle(time.Second)
		for i := range 3*changesPage + 7 {
			db.mu.Lock() // without a hint
			db.now.epoch++
			db.now.relays = []relayRow{{account: "acc", uid: "r", tokens: []RelayToken{{JTI: string(rune('a' + i%26))}}}}
			db.log = append(db.log, change{epoch: db.now.epoch, account: "acc", kind: kindRelay, subject: "r"})
			db.mu.Unlock()
		}
		settle(time.Second)
		require.Equal(t, db.now.epoch, n.Epoch())
		require.True(t, accepts(t, n, "r", db.now.relays[0].tokens[0].JTI))
		require.Equal(t, 4, f.count("load"))
	})
}

// TestNodeKeepsItsLeaseUnderChanges: there is always something newer when it renews.
func TestNodeKeepsItsLeaseUnderChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, f)
		f.set(func(f *fakeFeed) {
			f.hook = func(call string) {
				if call == "renewing" {
					db.rotate("r", "a")
				}
				time.Sleep(time.Millisecond)
			}
		})
		for range 80 {
			settle(100 * time.Millisecond)
			require.NoError(t, n.Live())
		}
		f.set(func(f *fakeFeed) { f.hook = nil })
	})
}

// TestSweep: what died is dropped though nothing changes, and what lives is not.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		a, b := startTest(t, newFakeFeed(db)), startTest(t, newFakeFeed(db))
		dead, err := joinNode(t.Context(), f, NodeConfig{Lease: 6 * time.Second}, testPoll)
		require.NoError(t, err)
		f.partition(true)
		_ = dead.Close()
		require.NoError(t, newFakeFeed(db).register(t.Context(), "never renewed", 6*time.Second))
		require.Len(t, db.rows(), 4)
		settle(5 * time.Second)
		require.Len(t, db.rows(), 4, "its lease may not be over")
		settle(10 * time.Second)
		require.Len(t, db.rows(), 2)
		require.NoError(t, a.Live())
		require.NoError(t, b.Live())
		settle(10 * time.Minute)
		require.Len(t, db.rows(), 2)
		require.Equal(t, 2, db.dropped)
		require.Zero(t, took(func() { await(t, a, db.rotate("r", "a")) }).Truncate(lastPause))
	})
}

// TestNodeAnswersThatComeLate: a copy of a call that takes effect when the node is long somewhere else changes nothing.
func TestNodeAnswersThatComeLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, f)
		var id string
		for id = range db.rows() {
		}
		late := newFakeFeed(db)
		await(t, n, db.rotate("r", "a"))
		settle(time.Second)
		_, err := late.renew(t.Context(), id, 0, 0)
		require.NoError(t, err)
		require.EqualValues(t, 1, db.rows()[id].acked, "never lowered")
		require.NoError(t, late.register(t.Context(), id, 6*time.Second))
		require.EqualValues(t, 1, db.rows()[id].acked, "left as it is")
		row := db.rows()[id]
		row.beats--
		require.NoError(t, late.drop(t.Context(), row))
		require.Contains(t, db.rows(), id, "it has renewed since")
	})
}
