package moq_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// TestVerifierOfNoClock: without one the time is that of the machine.
func TestVerifierOfNoClock(t *testing.T) {
	w := newWorld()
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: w, Accepted: w})
	require.NoError(t, err)
	s, err := moq.New(moq.Config{Key: testKey(t, kidA, "a")})
	require.NoError(t, err)
	token, err := s.Sign(moq.Claims{Relay: relay, ID: jti, Operations: moq.Operations()})
	require.NoError(t, err)
	holds(t, v, token)
	hourAgo := time.Now().Unix() - 3600
	at := func(iat, exp int64) string {
		return raw(private("a"), header, strings.NewReplacer("2000000000", fmt.Sprint(iat), "2000003600", fmt.Sprint(exp)).Replace(payload))
	}
	refused(t, v, at(hourAgo-60, hourAgo), streamtoken.ReasonTokenExpired)
	refused(t, v, at(hourAgo+7200, hourAgo+7260), streamtoken.ReasonTokenNotYetValid)
}

// TestCacheBytes: zero is a cache, less is none.
func TestCacheBytes(t *testing.T) {
	w := newWorld()
	token := raw(private("a"), header, payload)
	v := w.verifier(t)
	require.Same(t, holds(t, v, token), holds(t, v, token))
	v = w.verifier(t, uncached)
	require.NotSame(t, holds(t, v, token), holds(t, v, token))
}

// TestForgottenWithItsKey: a token is not remembered beyond the key it was verified with, even if the key comes back; a key
// set that fails for a while, a revocation and the time take nothing from what is remembered.
func TestForgottenWithItsKey(t *testing.T) {
	w := newWorld()
	v := w.verifier(t)
	token := raw(private("a"), header, payload)
	for _, c := range []struct {
		name     string
		away     func(*world)
		reason   streamtoken.Reason
		remember bool
	}{
		{"key gone", func(w *world) { delete(w.keys, kidA) }, streamtoken.ReasonKeyUnknown, false},
		{"another key under its id", func(w *world) { w.keys[kidA] = public("b") }, streamtoken.ReasonSignatureInvalid, false},
		{"a short key under its id", func(w *world) { w.keys[kidA] = public("a")[:31] }, streamtoken.ReasonKeysUnavailable, false},
		{"key set unavailable", func(w *world) { w.keysErr = streamtoken.ReasonKeysUnavailable }, streamtoken.ReasonKeysUnavailable, true},
		{"revoked", func(w *world) { clear(w.accepted) }, streamtoken.ReasonTokenRevoked, true},
		{"acceptance not known", func(w *world) { w.err = errLease }, streamtoken.ReasonRevocationsUnavailable, true},
		{"later", func(w *world) { w.time = w.time.Add(time.Hour) }, streamtoken.ReasonTokenExpired, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := holds(t, v, token)
			require.Same(t, first, holds(t, v, token))
			w.quietly(c.away)
			refused(t, v, token, c.reason)
			fresh := newWorld()
			w.quietly(func(w *world) {
				w.keys, w.accepted, w.keysErr, w.err, w.time = fresh.keys, fresh.accepted, nil, nil, fresh.time
			})
			if c.remember {
				require.Same(t, first, holds(t, v, token))
			} else {
				require.NotSame(t, first, holds(t, v, token))
			}
		})
	}
}

// TestRefusedFromMemory: a token that is remembered and refused is judged once. Whoever has a revoked token could otherwise
// have its signature verified again for each request.
func TestRefusedFromMemory(t *testing.T) {
	w := newWorld()
	v := w.verifier(t)
	token := raw(private("a"), header, payload)
	holds(t, v, token)
	w.quietly(func(w *world) { clear(w.accepted); w.asked = 0 })
	refused(t, v, token, streamtoken.ReasonTokenRevoked)
	require.Equal(t, 1, w.asked)
}
