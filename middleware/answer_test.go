package middleware_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/middleware"
)

func TestFreshnessOverTheWire(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["cache-control"] = []string{"public, max-age=86400"} // not by way of Set
		w.Header().Set("Expires", now.Add(24*time.Hour).Format(http.TimeFormat))
		w.Header().Set("CDN-Cache-Control", "max-age=86400")
		switch r.URL.Path {
		case "/" + video + "/writes":
			_, _ = io.WriteString(w, "x")
		case "/" + video + "/flushes":
			w.(http.Flusher).Flush()
		case "/" + video + "/status":
			w.WriteHeader(http.StatusNotModified)
		}
	})
	addr := serve(t, middleware.Config{}, next)
	for _, path := range []string{"writes", "flushes", "status", "says nothing"} {
		target := "/{T}/" + url.PathEscape(path)
		a := get(t, addr, target, open(t))
		require.Equal(t, []string{"public, max-age=3600, must-revalidate"}, a.header.Values("Cache-Control"), path)
		require.Equal(t, now.Add(time.Hour).Format(http.TimeFormat), a.header.Get("Expires"), path)
		require.Equal(t, "max-age=3600, must-revalidate", a.header.Get("CDN-Cache-Control"), path)
		require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"), path)

		a = get(t, addr, target, ruled(t, "allow any"))
		require.Equal(t, []string{"max-age=3600, private"}, a.header.Values("Cache-Control"), path)
		require.Empty(t, a.header.Get("CDN-Cache-Control"), path)
	}
	silent := serve(t, middleware.Config{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	require.Empty(t, get(t, silent, "/{T}/x", open(t)).header.Get("Cache-Control"))
	require.Equal(t, "private", get(t, silent, "/{T}/x", ruled(t, "allow any")).header.Get("Cache-Control"))
}

// A 304 that does not say for how long must not renew what a cache was told with the answer it stored.
func TestNotModifiedRenewsNothing(t *testing.T) {
	for _, c := range []struct{ in, open, ruled string }{
		{"", "no-cache", "private"},
		{"max-age=60", "max-age=60", "max-age=60, private"},
		{"max-age=86400", "max-age=3600, must-revalidate", "max-age=3600, private"},
		{"stale-if-error=60", "no-cache", "private"},
	} {
		addr := serve(t, middleware.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if c.in != "" {
				w.Header().Set("Cache-Control", c.in)
			}
			w.WriteHeader(http.StatusNotModified)
		}))
		require.Equal(t, []string{c.open}, get(t, addr, "/{T}/x", open(t)).header.Values("Cache-Control"), c.in)
		require.Equal(t, []string{c.ruled}, get(t, addr, "/{T}/x", ruled(t, "allow any")).header.Values("Cache-Control"), c.in)
	}
}

// A browser reports to whom these fields name, with the page's address and so the token.
func TestNoReportsToOthers(t *testing.T) {
	var policy string
	addr := serve(t, middleware.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["NEL"] = []string{`{"report_to":"x","max_age":9}`}
		w.Header().Set("Report-To", `{"group":"x","endpoints":[{"url":"https://other.test/"}]}`)
		w.Header().Set("Reporting-Endpoints", `x="https://other.test/"`)
		w.Header().Set("Content-Security-Policy-Report-Only", "default-src 'self'; report-uri https://other.test/")
		w.Header().Set("Content-Security-Policy", policy)
	}))
	for in, want := range map[string]string{
		"default-src 'self'":                             "default-src 'self'",
		"default-src 'self';report-uri //other.test/":    "default-src 'self'",
		"Report-URI https://other.test/ ; img-src *":     "img-src *",
		"img-src *; report-uri /a /b, script-src 'self'": "img-src *, script-src 'self'",
		"img-src *;\treport-uri /a":                      "img-src *",
		"img-src https://report-uri.test":                "img-src https://report-uri.test",
	} {
		policy = in
		h := get(t, addr, "/{T}/x", open(t)).header
		require.Equal(t, want, h.Get("Content-Security-Policy"))
		for _, name := range []string{"Nel", "Report-To", "Reporting-Endpoints", "Content-Security-Policy-Report-Only"} {
			require.Empty(t, h.Values(name), name)
		}
	}
}

