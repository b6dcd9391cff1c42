package middleware

import (
	"net/http"
	"net/url"
	"strings"
)

// relocate brings what leads to the resource back under the token: the next handler knows it by its subject.
func (a *answer) relocate(h http.Header) {
	for _, name := range []string{"Location", "Content-Location"} {
		if len(h[name]) == 0 {
			continue
		}
		moved := make([]string, len(h[name]))
		for i, ref := range h[name] {
			moved[i] = a.moved(ref)
		}
		h[name] = moved
	}
}

// moved gives a reference as the viewer has to follow it. References to other hosts stay as they are: the token is for
// us alone.
func (a *answer) moved(ref string) string {
	from, to := a.policy.mount+"/"+a.subject, a.policy.mount+"/"+a.token
	u, err := url.Parse(ref)
	if err != nil || u.Opaque != "" || u.User != nil {
		return ref
	}
	switch {
	case u.Host != "":
		if !sameHost(u, a.in) {
			return ref
		}
		start := strings.Index(ref, "//") + 2
		path := strings.IndexAny(ref[start:], "/?#") // where the authority ends
		if path < 0 {
			return ref
		}
		rest, ok := below(ref[start+path:], u, from)
		switch {
		case !ok:
			return ref
		case u.Scheme == "https":
			return ref[:start+path] + to + rest
		}
		// A next handler that does not know of the TLS before it says http: the path alone stays with what the viewer has.
		return to + rest
	case u.Scheme != "":
	case strings.HasPrefix(ref, "/"):
		if rest, ok := below(ref, u, from); ok {
			return to + rest
		}
	case u.Path != "":
		return a.movedRelative(ref, u, from, to)
	}
	return ref
}

// movedRelative deals with a relative reference. It stays as it is where the viewer, resolving it from under the token,
// arrives at the same place; "sub/" from "/sub" does not.
func (a *answer) movedRelative(ref string, u *url.URL, from, to string) string {
	meant := (&url.URL{Path: a.out.URL.Path, RawPath: a.out.URL.RawPath}).ResolveReference(u).String()
	rest, ok := under(meant, from)
	if !ok {
		return ref
	}
	found := (&url.URL{Path: a.in.URL.Path, RawPath: a.in.URL.RawPath}).ResolveReference(u).String()
	if found == to+rest {
		return ref
	}
	return to + rest
}

// below cuts prefix from u, of which path is what was written from the path on. What was written is kept as it is,
// unless it may have dot segments: "/sub/../x" does not lead below "/sub", nor "/x/../sub" elsewhere.
func below(path string, u *url.URL, prefix string) (rest string, ok bool) {
	if strings.Contains(path, "/.") {
		local := *u
		local.Scheme, local.Host = "", ""
		path = (&url.URL{Path: "/"}).ResolveReference(&local).String()
	}
	return under(path, prefix)
}

// under cuts prefix, a whole number of segments, from path.
func under(path, prefix string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, prefix)
	return rest, ok && (rest == "" || rest[0] == '/' || rest[0] == '?' || rest[0] == '#')
}

// sameHost says whether u leads to the host that r was sent to; a scheme's own port is as good as none.
func sameHost(u *url.URL, r *http.Request) bool {
	port := ""
	switch u.Scheme { // which net/url gives in lower case
	case "":
	case "http":
		port = ":80"
	case "https":
		port = ":443"
	default:
		return false
	}
	return sameName(strings.TrimSuffix(u.Host, port), strings.TrimSuffix(r.Host, port))
}

// sameName compares names of hosts without regard to case. Of other length is a letter beyond ASCII that folds to one
// within, such as U+017F to "s": not every reader takes it for that.
func sameName(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }
