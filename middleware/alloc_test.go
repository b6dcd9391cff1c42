package middleware_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
)

// heldGate knows one token.
func heldGate(tb testing.TB, token string) *gate.Gate {
	verified, err := newVerifier(tb).Verify(context.Background(), token)
	require.NoError(tb, err)
	g, err := gate.New(gate.Config{Verifier: held{verified}})
	require.NoError(tb, err)
	return g
}

// From the request to the decision nothing is allocated, wherever the token comes from and whoever says who the viewer is.
func TestDecisionAllocatesNothing(t *testing.T) {
	token := ruled(t, "block ip 198.51.100.0/24,2001:db8:ffff::/48", "allow country SE", "block any")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	sources := middleware.Config{Gate: heldGate(t, token), QueryParam: "token", Cookie: "stream", Bearer: true}
	located := sources
	located.Locate = func(netip.Addr) accessrules.Country { return accessrules.ParseCountry("SE") }
	proxied := sources
	proxied.TrustedProxies, proxied.CountryHeader = trusted, "CF-IPCountry"
	named := proxied
	named.ClientIPHeader = "X-Real-IP"
	logging := proxied
	logging.Log = slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelInfo}))
	mounted := proxied
	mounted.Mount, mounted.AllowedOrigins, mounted.Methods = "/media", []string{"player.test"}, []string{"PUT", "UPGRADE"}

	for name, target := range map[string]string{
		"path":          "/" + token + "/seg_1.ts",
		"escaped path":  "/" + token + "/a%20b/caf%C3%A9?x=%2f",
		"bearer":        "/" + video + "/seg_1.ts",
		"query":         "/" + video + "/seg_1.ts?a=b&token=" + token,
		"cookie":        "/" + video + "/seg_1.ts?a=b",
		"bearer, quiet": "/" + video + "/seg_1.ts",
	} {
		for who, cfg := range map[string]middleware.Config{"peer": located, "forwarded": proxied, "named": named, "logging": logging, "mounted": mounted} {
			for _, method := range []string{"GET", "HEAD"} {
				r := httptest.NewRequest(method, cfg.Mount+target, nil)
				r.Header = browser()
				switch name {
				case "bearer":
					r.Header.Set("Authorization", "Bearer "+token)
				case "bearer, quiet":
					r.Header = http.Header{"Authorization": {"bearer  " + token}}
				case "cookie":
					r.Header.Set("Cookie", "a=b; c=%41; stream="+token)
				}
				r.RemoteAddr = "192.0.2.7:47110"
				if who != "peer" {
					r.RemoteAddr = "[fd00::1]:47110"
					r.Header["Cf-Ipcountry"] = []string{"SE"}
					r.Header["X-Real-Ip"] = []string{"192.0.2.7"}
					r.Header["X-Forwarded-For"] = []string{"spoofed, 192.0.2.7, 10.1.2.3"}
				}
				h := wrap(t, cfg, http.NotFoundHandler())
				require.True(t, middleware.Judge(h, r), "%s, %s", name, who)
				if middleware.RaceEnabled {
					continue
				}
				require.Zero(t, testing.AllocsPerRun(20, func() { middleware.Judge(h, r) }), "%s, %s, %s", name, who, method)
			}
		}
	}
}

