package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// counted is a verifier with switches, whose cold verifications are counted.
type counted struct {
	*twins
	v *verifier.Verifier
}

func newCounted(t testing.TB, change ...func(*verifier.Config)) *counted {
	w := newTwins(t, change...)
	return &counted{w, w.warm[0]}
}

// verify gives the reason and how many cold verifications it took.
func (c *counted) verify(token string) (streamtoken.Reason, int) {
	before := c.v.ColdCount()
	_, err := c.v.Verify(context.Background(), token)
	return streamtoken.ReasonOf(err), int(c.v.ColdCount() - before)
}

func (c *counted) require(want streamtoken.Reason, cold int, tokens ...string) {
	c.t.Helper()
	for i, token := range tokens {
		reason, n := c.verify(token)
		require.Equal(c.t, want, reason, "token %d", i)
		require.Equal(c.t, cold, n, "cold verifications of token %d", i)
	}
}

// A token that held costs one verification, ever; the key set is asked every time.
func TestRememberedOnce(t *testing.T) {
	c := newCounted(t)
	a, a2, b := good(t)
	c.require("", 1, a, a2, b)
	for range 5 {
		c.keys.count()
		c.require("", 0, a, a2, b)
		require.Equal(t, 3, c.keys.count(), "the key set is to be asked for each")
	}
	require.Equal(t, 3, c.v.Memory().Entries)
}

func TestRefusedIsNotRemembered(t *testing.T) {
	c := newCounted(t, func(cfg *verifier.Config) { cfg.RefuseUnknownClaims = true })
	key := testKey(t, "a")
	a, _, _ := good(t)
	for name, r := range map[string]struct {
		token  string
		reason streamtoken.Reason
		cold   int
	}{
		"too large":      {strings.Repeat("A", 8193), streamtoken.ReasonTokenTooLarge, 0},
		"malformed":      {a[:len(a)-1] + "B", streamtoken.ReasonTokenMalformed, 0},
		"alg":            {sign(t, key, `{"alg":"RS512","kid":"`+kidA+`"}`, `{"sub":"v","exp":1800003600}`), streamtoken.ReasonAlgNotAllowed, 0},
		"header":         {sign(t, key, `{"alg":"RS256","kid":"`+kidA+`","crit":[]}`, `{"sub":"v","exp":1800003600}`), streamtoken.ReasonHeaderInvalid, 0},
		"unknown key":    {sign(t, key, header("k"), `{"sub":"v","exp":1800003600}`), streamtoken.ReasonKeyUnknown, 0},
		"signature":      {sign(t, testKey(t, "c"), header(kidA), `{"sub":"v","exp":1800003600}`), streamtoken.ReasonSignatureInvalid, 1},
		"claims":         {sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"x":1}`), streamtoken.ReasonClaimsInvalid, 1},
		"claims' kid":    {sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"kid":"`+kidB+`"}`), streamtoken.ReasonClaimsInvalid, 1},
		"expired":        {sign(t, key, header(kidA), `{"sub":"v","exp":1800000000}`), streamtoken.ReasonTokenExpired, 1},
		"not yet valid":  {sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"nbf":1800000001}`), streamtoken.ReasonTokenNotYetValid, 1},
		"lives too long": {sign(t, key, header(kidA), `{"sub":"v","exp":1800086701}`), streamtoken.ReasonLifetimeTooLong, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				reason, cold := c.verify(r.token)
				require.Equal(t, r.reason, reason)
				require.Equal(t, r.cold, cold)
			}
		})
	}
	c.revoked.set(t, streamtoken.Revocation{Subject: "v"})
	for range 3 {
		c.require(streamtoken.ReasonTokenRevoked, 1, a)
	}
	c.revoked.fail(errors.New("stale"))
	for range 3 {
		c.require(streamtoken.ReasonRevocationsUnavailable, 1, a)
	}
	require.Zero(t, c.v.Memory().Additions)
}

// What refused a token at first may pass; then it is remembered.
func TestRememberedOnceItHolds(t *testing.T) {
	c := newCounted(t)
	key := testKey(t, "a")
	soon := sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"nbf":1800000001}`)
	c.require(streamtoken.ReasonTokenNotYetValid, 1, soon)
	c.clock.add(time.Second - 1)
	c.require(streamtoken.ReasonTokenNotYetValid, 1, soon)
	c.clock.add(1)
	c.require("", 1, soon)
	c.require("", 0, soon)

	far := sign(t, key, header(kidA), `{"sub":"w","exp":1800086702}`)
	c.require(streamtoken.ReasonLifetimeTooLong, 1, far)
	c.clock.add(time.Second)
	c.require("", 1, far)
	c.require("", 0, far)
	c.clock.set(at) // too early again for both, and remembered nevertheless
	c.require(streamtoken.ReasonTokenNotYetValid, 0, soon)
	c.require(streamtoken.ReasonLifetimeTooLong, 0, far)
	c.clock.add(2 * time.Second)
	c.require("", 0, soon, far)

	a, _, _ := good(t)
	c.revoked.set(t, streamtoken.Revocation{Digest: digestOf(a)})
	c.require(streamtoken.ReasonTokenRevoked, 1, a)
	c.revoked.set(t)
	c.require("", 1, a)
	c.require("", 0, a)
}

