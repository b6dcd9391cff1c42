//go:build !race

package verifier_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAllocations: a verification without access rules allocates little more
// than crypto/rsa does, and what a stranger can send without a key, next to
// nothing, however long it is. The race detector allocates, so not under it.
func TestAllocations(t *testing.T) {
	v := newVerifier(t)
	key := testKey(t, "a")
	good := sign(t, key, header(kidA), `{"sub":"v","kid":"`+kidA+`","exp":1800003600,"nbf":1799996400}`)
	cut := strings.LastIndexByte(good, '.')
	sig, err := base64.RawURLEncoding.DecodeString(good[cut+1:])
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(good[:cut]))
	bare := testing.AllocsPerRun(100, func() { _ = rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], sig) })

	for _, c := range []struct {
		name, token string
		most        float64
	}{
		{"good", good, bare + 12},
		{"forged", good[:cut+5] + good[cut+9:] + "AAAA", bare + 8},
		{"a megabyte of dots", strings.Repeat(".", 1<<20), 2},
		{"8 KiB of dots", strings.Repeat(".", 8<<10), 2},
		{"8 KiB of letters", strings.Repeat("A", 8<<10), 2},
		{"not base64", good[:cut+5] + "\n" + good[cut+5:], 2},
		{"unknown key", b64(header("k")) + good[strings.IndexByte(good, '.'):], 6},
	} {
		got := testing.AllocsPerRun(100, func() { _, _ = v.Verify(t.Context(), c.token) })
		t.Logf("%s: %g", c.name, got)
		require.LessOrEqual(t, got, c.most, c.name)
	}
}
