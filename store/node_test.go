package store

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

const testPoll = 250 * time.Millisecond

// startTest joins a node with a lease of 6 s, of which it answers for 5.
func startTest(t *testing.T, f feed) *Node {
	t.Helper()
	n, err := joinNode(t.Context(), f, NodeConfig{Lease: 6 * time.Second}, testPoll)
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	return n
}

func accepts(t *testing.T, n *Node, relay, jti string) bool {
	t.Helper()
	ok, err := n.Accepts(relay, jti)
	require.NoError(t, err)
	return ok
}

func refusesAll(t *testing.T, n *Node) {
	t.Helper()
	require.ErrorIs(t, n.Live(), ErrLease)
	ok, err := n.Accepts("r", "a")
	require.False(t, ok)
	require.ErrorIs(t, err, ErrLease)
	key, err := n.Key("k")
	require.Nil(t, key)
	require.ErrorIs(t, err, ErrLease)
	tokens, epoch, err := n.AcceptedTokens("", "r")
	require.Empty(t, tokens)
	require.Zero(t, epoch)
	require.ErrorIs(t, err, ErrLease)
	_, _, err = n.PublicKeys("")
	require.ErrorIs(t, err, ErrLease)
	_, _, err = n.DeletedKeys("")
	require.ErrorIs(t, err, ErrLease)
	_, found, err := n.OwnKey("acc", "Ed25519")
	require.False(t, found)
	require.ErrorIs(t, err, ErrLease)
	_, _, err = n.TURNKey("t")
	require.ErrorIs(t, err, ErrLease)
}

// pending reports whether a channel of Changed has not been closed.
func pending(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return false
	default:
		return true
	}
}

func TestNodeAnswersFromTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		public, private, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		der, err := x509.MarshalPKCS8PrivateKey(private)
		require.NoError(t, err)
		pkix, err := x509.MarshalPKIXPublicKey(public)
		require.NoError(t, err)

		everything := func(s *state) {
			s.relays = []relayRow{{account: "acc", uid: "r", tokens: []RelayToken{{JTI: "new"}, {JTI: "old"}}}}
			s.streamKeys = []streamKeyRow{{account: "acc", id: "s2", public: []byte("two")}, {account: "acc", id: "s1", public: []byte("one")}, {account: "else", id: "s0"}}
			s.ownKeys = []ownKeyRow{{account: "acc", key: OwnKey{ID: "own", Alg: "Ed25519", Private: der}}}
			s.turnKeys = []turnKeyRow{{account: "acc", key: TURNKey{UID: "t", Name: "n"}}}
			s.deleted = []deletedRow{{account: "acc", key: DeletedKey{ID: "gone", At: time.Unix(9, 0)}}}
		}
		check := func(t *testing.T, n *Node, epoch int64) {
			require.NoError(t, n.Live())
			require.Equal(t, epoch, n.Epoch())
			require.True(t, accepts(t, n, "r", "new"))
			require.True(t, accepts(t, n, "r", "old"))
			require.False(t, accepts(t, n, "r", ""))
			require.False(t, accepts(t, n, "r", "ne"))
			require.False(t, accepts(t, n, "x", "new"))

			tokens, at, err := n.AcceptedTokens("acc", "r")
			require.NoError(t, err)
			require.Equal(t, epoch, at)
			require.Equal(t, []RelayToken{{JTI: "new"}, {JTI: "old"}}, tokens)
			tokens[0] = RelayToken{} // the caller's own
			tokens, _, err = n.AcceptedTokens("", "r")
			require.NoError(t, err)
			require.Equal(t, "new", tokens[0].JTI)
			_, _, err = n.AcceptedTokens("else", "r")
			require.ErrorIs(t, err, ErrNotFound)
			_, _, err = n.AcceptedTokens("acc", "x")
			require.ErrorIs(t, err, ErrNotFound)

			key, err := n.Key("own")
			require.NoError(t, err)
			require.Equal(t, public, key)
			_, err = n.Key("s1") // a Stream key is none of a relay token
			require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)

			keys, at, err := n.PublicKeys("acc")
			require.NoError(t, err)
			require.Equal(t, epoch, at)
			require.Equal(t, []PublicKey{
				{ID: "own", Alg: "Ed25519", Public: pkix}, {ID: "s1", Alg: "RS256", Public: []byte("one")}, {ID: "s2", Alg: "RS256", Public: []byte("two")},
			}, keys)
			keys, _, err = n.PublicKeys("")
			require.NoError(t, err)
			require.Len(t, keys, 4)
			require.Equal(t, "s0", keys[1].ID)
			keys, _, err = n.PublicKeys("nobody")
			require.NoError(t, err)
			require.Empty(t, keys)

			deleted, at, err := n.DeletedKeys("acc")
			require.NoError(t, err)
			require.Equal(t, epoch, at)
			require.Equal(t, []DeletedKey{{ID: "gone", At: time.Unix(9, 0)}}, deleted)
			deleted, _, err = n.DeletedKeys("else")
			require.NoError(t, err)
			require.Empty(t, deleted)

			own, found, err := n.OwnKey("acc", "Ed25519")
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, der, own.Private)
			_, found, err = n.OwnKey("acc", "RS256")
			require.NoError(t, err)
			require.False(t, found)
			_, found, err = n.OwnKey("else", "Ed25519")
			require.NoError(t, err)
			require.False(t, found)

			turn, account, err := n.TURNKey("t")
			require.NoError(t, err)
			require.Equal(t, TURNKey{UID: "t", Name: "n"}, turn)
			require.Equal(t, "acc", account)
			_, _, err = n.TURNKey("r")
			require.ErrorIs(t, err, ErrNotFound)
		}

		t.Log("from a snapshot")
		db := newFakeDB()
		db.commit(kindRelay, "acc", "r", everything)
		first := startTest(t, newFakeFeed(db))
		check(t, first, 1)

		t.Log("from changes, one subject each")
		db = newFakeDB()
		f := newFakeFeed(db)
		second := startTest(t, f)
		all := []change{
			{kind: kindRelay, account: "acc", subject: "r"}, {kind: kindStreamKey, account: "acc", subject: "s2"},
			{kind: kindStreamKey, account: "acc", subject: "s1"}, {kind: kindStreamKey, account: "else", subject: "s0"},
			{kind: kindOwnKey, account: "acc", subject: "own"}, {kind: kindTURNKey, account: "acc", subject: "t"},
			{kind: kindStreamKey, account: "acc", subject: "gone"},
		}
		for _, c := range all {
			db.commit(c.kind, c.account, c.subject, everything)
		}
		settle(testPoll)
		check(t, second, int64(len(all)))
		require.Equal(t, 1, f.count("snapshot"))

		t.Log("and gone again")
		for _, c := range all {
			db.commit(c.kind, c.account, c.subject, func(s *state) { *s = state{epoch: s.epoch} })
		}
		settle(testPoll)
		require.False(t, accepts(t, second, "r", "new"))
		_, _, err = second.AcceptedTokens("acc", "r")
		require.ErrorIs(t, err, ErrNotFound)
		_, err = second.Key("own")
		require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)
		_, found, err := second.OwnKey("acc", "Ed25519")
		require.NoError(t, err)
		require.False(t, found)
		keys, _, err := second.PublicKeys("")
		require.NoError(t, err)
		require.Empty(t, keys)
		deleted, _, err := second.DeletedKeys("")
		require.NoError(t, err)
		require.Empty(t, deleted)
		_, _, err = second.TURNKey("t")
		require.ErrorIs(t, err, ErrNotFound)
		require.Equal(t, 1, f.count("snapshot"))
	})
}

func TestNodeConfig(t *testing.T) {
	for name, cfg := range map[string]NodeConfig{
		"a lease too short": {Lease: time.Second - 1},
		"a lease too long":  {Lease: time.Minute + 1},
		"no lease":          {Lease: -1},
		"a poll too seldom": {Lease: time.Second, Poll: time.Second + 1},
		"a poll too often":  {Poll: time.Millisecond - 1},
		"no poll":           {Poll: -1},
	} {
		_, err := joinNode(t.Context(), newFakeFeed(newFakeDB()), cfg, testPoll)
		require.Error(t, err, name)
	}
	n, err := joinNode(t.Context(), newFakeFeed(newFakeDB()), NodeConfig{}, testPoll)
	require.NoError(t, err)
	require.Equal(t, 10*time.Second, n.lease)
	require.Equal(t, testPoll, n.poll)
	require.NoError(t, n.Close())
}

// TestNodeWithoutHints: the epoch is polled.
func TestNodeWithoutHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		n := startTest(t, mute{newFakeFeed(db)})
		db.rotate("r", "a")
		settle(testPoll)
		require.True(t, accepts(t, n, "r", "a"))
	})
}

type mute struct{ *fakeFeed }

func (mute) listen(context.Context) (<-chan struct{}, error) { return nil, nil }

func TestNodeChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, f)
		settle(time.Minute)

		ch := n.Changed()
		settle(10 * time.Second)
		require.True(t, pending(ch), "renewals are no change")
		db.rotate("r", "a")
		settle(time.Millisecond)
		require.False(t, pending(ch))

		ch = n.Changed()
		f.partition(true)
		settle(3400 * time.Millisecond)
		require.NoError(t, n.Live(), "at least five sixths of the lease, less a quarter: when it would have renewed")
		require.True(t, pending(ch))
		settle(1600 * time.Millisecond)
		require.ErrorIs(t, n.Live(), ErrLease)
		require.False(t, pending(ch), "the lease is over")

		ch = n.Changed()
		settle(time.Minute)
		require.True(t, pending(ch), "said once")
		f.partition(false)
		settle(3 * time.Second)
		require.NoError(t, n.Live())
		require.False(t, pending(ch), "the lease is back")

		ch = n.Changed()
		require.NoError(t, n.Close())
		require.False(t, pending(ch), "closed")
		refusesAll(t, n)
	})
}

func TestNodeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		db.rotate("r", "a")
		n := startTest(t, newFakeFeed(db))
		require.True(t, accepts(t, n, "r", "a"))
		require.Len(t, db.rows(), 1)
		require.NoError(t, n.Close())
		require.Empty(t, db.rows())
		refusesAll(t, n)
		require.NoError(t, n.Close(), "twice is once")
		settle(time.Minute)
		refusesAll(t, n)
	})
}

func TestNodeCloseCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		f := newFakeFeed(db)
		n := startTest(t, f)
		f.partition(true)
		begun := time.Now()
		require.Error(t, n.Close(), "the others will wait for its lease")
		require.LessOrEqual(t, time.Since(begun), n.lease)
		refusesAll(t, n)
	})
}

func TestJoinFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, call := range []string{"register", "snapshot", "renew"} {
			db := newFakeDB()
			n, err := joinNode(t.Context(), broken{newFakeFeed(db), call}, NodeConfig{}, testPoll)
			require.ErrorIs(t, err, errFault, call)
			require.Nil(t, n)
			require.Empty(t, db.rows(), call)
		}
	})
}

// broken fails one call always.
type broken struct {
	*fakeFeed
	call string
}

func (b broken) register(ctx context.Context, node string, lease time.Duration) error {
	if b.call == "register" {
		return errFault
	}
	return b.fakeFeed.register(ctx, node, lease)
}

func (b broken) snapshot(ctx context.Context) (state, error) {
	if b.call == "snapshot" {
		return state{}, errFault
	}
	return b.fakeFeed.snapshot(ctx)
}

func (b broken) renew(ctx context.Context, node string, acked, mark int64) (int64, error) {
	if b.call == "renew" {
		return 0, errFault
	}
	return b.fakeFeed.renew(ctx, node, acked, mark)
}

// TestJoinASlowDatabase: an answer that takes too long once is asked for again.
func TestJoinASlowDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFeed(newFakeDB())
		slow := true
		f.hook = func(call string) {
			if call == "register" && slow {
				slow = false
				time.Sleep(5 * time.Second)
			}
		}
		startTest(t, f)

		f = newFakeFeed(newFakeDB())
		f.partition(true)
		_, err := joinNode(t.Context(), f, NodeConfig{Lease: 6 * time.Second}, testPoll)
		require.ErrorIs(t, err, context.DeadlineExceeded, "not for ever")
	})
}

// TestAcceptsLooksAtTheLeaseFirst: a rotation that is everywhere while the clocks are being read is in the answer.
func TestAcceptsLooksAtTheLeaseFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		db.rotate("r", "a")
		real := newClock()
		var n *Node
		var meanwhile atomic.Bool
		n, err := startNode(t.Context(), newFakeFeed(db), NodeConfig{}, testPoll, func() moment {
			now := real()
			if meanwhile.CompareAndSwap(true, false) {
				await(t, n, db.rotate("r", "b"))
			}
			return now
		})
		require.NoError(t, err)
		defer n.Close()
		for _, ask := range []func() bool{
			func() bool { return accepts(t, n, "r", "a") },
			func() bool {
				tokens, _, err := n.AcceptedTokens("acc", "r")
				require.NoError(t, err)
				return tokens[0].JTI == "a"
			},
		} {
			await(t, n, db.rotate("r", "a"))
			settle(0)
			meanwhile.Store(true)
			require.False(t, ask())
			require.False(t, meanwhile.Load())
		}
	})
}
