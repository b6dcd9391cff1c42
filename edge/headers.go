package edge

import (
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"

	"github.com/streamtoken/streamtoken/middleware"
)

// The edge's word to the origin.
const (
	headerSubject = "X-Streamtoken-Subject"
	headerKeyID   = "X-Streamtoken-Key-Id"
	headerExpires = "X-Streamtoken-Expires" // unix seconds
)

// Headers by which a client could pass for an edge or a proxy, in their spelled-out form (see plainName). Gone from
// every request, whoever sent it; what of them is true is set anew. (Fields that name another path or method than the one
// judged do not come this far: the middleware drops them for every next handler.)
var (
	neverPrefixes = []string{"x-streamtoken-", "x-forwarded-"}
	never         = []string{
		"forwarded",
		// Becomes HTTP_PROXY in a CGI program (CVE-2016-5385).
		"proxy",
	}
	// fromProxies are facts about the viewer that only a proxy can know. They pass when a trusted proxy sends them,
	// spelled exactly so.
	fromProxies = []string{
		"x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-forwarded-for", "true-client-ip", "cf-connecting-ip",
		"cf-connecting-ipv6", "cf-ipcountry", "fastly-client-ip", "fly-client-ip", "x-envoy-external-address",
		"x-appengine-user-ip", "x-appengine-country", "x-azure-clientip", "cloudfront-viewer-address", "cloudfront-viewer-country",
		"cf-pseudo-ipv4", "x-vercel-forwarded-for", "x-vercel-ip-country", "x-nf-client-connection-ip", "do-connecting-ip",
		// What older frameworks look for, in this or that order.
		"client-ip", "x-forwarded", "forwarded-for", "proxy-client-ip", "wl-proxy-client-ip", "x-remote-ip", "x-remote-addr",
		"x-originating-ip", "x-host", "x-original-host",
	}
)

// headerPolicy makes an origin's headers from a client's.
type headerPolicy struct {
	fromProxies map[string]bool
}

func newHeaderPolicy(cfg middleware.Config) headerPolicy {
	p := headerPolicy{
		fromProxies: make(map[string]bool, len(fromProxies)+2),
	}
	for _, name := range slices.Concat(fromProxies, []string{plainName(cfg.ClientIPHeader), plainName(cfg.CountryHeader)}) {
		p.fromProxies[name] = true
	}
	return p
}

// apply changes pr.Out only. pr.In still has everything the client sent, the headers it named in Connection included.
func (p headerPolicy) apply(pr *httputil.ProxyRequest, id middleware.Identity) {
	route, _ := middleware.RouteFrom(pr.In.Context()) // without one nobody is trusted
	out := pr.Out.Header
	for name := range out {
		plain := plainName(name)
		switch {
		case slices.Contains(never, plain) || slices.ContainsFunc(neverPrefixes, func(prefix string) bool { return strings.HasPrefix(plain, prefix) }):
			delete(out, name)
		case p.fromProxies[plain] && (!route.FromProxy || plain != strings.ToLower(name)):
			// A trusted proxy that replaces "X-Real-Ip" still passes a client's "X_Real_Ip" through.
			delete(out, name)
		}
	}
	setForwarded(out, pr.In, route)
	out[headerSubject] = []string{id.Subject}
	out[headerKeyID] = []string{id.KeyID}
	out[headerExpires] = []string{strconv.FormatInt(id.Expires.Unix(), 10)}
}

// plainName is a header's name as the loosest server reads it: CGI and its heirs make one variable of "X-A", "x_a" and
// "X.A".
func plainName(name string) string {
	b := []byte(name)
	for i, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		default:
			b[i] = '-'
		}
	}
	return string(b)
}