func TestLocation(t *testing.T) {
	token := open(t)
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.Header().Set("Content-Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	})
	const S = "/" + video
	for mount, addr := range map[string]string{
		"":       serve(t, middleware.Config{QueryParam: "token"}, next),
		"/media": serve(t, middleware.Config{Mount: "/media", QueryParam: "token"}, next),
	} {
		for _, c := range []struct{ at, to, want string }{
			{"/a/b", "{S}/x", "{T}/x"},
			{"/a/b", "{S}", "{T}"},
			{"/a/b", "{S}/", "{T}/"},
			{"/a/b", "{S}?a=b#c", "{T}?a=b#c"},
			{"/a/b", "{S}/%2e%3f?u={S}/y#{S}", "{T}/%2e%3f?u={S}/y#{S}"},
			{"/a/b", "http://edge.test{S}/x", "{T}/x"},
			{"/a/b", "http://EDGE.test:80{S}/x", "{T}/x"},
			{"/a/b", "https://edge.test{S}/x", "https://edge.test{T}/x"},
			{"/a/b", "//edge.test{S}/x", "{T}/x"},
			{"/a/b", "c", "c"},
			{"/a/b", "?x", "?x"},
			{"/a/b", "#x", "#x"},
			{"/a/b", "../c", "../c"},
			{"/a/b", "../../" + video + "/c?x", "{T}/c?x"},
			{"", video + "/", "{T}/"},
			{"/a", "../other/x", "../other/x"},
			// Nobody else gets the token.
			{"/a/b", "{S}x/y", "{S}x/y"},
			{"/a/b", "/other/x", "/other/x"},
			{"/a/b", "http://other.test{S}/x", "http://other.test{S}/x"},
			{"/a/b", "http://edge.test:8080{S}/x", "http://edge.test:8080{S}/x"},
			{"/a/b", "http://edge.test@other.test{S}/x", "http://edge.test@other.test{S}/x"},
			{"/a/b", "http://user@edge.test{S}/x", "http://user@edge.test{S}/x"},
			{"/a/b", "//other.test{S}/x", "//other.test{S}/x"},
			{"/a/b", "/" + S + "/x", "/" + S + "/x"},
			{"/a/b", "///x{S}/x", "///x{S}/x"},
			{"/a/b", "/\\other.test{S}/x", "/\\other.test{S}/x"},
			{"/a/b", "ftp://edge.test{S}/x", "ftp://edge.test{S}/x"},
			{"/a/b", "https://edge.te%C5%BFt{S}/x", "https://edge.te%C5%BFt{S}/x"},
			{"/a/b", "//EDGE.test{S}/x", "{T}/x"},
			{"/a/b", "mailto:x", "mailto:x"},
			{"/a/b", "http://edge.test", "http://edge.test"},
			{"/a/b", "http://edge.test?u={S}/x", "http://edge.test?u={S}/x"},
			{"/a/b", "https://edge.test#{S}/x", "https://edge.test#{S}/x"},
		} {
			replace := strings.NewReplacer("{S}", mount+S, "{T}", mount+"/"+token).Replace
			a := get(t, addr, mount+"/{T}"+c.at+"?to="+url.QueryEscape(replace(c.to)), token)
			require.Equal(t, 302, a.status, a.body)
			require.Equal(t, replace(c.want), a.header.Get("Location"), "%s %s", c.at, c.to)
			require.Equal(t, replace(c.want), a.header.Get("Content-Location"))
			if c.at != "" {
				// A token from elsewhere comes from there again.
				a = get(t, addr, mount+S+c.at+"?token={T}&to="+url.QueryEscape(replace(c.to)), token)
				require.Equal(t, replace(c.to), a.header.Get("Location"))
			}
		}
	}
}

// A next handler that does not know of the TLS before it, here or at a proxy, must not bring the token into the clear. One
// that sends the viewer to HTTPS does.
func TestLocationKeepsTLS(t *testing.T) {
	token := open(t)
	for scheme, want := range map[string]string{"http": "/", "https": "https://edge.test/"} {
		for _, state := range []*tls.ConnectionState{nil, {}} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/"+token+"/x", nil)
			r.Host, r.TLS = "edge.test", state
			wrap(t, middleware.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", scheme+"://edge.test/"+video+"/y")
			})).ServeHTTP(w, r)
			require.Equal(t, want+token+"/y", w.Header().Get("Location"))
		}
	}
}

