package streamtoken_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

// These are the figures of what a verifier remembers. Every token is a real one, minted for the benchmark and verified once.

var large = flag.Bool("large", false, "also measure a million remembered tokens, which takes some minutes and 4 GiB")

// someone is a viewer whom no address rule of the tokens matches and the country rule allows: two of the three rules are gone through.
var someone = accessrules.Viewer{Addr: netip.MustParseAddr("100.64.9.9"), Country: accessrules.ParseCountry("FR")}

func newQuickVerifier(tb testing.TB, m *minter, cacheBytes int64) *verifier.Verifier {
	tb.Helper()
	key, err := verifier.NewKey(quickKeyID, &m.key.public)
	if err != nil {
		tb.Fatal(err)
	}
	keys, err := verifier.NewStaticKeys(key)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: keys, CacheBytes: cacheBytes})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// filled gives a gate whose verifier remembers so many tokens, and those that are then asked for: all, or of very many 65,536, spread over
// all, so that the texts they are copied from do not crowd out what is looked up.
func filled(b *testing.B, m *minter, live int) (*gate.Gate, []string) {
	b.Helper()
	v := newQuickVerifier(b, m, 8<<30)
	var refused atomic.Bool
	onAllCores(live, func(i int) {
		if _, err := v.Verify(context.Background(), m.token(i)); err != nil {
			refused.Store(true)
		}
	})
	if refused.Load() || v.Stats().Remembered != live {
		b.Fatalf("%d of %d tokens are remembered", v.Stats().Remembered, live)
	}
	asked := make([]string, min(live, 1<<16))
	onAllCores(len(asked), func(i int) { asked[i] = m.token(i * live / len(asked)) })
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(asked), func(i, j int) { asked[i], asked[j] = asked[j], asked[i] })
	return newGate(b, v), asked
}

// buffer is where a request's token lies: memory that was written a moment ago, and is written again by the next request.
type buffer []byte

func (hot buffer) take(token string) string {
	return unsafe.String(unsafe.SliceData(hot), copy(hot, token))
}

// decide asks as a request does.
func (hot buffer) decide(g *gate.Gate, token string) bool {
	return g.Decide(context.Background(), gate.Request{Token: hot.take(token), Viewer: someone}).Allowed
}

// rounds asks for tokens as a server does that has just read a few requests, and takes the time of the answers alone: what a request costs to
// bring is not theirs, and a clock that is read in between, which waits for every load under way, would make it so.
type rounds struct {
	buffers [32]buffer    // the tokens of one round, within the first cache
	made    int           // rounds of this block
	spent   time.Duration // for them
	blocks  []float64     // nanoseconds a check, of 32 rounds each
}

func newRounds(bytes int) *rounds {
	r := &rounds{}
	for i := range r.buffers {
		r.buffers[i] = make(buffer, bytes)
	}
	return r
}

// ask makes round n, and reports whether all were allowed.
func (r *rounds) ask(g *gate.Gate, asked []string, n int) bool {
	var tokens [len(r.buffers)]string
	for i := range tokens {
		tokens[i] = r.buffers[i].take(asked[(n*len(tokens)+i)%len(asked)])
	}
	allowed := 0
	start := time.Now()
	for _, token := range tokens {
		if g.Decide(context.Background(), gate.Request{Token: token, Viewer: someone}).Allowed {
			allowed++
		}
	}
	r.spent += time.Since(start)
	const block = 32
	if r.made++; r.made == block {
		r.blocks = append(r.blocks, float64(r.spent)/float64(block*len(tokens)))
		r.made, r.spent = 0, 0
	}
	return allowed == len(tokens)
}

// BenchmarkWarm is a token that was seen before, everything told: found and compared whole, its key, time, revocation (none is
// configured), and its three rules decided for a viewer whose country is known. net-ns is the time of one check, the median of blocks of
// them, so that what else the machine does meanwhile counts for little; with more than one processor, what all together take for one. ns/op is
// a round of 32 checks, with the copies that stand for the arrival of their requests.
func BenchmarkWarm(b *testing.B) {
	m := newMinter()
	for _, live := range []int{64, 2000, 100_000, 1_000_000} {
		if live >= 100_000 && testing.Short() || live >= 1_000_000 && !*large {
			continue
		}
		g, asked := filled(b, m, live)
		for _, c := range []struct {
			name        string
			parallelism int
		}{{"", 0}, {"/goroutines=1-a-core", 1}, {"/goroutines=64-a-core", 64}} {
			b.Run(fmt.Sprintf("live=%d%s", live, c.name), func(b *testing.B) {
				b.ReportAllocs()
				if c.parallelism == 0 {
					r := newRounds(len(asked[0]))
					for n := 0; b.Loop(); n++ {
						if !r.ask(g, asked, n) {
							b.Fatal("refused")
						}
					}
					if len(r.blocks) > 0 {
						b.ReportMetric(median(r.blocks), "net-ns")
					}
					return
				}
				var (
					mu     sync.Mutex
					blocks []float64
					first  atomic.Int64
				)
				b.SetParallelism(c.parallelism)
				b.RunParallel(func(pb *testing.PB) {
					r := newRounds(len(asked[0]))
					for n := int(first.Add(1)) * len(asked) / 7; pb.Next(); n++ {
						if !r.ask(g, asked, n) {
							b.Error("refused")
						}
					}
					mu.Lock()
					defer mu.Unlock()
					blocks = append(blocks, r.blocks...)
				})
				if len(blocks) > 0 {
					b.ReportMetric(median(blocks)/float64(runtime.GOMAXPROCS(0)), "net-ns")
				}
			})
		}
	}
}

