package middleware

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var clock = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

func stamp(in time.Duration) string { return clock.Add(in).Format(http.TimeFormat) }

func TestFreshnessIsBounded(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name    string
		private bool
		in      map[string]string // lines separated by "\n"
		want    map[string]string
	}{
		{"nothing said, nothing added", false, nil, nil},
		{"no freshness said, none added", false, map[string]string{"Cache-Control": "public"}, map[string]string{"Cache-Control": "public"}},
		{"within the token's life", false, map[string]string{"Cache-Control": "max-age=59"}, map[string]string{"Cache-Control": "max-age=59"}},
		{"beyond it", false, map[string]string{"Cache-Control": "public, max-age=31536000, immutable"}, map[string]string{"Cache-Control": "public, max-age=60, immutable, must-revalidate"}},
		{"shared beyond it", false, map[string]string{"Cache-Control": "s-maxage=3600, max-age=10"}, map[string]string{"Cache-Control": "s-maxage=60, max-age=10, must-revalidate"}},
		{"other case", false, map[string]string{"Cache-Control": "Max-Age=3600, PUBLIC"}, map[string]string{"Cache-Control": "max-age=60, public, must-revalidate"}},
		{"quoted", false, map[string]string{"Cache-Control": `max-age="3600"`}, map[string]string{"Cache-Control": "max-age=60, must-revalidate"}},
		{"several lines", false, map[string]string{"Cache-Control": "public\nmax-age=3600"}, map[string]string{"Cache-Control": "public, max-age=60, must-revalidate"}},
		{"twice, the least counts", false, map[string]string{"Cache-Control": "max-age=3600, max-age=5"}, map[string]string{"Cache-Control": "max-age=5, must-revalidate"}},
		{"twice, the least first", false, map[string]string{"Cache-Control": "max-age=5, max-age=3600"}, map[string]string{"Cache-Control": "max-age=5, must-revalidate"}},
		{"an escaped quote", false, map[string]string{"Cache-Control": `foo="\"", max-age=3600`}, map[string]string{"Cache-Control": `foo="\"", max-age=60, must-revalidate`}},
		{"too large for a number", false, map[string]string{"Cache-Control": "max-age=99999999999999999999999"}, map[string]string{"Cache-Control": "max-age=60, must-revalidate"}},
		{"no number", false, map[string]string{"Cache-Control": "max-age=1h"}, map[string]string{"Cache-Control": "max-age=0"}},
		{"negative", false, map[string]string{"Cache-Control": "max-age=-1"}, map[string]string{"Cache-Control": "max-age=0"}},
		{"fraction", false, map[string]string{"Cache-Control": "max-age=3.5"}, map[string]string{"Cache-Control": "max-age=0"}},
		{"no value", false, map[string]string{"Cache-Control": "max-age"}, map[string]string{"Cache-Control": "max-age=0"}},
		{"spaces about the sign", false, map[string]string{"Cache-Control": "max-age = 3600"}, map[string]string{"Cache-Control": "max-age=60, must-revalidate"}},
		{"comma forgotten", false, map[string]string{"Cache-Control": "max-age=3600 public"}, map[string]string{"Cache-Control": "max-age=0"}},
		{"comma forgotten before", false, map[string]string{"Cache-Control": "public max-age=3600"}, map[string]string{"Cache-Control": "no-store"}},
		{"quote not closed", false, map[string]string{"Cache-Control": `private="a, max-age=3600`}, map[string]string{"Cache-Control": "no-store"}},
		{"control byte", false, map[string]string{"Cache-Control": "max-age=3600\x01"}, map[string]string{"Cache-Control": "no-store"}},
		{"beyond it, asked for again already", false, map[string]string{"Cache-Control": "Must-Revalidate, max-age=3600"}, map[string]string{"Cache-Control": "must-revalidate, max-age=60"}},
		{"stale while revalidating", false, map[string]string{"Cache-Control": "max-age=50, stale-while-revalidate=600"}, map[string]string{"Cache-Control": "max-age=50, stale-while-revalidate=10"}},
		{"stale after all its life", false, map[string]string{"Cache-Control": "max-age=600, stale-if-error=600"}, map[string]string{"Cache-Control": "max-age=60, stale-if-error=0, must-revalidate"}},
		{"stale after who knows what", false, map[string]string{"Cache-Control": "public, stale-if-error=600"}, map[string]string{"Cache-Control": "public"}},
		{"stale after Expires", false, map[string]string{"Expires": stamp(40 * time.Second), "Cache-Control": "stale-if-error=600"},
			map[string]string{"Expires": stamp(40 * time.Second), "Cache-Control": "stale-if-error=20"}},
		{"field lists lose them", false, map[string]string{"Cache-Control": `no-cache="set-cookie, max-age=9999", private="x"`}, map[string]string{"Cache-Control": "no-cache, private"}},
		{"unknown ones stay", false, map[string]string{"Cache-Control": `foo=bar, baz="q", must-revalidate,, ,`}, map[string]string{"Cache-Control": `foo=bar, baz="q", must-revalidate`}},
		{"unknown ones with a list do not", false, map[string]string{"Cache-Control": `foo="a, max-age=9999", no-store`}, map[string]string{"Cache-Control": "no-store"}},
		{"Expires within", false, map[string]string{"Expires": stamp(30 * time.Second)}, map[string]string{"Expires": stamp(30 * time.Second)}},
		{"Expires beyond", false, map[string]string{"Expires": stamp(48 * time.Hour)}, map[string]string{"Cache-Control": "must-revalidate", "Expires": stamp(minute)}},
		{"Expires long ago", false, map[string]string{"Expires": stamp(-48 * time.Hour)}, map[string]string{"Expires": stamp(-48 * time.Hour)}},
		{"Expires twice", false, map[string]string{"Expires": stamp(48*time.Hour) + "\n" + stamp(10*time.Second)}, map[string]string{"Expires": stamp(10 * time.Second)}},
		{"Expires unreadable", false, map[string]string{"Expires": "-1"}, map[string]string{"Expires": "0"}},
		{"for a CDN", false, map[string]string{"Cdn-Cache-Control": "max-age=3600", "Cloudflare-Cdn-Cache-Control": "max-age=3600", "Surrogate-Control": "max-age=3600"},
			map[string]string{"Cache-Control": "must-revalidate", "Cdn-Cache-Control": "max-age=60, must-revalidate", "Cloudflare-Cdn-Cache-Control": "max-age=60, must-revalidate", "Surrogate-Control": "max-age=60, must-revalidate"}},
		{"for one cache by name", false, map[string]string{"Akamai-Cache-Control": "max-age=3600", "X-Litespeed-Cache-Control": "public, max-age=5"},
			map[string]string{"Cache-Control": "must-revalidate", "Akamai-Cache-Control": "max-age=60, must-revalidate", "X-Litespeed-Cache-Control": "public, max-age=5, must-revalidate"}},
		{"private, for one cache by name", true, map[string]string{"X-Litespeed-Cache-Control": "public, max-age=5"}, map[string]string{"Cache-Control": "private"}},
		{"for a CDN, with more", false, map[string]string{"Surrogate-Control": `max-age=3600+600, content="ESI/1.0"`, "Cdn-Cache-Control": "max-age=3600;x=1, no-store;y"},
			map[string]string{"Surrogate-Control": `max-age=0, content="ESI/1.0"`, "Cdn-Cache-Control": "max-age=0, no-store"}},
		{"for nginx", false, map[string]string{"X-Accel-Expires": "3600"}, map[string]string{"Cache-Control": "must-revalidate", "X-Accel-Expires": "60"}},
		{"for nginx, off", false, map[string]string{"X-Accel-Expires": "off"}, map[string]string{"X-Accel-Expires": "0"}},
		{"for nginx, at a time", false, map[string]string{"X-Accel-Expires": "@99999999999"}, map[string]string{"Cache-Control": "must-revalidate", "X-Accel-Expires": "@" + strconv.FormatInt(clock.Add(minute).Unix(), 10)}},
		{"for nginx, twice", false, map[string]string{"X-Accel-Expires": "5\n3600"}, nil},
		{"stale after nginx's own", false, map[string]string{"X-Accel-Expires": "50", "Cache-Control": "max-age=1, stale-while-revalidate=59, stale-if-error=59"},
			map[string]string{"X-Accel-Expires": "50", "Cache-Control": "max-age=1, stale-while-revalidate=10, stale-if-error=10"}},
		{"stale after nginx's own, at a time", false, map[string]string{"X-Accel-Expires": "@99999999999", "Cache-Control": "max-age=1, stale-while-revalidate=59"},
			map[string]string{"X-Accel-Expires": "@" + strconv.FormatInt(clock.Add(minute).Unix(), 10), "Cache-Control": "max-age=1, stale-while-revalidate=0, must-revalidate"}},
		{"stale after nobody knows but nginx", false, map[string]string{"X-Accel-Expires": "5", "Cache-Control": "stale-if-error=5"}, map[string]string{"X-Accel-Expires": "5"}},
		{"stale after a CDN's own", false, map[string]string{"Surrogate-Control": "max-age=50", "Cache-Control": "max-age=1, stale-while-revalidate=59"},
			map[string]string{"Surrogate-Control": "max-age=50", "Cache-Control": "max-age=1, stale-while-revalidate=10"}},
		{"a CDN's own stale after all", false, map[string]string{"Cdn-Cache-Control": "max-age=1, stale-if-error=59", "Cache-Control": "max-age=50"},
			map[string]string{"Cdn-Cache-Control": "max-age=1, stale-if-error=10", "Cache-Control": "max-age=50"}},
		{"a CDN's own stale after who knows what", false, map[string]string{"Cdn-Cache-Control": "stale-if-error=59", "Expires": stamp(10 * time.Second)},
			map[string]string{"Expires": stamp(10 * time.Second)}},
		{"names within names", false, map[string]string{"Cache-Control": `x-max-age=9999, y="S-MaxAge=9999", stale-if-error-x=9999, max-age=5`}, map[string]string{"Cache-Control": "max-age=5"}},
		{"Expires from an old Date", false, map[string]string{"Date": stamp(-time.Hour), "Expires": stamp(time.Hour)},
			map[string]string{"Cache-Control": "must-revalidate", "Date": stamp(-time.Hour), "Expires": stamp(minute - time.Hour)}},
		{"Expires from the oldest Date", false, map[string]string{"Date": stamp(0) + "\n" + stamp(-time.Hour), "Expires": stamp(time.Hour)},
			map[string]string{"Cache-Control": "must-revalidate", "Date": stamp(0) + "\n" + stamp(-time.Hour), "Expires": stamp(minute - time.Hour)}},
		{"Expires from a future Date", false, map[string]string{"Date": stamp(time.Hour), "Expires": stamp(2 * time.Hour)},
			map[string]string{"Cache-Control": "must-revalidate", "Date": stamp(time.Hour), "Expires": stamp(minute)}},
		{"Expires from no Date", false, map[string]string{"Date": "yesterday", "Expires": stamp(time.Hour)},
			map[string]string{"Cache-Control": "must-revalidate", "Date": "yesterday", "Expires": stamp(minute)}},
		{"stale after Expires from an old Date", false, map[string]string{"Date": stamp(-40 * time.Second), "Expires": stamp(10 * time.Second), "Cache-Control": "stale-if-error=600"},
			map[string]string{"Date": stamp(-40 * time.Second), "Expires": stamp(10 * time.Second), "Cache-Control": "stale-if-error=10"}},
		{"for Akamai", false, map[string]string{"Edge-Control": "max-age=1d"}, nil},

		{"private, nothing said", true, nil, map[string]string{"Cache-Control": "private"}},
		{"private, for all and long", true, map[string]string{"Cache-Control": "public, max-age=3600, s-maxage=3600"}, map[string]string{"Cache-Control": "max-age=60, private"}},
		{"private already", true, map[string]string{"Cache-Control": `private="x", max-age=5`}, map[string]string{"Cache-Control": "max-age=5, private"}},
		{"private, not stored", true, map[string]string{"Cache-Control": "no-store"}, map[string]string{"Cache-Control": "no-store, private"}},
		{"private, for CDNs", true, map[string]string{"Cdn-Cache-Control": "max-age=3600", "Vercel-Cdn-Cache-Control": "max-age=1", "Surrogate-Control": "max-age=3600", "X-Accel-Expires": "3600"},
			map[string]string{"Cache-Control": "private"}},
		{"private, Expires", true, map[string]string{"Expires": stamp(48 * time.Hour)}, map[string]string{"Expires": stamp(minute), "Cache-Control": "private"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, want := http.Header{}, http.Header{}
			for name, lines := range c.in {
				h[name] = strings.Split(lines, "\n")
			}
			for name, line := range c.want {
				want[name] = strings.Split(line, "\n")
			}
			boundFreshness(h, &ownLines{}, clock, clock.Add(time.Minute), c.private)
			require.Equal(t, want, h)
		})
	}
}

