package vector

import (
	"crypto/fips140"
	"crypto/rsa"
	"math/big"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/rsavec"
	"github.com/streamtoken/streamtoken/verifier"
)

var _ verifier.Engine = New()

// TestAvailable: the engine takes a fitting key exactly where it is available,
// and what it makes of it works.
func TestAvailable(t *testing.T) {
	require.Equal(t, "vector", New().Name())
	require.Same(t, New(), New(), "a key is prepared once for all of them")
	key := testKey(t, "a")
	c, err := New().Prepare(&key.PublicKey)
	why := Available()
	t.Logf("%s: %v", runtime.GOARCH, why)
	if why != nil {
		require.Equal(t, why, err)
		require.Nil(t, c)
		return
	}
	require.True(t, rsavec.Supported() && !purego && !fips140.Enabled() && runtime.GOARCH == "amd64")
	require.NoError(t, err)
	digest := randomDigest(t)
	require.True(t, c.Verify(&digest, signature(t, key, &digest)))
}

// TestFIPS runs TestFIPSMode again in FIPS 140-3 mode, where no key is taken.
func TestFIPS(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestFIPSMode$", "-test.v")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=on")
	out, err := cmd.CombinedOutput()
	if purego {
		require.Error(t, err)
		require.Contains(t, string(out), "incompatible with the purego build tag")
		return
	}
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "FIPS 140-3 mode: true")
}

func TestFIPSMode(t *testing.T) {
	t.Logf("FIPS 140-3 mode: %t", fips140.Enabled())
	if !fips140.Enabled() {
		return // TestFIPS sees to it that it is, elsewhere
	}
	require.ErrorContains(t, Available(), "FIPS 140-3")
	c, err := New().Prepare(&testKey(t, "a").PublicKey)
	require.ErrorContains(t, err, "FIPS 140-3")
	require.Nil(t, c)
}

func TestPrepareRefuses(t *testing.T) {
	n := testKey(t, "a").N
	for name, pub := range map[string]*rsa.PublicKey{
		"nil":       nil,
		"no number": {E: 65537},
		"3072 bits": {N: new(big.Int).Add(new(big.Int).Lsh(n, 1024), big.NewInt(1)), E: 65537},
		"2047 bits": {N: new(big.Int).SetBit(new(big.Int).Rsh(n, 1), 0, 1), E: 65537},
		"even":      {N: new(big.Int).Sub(n, big.NewInt(1)), E: 65537},
		"e = 3":     {N: n, E: 3},
	} {
		c, err := New().Prepare(pub)
		require.Error(t, err, name)
		require.Nil(t, c, "%s: not a check that is there and yet nil", name)
		_, err = newCheck(pub)
		require.Error(t, err, name)
	}
}

// TestWrongArithmetic: a processor that is wrong about one power is not trusted with any.
func TestWrongArithmetic(t *testing.T) {
	pub := &testKey(t, "a").PublicKey
	key, err := rsavec.NewPublic(pub)
	require.NoError(t, err)
	require.True(t, agrees(pub, key.Power))
	for name, power := range map[string]func(dst, sig *[rsavec.Size]byte) bool{
		"nothing": func(_, _ *[rsavec.Size]byte) bool { return true },
		"refuses": func(dst, sig *[rsavec.Size]byte) bool { key.Power(dst, sig); return false },
		"a bit":   func(dst, sig *[rsavec.Size]byte) bool { ok := key.Power(dst, sig); dst[100] ^= 1; return ok },
	} {
		require.False(t, agrees(pub, power), name)
	}
}
