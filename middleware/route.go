package middleware

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
)

// Route is how a request came here, read as the decision read it: a next handler that tells an origin of it must not
// read the headers anew and come to another viewer.
type Route struct {
	// Hops are the viewer, the trusted proxies in between, and last the TCP peer. Where the viewer's address is
	// unavailable it is left out, and nothing beyond the trusted proxies that were named is there. Empty if the peer
	// has no IP address.
	Hops []netip.Addr
	// FromProxy: the TCP peer is one of TrustedProxies.
	FromProxy bool
}

type routeKey struct{}

// RouteFrom gives the route of a request that came through the middleware, and false for any other. It reads the
// headers when it is called, so that a handler that does not ask pays nothing.
func RouteFrom(ctx context.Context) (Route, bool) {
	c, ok := ctx.Value(routeKey{}).(*identityContext)
	if !ok {
		return Route{}, false
	}
	return c.viewers.route(c.in), true
}

func (v *viewers) route(r *http.Request) Route {
	addr, ok := peerAddr(r.RemoteAddr)
	if !ok {
		return Route{}
	}
	hops := []netip.Addr{addr}
	if !v.trusts(addr) {
		return Route{Hops: hops}
	}
	if v.header == "" {
		_, _ = v.forwarded(r.Header[forwardedFor], &hops) // what cannot be read ends the list
	} else if viewer, _ := v.named(r.Header[v.header]); viewer.IsValid() {
		hops = append(hops, viewer)
	}
	slices.Reverse(hops)
	return Route{Hops: hops, FromProxy: true}
}
