package middleware_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/middleware"
)

func TestMethods(t *testing.T) {
	token := open(t)
	next := http.HandlerFunc(echo)
	usual := serve(t, middleware.Config{}, next)
	named := serve(t, middleware.Config{Methods: []string{"PUT", "OPTIONS"}}, next)
	up := serve(t, middleware.Config{Methods: []string{"UPGRADE"}}, next)
	const webrtc = "/{T}/webRTC/play"
	for _, c := range []struct {
		addr, method, target string
		lines                []string
		status               int
		allow                string
	}{
		{usual, "GET", "/{T}/x", nil, 200, ""},
		{usual, "HEAD", "/{T}/x", nil, 200, ""},
		{usual, "get", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "Get", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "POST", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "PUT", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "DELETE", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "TRACE", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "OPTIONS", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "OPTIONS", "/{T}/x", []string{"Origin: https://a.test"}, 405, "GET, HEAD"},
		{usual, "OPTIONS", "/{T}/x", []string{"Access-Control-Request-Method: GET"}, 405, "GET, HEAD"},
		{usual, "{T}", "/{T}/x", nil, 405, "GET, HEAD"},
		{usual, "POST", webrtc, []string{"Content-Length: 0"}, 200, ""},
		{usual, "PATCH", webrtc, []string{"Content-Length: 0"}, 200, ""},
		{usual, "DELETE", webrtc + "/1", nil, 200, ""},
		{usual, "POST", "/{T}/web%52TC/play", []string{"Content-Length: 0"}, 200, ""},
		{usual, "post", webrtc, nil, 405, "GET, HEAD, POST, PATCH, DELETE"},
		{usual, "PUT", webrtc, nil, 405, "GET, HEAD, POST, PATCH, DELETE"},
		{usual, "POST", "/{T}/webRTC", nil, 405, "GET, HEAD"},
		{usual, "POST", "/{T}/webrtc/play", nil, 405, "GET, HEAD"},
		{usual, "POST", "/{T}/a/webRTC/play", nil, 405, "GET, HEAD"},
		{named, "PUT", "/{T}/x", []string{"Content-Length: 0"}, 200, ""},
		{named, "OPTIONS", "/{T}/x", nil, 200, ""},
		{named, "DELETE", "/{T}/x", nil, 405, "GET, HEAD, PUT, OPTIONS"},
		{named, "PUT", "/" + video, nil, 401, ""},
		{usual, "GET", "/{T}/x", []string{"Upgrade: websocket"}, 405, "GET, HEAD"},
		{usual, "GET", "/{T}/x", []string{"Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"}, 405, "GET, HEAD"},
		{usual, "POST", webrtc, []string{"Upgrade: websocket"}, 405, "GET, HEAD, POST, PATCH, DELETE"},
		{up, "GET", "/{T}/x", []string{"Upgrade: websocket"}, 200, ""},
		// What comes after would be requests that nobody judges.
		{up, "GET", "/{T}/x", []string{"Connection: Upgrade", "Upgrade: h2c"}, 405, "GET, HEAD"},
		{up, "GET", "/{T}/x", []string{"Connection: Upgrade", "Upgrade: websocket, H2C"}, 405, "GET, HEAD"},
		{up, "GET", "/{T}/x", []string{"Connection: Upgrade", "Upgrade: websocket", "Upgrade: TLS/1.0"}, 405, "GET, HEAD"},
		{up, "GET", "/{T}/x", []string{"Connection: Upgrade", "Upgrade: HTTP/2.0"}, 405, "GET, HEAD"},
		{up, "GET", "/{T}/x", []string{"Connection: Upgrade", "Upgrade: connect-udp"}, 405, "GET, HEAD"},
	} {
		method := strings.ReplaceAll(c.method, "{T}", token)
		a := send(t, c.addr, method, c.target, token, c.lines...)
		require.Equal(t, c.status, a.status, "%s %s %v", c.method, c.target, c.lines)
		require.Equal(t, c.allow, a.header.Get("Allow"))
		if c.status == 405 {
			require.Contains(t, a.body, "method_not_allowed")
		}
	}
}

func TestMethodIsJudgedBeforeTheToken(t *testing.T) {
	addr := serve(t, middleware.Config{}, http.HandlerFunc(echo))
	require.Equal(t, 405, send(t, addr, "POST", "/a.b.c/x", "").status)
	require.Equal(t, 405, send(t, addr, "POST", "/", "").status)
	require.Equal(t, 400, send(t, addr, "POST", "/{T}/../x", open(t)).status) // and after the target
}