// A token within the leeway has no life left to give away.
func TestNoLifeLeft(t *testing.T) {
	h := http.Header{"Cache-Control": {"max-age=3600, stale-if-error=9"}, "Expires": {stamp(time.Hour)}}
	boundFreshness(h, &ownLines{}, clock, clock.Add(-30*time.Second), false)
	require.Equal(t, http.Header{"Cache-Control": {"max-age=0, stale-if-error=0, must-revalidate"}, "Expires": {stamp(-30 * time.Second)}}, h)
}

// lasting reads a Cache-Control as a careless cache might: it splits at every comma, trims quotes and blanks, takes the
// largest of each, and serves stale for as long as any directive lets it.
func lasting(value string) (fresh, stale int64) {
	for _, member := range strings.Split(value, ",") {
		name, number, _ := strings.Cut(strings.Trim(member, ` "`+"\t"), "=")
		n, err := strconv.ParseInt(strings.Trim(number, ` "`+"\t"), 10, 64)
		if err != nil {
			continue
		}
		switch strings.ToLower(strings.Trim(name, ` "`+"\t")) {
		case "max-age", "s-maxage":
			fresh = max(fresh, n)
		case "stale-while-revalidate", "stale-if-error":
			stale = max(stale, n)
		}
	}
	return fresh, stale
}

