package verifier_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// panicKeys panics while it is told to, as a key set of someone else's making may.
type panicKeys struct {
	*switchKeys
	panics atomic.Bool
}

func (p *panicKeys) Key(id string) (*verifier.Key, error) {
	if p.panics.Load() {
		panic("a fault of the key set")
	}
	return p.switchKeys.Key(id)
}

// verifyAndRecover is a check in a server that recovers from panics, as net/http does.
func verifyAndRecover(ctx context.Context, v *verifier.Verifier, token string) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		_, _ = v.Verify(ctx, token)
	}()
	synctest.Wait()
	return done
}

// A key set that panics while a token waits must not cost a place for good.
func TestFlightKeySetPanicsAfterTheWait(t *testing.T) {
	a, _, _ := good(t)
	synctest.Test(t, func(t *testing.T) {
		keys := &panicKeys{switchKeys: newSwitchKeys(newKey(t, kidA, "a"))}
		c := newCounted(t, one, func(cfg *verifier.Config) { cfg.Keys = keys })
		release := c.v.HoldCold()
		done := verifyAndRecover(t.Context(), c.v, a)
		keys.panics.Store(true)
		release()
		<-done
		keys.panics.Store(false)
		require.NoError(t, c.v.CheckIdle(1))
		c.require("", 1, a)
	})
}

// A nil context, a mistake that shows only under load, must not cost a place
// for good either, nor put one scratch back twice: two tokens would be decoded
// into the same memory at once.
func TestFlightNilContext(t *testing.T) {
	a, _, _ := good(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, one)
		release := c.v.HoldCold()
		var none context.Context
		done := verifyAndRecover(none, c.v, a)
		twice := verifier.ScratchTwice()
		release()
		<-done
		require.False(t, twice, "one scratch for two")
		require.NoError(t, c.v.CheckIdle(1))
		c.require("", 1, a)
	})
}

// freshKeys makes a new *Key for every question, which KeySet does not forbid.
type freshKeys struct{ key *verifier.Key }

func (f freshKeys) Key(id string) (*verifier.Key, error) { return verifier.NewKey(id, f.key.Public()) }

// With such a key set nothing is remembered for long, but each token that waits is to be verified when its turn comes.
func TestFlightOfFreshKeys(t *testing.T) {
	a, _ := audience(t, 16)
	v := newVerifier(t, func(cfg *verifier.Config) { cfg.Keys, cfg.ColdLimit = freshKeys{newKey(t, kidA, "a")}, 1 })
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 10 {
				if _, err := v.VerifyFrom(t.Context(), a[i%16], uint64(i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, v.ColdCount(), uint64(3*640), "let in")
}

// Somebody floods the queue with tokens and then brings one that a viewer
// elsewhere brings as well: the viewer is not to wait for the flood.
func TestFlightIsNotTheFloodersTurn(t *testing.T) {
	_, _, b := good(t)
	flood, _ := audience(t, 100)
	synctest.Test(t, func(t *testing.T) {
		var v *verifier.Verifier
		last := uint64(0) // how many were let in when b's key was asked for the last time
		keys := hookKeys{newSwitchKeys(newKey(t, kidA, "a"), newKey(t, kidB, "b")), func(id string) {
			if id == kidB {
				last = v.ColdCount()
			}
		}}
		c := newCounted(t, one, func(cfg *verifier.Config) { cfg.Keys = keys })
		v = c.v
		release := v.HoldCold()
		for _, token := range flood {
			verifyLater(t.Context(), v, token, 10)
		}
		verifyLater(t.Context(), v, b, 10) // the last of the flooder's lane
		viewer := uint64(100)
		for v.SameLane(10, viewer) {
			viewer++
		}
		served := verifyLater(t.Context(), v, b, viewer)
		release()
		require.NoError(t, (<-served).err)
		require.LessOrEqual(t, last, uint64(2), "turns until the viewer is served")
	})
}

// Each of those who wait for one verification has a refusal of its own, and may change it.
func TestRefusalsAreNotShared(t *testing.T) {
	a, _, _ := good(t)
	forged := a[:len(a)-20] + "AAAAAAAA" + a[len(a)-12:]
	for range 50 {
		v := newVerifier(t)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				_, err := v.Verify(t.Context(), forged)
				r := err.(*streamtoken.Refusal)
				if r.Reason != streamtoken.ReasonSignatureInvalid {
					t.Error("another one's edit")
				}
				r.Reason = "mine"
			})
		}
		wg.Wait()
	}
}
