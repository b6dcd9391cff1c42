//go:build !race

package verifier_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
)

// TestAllocations: a remembered token costs none; a first verification allocates
// three times beside what crypto/rsa does (the payload, the token with its rules
// and text, the flight others may join), and once more for unusually many rules;
// and what a stranger can send without a key next to nothing, however long it
// is. The race detector allocates, so not under it.
func TestAllocations(t *testing.T) {
	v := newVerifier(t, func(cfg *verifier.Config) { cfg.CacheBytes = -1 })
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
		{"good", good, bare + 2},
		{"three rules", sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"accessRules":`+threeRules+`}`), bare + 2},
		{"five rules", sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"accessRules":`+fiveRules+`}`), bare + 3},
		{"forged", good[:cut+5] + good[cut+9:] + "AAAA", bare + 6},
		{"a megabyte of dots", strings.Repeat(".", 1<<20), 2},
		{"8 KiB of dots", strings.Repeat(".", 8<<10), 2},
		{"8 KiB of letters", strings.Repeat("A", 8<<10), 2},
		{"not base64", good[:cut+5] + "\n" + good[cut+5:], 2},
		{"unknown key", b64(header("k")) + good[strings.IndexByte(good, '.'):], 6},
	} {
		ctx := t.Context()
		got := testing.AllocsPerRun(100, func() { _, _ = v.Verify(ctx, c.token) })
		t.Logf("%s: %g", c.name, got)
		require.LessOrEqual(t, got, c.most, c.name)
	}

	remembers := newVerifier(t)
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := remembers.Verify(ctx, good); err != nil {
			t.Fatal(err)
		}
	}), "a remembered token")

	const runs = 50
	var fresh []string
	for i := range runs + 1 {
		fresh = append(fresh, sign(t, key, header(kidA), `{"sub":"v`+strconv.Itoa(i)+`","exp":1800003600,"accessRules":`+fiveRules+`}`))
	}
	i := 0
	got := testing.AllocsPerRun(runs, func() {
		if _, err := remembers.Verify(ctx, fresh[i]); err != nil {
			t.Fatal(err)
		}
		i++
	})
	t.Logf("remembered anew: %g", got)
	require.LessOrEqual(t, got, bare+5, "a new token, remembered: now and then the index grows")
}

// TestTokenSize: the entries of package tokencache are cut for this size.
func TestTokenSize(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) == 8 {
		require.Equal(t, uintptr(192), unsafe.Sizeof(verifier.Token{}))
	}
}
