package streamtoken_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"

	"github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/accessrules/geoip"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

// These are the figures of docs/performance.md. Where a ratio is claimed the two sides take turns within one benchmark, so that a
// machine that slows down for a while slows both, and the median of the rounds is reported.

var fiveRules = []accessrules.Rule{
	{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "2001:db8::/32"}},
	{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"198.51.100.0/24", "2400:cb00::/32", "192.0.2.7"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"KP", "SY"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA", "MX", "DE", "FR"}},
	{Type: accessrules.TypeAny, Action: accessrules.Block},
}

// world is one key on both sides, and one token with five rules.
type world struct {
	private *rsa.PrivateKey
	public  *rsa.PublicKey
	signer  *signer.Signer
	cold    *verifier.Verifier // remembers nothing
	warm    *verifier.Verifier
	token   string
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	must := func(err error) {
		if err != nil {
			tb.Helper()
			tb.Fatal(err)
		}
	}
	data, err := os.ReadFile("testdata/keys/a.pem")
	must(err)
	block, _ := pem.Decode(data)
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	must(err)
	key, err := signer.ParseKey(data, "8f926b2b01f3835170025a78a4dcbf6a")
	must(err)
	s, err := signer.New(signer.Config{Key: key})
	must(err)
	public, err := verifier.NewKey(key.ID(), key.Public())
	must(err)
	keys, err := verifier.NewStaticKeys(public)
	must(err)
	cold, err := verifier.New(verifier.Config{Keys: keys, CacheBytes: -1})
	must(err)
	warm, err := verifier.New(verifier.Config{Keys: keys})
	must(err)
	token, err := s.Sign(streamtoken.Claims{Subject: "5d5bc37ffcf54c9b82e996823bffbb81", AccessRules: fiveRules})
	must(err)
	return &world{private: private, public: &private.PublicKey, signer: s, cold: cold, warm: warm, token: token}
}

// load is what one side of a comparison does: calls of f, so many on each goroutine in each round.
type load struct {
	calls int
	f     func()
}

// clock runs the load on so many goroutines at once and gives the time of a call, which with two processors is half of what each
// goroutine takes for it.
func (l load) clock(goroutines int) float64 {
	start := time.Now()
	if goroutines == 1 {
		for range l.calls {
			l.f()
		}
	} else {
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() {
				for range l.calls {
					l.f()
				}
			})
		}
		wg.Wait()
	}
	return float64(time.Since(start).Nanoseconds()) / float64(l.calls*goroutines)
}

// inTurn runs base and ours alternately, some of each a round, and reports the median time of each and the median of the rounds' ratios.
// Which goes first changes from round to round: whoever runs second finds warmer caches.
func inTurn(b *testing.B, goroutines int, base, ours load) {
	b.Helper()
	var bases, ourses, ratios []float64
	for b.Loop() {
		var x, y float64
		if len(ratios)%2 == 0 {
			x, y = base.clock(goroutines), ours.clock(goroutines)
		} else {
			y, x = ours.clock(goroutines), base.clock(goroutines)
		}
		bases, ourses, ratios = append(bases, x), append(ourses, y), append(ratios, y/x)
	}
	b.ReportMetric(0, "ns/op") // a round of both: means nothing
	b.ReportMetric(median(bases), "base-ns")
	b.ReportMetric(median(ourses), "ours-ns")
	b.ReportMetric(median(ratios), "ours/base")
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func BenchmarkMint(b *testing.B) {
	w := newWorld(b)
	claims := streamtoken.Claims{Subject: "5d5bc37ffcf54c9b82e996823bffbb81", AccessRules: fiveRules}
	digest := sha256.Sum256([]byte(w.token))
	inTurn(b, 1,
		load{1, func() { _, _ = rsa.SignPKCS1v15(rand.Reader, w.private, crypto.SHA256, digest[:]) }},
		load{1, func() {
			if _, err := w.signer.Sign(claims); err != nil {
				b.Error(err)
			}
		}})
}

// BenchmarkVerify sets a token seen for the first time ("cold": to claims and compiled rules) and one seen before ("warm": everything a
// request needs, its rules decided as well) beside crypto/rsa's check alone and beside go-jose, on one, two and many goroutines.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	g := newGate(b, w.warm)
	cut := strings.LastIndexByte(w.token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(w.token[cut+1:])
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte(w.token[:cut]))
	viewer := accessrules.Viewer{Addr: netip.MustParseAddr("100.64.9.9"), Country: accessrules.ParseCountry("FR")}
	ctx := context.Background()
	raw := load{16, func() {
		if err := rsa.VerifyPKCS1v15(w.public, crypto.SHA256, digest[:], sig); err != nil {
			b.Error(err)
		}
	}}
	jose := load{16, func() {
		if err := goJose(w); err != nil {
			b.Error(err)
		}
	}}
	cold := load{16, func() {
		if _, err := w.cold.Verify(ctx, w.token); err != nil {
			b.Error(err)
		}
	}}
	warm := load{4096, func() {
		if !g.Decide(ctx, gate.Request{Token: w.token, Viewer: viewer}).Allowed {
			b.Error("refused")
		}
	}}
	warm.f()
	for _, goroutines := range []int{1, 2, 64} {
		on := ""
		if goroutines > 1 {
			on = fmt.Sprintf("/goroutines=%d", goroutines)
		}
		b.Run("beside=rsa"+on, func(b *testing.B) { inTurn(b, goroutines, raw, cold) })
		b.Run("beside=go-jose"+on, func(b *testing.B) { inTurn(b, goroutines, jose, cold) })
		b.Run("warm/beside=rsa"+on, func(b *testing.B) { inTurn(b, goroutines, raw, warm) })
		b.Run("warm/beside=go-jose"+on, func(b *testing.B) { inTurn(b, goroutines, jose, warm) })
	}
	// A token of about 900 bytes with three rules, which BenchmarkWarm has as well: the work beside RSA grows with the token.
	three, err := w.signer.Sign(streamtoken.Claims{Subject: "5d5bc37ffcf54c9b82e996823bffbb81", AccessRules: threeRules})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("three-rules/beside=rsa", func(b *testing.B) {
		inTurn(b, 1, raw, load{16, func() {
			if _, err := w.cold.Verify(ctx, three); err != nil {
				b.Error(err)
			}
		}})
		b.ReportMetric(float64(len(three)), "token-bytes")
	})
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			cold.f()
		}
	})
}