// The proxy of the standard library behind the middleware, with a client that tries to rule what the origin sees.
func TestReverseProxy(t *testing.T) {
	token := ruled(t, "allow any")
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=999999")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "X-Origin")
		w.Header().Set("Referrer-Policy", "unsafe-url")
		w.Header().Set("Location", r.URL.Path+"/next")
		w.Header().Set("Link", "</early>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusCreated)
		echo(w, r)
		w.Header().Set("X-Sum", "1")
	}))
	defer origin.Close()
	to, err := url.Parse(origin.URL)
	require.NoError(t, err)
	addr := serve(t, middleware.Config{}, &httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
		pr.SetURL(to)
		id, ok := middleware.IdentityFrom(pr.In.Context())
		if !ok {
			panic(http.ErrAbortHandler)
		}
		pr.Out.Header.Set("X-Streamtoken-Subject", id.Subject)
	}})
	a := get(t, addr, "/{T}/a%20b/what%3f/caf%C3%A9?x=1;y=2&token={T}", token,
		"Connection: X-Streamtoken-Subject, x-streamtoken-subject", "X-Streamtoken-Subject: forged", "X_Streamtoken_Subject: forged", "X-Forwarded-For: 1.2.3.4")
	require.Equal(t, 201, a.status)
	require.Contains(t, a.body, "\nuri \"/"+video+"/a%20b/what%3f/caf%C3%A9")
	require.Equal(t, 1, strings.Count(a.body, "Streamtoken"), a.body)
	require.Contains(t, a.body, "X-Streamtoken-Subject: "+video+"\r\n")
	require.NotContains(t, a.body, token)
	require.Equal(t, []string{"*"}, a.header.Values("Access-Control-Allow-Origin"))
	require.Equal(t, []string{"no-referrer"}, a.header.Values("Referrer-Policy"))
	require.Equal(t, []string{"max-age=3600, private"}, a.header.Values("Cache-Control"))
	require.Equal(t, []string{"/" + token + "/a b/what?/caf\u00e9/next"}, a.header.Values("Location"))

	a = raw(t, addr, "POST", "POST /{T}/webRTC/play HTTP/1.1\r\nHost: edge.test\r\nContent-Length: 3\r\nConnection: close\r\n\r\nsdp", token)
	require.Equal(t, 201, a.status)
	require.Contains(t, a.body, "body \"sdp\"")
	require.Equal(t, "/"+token+"/webRTC/play/next", a.header.Get("Location"))
}

// Ranges, HEAD and conditional requests are the next handler's, and work as without the middleware.
func TestFiles(t *testing.T) {
	token := open(t)
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, video), 0o755))
	content := strings.Repeat("0123456789", 1000)
	require.NoError(t, os.WriteFile(filepath.Join(dir, video, "seg.ts"), []byte(content), 0o644))
	addr := serve(t, middleware.Config{}, http.FileServer(http.Dir(dir)))

	a := get(t, addr, "/{T}/seg.ts", token)
	require.Equal(t, 200, a.status)
	require.Equal(t, content, a.body)
	require.Equal(t, strconv.Itoa(len(content)), a.header.Get("Content-Length"))
	modified := a.header.Get("Last-Modified")
	require.NotEmpty(t, modified)

	a = get(t, addr, "/{T}/seg.ts", token, "Range: bytes=5-14")
	require.Equal(t, 206, a.status)
	require.Equal(t, "5678901234", a.body)
	require.Equal(t, "bytes 5-14/10000", a.header.Get("Content-Range"))
	require.Contains(t, a.header.Get("Access-Control-Expose-Headers"), "Content-Range")

	a = send(t, addr, "HEAD", "/{T}/seg.ts", token)
	require.Equal(t, 200, a.status)
	require.Equal(t, "10000", a.header.Get("Content-Length"))
	require.Empty(t, a.body)

	require.Equal(t, 304, get(t, addr, "/{T}/seg.ts", token, "If-Modified-Since: "+modified).status)
	require.Equal(t, 404, get(t, addr, "/{T}/none.ts", token).status)

	a = get(t, addr, "/{T}", token) // the file server redirects to "sub/"
	require.Equal(t, 301, a.status)
	require.Equal(t, "/"+token+"/", a.header.Get("Location"))
}

