package edge

import (
	"net/http"
	"strings"

	"github.com/streamtoken/streamtoken/middleware"
)

// setForwarded writes X-Forwarded-For, -Host and -Proto for the origin into out, from which any earlier ones are gone.
//
// A client's own are dropped. X-Forwarded-For is the route the middleware judged: the viewer, the trusted proxies, the
// peer, so that an origin may take the leftmost entry for the viewer. A trusted proxy's X-Forwarded-Host and -Proto are
// kept if each is one well-formed value.
func setForwarded(out http.Header, in *http.Request, route middleware.Route) {
	if len(route.Hops) > 0 {
		hops := make([]string, len(route.Hops))
		for i, hop := range route.Hops {
			hops[i] = hop.String()
		}
		out["X-Forwarded-For"] = []string{strings.Join(hops, ", ")}
	}
	host, proto := in.Host, "http"
	if !plainHost(host) {
		host = "" // net/http lets nearly anything through, a token as well
	}
	if in.TLS != nil {
		proto = "https"
	}
	if route.FromProxy {
		if v := in.Header["X-Forwarded-Host"]; len(v) == 1 && plainHost(v[0]) {
			host = v[0]
		}
		if v := in.Header["X-Forwarded-Proto"]; len(v) == 1 && (v[0] == "http" || v[0] == "https") {
			proto = v[0]
		}
	}
	if host != "" {
		out["X-Forwarded-Host"] = []string{host}
	}
	out["X-Forwarded-Proto"] = []string{proto}
}

// plainHost tells whether s can be a Host: letters, digits, and the punctuation of names, addresses and ports, and no
// longer than a name may be. (A token is longer.)
func plainHost(s string) bool {
	if s == "" || len(s) > 255+6 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !tokenByte(c) && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return true
}
