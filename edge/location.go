package edge

import (
	"net/http"
	"net/url"
	"strings"
)

// relocate brings the places to which an answer sends the viewer from the origin's view of itself into the viewer's: a
// URL on the origin's own host, or on the host and scheme the edge told it of, becomes its path, and the path put before
// every request's is taken off again. The middleware then puts the token in place of the subject. A path alone cannot
// lead anywhere but back here, so no token leaves by it; a URL on any other host stays as it is.
func (o origin) relocate(res *http.Response) {
	for _, name := range [...]string{"Location", "Content-Location"} {
		lines := res.Header[name]
		for i, ref := range lines {
			lines[i] = o.public(ref, res.Request.Header)
		}
	}
}

// public gives ref as the viewer has to follow it; told are the header fields the origin was sent.
func (o origin) public(ref string, told http.Header) string {
	u, err := url.Parse(ref)
	if err != nil || u.Opaque != "" || u.User != nil {
		return ref
	}
	path := ref
	switch {
	case u.Host != "":
		if !o.names(u) && !viewers(u, told) {
			return ref
		}
		path = ref[strings.Index(ref, "//")+2:]
		if i := strings.IndexAny(path, "/?#"); i < 0 {
			path = "/"
		} else if path = path[i:]; path[0] != '/' {
			path = "/" + path
		}
	case !strings.HasPrefix(ref, "/"):
		return ref
	}
	if rest, ok := strings.CutPrefix(path, o.rawPrefix); ok && rest != "" && rest[0] == '/' {
		path = rest
	}
	if len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
		return ref // what remains would name another host (RFC 3986, 4.2), to some browsers with a backslash too
	}
	return path
}

// names tells whether u leads to the origin.
func (o origin) names(u *url.URL) bool {
	return (u.Scheme == "" || u.Scheme == o.scheme) && sameAuthority(u.Host, o.host, o.scheme)
}

// viewers tells whether u leads to where the origin was told that the viewer came from. An origin that does not know of
// the TLS before it says http.
func viewers(u *url.URL, told http.Header) bool {
	host, scheme := told.Get("X-Forwarded-Host"), told.Get("X-Forwarded-Proto")
	return (u.Scheme == "" || u.Scheme == "http" || u.Scheme == scheme) &&
		(sameAuthority(u.Host, host, u.Scheme) || sameAuthority(u.Host, host, scheme))
}

// sameAuthority compares host and port; the scheme's own port is as good as none.
func sameAuthority(a, b, scheme string) bool {
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	a, b = strings.TrimSuffix(a, port), strings.TrimSuffix(b, port)
	return len(a) == len(b) && strings.EqualFold(a, b) // of other length: a letter beyond ASCII that folds to one within
}
