package middleware

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A reference that is changed leads to the host the viewer came from and under the token; where the next handler meant
// it to lead, with the token for the subject.
func FuzzLocation(f *testing.F) {
	for _, seed := range []string{
		"/sub/x", "/sub", "sub/", "../../sub/c", "//edge.test/sub/x", "http://edge.test/sub/x", "http://evil.test/sub/x", "/\\evil.test/sub", "//evil.test/sub",
		"http://edge.test:80/sub?x#y", "http://edge.test@evil.test/sub/x", "../sub", "/sub/../../x", "/sub/%2e%2e/x", "?x", "#x", "", "http:/sub/x", "http:sub/x", "/subx",
		"http://EDGE.TEST/sub//x", "///sub/x", "./../../sub/", "http://edge.test\\@evil.test/sub/x", "https://edge.test:443/sub/x", "\t/sub/x",
		"http://edge.test?u=/sub/x", "https://edge.test#/sub/x", "/sub/.././sub", "/x/../sub/y?a#b", "https://edge.test/sub/../x/.", "http://edge.test//sub/./x",
		"https://edge.te\u017ft/sub/x", "https://edge.te%C5%BFt/sub/x",
	} {
		f.Add(seed, "/a/b")
		f.Add(seed, "")
	}
	const token = "aaa.bbb.ccc"
	f.Fuzz(func(t *testing.T, ref, rest string) {
		in, err := url.ParseRequestURI("/" + token + rest)
		if err != nil || rest != "" && rest[0] != '/' {
			return
		}
		if _, why := checkPath(in); why != "" {
			return
		}
		out := &url.URL{Path: strings.Replace(in.Path, token, "sub", 1)}
		if in.RawPath != "" {
			out.RawPath = strings.Replace(in.RawPath, token, "sub", 1)
		}
		a := answer{policy: &policy{}, in: &http.Request{Host: "edge.test", URL: in}, out: &http.Request{URL: out}, token: token, subject: "sub"}
		moved := a.moved(ref)
		if moved == ref {
			return
		}
		require.NotContains(t, moved, "\\evil")
		to, err := url.Parse(moved)
		require.NoError(t, err, "%q", moved)
		meant, err := url.Parse(ref)
		require.NoError(t, err)
		edge := &url.URL{Scheme: "http", Host: "edge.test"}
		from := edge.ResolveReference(&url.URL{Path: in.Path, RawPath: in.RawPath})
		found := from.ResolveReference(to)
		require.Contains(t, []string{"edge.test", "edge.test:80", "edge.test:443"}, strings.ToLower(found.Host), "%q", moved)
		require.Nil(t, found.User)

		origin := edge.ResolveReference(&url.URL{Path: out.Path, RawPath: out.RawPath}).ResolveReference(meant)
		want := origin.EscapedPath()
		if rest, ok := under(want, "/sub"); ok {
			want = "/" + token + rest
		}
		require.Equal(t, want, found.EscapedPath(), "%q", moved)
		require.Equal(t, origin.RawQuery, found.RawQuery)
		require.Equal(t, origin.Fragment, found.Fragment)
	})
}