// BenchmarkZipf is a stream of requests of which each token makes a hundred on average, some very many and most few (Zipf's law, exponent
// 1.1), once with room for all and once for an eighth. Each round begins with nothing remembered, so at least one request in a hundred
// has a first check.
func BenchmarkZipf(b *testing.B) {
	const distinct = 2000
	m := newMinter()
	list := m.tokens(0, distinct)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(3, 4)), 1.1, 1, distinct-1)
	stream := make([]uint16, 100*distinct)
	for i := range stream {
		stream[i] = uint16(zipf.Uint64())
	}
	all := newQuickVerifier(b, m, 0)
	for _, token := range list {
		if _, err := all.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name  string
		bytes int64
	}{{"room=default", 0}, {"room=eighth", all.Stats().Bytes / 8}} {
		b.Run(c.name, func(b *testing.B) {
			hot := make(buffer, len(list[0]))
			var cold uint64
			for b.Loop() {
				v := newQuickVerifier(b, m, c.bytes)
				g := newGate(b, v)
				for _, i := range stream {
					if !hot.decide(g, list[i]) {
						b.Fatal("refused")
					}
				}
				cold += v.Stats().Cold
			}
			requests := float64(b.N * len(stream))
			b.ReportMetric(0, "ns/op") // of the whole stream
			b.ReportMetric(float64(b.Elapsed())/requests, "ns/request")
			b.ReportMetric(1-float64(cold)/requests, "hit-ratio")
		})
	}
}

// BenchmarkFlood is 64 viewers who go on watching while 20,000 others come, each with a good token of their own that is used once. There is
// room for a few hundred tokens, and between two requests of one viewer come 512 others: remembering the latest alone would know none of
// them again. hot-hit-ratio is how many of the 64 viewers' requests needed no second check.
func BenchmarkFlood(b *testing.B) {
	const watching, passing, room = 64, 20_000, 1 << 20
	m := newMinter()
	viewers, flood := m.tokens(0, watching), m.tokens(watching, passing)
	ctx := context.Background()
	var hits, requests int
	for b.Loop() {
		v := newQuickVerifier(b, m, room)
		known := make([]*verifier.Token, watching)
		ask := func(i int) bool {
			t, err := v.Verify(ctx, viewers[i])
			if err != nil {
				b.Fatal(err)
			}
			again := t == known[i]
			known[i] = t
			return again
		}
		for range 4 { // a player's first requests
			for i := range viewers {
				ask(i)
			}
		}
		for i, token := range flood {
			if _, err := v.Verify(ctx, token); err != nil {
				b.Fatal(err)
			}
			if i%8 == 0 {
				requests++
				if ask(i / 8 % watching) {
					hits++
				}
			}
		}
		if s := v.Stats(); s.Bytes > room || s.Remembered > 1000 {
			b.Fatalf("%+v", s)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(hits)/float64(requests), "hot-hit-ratio")
}

// BenchmarkMemory is what a remembered token takes on the heap, index and all, beside its own size.
func BenchmarkMemory(b *testing.B) {
	const live = 20_000
	m := newMinter()
	var bytes, counted []float64
	for b.Loop() {
		v := newQuickVerifier(b, m, 1<<30)
		before := heap()
		for first := 0; first < live; first += 1000 {
			for _, token := range m.tokens(first, 1000) {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		}
		bytes = append(bytes, float64(heap()-before)/live)
		s := v.Stats()
		if s.Remembered != live {
			b.Fatalf("%+v", s)
		}
		counted = append(counted, float64(s.Bytes)/live)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(bytes), "B/token")
	b.ReportMetric(median(bytes)/float64(len(m.token(0))), "x-token")
	b.ReportMetric(median(counted), "counted-B/token") // what the verifier says itself, and holds to its bound
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool held goes with the second
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
