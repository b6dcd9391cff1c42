//go:build !race

package verifier_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
	"github.com/streamtoken/streamtoken/verifier/vector"
)

// TestEngineAllocations: a first verification by an engine allocates what
// TestAllocations allows beside crypto/rsa, and nothing for the engine. Where the
// vector engine is not available one stands in for it that compares nothing.
func TestEngineAllocations(t *testing.T) {
	var e verifier.Engine = vector.New()
	if err := vector.Available(); err != nil {
		t.Log(err)
		e = &fakeEngine{verify: func(*rsa.PublicKey, *[sha256.Size]byte, []byte) bool { return true }}
	}
	v := newVerifier(t, withEngine(e), func(cfg *verifier.Config) { cfg.CacheBytes = -1 })
	for _, c := range []struct {
		name, payload string
		most          float64
	}{
		{"plain", `{"sub":"v","kid":"` + kidA + `","exp":1800003600,"nbf":1799996400}`, 2},
		{"five rules", `{"sub":"v","exp":1800003600,"accessRules":` + fiveRules + `}`, 3},
	} {
		token := sign(t, testKey(t, "a"), header(kidA), c.payload)
		ctx := t.Context()
		got := testing.AllocsPerRun(100, func() {
			if _, err := v.Verify(ctx, token); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %g", c.name, got)
		require.LessOrEqual(t, got, c.most, c.name)
	}
}
