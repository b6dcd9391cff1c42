package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

// good are two tokens of key a and one of key b; the rest of these tests is
// about what no longer holds while they are remembered.
func good(t testing.TB) (a, a2, b string) {
	return sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600,"accessRules":`+fiveRules+`}`),
		sign(t, testKey(t, "a"), header(kidA), `{"sub":"w","kid":"`+kidA+`","exp":"1800003600","downloadable":true}`),
		sign(t, testKey(t, "b"), header(kidB), `{"sub":"v","exp":1800003600,"nbf":1799999999}`)
}

func TestRememberedKeyRemoved(t *testing.T) {
	w := newTwins(t)
	a, a2, b := good(t)
	w.require("", a, a2, b)
	key := w.keys.get(kidA)
	for range 3 {
		w.keys.remove(kidA)
		w.require(streamtoken.ReasonKeyUnknown, a, a2)
		w.require("", b)
		w.keys.put(key)
		w.require("", a, a2, b)
	}
}

func TestRememberedKeyReplacedUnderItsID(t *testing.T) {
	w := newTwins(t)
	a, a2, b := good(t)
	byC := sign(t, testKey(t, "c"), header(kidA), `{"sub":"v","exp":1800003600,"accessRules":`+fiveRules+`}`)
	w.require("", a, a2, b)
	w.require(streamtoken.ReasonSignatureInvalid, byC)
	was := w.keys.get(kidA)
	for range 3 {
		w.keys.put(newKey(t, kidA, "c"))
		w.require(streamtoken.ReasonSignatureInvalid, a, a2)
		w.require("", b, byC)
		w.keys.put(was)
		w.require("", a, a2, b)
		w.require(streamtoken.ReasonSignatureInvalid, byC)
		w.keys.put(newKey(t, kidA, "a")) // the same material, read again
		w.require("", a, a2, b)
		w.require(streamtoken.ReasonSignatureInvalid, byC)
	}
	// A key set that answers with the key of another id is broken.
	w.keys.byID[kidA] = newKey(t, kidB, "a")
	w.require(streamtoken.ReasonKeysUnavailable, a, a2, byC)
	w.keys.put(was)
	w.require("", a, a2, b)
}

func TestRememberedKeySetUnreachable(t *testing.T) {
	w := newTwins(t)
	a, a2, b := good(t)
	w.require("", a, a2)
	for _, err := range []error{
		streamtoken.ReasonKeysUnavailable, errors.New("stale for 5m0s"),
		&streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "stale"}, fmt.Errorf("wrapped: %w", streamtoken.ReasonTokenExpired),
	} {
		w.keys.fail(err)
		w.require(streamtoken.ReasonKeysUnavailable, a, a2, b)
		w.keys.fail(nil)
		w.require("", a, a2, b)
	}
	w.keys.fail(fmt.Errorf("wrapped: %w", streamtoken.ReasonKeyUnknown))
	w.require(streamtoken.ReasonKeyUnknown, a, a2, b)
	w.keys.fail(nil)
	w.require("", a, a2, b)
}

func TestRememberedTokenRevoked(t *testing.T) {
	w := newTwins(t)
	a, a2, b := good(t)
	w.require("", a, a2, b)
	const revoked = streamtoken.ReasonTokenRevoked
	for _, c := range []struct {
		name  string
		entry streamtoken.Revocation
		want  [3]streamtoken.Reason
	}{
		{"key", streamtoken.Revocation{KeyID: kidA}, [3]streamtoken.Reason{revoked, revoked, ""}},
		{"subject", streamtoken.Revocation{Subject: "v"}, [3]streamtoken.Reason{revoked, "", revoked}},
		{"digest", streamtoken.Revocation{Digest: digestOf(a2)}, [3]streamtoken.Reason{"", revoked, ""}},
		{"key, until later", streamtoken.Revocation{KeyID: kidB, Until: at.Add(1)}, [3]streamtoken.Reason{"", "", revoked}},
		{"until now", streamtoken.Revocation{Subject: "v", Until: at}, [3]streamtoken.Reason{}},
	} {
		w.revoked.set(t, c.entry)
		for i, token := range []string{a, a2, b} {
			require.Equal(t, c.want[i], w.verify(token), "%s: token %d", c.name, i)
		}
		w.revoked.set(t)
		w.require("", a, a2, b)
	}
	w.revoked.set(t, streamtoken.Revocation{Subject: "v", Until: at.Add(time.Second)})
	w.require(revoked, a, b)
	w.clock.add(time.Second)
	w.require("", a, b)

	w.revoked.fail(errors.New("stale for 5m0s"))
	w.require(streamtoken.ReasonRevocationsUnavailable, a, a2, b)
	w.revoked.fail(nil)
	w.require("", a, a2, b)
}

func TestRememberedTokenExpires(t *testing.T) {
	for _, leeway := range []time.Duration{0, 1500 * time.Millisecond, streamtoken.MaxLeeway} {
		w := newTwins(t, func(cfg *verifier.Config) { cfg.Leeway = leeway })
		a, a2, b := good(t)
		end := time.Unix(1800003600, 0).Add(leeway)
		for _, now := range []time.Time{at, end.Add(-time.Second), end.Add(-1)} {
			w.clock.set(now)
			w.require("", a, a2, b)
		}
		for _, now := range []time.Time{end, end.Add(1), end.Add(time.Second), end.Add(1e6 * time.Hour)} {
			w.clock.set(now)
			w.require(streamtoken.ReasonTokenExpired, a, a2, b)
		}
		w.clock.set(end.Add(-1))
		w.require("", a, a2, b)
	}
}

// The clock is set to before what a remembered token says of its time, and forward again.
func TestRememberedClockGoesBack(t *testing.T) {
	w := newTwins(t)
	a, a2, b := good(t) // a and a2 have no nbf
	w.require("", a, a2, b)
	longest := time.Unix(1800003600, 0).Add(-streamtoken.MaxLifetime - streamtoken.LifetimeSlack)
	for range 2 {
		w.clock.set(time.Unix(1799999999, 0).Add(-1))
		w.require("", a, a2)
		w.require(streamtoken.ReasonTokenNotYetValid, b)
		w.clock.set(longest)
		w.require("", a, a2)
		w.clock.set(longest.Add(-1))
		w.require(streamtoken.ReasonLifetimeTooLong, a, a2)
		w.clock.set(time.Unix(0, 0))
		w.require(streamtoken.ReasonLifetimeTooLong, a, a2)
		w.clock.set(time.Time{})
		w.require(streamtoken.ReasonLifetimeTooLong, a, a2)
		w.clock.set(at)
		w.require("", a, a2, b)
	}
}

// One token, viewers who differ, through the gate: the rules are judged for each.
func TestRememberedRulesFollowTheViewer(t *testing.T) {
	w := newTwins(t)
	a, a2, _ := good(t)
	var gates []*gate.Gate
	for _, v := range append(w.warm[:len(w.warm):len(w.warm)], w.none) {
		g, err := gate.New(gate.Config{Verifier: v})
		require.NoError(t, err)
		gates = append(gates, g)
	}
	decided := map[streamtoken.Reason]int{}
	for range 2 {
		for _, viewer := range viewers {
			for _, token := range []string{a, a2} {
				for _, resource := range []gate.Resource{{}, {Subject: "v"}, {Subject: "w", Download: true}, {Download: true}} {
					r := gate.Request{Token: token, Viewer: viewer, Resource: resource}
					want := gates[len(gates)-1].Explain(context.Background(), r)
					decided[want.Reason]++
					want.Token = nil
					for _, g := range gates {
						got := g.Explain(context.Background(), r)
						got.Token = nil
						require.Equal(t, want, got)
						short := g.Decide(context.Background(), r)
						short.Token = nil
						require.Equal(t, want.Decision, short)
					}
				}
			}
		}
	}
	for _, reason := range []streamtoken.Reason{
		"", streamtoken.ReasonRuleBlocked, streamtoken.ReasonClientIPUnavailable, streamtoken.ReasonCountryUnavailable,
		streamtoken.ReasonSubjectMismatch, streamtoken.ReasonNotDownloadable,
	} {
		require.NotZero(t, decided[reason], reason)
	}
}

// The last character is not part of what a token is found by: two that differ in it alone meet in one place.
func TestRememberedLastCharacter(t *testing.T) {
	w := newTwins(t)
	a, a2, b := good(t)
	for _, token := range []string{a, a2, b} {
		w.require("", token)
		short := token[:len(token)-1]
		for _, last := range strings.Split("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "") {
			if other := short + last; other != token {
				require.NotEmpty(t, w.verify(other), last)
			}
		}
		for _, other := range []string{short, short[:len(short)-1], token + "A", token + "=", token + ".", "A" + token, token[1:], short + "\x00"} {
			require.NotEmpty(t, w.verify(other))
		}
		// Another header or payload before the same signature.
		for _, i := range []int{0, 3, strings.IndexByte(token, '.') + 5, strings.LastIndexByte(token, '.') - 1} {
			for _, c := range []string{"A", "Q", "-", "\xff"} {
				if other := token[:i] + c + token[i+1:]; other != token {
					require.NotEmpty(t, w.verify(other))
				}
			}
		}
		w.require("", token)
	}
}

// What one verifier remembers is nothing to another one with other keys in the same process.
func TestRememberedByItsOwnVerifierOnly(t *testing.T) {
	ours, theirs := newTwins(t), newTwins(t)
	theirs.keys.remove(kidB)
	theirs.keys.put(newKey(t, kidA, "c"))
	a, a2, b := good(t)
	byC := sign(t, testKey(t, "c"), header(kidA), `{"sub":"v","exp":1800003600}`)
	for range 3 {
		ours.require("", a, a2, b)
		theirs.require(streamtoken.ReasonSignatureInvalid, a, a2)
		theirs.require(streamtoken.ReasonKeyUnknown, b)
		theirs.require("", byC)
		ours.require(streamtoken.ReasonSignatureInvalid, byC)
	}
	// The other way round, with one clock ahead and one list that revokes.
	theirs.clock.add(2 * time.Hour)
	ours.revoked.set(t, streamtoken.Revocation{Subject: "w"})
	ours.require("", a, b)
	ours.require(streamtoken.ReasonTokenRevoked, a2)
	theirs.require(streamtoken.ReasonTokenExpired, byC)
	// A verifier with other claims allowed, too.
	strict := newTwins(t, func(cfg *verifier.Config) { cfg.RefuseUnknownClaims = true })
	odd := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600,"x":1}`)
	for range 2 {
		ours.require("", odd)
		strict.require(streamtoken.ReasonClaimsInvalid, odd)
	}
}

