package verifier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
)

func TestStats(t *testing.T) {
	key := testKey(t, "a")
	token := sign(t, key, header(kidA), `{"sub":"v","exp":1800003600}`)
	v := newVerifier(t)
	require.Zero(t, v.Stats())
	for range 3 {
		_, err := v.Verify(t.Context(), token)
		require.NoError(t, err)
		_, err = v.Verify(t.Context(), token[:len(token)-4]+"AAAA")
		require.Error(t, err)
		_, err = v.Verify(t.Context(), "x")
		require.Error(t, err)
	}
	got := v.Stats()
	require.Greater(t, got.Bytes, int64(len(token)))
	require.Less(t, got.Bytes, int64(verifier.DefaultCacheBytes))
	got.Bytes = 0
	require.Equal(t, verifier.Stats{Remembered: 1, Cold: 1 + 3}, got, "a refused token is not remembered")

	none := newVerifier(t, func(cfg *verifier.Config) { cfg.CacheBytes = -1 })
	for range 3 {
		_, err := none.Verify(t.Context(), token)
		require.NoError(t, err)
	}
	require.Equal(t, verifier.Stats{Cold: 3}, none.Stats())
	require.Zero(t, new(verifier.Verifier).Stats())
}

func TestConfigOfTheMemory(t *testing.T) {
	_, err := verifier.New(verifier.Config{Keys: staticKeys(t), ColdLimit: -1})
	require.EqualError(t, err, "verifier: Config.ColdLimit -1 is negative")
}
