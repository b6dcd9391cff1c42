package verifier_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// TestRememberedUnderEviction: many verify more tokens than there is room for,
// good ones and others. Every answer is that of a verifier without a memory.
func TestRememberedUnderEviction(t *testing.T) {
	keys := newSwitchKeys(newKey(t, kidA, "a"), newKey(t, kidB, "b"))
	a, b := audience(t, 100)
	tokens := append(a, b...)
	for i := range 10 {
		tokens = append(tokens,
			a[i][:len(a[i])-2]+"AA", a[i][:len(a[i])-1],
			sign(t, testKey(t, "c"), header(kidA), fmt.Sprintf(`{"sub":"v%d","exp":1800003600}`, i)),
			sign(t, testKey(t, "a"), header(kidA), fmt.Sprintf(`{"sub":"v%d","exp":%d}`, i, 1800000000-i)),
			sign(t, testKey(t, "a"), header(kidA), fmt.Sprintf(`{"sub":"v%d","exp":1800003600,"accessRules":%s}`, i, fiveRules)),
		)
	}
	make := func(bytes int64) *verifier.Verifier {
		return newVerifier(t, func(cfg *verifier.Config) { cfg.Keys, cfg.CacheBytes, cfg.ColdLimit = keys, bytes, coldLimit })
	}
	none := make(-1)
	want := map[string]answer{}
	for _, token := range tokens {
		var fault error
		want[token], fault = answerOf(none.Verify(t.Context(), token))
		require.NoError(t, fault)
	}
	for _, bytes := range []int64{24 << 10, 64 << 10, 600 << 10} {
		v := make(bytes)
		var wg sync.WaitGroup
		for g := range 8 {
			r := rand.New(rand.NewPCG(uint64(g), 2))
			wg.Go(func() {
				for range 800 {
					i := r.IntN(len(tokens))
					if r.IntN(3) > 0 {
						i = r.IntN(8) // some are asked for often
					}
					got, fault := answerOf(v.VerifyFrom(context.Background(), tokens[i], uint64(g)))
					if fault != nil || got != want[tokens[i]] {
						t.Errorf("token %d: %v %+v\nwant %+v", i, fault, got, want[tokens[i]])
						return
					}
				}
			})
		}
		wg.Wait()
		stats := v.Memory()
		require.LessOrEqual(t, stats.Bytes, bytes)
		require.Equal(t, bytes < 600<<10, stats.Evictions > 0, "%+v", stats)
		require.NoError(t, v.CheckIdle(coldLimit))
	}
}

// TestRememberedGoneAtOnce: while others hammer the same tokens, whoever
// removes a key, replaces it or revokes a token finds it without force from
// then on.
func TestRememberedGoneAtOnce(t *testing.T) {
	w := newTwins(t)
	a, _ := audience(t, 6)
	ours, theirs := w.keys.get(kidA), newKey(t, kidA, "c")
	for _, v := range w.warm {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for g := range 6 {
			wg.Go(func() {
				for i := g; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					token, err := v.VerifyFrom(context.Background(), a[i%len(a)], uint64(g))
					switch reason := streamtoken.ReasonOf(err); reason {
					case "":
						if token.Digest() != digestOf(a[i%len(a)]) {
							t.Error("the claims of another token")
						}
					case streamtoken.ReasonKeyUnknown, streamtoken.ReasonSignatureInvalid, streamtoken.ReasonTokenRevoked, streamtoken.ReasonKeysUnavailable:
					default:
						t.Errorf("refused: %v", err)
					}
				}
			})
		}
		expect := func(want streamtoken.Reason) {
			t.Helper()
			for _, token := range a {
				_, err := v.Verify(t.Context(), token)
				require.Equal(t, want, streamtoken.ReasonOf(err))
			}
		}
		func() {
			defer wg.Wait()
			defer close(stop)
			for range 40 {
				expect("")
				w.keys.remove(kidA)
				expect(streamtoken.ReasonKeyUnknown)
				w.keys.put(theirs)
				expect(streamtoken.ReasonSignatureInvalid)
				w.keys.put(ours)
				expect("")
				w.revoked.set(t, streamtoken.Revocation{KeyID: kidA})
				expect(streamtoken.ReasonTokenRevoked)
				w.revoked.set(t)
				w.keys.fail(streamtoken.ReasonKeysUnavailable)
				expect(streamtoken.ReasonKeysUnavailable)
				w.keys.fail(nil)
			}
		}()
		require.NoError(t, v.CheckIdle(coldLimit))
	}
}

// TestRememberedRequestsEndAnyTime: requests that end at any moment get an
// answer, either of the token or verifier_busy, and leave nothing behind.
func TestRememberedRequestsEndAnyTime(t *testing.T) {
	keys := newSwitchKeys(newKey(t, kidA, "a"))
	v := newVerifier(t, func(cfg *verifier.Config) { cfg.Keys, cfg.CacheBytes, cfg.ColdLimit = keys, 8<<10, 1 })
	a, _ := audience(t, 12)
	var wg sync.WaitGroup
	for g := range 24 {
		r := rand.New(rand.NewPCG(uint64(g), 3))
		wg.Go(func() {
			for range 60 {
				ctx, cancel := context.WithCancel(context.Background())
				switch r.IntN(3) {
				case 0:
					cancel()
				case 1:
					go cancel()
				}
				_, err := v.VerifyFrom(ctx, a[r.IntN(len(a))], uint64(g%5))
				if reason := streamtoken.ReasonOf(err); reason != "" && (reason != streamtoken.ReasonVerifierBusy || ctx.Err() == nil) {
					t.Errorf("%v, request ended: %v", err, ctx.Err())
				}
				cancel()
			}
		})
	}
	wg.Wait()
	require.NoError(t, v.CheckIdle(1))
	_, err := v.Verify(t.Context(), a[0])
	require.NoError(t, err)
}