// TestRememberedRulesAreTheirOwn: the compiled rules of a remembered token lie
// in memory of their own. If a word of them lay in the buffer that the next
// token is decoded into, that token could turn a block into an allow.
func TestRememberedRulesAreTheirOwn(t *testing.T) {
	key := testKey(t, "a")
	for _, size := range []int64{0, -1} {
		v := newVerifier(t, func(cfg *verifier.Config) { cfg.CacheBytes = size })
		payload := `{"sub":"v","exp":1800003600,"accessRules":[{"type":"any","action":"block"}]}`
		token, err := v.Verify(t.Context(), sign(t, key, header(kidA), payload))
		require.NoError(t, err)
		for range 20 {
			_, err = v.Verify(t.Context(), sign(t, key, header(kidA), strings.ReplaceAll(payload, "block", "allow")))
			require.NoError(t, err)
			for _, viewer := range viewers {
				require.Equal(t, accessrules.Verdict{Action: accessrules.Block, Rule: 0}, token.Rules().Decide(viewer))
			}
		}
	}
}

// TestRememberedEveryBit: with any one bit changed a remembered token is
// another one, which the memory has no answer for: it goes all the way.
func TestRememberedEveryBit(t *testing.T) {
	_, a, _ := good(t)
	w := newTwins(t)
	v := w.warm[0]
	_, err := v.Verify(t.Context(), a)
	require.NoError(t, err)
	before := v.ColdCount()
	for i := range len(a) * 8 {
		b := []byte(a)
		b[i/8] ^= 1 << (i % 8)
		want, fault := answerOf(w.none.Verify(t.Context(), string(b)))
		require.NoError(t, fault)
		got, fault := answerOf(v.Verify(t.Context(), string(b)))
		require.NoError(t, fault)
		if got != want || got.allowed {
			t.Fatalf("bit %d of byte %d: %+v\nwithout a memory: %+v", i%8, i/8, got, want)
		}
	}
	require.Equal(t, w.none.ColdCount(), v.ColdCount()-before, "each is verified as if nothing were remembered")
	require.Greater(t, w.none.ColdCount(), uint64(1000))
}
