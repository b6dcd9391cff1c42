package edge

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/tokentest"
)

// Where an origin sends the viewer, over the wire. "{O}" is the origin's own host, "{T}" the token.
func TestLocations(t *testing.T) {
	var location string
	origin := startOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.Header().Set("Content-Location", location)
		w.WriteHeader(http.StatusFound)
	}))
	prefixed := *origin.URL
	prefixed.Path = "/pre/fix"
	trusting := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	plain := edgeBefore(t, origin)
	below := startEdge(t, func(c *Config, _ *limits) { c.Origin = &prefixed })
	mounted := startEdge(t, func(c *Config, _ *limits) { c.Origin, c.Middleware.Mount = &prefixed, "/media" })
	proxied := startEdge(t, func(c *Config, _ *limits) { c.Origin, c.Middleware.TrustedProxies = origin.URL, trusting })
	tok := tokentest.Token(t, streamtoken.Claims{Subject: "video"})

	const front = "X-Forwarded-Host: front.example\nX-Forwarded-Proto: https\nX-Forwarded-For: 192.0.2.1\n"
	for _, c := range []struct {
		edge                    *running
		target, headers, in, to string
	}{
		{plain, "/{T}/x", "", "http://{O}/video/next?a=b#c", "/{T}/next?a=b#c"},
		{plain, "/{T}/x", "", "//{O}/video/next", "/{T}/next"},
		{plain, "/{T}/x", "", "HTTP://{O}/video", "/{T}"},
		{plain, "/{T}/x", "", "http://{O}/other/x", "/other/x"},
		{plain, "/{T}/x", "", "http://{O}/videos/x", "/videos/x"},
		{plain, "/{T}/x", "", "http://{O}", "/"},
		{plain, "/{T}/x", "", "http://{O}?q", "/?q"},
		{plain, "/{T}/x", "", "/video/next", "/{T}/next"},
		{plain, "/{T}/x", "", "next", "next"},
		{plain, "/{T}/x", "", "http://media.example/video/next", "/{T}/next"},
		{plain, "/{T}/x", "", "http://media.example:80/video/next", "/{T}/next"},
		// Other places, and what must not become one.
		{plain, "/{T}/x", "", "https://{O}/video/next", "https://{O}/video/next"},
		{plain, "/{T}/x", "", "http://other.example/video/next", "http://other.example/video/next"},
		{plain, "/{T}/x", "", "http://127.0.0.1/video/next", "http://127.0.0.1/video/next"},
		{plain, "/{T}/x", "", "http://u@{O}/video/next", "http://u@{O}/video/next"},
		{plain, "/{T}/x", "", "http://{O}@other.example/video/next", "http://{O}@other.example/video/next"},
		{plain, "/{T}/x", "", "http://{O}//other.example/video", "http://{O}//other.example/video"},
		{plain, "/{T}/x", "", "http://{O}/\\other.example/video", "http://{O}/\\other.example/video"},
		{plain, "/{T}/x", "", "https://media.example/video/next", "https://media.example/{T}/next"},
		// The path that is put before every request's.
		{below, "/{T}/x", "", "http://{O}/pre/fix/video/next", "/{T}/next"},
		{below, "/{T}/x", "", "/pre/fix/video/next", "/{T}/next"},
		{below, "/{T}/x", "", "/video/next", "/{T}/next"},
		{below, "/{T}/x", "", "/pre/fixed/video/next", "/pre/fixed/video/next"},
		{below, "/{T}/x", "", "http://{O}/pre/fix//other.example/video", "http://{O}/pre/fix//other.example/video"},
		{mounted, "/media/{T}/x", "", "http://{O}/pre/fix/media/video/next", "/media/{T}/next"},
		{mounted, "/media/{T}/x", "", "http://{O}/pre/fix/video/next", "/video/next"},
		// The host the origin was told of.
		{proxied, "/{T}/x", front, "https://front.example/video/next", "/{T}/next"},
		{proxied, "/{T}/x", front, "https://front.example:443/video/next", "/{T}/next"},
		{proxied, "/{T}/x", front, "http://front.example/video/next", "/{T}/next"},
		{proxied, "/{T}/x", front, "http://front.example:80/video/next", "/{T}/next"},
		{proxied, "/{T}/x", front, "//front.example:443/video/next", "/{T}/next"},
		{proxied, "/{T}/x", front, "http:/video/next", "http:/video/next"},
		{proxied, "/{T}/x", front, "https://other.example/video/next", "https://other.example/video/next"},
		{proxied, "/{T}/x", front, "https://FRONT.example/video/next", "/{T}/next"},
		{plain, "/{T}/x", front, "https://front.example/video/next", "https://front.example/video/next"},
	} {
		fill := strings.NewReplacer("{O}", origin.URL.Host, "{T}", tok).Replace
		location = fill(c.in)
		res := get(t, c.edge.addr, fill(c.target), c.headers)
		require.Equal(t, fill(c.to), res.Header.Get("Location"), c.in)
		require.Equal(t, fill(c.to), res.Header.Get("Content-Location"), c.in)
	}
}

// Whatever an origin sends, what becomes of it is the same reference or a path on the viewer's own host.
func FuzzPublicReference(f *testing.F) {
	for _, seed := range []string{
		"http://o.test:8080/a/video/x", "//o.test:8080/a//x", "http://o.test:8080/a/\\x", "/a/video", "/a//evil.test", "http://o.test:8080", "http://O.TEST:8080?x", "/a", "a", "http:/a/x",
		"http://front.test/a/x", "http://o.test:8080\\@evil.test/a", "/a/\t/x", "/a/..//evil.test",
		"http://o.te\u017ft:8080/a/x", "https://front.te%C5%BFt/x",
	} {
		f.Add(seed)
	}
	o, err := newOrigin(&url.URL{Scheme: "http", Host: "o.test:8080", Path: "/a"})
	require.NoError(f, err)
	viewer := &url.URL{Scheme: "https", Host: "front.test", Path: "/token/x"}
	told := http.Header{"X-Forwarded-Host": {"front.test"}, "X-Forwarded-Proto": {"https"}}
	f.Fuzz(func(t *testing.T, ref string) {
		got := o.public(ref, told)
		if got == ref {
			return
		}
		to, err := url.Parse(got)
		require.NoError(t, err)
		found := viewer.ResolveReference(to)
		require.Equal(t, "https://front.test", found.Scheme+"://"+found.Host, "%q", got)
		require.NotRegexp(t, `^/[/\\]`, got)
		again, err := url.Parse(ref)
		require.NoError(t, err)
		require.Contains(t, []string{"", "o.test:8080", "front.test", "front.test:80", "front.test:443"}, strings.ToLower(again.Host), "another host's")
		require.Equal(t, again.RawQuery, to.RawQuery)
		require.Equal(t, again.Fragment, to.Fragment)
		require.True(t, strings.HasSuffix(again.Path, to.Path) || to.Path == "/", "%q", got)
	})
}
