//go:build !race

package vector

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVerifyAllocatesNothing: the race detector does, so not under it.
func TestVerifyAllocatesNothing(t *testing.T) {
	key := testKey(t, "a")
	c := makeCheck(t, &key.PublicKey)
	digest := randomDigest(t)
	sig := signature(t, key, &digest)
	bad := flip(sig, 9)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if !c.Verify(&digest, sig) || c.Verify(&digest, bad) || c.Verify(&digest, sig[1:]) {
			t.Error("wrong")
		}
	}))
}