// Whatever the next handler says, no cache keeps the answer beyond the token, and a private one is for nobody else.
func FuzzCacheControl(f *testing.F) {
	for _, seed := range []string{
		"max-age=3600", "public, max-age=3600, s-maxage=7200, immutable", "stale-while-revalidate=600, max-age=50", `private="a, max-age=99"`, `max-age="99"`, "max-age=99999999999999999999",
		"Max-Age = 99\ns-maxage=5", `foo="\", max-age=99`, "public max-age=99", "max-age=60+600", "no-store;x=1", ",,,", `a=b"c, max-age=99", d`, "max-age=5, max-age=50000", "max-age=\x00", `"`, `a;b"c, max-age=99"`,
	} {
		f.Add(seed, int64(60), int64(3600), true)
		f.Add(seed, int64(0), int64(-3600), false)
	}
	f.Fuzz(func(t *testing.T, value string, life, expires int64, private bool) {
		life, expires = life%(24*3600), expires%(1<<40)
		h := http.Header{
			"Cache-Control":     strings.Split(value, "\n"),
			"Cdn-Cache-Control": strings.Split(value, "\n"),
			"Expires":           {time.Unix(clock.Unix()+expires, 0).UTC().Format(http.TimeFormat)},
		}
		left := max(life, 0)
		boundFreshness(h, &ownLines{}, clock, clock.Add(time.Duration(life)*time.Second), private)
		at, err := http.ParseTime(h.Get("Expires"))
		if err == nil {
			require.LessOrEqual(t, at.Unix(), clock.Unix()+life)
		}
		for _, name := range []string{"Cache-Control", "Cdn-Cache-Control"} {
			require.LessOrEqual(t, len(h[name]), 1)
			fresh, stale := lasting(h.Get(name))
			require.LessOrEqual(t, fresh+stale, left, "%q", h)
		}
		if private {
			require.Empty(t, h["Cdn-Cache-Control"])
			list := ", " + h.Get("Cache-Control") + ", "
			require.True(t, strings.Contains(list, ", private, ") || list == ", no-store, ", list)
			require.NotContains(t, list, ", public, ")
			require.NotContains(t, list, "s-maxage=")
		}
		// A second reading changes nothing.
		again := h.Clone()
		boundFreshness(again, &ownLines{}, clock, clock.Add(time.Duration(life)*time.Second), private)
		if h.Get("Cache-Control") != "no-store" {
			require.ElementsMatch(t, strings.Split(h.Get("Cache-Control"), ", "), strings.Split(again.Get("Cache-Control"), ", "))
		}
	})
}