func TestDownloads(t *testing.T) {
	plain := open(t)
	downloadable := mint(t, streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour), Downloadable: true})
	next := http.HandlerFunc(echo)
	usual := serve(t, middleware.Config{}, next)
	mine := serve(t, middleware.Config{DownloadPaths: []string{"*.mp4", "raw/*/files/**", "K/exact"}}, next)
	none := serve(t, middleware.Config{DownloadPaths: []string{}}, next)
	all := serve(t, middleware.Config{DownloadPaths: []string{"**"}}, next)
	for _, c := range []struct {
		addr, path string
		download   bool
	}{
		{usual, "", false},
		{usual, "/", false},
		{usual, "/manifest/video.m3u8", false},
		{usual, "/downloads", true},
		{usual, "/downloads/", true},
		{usual, "/downloads/default.mp4", true},
		{usual, "/downloads/a/b/c", true},
		{usual, "/Downloads/default.mp4", true},
		{usual, "/DOWNLOADS/default.mp4", true},
		{usual, "/%64ownloads/default.mp4", true},
		{usual, "/download%C5%BF/default.mp4", true}, // the long s folds to s
		{usual, "/downloads%20/default.mp4", true},
		{usual, "/downloads./default.mp4", true},
		{usual, "/download%E2%80%8Bs/default.mp4", true},       // a zero-width space is nothing to some file systems
		{usual, "/%EF%BB%BFdownloads%C2%AD/default.mp4", true}, // nor are a byte order mark and a soft hyphen
		{usual, "/clip.mp4%EF%B8%8F", true},                    // a variation selector
		{usual, "/clip.mp4.%20%E2%80%8B.", true},
		{usual, "/clip%CC%81.mp4", false},
		{usual, "/clip.mp4::$DATA", true},
		{usual, "/clip.mp4.:x", true},
		{usual, "/downloads:$I30:$INDEX_ALLOCATION/default.mp4", true},
		{usual, "/x:clip.mp4", false},
		{usual, "/DOWNLO~1/default.mp4", true},
		{usual, "/do3f2a~1/default.mp4", true},
		{usual, "/DOWNLO~x/default.mp4", false},
		{usual, "/DOWNLO~", false},
		{usual, "/d~1", false},
		{usual, "/~1", false},
		{usual, "/seg~1.ts", false},
		{usual, "/documentary~1.m3u8", false},
		{usual, "/clip.mp4", true},
		{usual, "/clip.mp4/", true},
		{usual, "/Clip.MP4", true},
		{usual, "/clip.mp4.", true},
		{usual, "/clip.mp4?duration=30s", true},
		{usual, "/manifest/clip.mp4", false},
		{usual, "/clip.mp4/x", false},
		{usual, "/downloadsx/default.mp4", false},
		{usual, "/x/downloads/default.mp4", false},
		{usual, "/manifest/clip.m3u8", false},
		{mine, "/downloads/default.mp4", false},
		{mine, "/clip.mp4", true},
		{mine, "/A.MP4", true},
		{mine, "/.mp4", true},
		{mine, "/a.mp4x", false},
		{mine, "/b/a.mp4", false},
		{mine, "/raw/1/files", true},
		{mine, "/raw/1/files/a/b", true},
		{mine, "/raw/1/2/files/a", false},
		{mine, "/raw/1", false},
		{mine, "/%E2%84%AA/exact", true}, // the Kelvin sign folds to k
		{mine, "/k/exact", true},
		{mine, "/kk~1/exact", false},
		{none, "/downloads/default.mp4", false},
		{all, "/x", true},
		{all, "", true},
	} {
		require.Equal(t, 200, get(t, c.addr, "/{T}"+c.path, downloadable).status, c.path)
		if c.addr == usual { // whoever judges a URL without serving it says the same
			u, err := url.Parse(c.path)
			require.NoError(t, err)
			require.Equal(t, c.download, middleware.IsDownload(u.Path), c.path)
			require.Equal(t, c.download, middleware.IsDownload(strings.TrimPrefix(u.Path, "/")), c.path)
		}
		a := get(t, c.addr, "/{T}"+c.path, plain)
		if c.download {
			require.Equal(t, 403, a.status, c.path)
			require.Contains(t, a.body, "not_downloadable")
		} else {
			require.Equal(t, 200, a.status, c.path)
		}
	}
}

