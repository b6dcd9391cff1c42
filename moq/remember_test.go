package moq_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// TestRememberedIsAsGoodAsNew: over random histories (a key replaced under its id, taken away, given back; tokens accepted
// and not; sources that fail; time that passes, and a clock that is set back) a verifier that remembers answers what one
// that remembers nothing answers, and what the reference does.
func TestRememberedIsAsGoodAsNew(t *testing.T) {
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		w := newWorld()
		remembers, forgets := w.verifier(t), w.verifier(t, uncached)
		tiny := w.verifier(t, func(cfg *moq.VerifierConfig) { cfg.CacheBytes = 4 << 10 }) // room for a few: entries come and go
		tokens := historyTokens(rnd)
		for step := range 300 {
			w.change(func(w *world) { alter(w, rnd) })
			token := tokens[rnd.IntN(len(tokens))]
			want := reference{w: w}.verify(token)
			for name, v := range map[string]*moq.Verifier{"remembers": remembers, "forgets": forgets, "tiny": tiny} {
				held, err := v.Verify(context.Background(), token)
				got := string(streamtoken.ReasonOf(err))
				if err == nil {
					got = "allow"
				}
				require.Equal(t, want, got, "seed %d, step %d, %s", seed, step, name)
				require.Equal(t, err == nil, held != nil)
			}
		}
	}
}

func historyTokens(rnd *rand.Rand) []string {
	var list []string
	for i := range 24 {
		name := []string{"a", "b"}[i%2]
		p := strings.Replace(payload, jti, fmt.Sprintf("%032x", i%6), 1)
		p = strings.Replace(p, "2000003600", fmt.Sprint(now+int64(rnd.IntN(200))), 1)
		p = strings.Replace(p, `"iat":2000000000`, fmt.Sprintf(`"iat":%d`, now-250+int64(rnd.IntN(600))), 1)
		list = append(list, raw(private(name), header, p))
	}
	return append(list, list[0][:len(list[0])-2]+"AA", "x.y.z")
}

// alter makes one thing in the world another.
func alter(w *world, rnd *rand.Rand) {
	switch rnd.IntN(8) {
	case 0:
		w.keys[kidA] = public([]string{"a", "b", "c"}[rnd.IntN(3)])
	case 1:
		if _, there := w.keys[kidA]; there && rnd.IntN(2) == 0 {
			delete(w.keys, kidA)
		} else {
			w.keys[kidA] = public("a")
		}
	case 2, 3, 4:
		pair := [2]string{relay, fmt.Sprintf("%032x", rnd.IntN(6))}
		w.accepted[pair] = rnd.IntN(4) > 0
	case 5:
		w.time = w.time.Add(time.Duration(rnd.IntN(60)-25) * time.Second)
	case 6:
		w.err = []error{nil, nil, errLease}[rnd.IntN(3)]
	case 7:
		w.keysErr = []error{nil, nil, streamtoken.ReasonKeysUnavailable}[rnd.IntN(3)]
	}
}

// TestTakenBackAtOnce: what a remembered token needs is asked anew for each check.
func TestTakenBackAtOnce(t *testing.T) {
	w := newWorld()
	v := w.verifier(t)
	token := raw(private("a"), header, payload)
	first := holds(t, v, token)
	require.Same(t, first, holds(t, v, token), "remembered")

	w.quietly(func(w *world) { w.accepted[[2]string{relay, jti}] = false })
	r := refused(t, v, token, streamtoken.ReasonTokenRevoked)
	require.Equal(t, kidA, r.KeyID)
	require.Equal(t, relay, r.Subject)
	w.quietly(func(w *world) { w.accepted[[2]string{relay, jti}] = true })
	require.Same(t, first, holds(t, v, token))

	w.quietly(func(w *world) { w.err = errLease })
	r = refused(t, v, token, streamtoken.ReasonRevocationsUnavailable)
	require.Equal(t, "the lease is over", r.Detail)
	w.quietly(func(w *world) { w.err = nil })

	w.quietly(func(w *world) { w.keys[kidA] = public("b") })
	refused(t, v, token, streamtoken.ReasonSignatureInvalid)
	w.quietly(func(w *world) { delete(w.keys, kidA) })
	refused(t, v, token, streamtoken.ReasonKeyUnknown)
	w.quietly(func(w *world) { w.keys[kidA] = public("a") })
	w.quietly(func(w *world) { w.time = w.time.Add(time.Hour) })
	refused(t, v, token, streamtoken.ReasonTokenExpired)
	w.quietly(func(w *world) { w.time = w.time.Add(-time.Nanosecond) })
	holds(t, v, token)
	w.quietly(func(w *world) { w.time = w.time.Add(-time.Hour - 5*time.Minute) })
	refused(t, v, token, streamtoken.ReasonTokenNotYetValid)
}

