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

	out, err := json.Marshal(r)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(out, &fields))
	require.Equal(t, []string{
		"arch", "cpu", "go_version", "gomaxprocs", "key_bits", "live_tokens", "mint_ns", "mint_ratio", "os", "rsa_sign_ns", "rsa_verify_ns", "rules5_ns",
		"token_bytes", "token_rules", "verify_cold_ns", "verify_cold_ratio", "verify_warm_allocs", "verify_warm_ns", "verify_warm_ratio",
	}, slices.Sorted(maps.Keys(fields)))
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
