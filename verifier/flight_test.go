package verifier_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// one is a verifier that verifies one token at a time.
func one(cfg *verifier.Config) { cfg.ColdLimit = 1 }

// result is what came of a check made by another goroutine.
type result struct {
	token *verifier.Token
	err   error
}

func verifyLater(ctx context.Context, v *verifier.Verifier, token string, sender uint64) <-chan result {
	c := make(chan result, 1)
	go func() {
		token, err := v.VerifyFrom(ctx, token, sender)
		c <- result{token, err}
	}()
	synctest.Wait()
	return c
}

// The leader's request ends while it waits: another one leads, each of the
// others gets the answer, and none the leader's verifier_busy.
func TestFlightLeaderLeaves(t *testing.T) {
	a, _, _ := good(t)
	for _, leaving := range []int{1, 2, 30} {
		synctest.Test(t, func(t *testing.T) {
			c := newCounted(t, one)
			release := c.v.HoldCold()
			ctx, cancel := context.WithCancel(t.Context())
			var gone, staying []<-chan result
			for i := range leaving {
				gone = append(gone, verifyLater(ctx, c.v, a, uint64(i)))
			}
			for i := range 200 {
				staying = append(staying, verifyLater(t.Context(), c.v, a, uint64(i)))
			}
			require.Equal(t, leaving+200, c.v.WaitingCount(), "each in its own queue")
			cancel()
			synctest.Wait()
			for _, r := range gone {
				require.ErrorIs(t, (<-r).err, streamtoken.ReasonVerifierBusy)
			}
			require.Equal(t, 200, c.v.WaitingCount())
			release()
			for _, r := range staying {
				require.NoError(t, (<-r).err)
			}
			require.EqualValues(t, 1, c.v.ColdCount())
			require.NoError(t, c.v.CheckIdle(1))
		})
	}
}

// One after the other leaves, each of them leading: nobody hangs and nothing is held.
func TestFlightAllLeave(t *testing.T) {
	a, _, _ := good(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, one)
		release := c.v.HoldCold()
		var cancels []context.CancelFunc
		var results []<-chan result
		for i := range 50 {
			ctx, cancel := context.WithCancel(t.Context())
			cancels = append(cancels, cancel)
			results = append(results, verifyLater(ctx, c.v, a, uint64(i)))
		}
		for i, cancel := range cancels {
			cancel()
			synctest.Wait()
			r := <-results[i]
			require.ErrorIs(t, r.err, streamtoken.ReasonVerifierBusy)
			require.Nil(t, r.token)
		}
		require.Zero(t, c.v.WaitingCount())
		release()
		require.NoError(t, c.v.CheckIdle(1))
		c.require("", 1, a)
	})
}

// Who only waits with others leaves them where they are.
func TestFlightFollowerLeaves(t *testing.T) {
	a, _, _ := good(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, one)
		release := c.v.HoldCold()
		leader := verifyLater(t.Context(), c.v, a, 1)
		ctx, cancel := context.WithCancel(t.Context())
		follower := verifyLater(ctx, c.v, a, 2)
		cancel()
		r := <-follower
		require.ErrorIs(t, r.err, streamtoken.ReasonVerifierBusy)
		require.Equal(t, "the request ended while its token waited to be verified", r.err.(*streamtoken.Refusal).Detail)
		release()
		require.NoError(t, (<-leader).err)
		require.NoError(t, c.v.CheckIdle(1))
	})
}

// The key changes while a token waits for its first verification: what counts is the key in force when it is made.
func TestFlightKeyChangesDuringTheWait(t *testing.T) {
	a, _, _ := good(t)
	type change struct {
		name string
		make func(c *counted)
		want streamtoken.Reason
	}
	for _, ch := range []change{
		{"removed", func(c *counted) { c.keys.remove(kidA) }, streamtoken.ReasonKeyUnknown},
		{"replaced", func(c *counted) { c.keys.put(newKey(t, kidA, "c")) }, streamtoken.ReasonSignatureInvalid},
		{"read again", func(c *counted) { c.keys.put(newKey(t, kidA, "a")) }, ""},
		{"unavailable", func(c *counted) { c.keys.fail(streamtoken.ReasonKeysUnavailable) }, streamtoken.ReasonKeysUnavailable},
		{"revoked", func(c *counted) { c.revoked.set(t, streamtoken.Revocation{KeyID: kidA}) }, streamtoken.ReasonTokenRevoked},
		{"expired", func(c *counted) { c.clock.set(at.Add(5e12)) }, streamtoken.ReasonTokenExpired},
	} {
		t.Run(ch.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCounted(t, one)
				release := c.v.HoldCold()
				var results []<-chan result
				for i := range 20 {
					results = append(results, verifyLater(t.Context(), c.v, a, uint64(i)))
				}
				ch.make(c)
				results = append(results, verifyLater(t.Context(), c.v, a, 99))
				release()
				for _, r := range results {
					require.Equal(t, ch.want, streamtoken.ReasonOf((<-r).err))
				}
				require.NoError(t, c.v.CheckIdle(1))
				w := *c.twins
				w.require(ch.want, a)
			})
		})
	}
}

// slowKeys answers with what it held when it was asked, but not before it may.
type slowKeys struct {
	*switchKeys
	mu   sync.Mutex
	wait chan struct{} // for the next one who asks
}

