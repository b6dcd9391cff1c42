package vector_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"iter"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/jwk"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/signer/vector"
)

// The benchmarks do our work and rsa.SignPKCS1v15 in turn, some milliseconds of each, and compare the medians of the
// processor time per signature: neighbours on a shared machine slow both. x-rsa is how many tokens we finish, on as
// many processors, in the time of one bare signature of crypto/rsa.

// tools are what the benchmarks need.
type tools struct {
	raw         *rsa.PrivateKey
	plain, fast *signer.Signer
	engine      *vector.Engine
	digest      [sha256.Size]byte
}

func newTools(b *testing.B) *tools {
	data, err := os.ReadFile("../../testdata/keys/a.pem")
	require.NoError(b, err)
	raw, err := jwk.ParsePrivate(data)
	require.NoError(b, err)
	key, err := signer.ParseKey(data, "a")
	require.NoError(b, err)
	t := &tools{raw: raw.Key, digest: sha256.Sum256([]byte("a signing input")), engine: vector.New()}
	t.plain, err = signer.New(signer.Config{Key: key})
	require.NoError(b, err)
	t.fast, err = signer.New(signer.Config{Key: key, Engine: t.engine})
	require.NoError(b, err)
	if _, why := t.fast.Engine(); why != "" {
		b.Log("no vector instructions: ", why)
	}
	return t
}

// claims are n with three access rules each.
func claims(n int) iter.Seq[streamtoken.Claims] {
	rules := []accessrules.Rule{
		{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US", "MX"}},
		{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	}
	return func(yield func(streamtoken.Claims) bool) {
		for i := range n {
			if !yield(streamtoken.Claims{Subject: "ea95132c15732412d22c1476fa8" + strconv.Itoa(i), AccessRules: rules}) {
				return
			}
		}
	}
}

// bulk mints n tokens with SignAll.
func bulk(b *testing.B, s *signer.Signer, n int) {
	got := 0
	for _, err := range s.SignAll(context.Background(), claims(n)) {
		if err != nil {
			b.Fatal(err)
		}
		got++
	}
	if got != n {
		b.Fatal("not all of them")
	}
}

// bare signs n times with crypto/rsa, on as many goroutines as given.
func (t *tools) bare(b *testing.B, goroutines, n int) {
	spread(goroutines, n, func() {
		if _, err := rsa.SignPKCS1v15(nil, t.raw, crypto.SHA256, t.digest[:]); err != nil {
			b.Error(err)
		}
	})
}

// spread calls f n times in all, on as many goroutines as given.
func spread(goroutines, n int, f func()) {
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for range n / goroutines {
				f()
			}
		})
	}
	group.Wait()
}

// slice is the time that f took, per one of n.
type slice struct{ cpu, wall time.Duration }

func timed(n int, f func()) slice {
	cpu, start := processorTime(), time.Now()
	f()
	wall := time.Since(start)
	return slice{(processorTime() - cpu) / time.Duration(n), wall / time.Duration(n)}
}

func medianOf(list []slice, of func(slice) time.Duration) float64 {
	times := make([]time.Duration, len(list))
	for i, s := range list {
		times[i] = of(s)
	}
	slices.Sort(times)
	return float64(times[len(times)/2])
}

func cpu(s slice) time.Duration  { return s.cpu }
func wall(s slice) time.Duration { return s.wall }

// compare does n of ours and m of theirs in turn, and reports.
func compare(b *testing.B, n int, ours func(n int), m int, theirs func(m int)) {
	ours(n) // warm
	theirs(m)
	var mine, others []slice
	for b.Loop() {
		mine = append(mine, timed(n, func() { ours(n) }))
		others = append(others, timed(m, func() { theirs(m) }))
	}
	b.ReportMetric(medianOf(others, cpu)/medianOf(mine, cpu), "x-rsa")
	b.ReportMetric(medianOf(others, wall)/medianOf(mine, wall), "x-rsa-elapsed")
	b.ReportMetric(medianOf(mine, cpu)/1000, "us/token")
	b.ReportMetric(medianOf(others, cpu)/1000, "us/rsa")
	b.ReportMetric(0, "ns/op") // of a pair of slices: says nothing
}

// BenchmarkBulk is SignAll, from claims to finished tokens.
func BenchmarkBulk(b *testing.B) {
	t := newTools(b)
	all := runtime.GOMAXPROCS(0)
	for _, c := range []struct {
		name   string
		signer *signer.Signer
		tokens int // of a slice, for each processor
	}{{"vector", t.fast, 512}, {"std", t.plain, 48}} {
		for _, processors := range slices.Compact([]int{1, all}) {
			name := c.name + "/" + strconv.Itoa(processors) + "-core"
			b.Run(name, func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				compare(b, processors*c.tokens, func(n int) { bulk(b, c.signer, n) },
					processors*48, func(n int) { t.bare(b, processors, n) })
			})
		}
	}
}

// BenchmarkBulkCores is how much faster SignAll is on all processors than on one, in elapsed time.
func BenchmarkBulkCores(b *testing.B) {
	t := newTools(b)
	all := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(all)
	for name, c := range map[string]struct {
		signer *signer.Signer
		tokens int
	}{"vector": {t.fast, 1024}, "std": {t.plain, 96}} {
		b.Run(name, func(b *testing.B) {
			var one, many []slice
			for b.Loop() {
				runtime.GOMAXPROCS(1)
				one = append(one, timed(c.tokens, func() { bulk(b, c.signer, c.tokens) }))
				runtime.GOMAXPROCS(all)
				many = append(many, timed(c.tokens, func() { bulk(b, c.signer, c.tokens) }))
			}
			b.ReportMetric(medianOf(one, wall)/medianOf(many, wall), "x-one-core")
			b.ReportMetric(float64(all), "cores")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkBulkCoalesced is 64 goroutines calling Sign, beside 64 calling crypto/rsa.
func BenchmarkBulkCoalesced(b *testing.B) {
	t := newTools(b)
	all := runtime.GOMAXPROCS(0)
	for _, processors := range slices.Compact([]int{1, all}) {
		b.Run(strconv.Itoa(processors)+"-core", func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			before := t.engine.Stats()
			for c := range claims(1) {
				compare(b, 64*16, func(n int) {
					spread(64, n, func() {
						if _, err := t.fast.Sign(c); err != nil {
							b.Error(err)
						}
					})
				}, 64*2, func(n int) { t.bare(b, 64, n) })
			}
			after := t.engine.Stats()
			b.ReportMetric(float64(after.Signatures-before.Signatures)/float64(after.Batches-before.Batches), "tokens/batch")
		})
	}
}

// BenchmarkBulkLone is one call of Sign at a time with the engine, beside one without: x-plain is the time it takes.
func BenchmarkBulkLone(b *testing.B) {
	t := newTools(b)
	var fast, plain []slice
	for c := range claims(1) {
		call := func(s *signer.Signer) slice {
			return timed(4, func() {
				for range 4 {
					if _, err := s.Sign(c); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		for b.Loop() {
			fast, plain = append(fast, call(t.fast)), append(plain, call(t.plain))
		}
	}
	b.ReportMetric(medianOf(fast, wall)/medianOf(plain, wall), "x-plain")
	b.ReportMetric(medianOf(fast, wall)/1000, "us/token")
	b.ReportMetric(0, "ns/op")
}
