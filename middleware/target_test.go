package middleware_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/middleware"
)

// What reaches the next handler, and as what. Each target goes over TCP as it stands here.
func TestTargetsPassed(t *testing.T) {
	addr := serve(t, middleware.Config{}, http.HandlerFunc(echo))
	token := open(t)
	for target, want := range map[string]string{ // path as decoded, then as escaped
		"/{T}":                              "/V | /V",
		"/{T}/":                             "/V/ | /V/",
		"/{T}/manifest/video.m3u8":          "/V/manifest/video.m3u8 | /V/manifest/video.m3u8",
		"/{T}/manifest/":                    "/V/manifest/ | /V/manifest/",
		"/{T}/a%20b":                        "/V/a b | /V/a%20b",
		"/{T}/what%3f":                      "/V/what? | /V/what%3f",
		"/{T}/what%3F":                      "/V/what? | /V/what%3F",
		"/{T}/c%23":                         "/V/c# | /V/c%23",
		"/{T}/%61%62c":                      "/V/abc | /V/%61%62c",
		"/{T}/caf%C3%A9":                    "/V/caf\u00e9 | /V/caf%C3%A9",
		"/{T}/caf\u00e9":                    "/V/caf\u00e9 | /V/caf%C3%A9",
		"/{T}/a(b)!*'":                      "/V/a(b)!*' | /V/a(b)!*'",
		"/{T}/a:b@c,d=e&f+g$":               "/V/a:b@c,d=e&f+g$ | /V/a:b@c,d=e&f+g$",
		"/{T}/...":                          "/V/... | /V/...",
		"/{T}/..a%20/%20.b":                 "/V/..a / .b | /V/..a%20/%20.b",
		"/{T}/.hidden":                      "/V/.hidden | /V/.hidden",
		"/{T}/x?duration=5m&a=%2f..%2f;b=c": "/V/x | /V/x?duration=5m&a=%2f..%2f;b=c",
		"/{T}/x?":                           "/V/x | /V/x?",
	} {
		t.Run(target, func(t *testing.T) {
			a := get(t, addr, target, token)
			require.Equal(t, 200, a.status, a.body)
			want = strings.ReplaceAll(want, "/V", "/"+video)
			decoded, uri, _ := strings.Cut(want, " | ")
			require.Contains(t, a.body, "\npath \""+decoded+"\"\n")
			require.Contains(t, a.body, "\nuri \""+uri+"\"\n")
			escaped, _, _ := strings.Cut(uri, "?")
			require.Contains(t, a.body, "\nescaped \""+escaped+"\"\n")
			require.NotContains(t, a.body, token)
		})
	}
}

