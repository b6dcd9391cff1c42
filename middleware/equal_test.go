package middleware

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tokenAlike has the form of a token; "{T}" stands for it below.
const tokenAlike = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzdWIifQ.c2lnbmF0dXJl"

// headerOf reads "Name: value" lines, of which it changes nothing: what net/http would give a canonical name keeps its own.
func headerOf(text string) http.Header {
	h := http.Header{}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "{T}", tokenAlike), "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			h[name] = append(h[name], value)
		}
	}
	return h
}

// A path has one reading however fast it is read, and its request target is what package net/url makes of it.
func FuzzTargetEqual(f *testing.F) {
	for _, seed := range []string{
		"/{T}/seg_1.ts", "/sub/seg_1.ts", "/{T}", "/{T}/", "/", "", "x", "//", "/a//b", "/./x", "/../x", "/...", "/a /b", "/x/. ", "/.. /", "/a.", "/caf\xc3\xa9/x", "/\xff", "/\xc0\xaf/x",
		"/a;b", "/a\\b", "/a\x7f", "/a%b", "/a(b)", "/0123456789abcdefghijklmnop~.-_/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "/~~~~~~~~", "/1234567@", "/aaaaaaa[", "/aaaaaaa`", "/aaaaaaa{", "/aaaaaaa/aaaaaaa:", "/aaaaaaa\x00",
		"/{T}/downloads/default.mp4", "/{T}/CLIP.mp4.", "/{T}/d\xc5\xbfownloads/x", "/{T}/DOWNLO~1/x", "/{T}/clip.mp4::$DATA", "/{T}/\xe2\x80\x8bclip.mp4", "/{T}/c*lip.mp4/x",
	} {
		f.Add(seed, "", "", "a=b&token={T}", true)
		f.Add(seed, seed, seed, "", false)
	}
	f.Add("/sub/a b", "/sub/a%20b", "/sub/a%20b?x=y", "x=y", false)
	f.Add("/sub/ab", "/sub/%61b", "/sub/%61b?x=y", "x=y", true)
	f.Add("/sub/ab", "", "/sub/ab?x=y", "x=y", false)
	f.Add("/sub/ab", "", "/sub/ab?", "", true)
	f.Add("/sub/ab", "", "/sub/ab?x=z", "x=y", false)
	f.Add("/sub/ab", "", "/sub/ac?x=y", "x=y", false)
	for _, query := range []string{"&a=b", "a=b&", "a&&b", "&", "token=x&b", "a&%74oken=x", "to+ken=1&a", "a={T}", "a=b&c=%65yJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzdWIifQ.c2lnbmF0dXJl&d", "token", "token&", "&&token&&a&&"} {
		f.Add("/{T}/x", "", "", query, false)
		f.Add("/sub/x", "", "/sub/x?"+query, query, false)
	}
	p := &policy{mount: "", sources: sources{query: "token"}}
	var patterns [][]pattern
	for _, list := range [][]string{nil, {"a*b/**"}, {"*"}, {"\u212alip", "S*"}, {"seg_1.ts", "x/*.mp4"}} {
		compiled, err := compileDownloads(list)
		require.NoError(f, err)
		patterns = append(patterns, compiled)
	}
	f.Fuzz(func(t *testing.T, path, raw, asked, query string, force bool) {
		in := strings.NewReplacer("{T}", tokenAlike).Replace
		u := &url.URL{Path: in(path), RawPath: in(raw), RawQuery: in(query), ForceQuery: force}
		plain, why := checkPath(u)
		require.Equal(t, slowCheckPath(u), why)
		if why != "" {
			return
		}
		require.Equal(t, u.RawPath == "" && all(u.Path, literalByte), plain)
		require.Equal(t, all(u.Path, plainByte), plainText(u.Path))

		rest := u.Path[1:]
		for _, list := range patterns {
			require.Equal(t, slowIsDownload(list, rest), isDownload(list, rest), "%q", rest)
		}
		r := &http.Request{Method: "GET", URL: u, RequestURI: in(asked)}
		goal, problem := readTarget(r, p.mount)
		if problem.reason != "" {
			return
		}
		for _, found := range []found{{tokenAlike, false}, {goal.first, true}} {
			if found.token == "" {
				continue
			}
			x := exchange{}
			x.ctx.identity.Subject = "sub"
			uri := x.address(p, r, &judgement{target: goal, found: found})
			wantURL, wantURI := slowAddress(p, r, goal, found, "sub")
			require.Equal(t, wantURL, x.url)
			require.Equal(t, wantURI, uri)
		}
	})
}

// Eight bytes at once are judged as each of them, whichever they are and wherever they stand.
func TestPlainWord(t *testing.T) {
	for place := range 8 {
		for c := range 256 {
			for _, other := range []byte("aZ0-\x00\xff~/") {
				b := []byte(strings.Repeat(string(rune('a')), 8))
				b[(place+1)%8], b[place] = other, byte(c)
				want := true
				for _, c := range b {
					want = want && is(c, plainByte) && c != '~'
				}
				require.Equal(t, want, plainWord(word(string(b))), "%q", b)
			}
		}
	}
}

// The header the next handler sees is that of the plain reading, and the client's own stays as it is.
func FuzzHeaderEqual(f *testing.F) {
	for _, seed := range []string{
		"", "Authorization: Bearer {T}", "Accept: */*\nAuthorization: Bearer {T}", "Referer: https://a.test/", "Referer: https://a.test/{T}", "Referer: x\nReferer: y", "Referer: ",
		"Cookie: a=b; stream={T}; c=d", "Cookie: stream=", "Cookie: a=%41%2F; b=%", "Cookie: a=b\nCookie: {T}", "Cookie: mainstream=1;x=%65yJ", "Cookie: ;;;", "cookie: stream={T}",
		"X-Streamtoken-Subject: a\nx_streamtoken: b\nX.Streamtoken.Key: c\nX-Streamtokens: d", "X-Original-Url: /\nX_ORIGINAL_URI: /\nx-rewrite-url: /\nX-Http-Method: a\nXHttp-Method: a", "X: 1\nx-: 2",
		"X-Other: %41aa%3Bbb%3dc", "{T}: 1", "X-{T}-y: 1", "X-Path: /{T}/x\nX-Kept: 1", "X-Esc: %65yJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzdWIifQ.c2lnbmF0dXJl", "X-Esc: %2565yJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzdWIifQ.c2lnbmF0dXJl",
		"X-Deep: %2525252565555555555555555555555555555555555555555555555555555", "X-Odd: %%36565yJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzdWIifQ.c2lnbmF0dXJl", "X-Pieces: a=%41%42;b=%20;c=d;e=f;g=h;i=j;k=l;m=n;o=p;q=r;s=t;u=v",
		"A: {T}\nB: {T}\nC: {T}\nD: {T}\nE: {T}\nF: x", "A: {T}\nB: {T}\nC: {T}\nD: {T}\nE: {T}",
	} {
		f.Add(seed, "stream")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, text, cookie string) {
		h := headerOf(text)
		before := h.Clone()
		for _, token := range []string{tokenAlike, "aa;bb=c"} { // a verifier of someone else's making may take any
			got := cleanHeader(h, token, cookie)
			require.Equal(t, before, h)
			require.Equal(t, slowCleanHeader(h, token, cookie), got)
		}
	})
}

// An answer's header is changed as if it were gone through for each question alone.
func FuzzAnswerEqual(f *testing.F) {
	const stamps = "Expires: Sat, 14 Mar 2026 16:09:26 GMT\nDate: Sat, 14 Mar 2026 15:09:20 GMT"
	for _, seed := range []string{
		"", "Content-Type: video/mp2t\nContent-Length: 1", "Cache-Control: public, max-age=99999", "Cache-Control: max-age=5", "cache-control: Max-Age=99999, Must-Revalidate", "Cache-Control: ", "Cache-Control: ,",
		"Cache-Control: private=\"a, b\"\nCache-Control: max-age=\"7\", s-maxage=7, stale-if-error=9, foo=bar, x-max-age=3", "Cache-Control: a b", "Cache-Control: max-age=1;x=y, must-revalidate=",
		"Cache-Control: a, b, c, d, e, f, g, h, i, j, max-age=3", "Cdn-Cache-Control: max-age=9999, stale-while-revalidate=7\nCache-Control: max-age=4", "CDN-Cache-Control: \"", "x-cache-control: max-age=3",
		"Surrogate-Control: max-age=9", "Edge-Control: !no-store", "X-Accel-Expires: 999999", "X-Accel-Expires: @1773500000\nCache-Control: stale-if-error=50", "X-Accel-Expires: a\nX-Accel-Expires: b",
		stamps, "Expires: 0\nCache-Control: no-cache", stamps + "\nCache-Control: public, stale-while-revalidate=99999", "ACCESS-CONTROL-ALLOW-ORIGIN: x", "Access-Control-Allow-Origin: x\nAccess-Control-Expose-Headers: A\nAccess-Control-Max-Age: 1",
		"Vary: Accept", "vary: Accept", "referrer-policy: unsafe-url", "Referrer-Policy: unsafe-url", "NEL: {}\nReport-To: {}\nreporting-endpoints: x", "Content-Security-Policy: img-src *; report-uri /a, x\ncontent-security-policy-report-only: y",
		"Location: /sub/x", "location: /sub/x", "Content-Location: sub/", "Location: https://edge.test/sub/y\nLocation: /other", "Foo Bar: x\n\xff-cache-control: max-age=9",
	} {
		f.Add(seed, int64(3600), false, true, 200)
		f.Add(seed, int64(60), true, false, 304)
		f.Add(seed, int64(0), false, false, 304)
	}
	policies := [2]*policy{{now: func() time.Time { return clock }}, {now: func() time.Time { return clock }}}
	for i, list := range [][]string{nil, {"player.test"}} {
		var err error
		policies[i].cors, err = compileCORS(list)
		require.NoError(f, err)
	}
	policies[1].cors.credentials = true
	f.Fuzz(func(t *testing.T, text string, life int64, private, inPath bool, status int) {
		got := headerOf(text)
		names := map[string]int{}
		for name := range got {
			if names[http.CanonicalHeaderKey(name)]++; names[http.CanonicalHeaderKey(name)] > 1 {
				return // which comes first is left to chance
			}
		}
		p := policies[status&1]
		in := &http.Request{Host: "edge.test", Header: http.Header{"Origin": {"https://player.test"}}, URL: &url.URL{Path: "/" + tokenAlike + "/a/b"}}
		a := answer{policy: p, in: in, out: &http.Request{URL: &url.URL{Path: "/sub/a/b"}}, expires: clock.Add(time.Duration(life%(48*3600)) * time.Second), private: private}
		if inPath {
			a.token, a.subject = tokenAlike, "sub"
		}
		want := got.Clone()
		given := maps.Clone(got)
		a.slowFinish(want, status)
		a.ResponseWriter = headerOnly{got}
		a.finish(status)
		require.Equal(t, want, got)
		for name, lines := range given { // what the next handler wrote, and may share, is not written to
			require.Equal(t, headerOf(text)[name], lines)
		}
	})
}

// headerOnly is a ResponseWriter of which only the header matters.
type headerOnly struct{ h http.Header }

func (w headerOnly) Header() http.Header       { return w.h }
func (headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (headerOnly) WriteHeader(int)             {}