func TestCORS(t *testing.T) {
	token := open(t)
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://origin.test")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Expose-Headers", "X-Origin")
		w.Header()["access-control-allow-origin"] = []string{"https://origin.test"}
		echo(w, r)
	})
	anyone := serve(t, middleware.Config{Cookie: "stream"}, next)
	some := serve(t, middleware.Config{Cookie: "stream", AllowedOrigins: []string{"example.com", "*.badtortilla.com", "localhost:3000", "https://tls.test", "[::1]:9"}}, next)
	for _, c := range []struct {
		addr, origin, want string
	}{
		{anyone, "", "*"},
		{anyone, "https://a.test", "*"},
		{anyone, "null", "*"},
		{some, "", ""},
		{some, "https://example.com", "https://example.com"},
		{some, "http://example.com", "http://example.com"},
		{some, "https://example.com:443", "https://example.com:443"},
		{some, "https://EXAMPLE.com", "https://EXAMPLE.com"},
		{some, "https://www.example.com", ""},
		{some, "https://example.com:8443", ""},
		{some, "https://example.com.evil.test", ""},
		{some, "https://evilexample.com", ""},
		{some, "https://example.com/x", ""},
		{some, "https://example.com@evil.test", ""},
		{some, "example.com", ""},
		{some, "null", ""},
		{some, "https://a.badtortilla.com", "https://a.badtortilla.com"},
		{some, "https://a.b.badtortilla.com", "https://a.b.badtortilla.com"},
		{some, "https://badtortilla.com", ""},
		{some, "https://.badtortilla.com", ""},
		{some, "https://xbadtortilla.com", ""},
		{some, "http://localhost:3000", "http://localhost:3000"},
		{some, "http://localhost", ""},
		{some, "https://tls.test", "https://tls.test"},
		{some, "http://tls.test", ""},
		{some, "http://[::1]:9", "http://[::1]:9"},
	} {
		var lines []string
		if c.origin != "" {
			lines = append(lines, "Origin: "+c.origin)
		}
		preflight := []string{"Access-Control-Request-Method: GET", "Access-Control-Request-Headers: range, x-player"}
		for _, target := range []string{"/{T}/x", "/" + video + "/x", "/{T}/../x"} { // passed and refused alike
			a := get(t, c.addr, target, token, lines...)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			require.Equal(t, want, a.header.Values("Access-Control-Allow-Origin"), c.origin)
			require.Equal(t, c.want != "", strings.Contains(strings.Join(a.header.Values("Access-Control-Expose-Headers"), ","), "Content-Range"))
			require.Equal(t, c.addr == some, a.header.Get("Vary") == "Origin")
			require.Equal(t, c.addr == some && c.want != "", a.header.Get("Access-Control-Allow-Credentials") == "true")
			if target == "/{T}/x" && c.want != "" {
				require.Contains(t, a.header.Values("Access-Control-Expose-Headers"), "X-Origin")
			}
		}
		if c.origin == "" {
			continue
		}
		for _, target := range []string{"/{T}/x", "/x", "/expired.or.forged/x"} { // a preflight carries no token
			a := send(t, c.addr, "OPTIONS", target, token, append(preflight, lines...)...)
			require.Equal(t, 204, a.status)
			require.Empty(t, a.body)
			require.Equal(t, c.want, a.header.Get("Access-Control-Allow-Origin"))
			if c.want != "" {
				require.Equal(t, "GET, HEAD", a.header.Get("Access-Control-Allow-Methods"))
				require.Equal(t, "range, x-player", a.header.Get("Access-Control-Allow-Headers"))
				require.Equal(t, "7200", a.header.Get("Access-Control-Max-Age"))
			}
		}
	}
	a := get(t, some, "/{T}/x", token, "Origin: https://example.com", "Origin: https://evil.test")
	require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
	preflight := []string{"Origin: https://a.test", "Access-Control-Request-Method: POST"}
	a = send(t, anyone, "OPTIONS", "/{T}/webRTC/play", token, preflight...)
	require.Equal(t, "GET, HEAD, POST, PATCH, DELETE", a.header.Get("Access-Control-Allow-Methods"))
	require.Equal(t, 400, send(t, anyone, "OPTIONS", "/{T}/../x", token, preflight...).status) // the target comes first
	a = send(t, anyone, "OPTIONS", "/{T}/x", token, append(preflight, "Access-Control-Request-Headers: a\tb")...)
	require.Equal(t, 204, a.status)
	require.Empty(t, a.header.Get("Access-Control-Allow-Headers"))
}