// What does not. Some of these net/http refuses itself.
func TestTargetsRefused(t *testing.T) {
	token := open(t)
	var seen atomic.Bool
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen.Store(true); echo(w, r) })
	root := serve(t, middleware.Config{}, next)
	mounted := serve(t, middleware.Config{Mount: "/media/v1"}, next)
	deep := strings.Repeat("a", 33<<10)
	for _, c := range []struct{ addr, target, reason string }{
		{root, "//{T}/x", "request_invalid"},
		{root, "/{T}//x", "request_invalid"},
		{root, "/{T}/x//", "request_invalid"},
		{root, "//other.test/{T}/x", "request_invalid"},
		{root, "/{T}/../x", "request_invalid"},
		{root, "/{T}/..", "request_invalid"},
		{root, "/{T}/./x", "request_invalid"},
		{root, "/./{T}/x", "request_invalid"},
		{root, "/{T}/%2e%2e/other/x", "request_invalid"},
		{root, "/{T}/%2E./other/x", "request_invalid"},
		{root, "/{T}/%2e/x", "request_invalid"},
		{root, "/{T}/..%20/other/x", "request_invalid"},
		{root, "/{T}/x/..%20%20", "request_invalid"},
		{root, "/{T}/.%20/x", "request_invalid"},
		{root, "/{T}/%20/x", "request_invalid"},
		{root, "/{T}/x%2ets", "request_invalid"},
		{root, "/{T}/v%2Fother/x", "request_invalid"},
		{root, "/{T}/v%2fother/x", "request_invalid"},
		{root, "/{T}%2Fx/y", "request_invalid"},
		{root, "/{T}%2Fx", "request_invalid"},
		{root, "/%65{T}/x", "request_invalid"},
		{root, "/{T}%20/x", "request_invalid"},
		{root, "/{T}%3f/x", "request_invalid"},
		{root, "/{T}%0A/x", "request_invalid"},
		{root, "/{T}\\x", "request_invalid"},
		{root, "/{T}/..\\x", "request_invalid"},
		{root, "/{T}/%5cx", "request_invalid"},
		{root, "/{T}/..%5C..%5Cx", "request_invalid"},
		{root, "/{T};v=1/x", "request_invalid"},
		{root, "/{T}/x;y=1", "request_invalid"},
		{root, "/{T}/x%3By", "request_invalid"},
		{root, "/{T}/..;/x", "request_invalid"},
		{root, "/{T}/x#y", "request_invalid"},
		{root, "/{T}#/x", "request_invalid"},
		{root, "/{T}/x?a#b", "request_invalid"},
		{root, "/{T}/%252e%252e/x", "request_invalid"},
		{root, "/{T}/a%25b", "request_invalid"},
		{root, "/{T}/%00", "request_invalid"},
		{root, "/{T}/a%0d%0ab", "request_invalid"},
		{root, "/{T}/%7f", "request_invalid"},
		{root, "/{T}/a\x01b", ""},
		{root, "/{T}/%zz", ""},
		{root, "/{T}/%4", ""},
		{root, "/{T}/%", ""},
		{root, "/{T}/x?a=%zz", "request_invalid"},
		{root, "/{T}/x?a=%4", "request_invalid"},
		{root, "/{T}/%c0%ae%c0%ae/x", "request_invalid"},
		{root, "/{T}/\xc0\xaf", "request_invalid"},
		{root, "/{T}/x/{T}/y", "request_invalid"},
		{root, "/{T}/x{T}", "request_invalid"},
		{root, "/{T}/%3{T}/y", "request_invalid"}, // decoded, its first byte is gone
		{root, "http://edge.test/{T}/x", "request_invalid"},
		{root, "http://other.test/{T}/x", "request_invalid"},
		{root, "edge.test:80", ""},
		{root, "*", "request_invalid"},
		{root, "{T}/x", ""},
		{root, "/{T}/" + deep, "request_invalid"},
		{root, "/{T}/x?" + deep, "request_invalid"},
		{root, "/{T}" + deep, "token_too_large"},
		{root, "/{T}" + deep[:9<<10], "token_too_large"},
		{root, "/", "token_missing"},
		{root, "/" + video, "token_missing"},
		{root, "/" + video + "/manifest/video.m3u8", "token_missing"},
		{root, "/robots.txt", "token_malformed"},
		{root, "/a.b.c/x", "token_malformed"},
		{root, "/{T}./x", "token_malformed"},
		{root, "/.{T}/x", "token_malformed"},
		{root, "/{T}=/x", "token_malformed"},
		{root, "/x/{T}/y", "token_missing"},
		{mounted, "/{T}/x", "request_invalid"},
		{mounted, "/media/{T}/x", "request_invalid"},
		{mounted, "/media/v1{T}/x", "request_invalid"},
		{mounted, "/Media/v1/{T}/x", "request_invalid"},
		{mounted, "/%6dedia/v1/{T}/x", "request_invalid"},
		{mounted, "/media/v1", "token_missing"},
		{mounted, "/media/v1/", "token_missing"},
		{mounted, "/media/v1/../v1/{T}/x", "request_invalid"},
	} {
		seen.Store(false)
		a := get(t, c.addr, c.target, token)
		name := strings.ReplaceAll(c.target, token, "{T}")
		require.False(t, seen.Load(), name)
		require.Contains(t, []int{400, 401}, a.status, name)
		if c.reason != "" {
			require.Contains(t, a.body, `"reason":"`+c.reason+`"`, name)
		}
	}
}

// A header that begins with a line break makes a token that begins with C or D, with which package net/url ends an escape of its own: the target that is
// passed on would hold the token where the decoded path does not, nor the one that was sent.
func TestTokenBehindAnEscapeOfOurOwn(t *testing.T) {
	var seen atomic.Bool
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Store(true) })
	addr := serve(t, middleware.Config{QueryParam: "token"}, next)
	for _, c := range []struct{ space, first, half, byte string }{{"\n", "C", "%3", "<"}, {"\r\n", "D", "%7", "}"}} {
		token := mintBehind(t, c.space, streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour)})
		require.Equal(t, c.first, token[:1])
		for _, target := range []string{"/{T}/x%3F", "/" + video + "/x%3F?token={T}"} {
			require.Equal(t, 200, get(t, addr, target, token).status, target)
		}
		for _, behind := range []string{c.half + "{T}", c.byte + token[1:]} {
			for _, target := range []string{"/{T}/" + behind, "/{T}/x" + behind + "/y", "/" + video + "/" + behind + "/y?token={T}"} {
				seen.Store(false)
				require.Contains(t, get(t, addr, target, token).body, `"reason":"request_invalid"`, target)
				require.False(t, seen.Load(), target)
			}
		}
	}
}