// audience is n tokens of key a and n of key b, of two subjects.
func audience(t testing.TB, n int) (a, b []string) {
	keyA, keyB := testKey(t, "a"), testKey(t, "b")
	for i := range n {
		payload := fmt.Sprintf(`{"sub":"v%d","exp":%d}`, i%2, 1800003600+i)
		a = append(a, sign(t, keyA, header(kidA), payload))
		b = append(b, sign(t, keyB, header(kidB), payload))
	}
	return a, b
}

// TestRevocationMakesNoStorm: one link of a live event is revoked, and nothing
// is verified anew: not the others, not the revoked one, nor when it is taken back.
func TestRevocationMakesNoStorm(t *testing.T) {
	c := newCounted(t)
	a, b := audience(t, 20)
	c.require("", 1, a...)
	c.require("", 1, b...)
	for _, entry := range []streamtoken.Revocation{{Subject: "v0"}, {KeyID: kidA}, {Digest: digestOf(b[3])}, {Subject: "v1", Until: at.Add(1)}} {
		before, refused := c.v.ColdCount(), 0
		c.revoked.set(t, entry)
		for _, token := range append(a[:len(a):len(a)], b...) {
			if reason, _ := c.verify(token); reason != "" {
				require.Equal(t, streamtoken.ReasonTokenRevoked, reason)
				refused++
			}
		}
		require.NotZero(t, refused)
		c.revoked.set(t)
		c.require("", 0, a...)
		c.require("", 0, b...)
		require.Equal(t, before, c.v.ColdCount())
	}
	c.revoked.fail(errors.New("stale"))
	c.require(streamtoken.ReasonRevocationsUnavailable, 0, a...)
	c.revoked.fail(nil)
	c.require("", 0, a...)
}

// A change of one key is nothing to the tokens of another.
func TestKeyChangeVerifiesItsOwnTokensAnew(t *testing.T) {
	c := newCounted(t)
	a, b := audience(t, 20)
	c.require("", 1, a...)
	c.require("", 1, b...)

	c.keys.put(newKey(t, kidC, "c")) // one more
	c.require("", 0, a...)
	c.require("", 0, b...)

	was := c.keys.get(kidA)
	c.keys.remove(kidA)
	c.require(streamtoken.ReasonKeyUnknown, 0, a...)
	c.require("", 0, b...)
	require.Equal(t, len(b), c.v.Memory().Entries, "tokens of a key that is gone are not kept")
	c.keys.put(was)
	c.require("", 1, a...)
	c.require("", 0, a...)

	c.keys.put(newKey(t, kidA, "c"))
	c.require(streamtoken.ReasonSignatureInvalid, 1, a...)
	c.require("", 0, b...)
	require.Equal(t, len(b), c.v.Memory().Entries)
	c.keys.put(newKey(t, kidA, "a"))
	c.require("", 1, a...)
	c.require("", 0, a...)
	c.require("", 0, b...)
}

func TestKeysUnavailableForAWhileVerifyNothingAnew(t *testing.T) {
	c := newCounted(t)
	a, b := audience(t, 20)
	c.require("", 1, a...)
	c.require("", 1, b...)
	for _, err := range []error{streamtoken.ReasonKeysUnavailable, errors.New("stale")} {
		c.keys.fail(err)
		c.require(streamtoken.ReasonKeysUnavailable, 0, a...)
		c.require(streamtoken.ReasonKeysUnavailable, 0, b...)
		c.keys.fail(nil)
		c.require("", 0, a...)
		c.require("", 0, b...)
	}
}

// TestManyBringOneToken: 200 at once, while every place is taken, cost one
// verification, and each gets the answer.
func TestManyBringOneToken(t *testing.T) {
	a, _, _ := good(t)
	forged := sign(t, testKey(t, "c"), header(kidA), `{"sub":"v","exp":1800003600}`)
	early := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600,"nbf":1800000001}`)
	for _, one := range []struct {
		token string
		want  streamtoken.Reason
	}{{a, ""}, {forged, streamtoken.ReasonSignatureInvalid}, {early, streamtoken.ReasonTokenNotYetValid}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCounted(t, func(cfg *verifier.Config) { cfg.ColdLimit = 1 })
			release := c.v.HoldCold()
			refusals := make([]error, 200)
			var wg sync.WaitGroup
			for i := range refusals {
				wg.Go(func() { _, refusals[i] = c.v.VerifyFrom(t.Context(), one.token, uint64(i)) })
			}
			synctest.Wait()
			require.Equal(t, 200, c.v.WaitingCount())
			release()
			wg.Wait()
			own := map[error]bool{}
			for _, err := range refusals {
				require.Equal(t, one.want, streamtoken.ReasonOf(err))
				own[err] = true
			}
			if one.want != "" {
				require.Len(t, own, len(refusals), "each has a refusal of its own, which it may write to")
			}
			require.EqualValues(t, 1, c.v.ColdCount())
			require.NoError(t, c.v.CheckIdle(1))
		})
	}
}
