package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

// held answers with one verified token, so that the benchmarks show the middleware and not the signature.
type held struct{ token *verifier.Token }

func (h held) VerifyFrom(context.Context, string, uint64) (*verifier.Token, error) {
	return h.token, nil
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func BenchmarkMiddleware(b *testing.B) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	for name, c := range map[string]struct {
		lines  []string
		target string
		next   http.Handler
	}{
		"path":     {nil, "/manifest/video.m3u8", ok},
		"5 rules":  {[]string{"block ip 198.51.100.0/24", "block ip 2001:db8::/32", "allow ip 192.0.2.0/24", "allow country US", "block any"}, "/seg_1.ts", ok},
		"escapes":  {nil, "/a%20b/%61?x=y&z=%2f", ok},
		"max-age":  {nil, "/seg_1.ts", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "public, max-age=99999") })},
		"location": {nil, "/seg_1.ts", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/"+video+"/x") })},
	} {
		b.Run(name, func(b *testing.B) {
			token := ruled(b, c.lines...)
			verified, err := newVerifier(b).Verify(b.Context(), token)
			if err != nil {
				b.Fatal(err)
			}
			g, err := gate.New(gate.Config{Verifier: held{verified}})
			if err != nil {
				b.Fatal(err)
			}
			h := wrap(b, middleware.Config{Gate: g}, c.next)
			r := httptest.NewRequest("GET", "/"+token+c.target, nil)
			r.RemoteAddr = "192.0.2.7:4711"
			r.Header = browser()
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.h)
				h.ServeHTTP(w, r)
			}
		})
	}
}

// browser gives the fields that a player in a page sends with each segment.
func browser() http.Header {
	return http.Header{
		"Accept": {"*/*"}, "Accept-Encoding": {"identity"}, "Accept-Language": {"en-US,en;q=0.5"}, "Origin": {"https://player.test"}, "Range": {"bytes=0-"},
		"Referer": {"https://player.test/"}, "Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Mode": {"cors"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
	}
}

// usual is a token of about 900 bytes, with three rules.
func usual(tb testing.TB) string {
	return ruled(tb, "block ip 198.51.100.0/24,203.0.113.0/24,2001:db8:ffff::/48", "allow ip 192.0.2.0/24,2001:db8::/32", "block any")
}

// BenchmarkWarm is a request whose token is known already: all that the middleware adds to it, but what net/http makes of
// a longer header.
func BenchmarkWarm(b *testing.B) {
	token := usual(b)
	verified, err := newVerifier(b).Verify(b.Context(), token)
	if err != nil {
		b.Fatal(err)
	}
	gates := map[string]gate.TokenVerifier{"held": held{verified}, "verifier": newVerifier(b)}
	for _, c := range []struct{ name, source, client, verifier string }{
		{"bearer/load tool", "bearer", "load tool", "held"},
		{"bearer/browser", "bearer", "browser", "held"},
		{"path/load tool", "path", "load tool", "held"},
		{"path/browser", "path", "browser", "held"},
		{"verifier/bearer/load tool", "bearer", "load tool", "verifier"},
		{"verifier/path/browser", "path", "browser", "verifier"},
	} {
		b.Run(c.name, func(b *testing.B) {
			g, err := gate.New(gate.Config{Verifier: gates[c.verifier]})
			if err != nil {
				b.Fatal(err)
			}
			h := wrap(b, middleware.Config{Gate: g, Bearer: true}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
			target, header := "/"+token+"/seg_1.ts", http.Header{}
			if c.client == "browser" {
				header = browser()
			}
			if c.source == "bearer" {
				target = "/" + video + "/seg_1.ts"
				header.Set("Authorization", "Bearer "+token)
			}
			r := httptest.NewRequest("GET", target, nil)
			r.RemoteAddr, r.Header = "192.0.2.7:47110", header
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.h)
				h.ServeHTTP(w, r)
			}
		})
	}
}