// recorder is a ResponseWriter that says how it was written to.
type recorder struct {
	*httptest.ResponseRecorder
	readFrom bool
	statuses []int
}

func (r *recorder) WriteHeader(status int) {
	r.statuses = append(r.statuses, status)
	r.ResponseRecorder.WriteHeader(status)
}

func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	r.readFrom = true
	return io.Copy(r.ResponseRecorder, src)
}

func (r *recorder) SetWriteDeadline(time.Time) error { return nil }

func TestWriterInterfaces(t *testing.T) {
	token := open(t)
	run := func(w http.ResponseWriter, next http.HandlerFunc) {
		wrap(t, middleware.Config{}, next).ServeHTTP(w, httptest.NewRequest("GET", "/"+token+"/x", nil))
	}
	w := &recorder{ResponseRecorder: httptest.NewRecorder()}
	run(w, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=9999")
		n, err := io.Copy(w, io.LimitReader(strings.NewReader("abcdef"), 3)) // as http.ServeContent does
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
		_, err = io.WriteString(w, "!")
		require.NoError(t, err)
		rc := http.NewResponseController(w)
		require.NoError(t, rc.Flush())
		require.NoError(t, rc.SetWriteDeadline(time.Time{}))
		require.ErrorIs(t, rc.EnableFullDuplex(), http.ErrNotSupported)
		_, _, err = rc.Hijack()
		require.ErrorIs(t, err, http.ErrNotSupported)
	})
	require.True(t, w.readFrom, "ReadFrom reaches the connection, or sendfile is lost")
	require.True(t, w.Flushed)
	require.Equal(t, "abc!", w.Body.String())
	require.Equal(t, "max-age=3600, must-revalidate", w.Result().Header.Get("Cache-Control"))

	w = &recorder{ResponseRecorder: httptest.NewRecorder()}
	run(w, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Cache-Control", "max-age=9999")
		w.WriteHeader(http.StatusAccepted)
	})
	require.Equal(t, []int{103, 202}, w.statuses)
	require.Equal(t, "max-age=3600, must-revalidate", w.Header().Get("Cache-Control"))

	plain := struct{ http.ResponseWriter }{httptest.NewRecorder()}
	run(plain, func(w http.ResponseWriter, _ *http.Request) {
		_, err := io.Copy(w, strings.NewReader("x"))
		require.NoError(t, err)
		require.ErrorIs(t, http.NewResponseController(w).Flush(), http.ErrNotSupported)
	})
}

func TestFlushReachesTheClient(t *testing.T) {
	release := make(chan struct{})
	addr := serve(t, middleware.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=9999")
		fmt.Fprint(w, "first\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/"+open(t)+"/x", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "first\n", line)
	require.Equal(t, "max-age=3600, must-revalidate", resp.Header.Get("Cache-Control"))
	close(release)
}

func TestUpgradeThroughReverseProxy(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n%s", r.URL.Path)
		_ = rw.Flush()
	}))
	defer origin.Close()
	to, err := url.Parse(origin.URL)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) { pr.SetURL(to) }}
	token := open(t)
	for methods, want := range map[string]string{"": "405", "UPGRADE": "101"} {
		cfg := middleware.Config{}
		if methods != "" {
			cfg.Methods = []string{methods}
		}
		conn, err := net.DialTimeout("tcp", serve(t, cfg, proxy), 5*time.Second)
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		fmt.Fprintf(conn, "GET /%s/ws HTTP/1.1\r\nHost: edge.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", token)
		reader := bufio.NewReader(conn)
		resp, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		require.Equal(t, want, strconv.Itoa(resp.StatusCode))
		if want == "101" {
			rest, err := io.ReadAll(reader)
			require.NoError(t, err)
			require.Equal(t, "/"+video+"/ws", string(rest))
		}
		require.NoError(t, conn.Close())
	}
}