func TestConnectAndMount(t *testing.T) {
	token := open(t)
	addr := serve(t, middleware.Config{Mount: "/media/v1/", Methods: []string{"UPGRADE", "OPTIONS"}}, http.HandlerFunc(echo))
	a := get(t, addr, "/media/v1/{T}/x%3f", token)
	require.Contains(t, a.body, "\npath \"/media/v1/"+video+"/x?\"\n")
	require.Contains(t, a.body, "\nuri \"/media/v1/"+video+"/x%3f\"\n")
	for _, target := range []string{"edge.test:443", "/media/v1/{T}/x", "//x/y"} {
		a := send(t, addr, "CONNECT", target, token)
		require.Equal(t, 400, a.status, target)
		require.False(t, a.reached())
	}
}

// A request without a Path and RawPath that agree was changed by a handler before this one.
func TestPathChangedOnTheWay(t *testing.T) {
	token := open(t)
	h := wrap(t, middleware.Config{}, http.HandlerFunc(echo))
	strip := http.StripPrefix("/pre", h)
	for target, want := range map[string]int{"/pre/" + token + "/a%20b": 200, "/pre/" + token + "/%61": 200, "/pre/" + token + "/%2e%2e/b": 400} {
		w := httptest.NewRecorder()
		strip.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		require.Equal(t, want, w.Code, w.Body)
	}
	for name, change := range map[string]func(*http.Request){
		"path alone":     func(r *http.Request) { r.URL.Path = "/" + token + "/other" },
		"raw path alone": func(r *http.Request) { r.URL.RawPath = "/" + token + "/other" },
		"same length":    func(r *http.Request) { r.URL.Path = "/" + token + "/ac" },
		"absolute":       func(r *http.Request) { r.URL.Scheme, r.URL.Host = "http", "other.test" },
		"absolute once":  func(r *http.Request) { r.RequestURI = "http://other.test" + r.RequestURI },
		"shorter":        func(r *http.Request) { r.URL.Path = r.URL.Path[:len(r.URL.Path)-1] },
		"empty":          func(r *http.Request) { r.URL.Path, r.URL.RawPath = "", "" },
	} {
		r := httptest.NewRequest("GET", "/"+token+"/%61b", nil)
		change(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, 400, w.Code, name)
	}
}

// If the next handler is reached, it sees {mount}/{sub}/..., in one reading, and no token.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/{T}/x", "/{T}", "/{T}/", "//{T}/x", "/{T}//x", "/{T}/../x", "/{T}/%2e%2e/x", "/{T}/%2E%2E%2fx", "/{T}%2fx/y", "/{T}/a%2fb/c", "/{T}/a%20b?c=d",
		"/{T}/%3f%23", "/{T}/x;y", "/{T}\\..\\x", "/{T}/x/{T}/y", "/%65yJ/x", "http://h/{T}/x", "*", "/{S}/x?token={T}", "/{S}/x?token={T}&token={T}&a=b",
		"/{S}/%2e%2e/x?token={T}", "/{S}?%74oken={T}&z=%65{T}", "/other/x?token={T}", "/{S}%2f../x?token={T}", "/{S}/x?token={T};a=b", "/{T}/x?next=/{T}/y",
		"/{T}/caf\xc3\xa9", "/{T}/\xff", "/{T}/%c0%ae%c0%ae/", "/{T}/..;/x", "/{T}/x#y", "/?token={T}", "/{S}/{T}?token={T}", "/{T}/%25%32%65/", "/{T}/.../....",
		"/{T}/x/%3{T}/y", "/{S}/x/%3{T}/y?token={T}",
	} {
		f.Add(seed)
	}
	token := open(f)
	var seen *http.Request
	h := wrap(f, middleware.Config{QueryParam: "token"}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r }))
	f.Fuzz(func(t *testing.T, target string) {
		target = strings.NewReplacer("{T}", token, "{S}", video).Replace(target)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")))
		if err != nil {
			return
		}
		before := *r.URL
		seen = nil
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, before, *r.URL)
		if seen == nil {
			require.GreaterOrEqual(t, w.Code, 400)
			return
		}
		u := seen.URL
		require.True(t, u.Path == "/"+video || strings.HasPrefix(u.Path, "/"+video+"/"), u.Path)
		require.Contains(t, []string{path.Clean(u.Path), path.Clean(u.Path) + "/"}, u.Path)
		require.NotContains(t, u.Path, "\\")
		require.NotContains(t, u.Path+u.RawPath+u.RawQuery+seen.RequestURI, token)
		// Both spellings and the request line say the same.
		again, err := u.Parse(seen.RequestURI)
		require.NoError(t, err)
		require.Equal(t, u.Path, again.Path)
		require.Equal(t, u.EscapedPath(), again.EscapedPath())
		require.Equal(t, u.RawQuery, again.RawQuery)
	})
}
