package edge

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a request line becomes at the origin, byte for byte. An empty want: it must not get there at all.
func TestRequestTarget(t *testing.T) {
	tok := token(t)
	tests := []struct {
		name, line, want string
	}{
		{"plain", "GET /{token}/manifest/video.m3u8", "GET /base/video/manifest/video.m3u8"},
		{"final slash", "GET /{token}/", "GET /base/video/"},
		{"token alone", "GET /{token}", "GET /base/video"},
		{"query is kept", "GET /{token}/a?b=c&d=%20e", "GET /base/video/a?b=c&d=%20e"},
		{"encoded question mark stays encoded", "GET /{token}/a%3fb", "GET /base/video/a%3fb"},
		{"encoded hash stays encoded", "GET /{token}/a%23b", "GET /base/video/a%23b"},
		{"encoding is kept as it came", "GET /{token}/%61%20b%c3%a9", "GET /base/video/%61%20b%c3%a9"},
		{"reserved bytes are kept", "GET /{token}/a:b@c!$&'()*+,=~", "GET /base/video/a:b@c!$&'()*+,=~"},

		{"encoded slash", "GET /{token}/a%2fb", ""},
		{"encoded slash behind the token", "GET /{token}%2fa/b", ""},
		{"dot segment", "GET /{token}/../other/x", ""},
		{"encoded dot segment", "GET /{token}/%2e%2e/other/x", ""},
		{"half encoded dot segment", "GET /{token}/.%2E/other/x", ""},
		{"double encoded dot segment", "GET /{token}/%252e%252e/other/x", ""},
		{"backslash", `GET /{token}/..\other/x`, ""},
		{"encoded backslash", "GET /{token}/..%5cother/x", ""},
		{"path parameter", "GET /{token}/..;/other/x", ""},
		{"empty first segment", "GET //{token}/x", ""},
		{"empty segment", "GET /{token}//x", ""},
		{"nul", "GET /{token}/a%00b", ""},
		{"line break", "GET /{token}/a%0d%0ab", ""},
		{"invalid escape", "GET /{token}/%zz", ""},
		{"raw hash", "GET /{token}/a#b", ""},
		{"absolute form", "GET http://other.example/{token}/x", ""},
		{"opaque form", "GET http:{token}/x", ""},
		{"asterisk", "OPTIONS *", ""},
		{"tunnel", "CONNECT //x/y", ""},
		{"tunnel by authority", "CONNECT other.example:443", ""},
		{"tunnel with a token", "CONNECT /{token}/x", ""},
		{"method not allowed", "DELETE /{token}/x", ""},
		{"lower-case method", "get /{token}/x", ""},
		{"trace", "TRACE /{token}/x", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			origin := startOrigin(t, ok("served"))
			edge := startEdge(t, func(c *Config, _ *limits) {
				c.Origin = origin.URL.JoinPath("base")
			})
			line := strings.ReplaceAll(test.line, "{token}", tok)
			res := raw(t, edge.addr, line+" HTTP/1.1\nHost: media.example\nConnection: close\n\n")
			got := origin.received.String()
			if test.want == "" {
				require.Empty(t, got)
				require.GreaterOrEqual(t, res.StatusCode, 400)
				return
			}
			require.Equal(t, 200, res.StatusCode)
			first, _, _ := strings.Cut(got, "\r\n")
			require.Equal(t, test.want+" HTTP/1.1", first)
		})
	}
}

func TestOriginURL(t *testing.T) {
	for _, bad := range []string{
		"ftp://h/", "//h/x", "http:///x", "http:h", "http://user@h/", "http://user:secret@h/", "http://h/?q", "http://h/?", "http://h/#f",
		"http://h/a/../b", "http://h//a", "http://h/a%2fb", "http://h/./a", `http://h/a%5cb`,
	} {
		u, err := url.Parse(bad)
		require.NoError(t, err, bad)
		_, err = newOrigin(u)
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "secret")
	}
	for base, want := range map[string]string{
		"http://h":         "http://h/video/a%2Cb",
		"http://h/":        "http://h/video/a%2Cb",
		"http://h/p":       "http://h/p/video/a%2Cb",
		"https://h:8/p/q/": "https://h:8/p/q/video/a%2Cb",
		"http://h/p%20q":   "http://h/p%20q/video/a%2Cb",
		"http://[::1]:9/p": "http://[::1]:9/p/video/a%2Cb",
	} {
		u, err := url.Parse(base)
		require.NoError(t, err)
		o, err := newOrigin(u)
		require.NoError(t, err, base)
		in, err := url.ParseRequestURI("/video/a%2Cb")
		require.NoError(t, err)
		out, good := o.url(in)
		require.True(t, good)
		require.Equal(t, want, out.String())
	}
}

// Joined with anything that can be parsed, the origin's URL keeps its host and stays below its prefix, and a server that
// decodes and cleans the path ends where the edge said.
func FuzzOriginPath(f *testing.F) {
	for _, seed := range []string{
		"/video/a", "/video/", "/video", "/video/%61", "/video/a%2fb", "/video/../x", "/video/%2e%2e/x", "//x/y", "/video//x", "http:x", "/a%3fb?c", "/?#%", "/a\\b", "/%5c..", "/a%00",
	} {
		f.Add(seed)
	}
	base, err := url.Parse("http://origin.example/p%20q/r")
	if err != nil {
		f.Fatal(err)
	}
	o, err := newOrigin(base)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		in, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		out, good := o.url(in)
		if !good {
			return
		}
		again, err := url.ParseRequestURI(out.RequestURI()) // as a server reads it
		if err != nil {
			t.Fatalf("%q became %q, which does not parse: %v", target, out.RequestURI(), err)
		}
		if again.Path != "/p q/r"+in.Path {
			t.Fatalf("%q became the path %q", target, again.Path)
		}
		clean := again.JoinPath()
		if !strings.HasPrefix(clean.Path, "/p q/r/") {
			t.Fatalf("%q left the prefix: %q", target, clean.Path)
		}
		if out.Host != "origin.example" || out.Scheme != "http" || out.RawQuery != in.RawQuery {
			t.Fatalf("%q became %q", target, out)
		}
	})
}
