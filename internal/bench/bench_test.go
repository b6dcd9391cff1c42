package bench

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/signer/vector"
	checkvector "github.com/streamtoken/streamtoken/verifier/vector"
)

// short is for tests that want any figures at all.
var short = Config{Time: 20 * time.Millisecond, Slice: time.Millisecond}

func TestFigures(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	r, err := Run(t.Context(), short)
	require.NoError(t, err)
	require.Equal(t, procs, runtime.GOMAXPROCS(0))

	for _, f := range []float64{r.RSASignNS, r.MintNS, r.RSAVerifyNS, r.ColdNS, r.WarmNS, r.Rules5NS, r.MintRatio, r.ColdRatio, r.WarmRatio} {
		require.Positive(t, f)
		require.False(t, math.IsInf(f, 0))
	}
	// Orders of magnitude only: the machine may be busy.
	require.Greater(t, r.MintRatio, 0.05) // it holds a signature
	require.Greater(t, r.ColdRatio, 0.05) // it holds a check
	require.Less(t, r.WarmRatio, 0.5)     // it holds none, and takes a two-hundredth
	require.Less(t, r.WarmNS, r.ColdNS/2)
	require.Less(t, r.Rules5NS, r.ColdNS/2)
	require.Less(t, r.RSAVerifyNS, r.RSASignNS/2)
	require.InDelta(t, 900, r.TokenBytes, 50)
	require.Equal(t, 3, r.TokenRules)
	require.Equal(t, 1, r.Processors)
	require.Equal(t, runtime.Version(), r.Go)
	if !raceEnabled {
		require.Zero(t, r.WarmAllocs)
	}

	for _, f := range []float64{
		r.BulkRSASignNS, r.BulkMintNS, r.BulkStdNS, r.AllRSASignNS, r.AllMintNS, r.AllBulkMintNS, r.AllStdNS,
		r.BulkMintRatio, r.BulkStdRatio, r.AllMintRatio, r.AllBulkMintRatio, r.AllStdRatio,
	} {
		require.Positive(t, f)
		require.False(t, math.IsInf(f, 0))
	}
	require.Equal(t, procs, r.AllProcessors)
	require.NotEmpty(t, r.BulkWhy)
	want := []string{
		"all_bulk_mint_ns", "all_bulk_mint_ratio", "all_bulk_std_ns", "all_bulk_std_ratio", "all_gomaxprocs", "all_mint_ns", "all_mint_ratio", "all_rsa_sign_ns",
		"arch", "bulk_engine", "bulk_engine_why", "bulk_mint_ns", "bulk_mint_ratio", "bulk_rsa_sign_ns", "bulk_std_ns", "bulk_std_ratio",
		"cpu", "go_version", "gomaxprocs", "key_bits", "live_tokens", "mint_ns", "mint_ratio", "os", "rsa_sign_ns", "rsa_verify_ns", "rules5_ns",
		"token_bytes", "token_rules", "verify_cold_ns", "verify_cold_ratio", "verify_warm_allocs", "verify_warm_ns", "verify_warm_ratio",
	}
	// With the vector engines or without, as the machine is; what cannot be measured is absent.
	if vector.Available() == nil {
		want = append(want, "bulk_vector_ns", "bulk_vector_ratio", "all_bulk_vector_ns", "all_bulk_vector_ratio")
		require.Equal(t, vectorName, r.BulkEngine)
		require.Equal(t, r.BulkVectorNS, r.BulkMintNS)
		require.Equal(t, r.AllVectorNS, r.AllBulkMintNS)
	} else {
		require.Equal(t, cryptoRSA, r.BulkEngine)
		require.Equal(t, r.BulkStdNS, r.BulkMintNS)
	}
	if checkvector.Available() == nil {
		want = append(want, "verify_cold_vector_ns", "verify_cold_vector_ratio")
	} else {
		want = append(want, "verify_cold_vector_why")
	}
	t.Log(r.BulkEngine, r.BulkWhy, r.ColdVectorWhy)

	out, err := json.Marshal(r)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(out, &fields))
	require.Equal(t, slices.Sorted(slices.Values(want)), slices.Sorted(maps.Keys(fields)))
}

// Switched off, no figure is the vector engines', and the reason is given in their place.
func TestFiguresWithoutVector(t *testing.T) {
	cfg := short
	cfg.VectorOff = "switched off"
	r, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, cryptoRSA, r.BulkEngine)
	require.Equal(t, "switched off", r.BulkWhy)
	require.Equal(t, "switched off", r.ColdVectorWhy)
	require.Equal(t, r.BulkStdNS, r.BulkMintNS)
	require.Zero(t, r.BulkVectorNS+r.AllVectorNS+r.ColdVectorNS)
	out, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(out), "_vector_ns")
}

func TestConfigOutOfRange(t *testing.T) {
	for name, cfg := range map[string]Config{
		"Config.Time":            {Time: MaxTime + 1},
		"Config.Time ":           {Time: -1},
		"Config.Slice":           {Slice: -1},
		"Config.Slice 1s":        {Time: time.Millisecond, Slice: time.Second},
		"LoadConfig.Time":        {Load: LoadConfig{URL: "http://h.test/", Time: MaxTime + 1}},
		"LoadConfig.Connections": {Load: LoadConfig{URL: "http://h.test/", Connections: MaxConnections + 1}},
	} {
		_, err := Run(t.Context(), cfg)
		require.ErrorContains(t, err, name)
	}
}

func TestCanceledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, Config{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestCanceledMeanwhile(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Run(ctx, Config{Time: MaxTime})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, procs, runtime.GOMAXPROCS(0))
}
