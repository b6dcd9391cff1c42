package verifier_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func TestRevocations(t *testing.T) {
	type revocations = []streamtoken.Revocation
	token := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600}`)
	sibling := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003601}`)
	for _, c := range []struct {
		name    string
		list    revocations
		revoked bool
	}{
		{"nothing", nil, false},
		{"the key", revocations{{KeyID: kidA}}, true},
		{"another key", revocations{{KeyID: kidB}}, false},
		{"the subject", revocations{{Subject: "v"}}, true},
		{"another subject", revocations{{Subject: "V"}}, false},
		{"the subject's name as a key id", revocations{{KeyID: "v"}}, false},
		{"the key's id as a subject", revocations{{Subject: kidA}}, false},
		{"the token", revocations{{Digest: digestOf(token)}}, true},
		{"another token of the same key and subject", revocations{{Digest: digestOf(sibling)}}, false},
		{"until later", revocations{{Subject: "v", Until: at.Add(1)}}, true},
		{"until now", revocations{{Subject: "v", Until: at}}, false},
		{"until before", revocations{{Subject: "v", Until: at.Add(-time.Hour)}}, false},
		{"before, then later", revocations{{Subject: "v", Until: at.Add(-1)}, {Subject: "v", Until: at.Add(1)}}, true},
		{"later, then before", revocations{{Subject: "v", Until: at.Add(1)}, {Subject: "v", Until: at.Add(-1)}}, true},
		{"before, then for good", revocations{{Subject: "v", Until: at.Add(-1)}, {Subject: "v"}}, true},
		{"for good, then before", revocations{{Subject: "v"}, {Subject: "v", Until: at.Add(-1)}}, true},
		{"one of many", revocations{{KeyID: kidB}, {Subject: "w"}, {Digest: digestOf(token)}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := verifier.NewRevocations(c.list...)
			require.NoError(t, err)
			tok, err := newVerifier(t, func(cfg *verifier.Config) { cfg.Revocations = list }).Verify(t.Context(), token)
			if !c.revoked {
				require.NoError(t, err)
				return
			}
			refusal := requireRefused(t, tok, err, streamtoken.ReasonTokenRevoked)
			require.Equal(t, kidA, refusal.KeyID)
			require.Equal(t, "v", refusal.Subject)
		})
	}
}

func TestNewRevocationsRefuses(t *testing.T) {
	for name, entry := range map[string]streamtoken.Revocation{
		"nothing":              {},
		"a time alone":         {Until: at},
		"two things":           {KeyID: kidA, Subject: "v"},
		"a digest upper case":  {Digest: strings.Repeat("A", 64)},
		"a digest too short":   {Digest: strings.Repeat("a", 63)},
		"a subject with space": {Subject: "a b"},
		"a key id with slash":  {KeyID: "a/b"},
	} {
		list, err := verifier.NewRevocations(streamtoken.Revocation{KeyID: kidA}, entry)
		require.ErrorContains(t, err, "revocation 1", name)
		require.Nil(t, list, name)
	}
}

type revocationsFunc func(keyID, subject, digest string, now time.Time) (bool, error)

func (f revocationsFunc) Revoked(keyID, subject, digest string, now time.Time) (bool, error) {
	return f(keyID, subject, digest, now)
}

func TestRevocationsAreAskedLast(t *testing.T) {
	asked := 0
	answer, failure := false, error(nil)
	token := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600}`)
	v := newVerifier(t, func(cfg *verifier.Config) {
		cfg.Revocations = revocationsFunc(func(keyID, subject, digest string, now time.Time) (bool, error) {
			asked++
			require.Equal(t, []string{kidA, "v", digestOf(token)}, []string{keyID, subject, digest})
			require.Equal(t, at, now)
			return answer, failure
		})
	})
	for _, refused := range []string{
		"", sign(t, testKey(t, "c"), header(kidA), `{"sub":"v","exp":1800003600}`),
		sign(t, testKey(t, "a"), header(kidA), `{"sub":"v"}`), sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1}`),
	} {
		_, err := v.Verify(t.Context(), refused)
		require.Error(t, err)
	}
	require.Zero(t, asked)

	_, err := v.Verify(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, 1, asked)
	answer = true
	tok, err := v.Verify(t.Context(), token)
	requireRefused(t, tok, err, streamtoken.ReasonTokenRevoked)

	// No current list: refused, whatever the list says beside its error.
	for _, answer = range []bool{true, false} {
		failure = errors.New("stale for 5m0s")
		tok, err = v.Verify(t.Context(), token)
		require.Equal(t, "stale for 5m0s", requireRefused(t, tok, err, streamtoken.ReasonRevocationsUnavailable).Detail)
		failure = streamtoken.ReasonRevocationsUnavailable
		tok, err = v.Verify(t.Context(), token)
		require.Empty(t, requireRefused(t, tok, err, streamtoken.ReasonRevocationsUnavailable).Detail)
	}
}