func (s *slowKeys) Key(id string) (*verifier.Key, error) {
	k, err := s.switchKeys.Key(id)
	s.mu.Lock()
	wait := s.wait
	s.wait = nil
	s.mu.Unlock()
	if wait != nil {
		<-wait
	}
	return k, err
}

func (s *slowKeys) holdNext() (release func()) {
	wait := make(chan struct{})
	s.mu.Lock()
	s.wait = wait
	s.mu.Unlock()
	return func() { close(wait) }
}

// TestFlightIsOfOneKey: a verification with the old key is under way when the
// key is replaced. Who comes now is judged by the new one and does not wait for
// what the old one says.
func TestFlightIsOfOneKey(t *testing.T) {
	a, _, _ := good(t)
	synctest.Test(t, func(t *testing.T) {
		keys := &slowKeys{switchKeys: newSwitchKeys(newKey(t, kidA, "a"))}
		c := newCounted(t, one, func(cfg *verifier.Config) { cfg.Keys = keys })
		release := c.v.HoldCold()
		early := verifyLater(t.Context(), c.v, a, 1) // waits to be let in
		releaseEarly := keys.holdNext()
		release() // it asks for its key once more, is given the old one, and takes its time
		synctest.Wait()
		keys.put(newKey(t, kidA, "c"))
		late := verifyLater(t.Context(), c.v, a, 2)
		later := verifyLater(t.Context(), c.v, a, 3)
		releaseEarly()
		require.NoError(t, (<-early).err) // asked while the old key was in force
		require.ErrorIs(t, (<-late).err, streamtoken.ReasonSignatureInvalid)
		require.ErrorIs(t, (<-later).err, streamtoken.ReasonSignatureInvalid)
		c.require(streamtoken.ReasonSignatureInvalid, 1, a)
		require.NoError(t, c.v.CheckIdle(1))
	})
}

// The other way round: the old key would not have verified it.
func TestFlightOfTheOldKeyRefusesForItself(t *testing.T) {
	a, _, _ := good(t)
	synctest.Test(t, func(t *testing.T) {
		keys := &slowKeys{switchKeys: newSwitchKeys(newKey(t, kidA, "c"))}
		c := newCounted(t, one, func(cfg *verifier.Config) { cfg.Keys = keys })
		release := c.v.HoldCold()
		early := verifyLater(t.Context(), c.v, a, 1)
		releaseEarly := keys.holdNext()
		release()
		synctest.Wait()
		keys.put(newKey(t, kidA, "a"))
		late := verifyLater(t.Context(), c.v, a, 2)
		releaseEarly()
		require.ErrorIs(t, (<-early).err, streamtoken.ReasonSignatureInvalid)
		require.NoError(t, (<-late).err)
		c.require("", 0, a)
		require.NoError(t, c.v.CheckIdle(1))
	})
}

// Without a memory nothing is shared: every check is one verification.
func TestFlightWithoutMemory(t *testing.T) {
	a, _, _ := good(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, one)
		release := c.none.HoldCold()
		first := verifyLater(t.Context(), c.none, a, 1)
		second := verifyLater(t.Context(), c.none, a, 1)
		require.Equal(t, 2, c.none.WaitingCount(), "without a memory each verifies for itself")
		release()
		require.NoError(t, (<-first).err)
		require.NoError(t, (<-second).err)
		require.EqualValues(t, 2, c.none.ColdCount())
		require.NoError(t, c.none.CheckIdle(1))
	})
}

// hookKeys tells which key is asked for.
type hookKeys struct {
	*switchKeys
	asked func(id string)
}

func (h hookKeys) Key(id string) (*verifier.Key, error) {
	h.asked(id)
	return h.switchKeys.Key(id)
}

// One sender brings forgeries by the hundred, a viewer elsewhere one good
// token: it is verified after one of them at most, and nobody is turned away.
func TestForgeriesDoNotStarveOthers(t *testing.T) {
	a, _, b := good(t)
	synctest.Test(t, func(t *testing.T) {
		var v *verifier.Verifier
		var turns []uint64 // how many were let in when b's key was asked for: as it came, and as it was let in itself
		keys := hookKeys{newSwitchKeys(newKey(t, kidA, "a"), newKey(t, kidB, "b")), func(id string) {
			if id == kidB {
				turns = append(turns, v.ColdCount())
			}
		}}
		c := newCounted(t, one, func(cfg *verifier.Config) { cfg.Keys = keys })
		v = c.v
		release := v.HoldCold()
		forgeries := make([]<-chan result, 300)
		for i := range forgeries {
			cut := len(a) - 20 // within the signature
			forgeries[i] = verifyLater(t.Context(), v, a[:cut]+fmt.Sprintf("%04d", i)+a[cut+4:], 10)
		}
		viewer := uint64(100)
		for v.SameLane(10, viewer) {
			viewer++
		}
		served := verifyLater(t.Context(), v, b, viewer)
		release()
		require.NoError(t, (<-served).err)
		for _, r := range forgeries {
			require.ErrorIs(t, (<-r).err, streamtoken.ReasonSignatureInvalid)
		}
		require.Len(t, turns, 2)
		require.LessOrEqual(t, turns[1], uint64(2), "turns until the viewer is served, its own included")
		require.Zero(t, v.TurnedAwayCount())
		require.NoError(t, v.CheckIdle(1))
	})
}