// TestRememberedSharesNothing: what is remembered of one token is not written over by the next, whose parts are decoded
// into the same scratch.
func TestRememberedSharesNothing(t *testing.T) {
	w := newWorld()
	v := w.verifier(t)
	var tokens []string
	var held []*moq.Token
	for i := range 200 {
		id := fmt.Sprintf("%032x", i)
		w.quietly(func(w *world) { w.accepted[[2]string{id, id}] = true })
		token := raw(private("a"), header, strings.NewReplacer(relay, id, jti, id).Replace(payload))
		buf := []byte(token) // a caller's own, which it uses again
		held = append(held, holds(t, v, string(buf)))
		tokens = append(tokens, token)
	}
	for i, token := range tokens {
		id := fmt.Sprintf("%032x", i)
		for _, h := range []*moq.Token{held[i], holds(t, v, token)} {
			require.Equal(t, id, h.ID())
			require.Equal(t, id, h.Relay())
			require.Equal(t, kidA, h.KeyID())
		}
	}
}

// TestConcurrentVerify: many at once, while the world changes, give nothing but what was true at some moment of it.
func TestConcurrentVerify(t *testing.T) {
	w := newWorld()
	v := w.verifier(t)
	token, other := raw(private("a"), header, payload), raw(private("b"), header, payload)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for tok, reasons := range map[string][]streamtoken.Reason{
					token: {"", streamtoken.ReasonTokenRevoked, streamtoken.ReasonSignatureInvalid},
					other: {"", streamtoken.ReasonTokenRevoked, streamtoken.ReasonSignatureInvalid},
				} {
					if _, err := v.Verify(context.Background(), tok); !slicesContains(reasons, streamtoken.ReasonOf(err)) {
						t.Errorf("%v", err)
						return
					}
				}
			}
		})
	}
	for i := range 2000 {
		w.change(func(w *world) {
			w.accepted[[2]string{relay, jti}] = i%3 > 0
			w.keys[kidA] = public([]string{"a", "b"}[i/7%2])
		})
	}
	close(stop)
	wait.Wait()
}

func slicesContains(list []streamtoken.Reason, r streamtoken.Reason) bool {
	for _, l := range list {
		if l == r {
			return true
		}
	}
	return false
}

// TestBrokenSources: a key set of anybody's making lets nobody in by mistake.
func TestBrokenSources(t *testing.T) {
	token := raw(private("a"), header, payload)
	neutral := append(ed25519.PublicKey{1}, make([]byte, 31)...)
	// R is the neutral element and S 0: under the neutral element as a key this holds for every message.
	forged := token[:strings.LastIndexByte(token, '.')+1] + "AQ" + strings.Repeat("A", 84)
	for name, key := range map[string]ed25519.PublicKey{"nil": nil, "short": public("a")[:31], "long": append(public("a"), 0), "weak": neutral} {
		w := newWorld()
		w.keys[kidA] = key
		for _, tok := range []string{token, forged} {
			refused(t, w.verifier(t), tok, streamtoken.ReasonKeysUnavailable)
		}
		require.NotEmpty(t, name)
	}

	w := newWorld()
	w.keysErr = errors.New("disk on fire")
	require.Equal(t, "disk on fire", refused(t, w.verifier(t), token, streamtoken.ReasonKeysUnavailable).Detail)
	w.keysErr = &streamtoken.Refusal{Reason: streamtoken.ReasonKeyUnknown, Detail: "x"}
	refused(t, w.verifier(t), token, streamtoken.ReasonKeyUnknown)
	w.keysErr = nil
	w.err = streamtoken.ReasonTokenRevoked // whatever the error: it is not known
	refused(t, w.verifier(t), token, streamtoken.ReasonRevocationsUnavailable)

	var zero moq.Verifier
	refused(t, &zero, token, streamtoken.ReasonKeysUnavailable)
	refused(t, nil, token, streamtoken.ReasonKeysUnavailable)
}

func TestNewVerifierRefuses(t *testing.T) {
	w := newWorld()
	for name, cfg := range map[string]moq.VerifierConfig{
		"no keys":           {Accepted: w},
		"no accepted set":   {Keys: w},
		"audience":          {Keys: w, Accepted: w, Audience: `a"b`},
		"audience, blank":   {Keys: w, Accepted: w, Audience: "a b"},
		"audience too long": {Keys: w, Accepted: w, Audience: strings.Repeat("a", 257)},
		"sessions":          {Keys: w, Accepted: w, MaxSessions: -1},
	} {
		v, err := moq.NewVerifier(cfg)
		require.Error(t, err, name)
		require.Nil(t, v)
	}
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: w, Accepted: moq.AcceptAll{}, Now: clock})
	require.NoError(t, err)
	w.quietly(func(w *world) { w.accepted = nil })
	holds(t, v, raw(private("a"), header, payload))
}
