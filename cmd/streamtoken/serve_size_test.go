package main

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
)

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "1": 1, "4096": 4096, "512B": 512, "1KiB": 1 << 10, "64MiB": 64 << 20, "2GiB": 2 << 30, "0GiB": 0,
		"9223372036854775807": math.MaxInt64, "8589934591GiB": 8589934591 << 30,
	} {
		got, err := parseSize(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{"", "B", "MiB", "-1", "+1", " 1", "1 MiB", "1M", "1MB", "1mib", "1.5GiB", "0x10", "1_000", "1e6", "1KiBB", "9223372036854775808", "8589934592GiB"} {
		_, err := parseSize(s)
		require.Error(t, err, s)
	}
}

func TestServeFlagsReachTheVerifier(t *testing.T) {
	o := serveOptions{leeway: time.Second, cacheSize: "1MiB", coldLimit: 3}
	keys := &verifier.StaticKeys{}
	require.Equal(t, verifier.Config{Keys: keys, Leeway: time.Second, CacheBytes: 1 << 20, ColdLimit: 3}, o.verifier(keys))
}

func TestCacheBytes(t *testing.T) {
	require.EqualValues(t, verifier.DefaultCacheBytes, cacheBytes(defaultCacheSize))
	require.EqualValues(t, 4096, cacheBytes("4KiB"))
	require.Negative(t, cacheBytes("0"))
}