func newGate(tb testing.TB, v *verifier.Verifier) *gate.Gate {
	tb.Helper()
	g, err := gate.New(gate.Config{Verifier: v})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func goJose(w *world) error {
	tok, err := josejwt.ParseSigned(w.token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return err
	}
	var std josejwt.Claims
	var own struct {
		KeyID        string             `json:"kid"`
		Downloadable bool               `json:"downloadable"`
		AccessRules  []accessrules.Rule `json:"accessRules"`
	}
	if err := tok.Claims(w.public, &std, &own); err != nil {
		return err
	}
	if std.Expiry == nil {
		return errors.New("no expiry")
	}
	return std.ValidateWithLeeway(josejwt.Expected{Time: time.Now()}, 0)
}

func BenchmarkRules(b *testing.B) {
	thousand := make([]string, 1000)
	for i := range thousand {
		thousand[i] = fmt.Sprintf("%d.%d.%d.0/24", 11+i%200, i*37%256, i*101%256)
	}
	// Nothing matches this viewer but "any": every rule is evaluated.
	viewer := accessrules.Viewer{Addr: netip.MustParseAddr("100.64.9.9"), Country: accessrules.ParseCountry("BR")}
	for _, c := range []struct {
		name  string
		rules []accessrules.Rule
	}{
		{"1", fiveRules[:1]},
		{"5", fiveRules},
		{"1000-prefixes", []accessrules.Rule{{Type: accessrules.TypeIP, Action: accessrules.Block, IP: thousand}}},
	} {
		set, err := accessrules.Compile(c.rules)
		if err != nil {
			b.Fatal(err)
		}
		want := -1
		if len(c.rules) == len(fiveRules) {
			want = len(fiveRules) - 1
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if set.Decide(viewer).Rule != want {
					b.Fatal("another rule decided")
				}
			}
		})
	}
}

// BenchmarkCountry looks up one address again and again, and addresses that the cache does not hold.
func BenchmarkCountry(b *testing.B) {
	db, err := geoip.Open(geoip.Config{Path: "testdata/geo/bulk.mmdb"})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	random := mathrand.New(mathrand.NewPCG(1, 2))
	addrs := make([]netip.Addr, 1<<18)
	for i := range addrs {
		addrs[i] = netip.AddrFrom4([4]byte{byte(1 + random.IntN(223)), byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256))})
	}
	for _, c := range []struct {
		name string
		mask int
	}{{"repeated", 0}, {"new", len(addrs) - 1}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if db.Country(addrs[i&c.mask]) == accessrules.CountryUnavailable {
					b.Fatal("unavailable")
				}
			}
		})
	}
}

// BenchmarkMiddleware is a request from its receipt to the next handler, without the connection it comes over.
func BenchmarkMiddleware(b *testing.B) {
	w := newWorld(b)
	for _, c := range []struct {
		name     string
		verifier *verifier.Verifier
	}{{"warm", w.warm}, {"cold", w.cold}} {
		wrap, err := middleware.New(middleware.Config{
			Gate:           newGate(b, c.verifier),
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
			CountryHeader:  "Cf-Ipcountry",
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			served := 0
			h := wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }))
			r := httptest.NewRequest(http.MethodGet, "/"+w.token+"/manifest/video.m3u8", nil)
			r.Header.Set("X-Forwarded-For", "100.64.9.9")
			r.Header.Set("Cf-Ipcountry", "FR")
			rounds := 0
			b.ReportAllocs()
			for b.Loop() {
				rounds++
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			if served != rounds {
				b.Fatalf("%d of %d requests reached the handler", served, rounds)
			}
		})
	}
}
