//go:build integration

package tokens

import (
	"context"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/signer/vector"
)

// BenchmarkBulkBesideOpenSSL: finished tokens with three access rules, in bulk with the vector engine, and bare signatures by
// "openssl speed", a second of each in turn, by processor time.
func BenchmarkBulkBesideOpenSSL(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	data, err := os.ReadFile("../../testdata/keys/a.pem")
	require.NoError(b, err)
	key, err := signer.ParseKey(data, "a")
	require.NoError(b, err)
	s, err := signer.New(signer.Config{Key: key, Engine: vector.New()})
	require.NoError(b, err)
	name, why := s.Engine()
	require.Equal(b, "vector", name, why)

	var ours, theirs, ratios []float64
	for b.Loop() {
		o, t := tokensPerSecond(b, s), opensslSignsPerSecond(b)
		ours, theirs, ratios = append(ours, o), append(theirs, t), append(ratios, o/t)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "tokens/s")
	b.ReportMetric(median(theirs), "openssl/s")
	b.ReportMetric(median(ratios), "x-openssl")
}

func tokensPerSecond(b *testing.B, s *signer.Signer) float64 {
	rules := []accessrules.Rule{
		{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US", "MX"}},
		{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	}
	claims := func(yield func(streamtoken.Claims) bool) {
		for end := time.Now().Add(time.Second); time.Now().Before(end); {
			if !yield(streamtoken.Claims{Subject: "ea95132c15732412d22c1476fa83f27a", AccessRules: rules}) {
				return
			}
		}
	}
	n, before := 0, processorTime(b)
	for _, err := range s.SignAll(context.Background(), claims) {
		require.NoError(b, err)
		n++
	}
	return float64(n) / (processorTime(b) - before).Seconds()
}

func opensslSignsPerSecond(b *testing.B) float64 {
	out, err := exec.Command("openssl", "speed", "-mr", "-seconds", "1", "rsa2048").Output() // user time is its default
	require.NoError(b, err)
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); f[0] == "+F2" && len(f) == 5 && f[2] == "2048" {
			n, err := strconv.ParseFloat(f[3], 64)
			require.NoError(b, err)
			if n < 1 {
				n = 1 / n // older versions give seconds for one
			}
			require.False(b, math.IsInf(n, 0))
			return n
		}
	}
	require.Fail(b, "openssl speed told nothing of rsa2048")
	return 0
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
