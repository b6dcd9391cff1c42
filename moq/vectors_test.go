package moq_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

const vectorFile = "../testdata/vectors/moq/tokens.json"

type vectors struct {
	About, Kind string
	Keys        json.RawMessage
	Vectors     []vector
}

type vector struct {
	Name, Comment  string
	Token          *string
	Now            int64
	Audience       string
	EdDSA          bool
	Keys           []string
	Accepted       []struct{ Relay, JTI string }
	Faults         []string
	Expect, Claims string
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var file vectors
	require.NoError(t, dec.Decode(&file))
	return file
}

// world is the one that v describes.
func (v *vector) world(t testing.TB, set json.RawMessage) *world {
	t.Helper()
	keys, err := moq.ParseKeys([]byte(`{"keys":`+string(set)+`}`), "")
	require.NoError(t, err)
	w := newWorld()
	w.time = time.Unix(v.Now, 0)
	clear(w.keys)
	for _, kid := range v.Keys {
		w.keys[kid], err = keys.Key(kid)
		require.NoError(t, err)
	}
	clear(w.accepted)
	for _, p := range v.Accepted {
		w.accepted[[2]string{p.Relay, p.JTI}] = true
	}
	for _, fault := range v.Faults {
		switch fault {
		case "keys":
			w.keysErr = streamtoken.ReasonKeysUnavailable
		case "accepted":
			w.err = errLease
		default:
			t.Fatalf("unknown fault %q", fault)
		}
	}
	return w
}

// TestVectors runs every vector with and without a cache, twice with it, and after the token has been remembered in a world
// in which it is good.
func TestVectors(t *testing.T) {
	file := readVectors(t)
	require.Equal(t, "moq", file.Kind)
	require.Equal(t, 324, len(file.Vectors))
	names, expected := map[string]bool{}, map[string]int{}
	for _, vec := range file.Vectors {
		require.False(t, names[vec.Name], vec.Name)
		names[vec.Name] = true
		expected[vec.Expect]++
		t.Run(vec.Name, func(t *testing.T) {
			require.NotNil(t, vec.Token)
			w := vec.world(t, file.Keys)
			configured := func(cfg *moq.VerifierConfig) { cfg.Audience, cfg.EdDSA = vec.Audience, vec.EdDSA }
			cached, plain := w.verifier(t, configured), w.verifier(t, configured, uncached)
			for range 2 {
				vec.judge(t, cached)
				vec.judge(t, plain)
			}
			ref := reference{w, vec.Audience, vec.EdDSA}
			require.Equal(t, vec.Expect, ref.verify(*vec.Token), "the reference")
		})
	}
	for _, r := range streamtoken.Reasons() {
		switch r {
		case streamtoken.ReasonTokenMissing, streamtoken.ReasonTokenAmbiguous, streamtoken.ReasonRequestInvalid, streamtoken.ReasonMethodNotAllowed,
			streamtoken.ReasonSubjectMismatch, streamtoken.ReasonNotDownloadable, streamtoken.ReasonRuleBlocked, streamtoken.ReasonClientIPUnavailable,
			streamtoken.ReasonOperationNotAllowed, streamtoken.ReasonCountryUnavailable, streamtoken.ReasonVerifierBusy: // not said of a token
		default:
			require.GreaterOrEqual(t, expected[string(r)], 3, string(r))
		}
	}
}

func (v *vector) judge(t *testing.T, verifier *moq.Verifier) {
	t.Helper()
	if v.Expect != "allow" {
		refusal := refused(t, verifier, *v.Token, streamtoken.Reason(v.Expect))
		// Nothing of the token is repeated that no signature stands behind.
		for _, part := range strings.Split(*v.Token, ".") {
			if len(part) > 16 {
				require.NotContains(t, refusal.Error(), part)
			}
		}
		return
	}
	held := holds(t, verifier, *v.Token)
	c := held.Claims()
	require.Equal(t, c.Relay, held.Relay())
	require.Equal(t, c.ID, held.ID())
	require.Equal(t, c.Operations, held.Operations())
	require.Equal(t, c.Expires, held.Expires())
	for _, op := range moq.Operations() {
		require.Equal(t, bytes.Contains([]byte(v.Claims), []byte(op)), held.Allows(op))
	}
	require.False(t, held.Allows("fetch"))
	require.False(t, held.Allows(""))

	// Minting its claims again makes the payload that the vector names.
	name := map[string]string{kidA: "a", kidB: "b"}[held.KeyID()]
	s, err := moq.New(moq.Config{Key: testKey(t, held.KeyID(), name), Audience: v.Audience, EdDSA: v.EdDSA, Now: func() time.Time { return time.Unix(v.Now, 0) }})
	require.NoError(t, err)
	if c.Expires.After(moq.MaxExpires(c.IssuedAt)) {
		_, err = s.Sign(c)
		require.Error(t, err, "what is forgiven of another issuer is not minted")
		return
	}
	again, err := s.Sign(c)
	require.NoError(t, err)
	minted, err := base64.RawURLEncoding.DecodeString(strings.Split(again, ".")[1])
	require.NoError(t, err)
	require.Equal(t, v.Claims, string(minted))
	_, err = verifier.Verify(context.Background(), again)
	require.NoError(t, err)
}

// TestVectorsAreAsGenerated: the program beside them makes exactly this file.
func TestVectorsAreAsGenerated(t *testing.T) {
	gen := exec.Command("go", "run", "./testdata/vectors/moq/gen", "-check")
	gen.Dir = ".."
	out, err := gen.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