// What an allowed request costs in all, answered by a handler that adds nothing of its own.
func TestAllocations(t *testing.T) {
	if middleware.RaceEnabled {
		t.Log("allocations are not counted under the race detector")
		return
	}
	token := usual(t)
	cfg := middleware.Config{Gate: heldGate(t, token), Bearer: true, QueryParam: "token", Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	quiet := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	types := []string{"video/mp2t"}
	fresh := []string{"max-age=60, private"}
	cached := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"], w.Header()["Cache-Control"] = types, fresh
	})
	cut := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Cache-Control"] = []string{"public, max-age=86400, immutable"}
	})
	with := func(h http.Header, name, value string) http.Header { h.Set(name, value); return h }
	for name, c := range map[string]struct {
		target string
		header http.Header
		next   http.Handler
		want   float64
	}{
		"bearer, load tool":                {"/" + video + "/seg_1.ts", http.Header{"Authorization": {"Bearer " + token}}, quiet, 2},
		"bearer, load tool, query":         {"/" + video + "/seg_1.ts?a=b", http.Header{"Authorization": {"Bearer " + token}}, quiet, 2},
		"bearer, few fields":               {"/" + video + "/seg_1.ts", http.Header{"Authorization": {"Bearer " + token}, "User-Agent": {"curl/8"}, "Accept": {"*/*"}}, quiet, 3},
		"path, load tool":                  {"/" + token + "/seg_1.ts", http.Header{}, quiet, 2},
		"path, browser":                    {"/" + token + "/seg_1.ts", browser(), quiet, 2},
		"path, browser, query":             {"/" + token + "/seg_1.ts?a=b&c=d", browser(), quiet, 2},
		"path, browser, another's cookie":  {"/" + token + "/seg_1.ts", with(browser(), "Cookie", "a=b; c=%20d"), quiet, 2},
		"path, browser, cached well":       {"/" + token + "/seg_1.ts", browser(), cached, 2},
		"path, browser, cached for longer": {"/" + token + "/seg_1.ts", browser(), cut, 4},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", c.target, nil)
			r.RemoteAddr, r.Header = "192.0.2.7:47110", c.header
			h, w := wrap(t, cfg, c.next), discard{http.Header{}}
			require.LessOrEqual(t, testing.AllocsPerRun(50, func() { clear(w.h); h.ServeHTTP(w, r) }), c.want)
		})
	}
}

// The clock is read for an answer that says how long it may be kept, and for no other.
func TestClockIsReadForFreshnessAlone(t *testing.T) {
	token := open(t)
	for field, want := range map[string]int{"": 0, "Content-Type": 0, "Cache-Control": 1, "Expires": 1} {
		reads := 0
		m, err := middleware.New(middleware.Config{Gate: newGate(t), Now: func() time.Time { reads++; return now }})
		require.NoError(t, err)
		m(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if field != "" {
				w.Header().Set(field, "max-age=9")
			}
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/"+token+"/x", nil))
		require.Equal(t, want, reads, field)
	}
}

// A slice that the next handler gives to every answer has room behind its values. Nothing is put there.
func TestNextHandlersSlicesAreItsOwn(t *testing.T) {
	shared := append(make([]string, 0, 4), "Accept")
	h := wrap(t, middleware.Config{AllowedOrigins: []string{"player.test"}}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Vary"], w.Header()["Access-Control-Expose-Headers"] = shared, shared
	}))
	r := httptest.NewRequest("GET", "/"+open(t)+"/x", nil)
	r.Header.Set("Origin", "https://player.test")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, []string{"Accept", "Origin"}, w.Header()["Vary"])
	require.Len(t, w.Header()["Access-Control-Expose-Headers"], 2)
	require.Equal(t, []string{"Accept", "", "", ""}, shared[:4])
}

// A handler around the middleware may write to the fields it finds. No other answer changes by that.
func TestAnswersShareNothing(t *testing.T) {
	token := ruled(t, "allow any")
	h := wrap(t, middleware.Config{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{Method: "GET", URL: &url.URL{Path: "/" + token + "/x"}, RemoteAddr: "192.0.2.7:1"})
		require.Equal(t, []string{"private"}, w.Header()["Cache-Control"])
		require.Equal(t, []string{"no-referrer"}, w.Header()["Referrer-Policy"])
		require.Equal(t, []string{"*"}, w.Header()["Access-Control-Allow-Origin"])
		for name, lines := range w.Header() {
			lines[0] = "changed"
			w.Header()[name] = append(lines, "more")
		}
		require.Equal(t, []string{"changed", "more"}, w.Header()["Cache-Control"])
		require.Equal(t, []string{"changed", "more"}, w.Header()["Access-Control-Allow-Origin"])
	}
}
