package middleware

import (
	"context"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoute(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	for _, c := range []struct {
		name, peer, header string
		forwarded          []string
		want               []string
		fromProxy          bool
	}{
		{"no proxy", "203.0.113.9:1000", "", nil, []string{"203.0.113.9"}, false},
		{"a stranger's word", "203.0.113.9:1000", "", []string{"192.0.2.1"}, []string{"203.0.113.9"}, false},
		{"mapped peer", "[::ffff:203.0.113.9]:1000", "", nil, []string{"203.0.113.9"}, false},
		{"one proxy", "10.0.0.1:1000", "", []string{"192.0.2.1, 203.0.113.9"}, []string{"203.0.113.9", "10.0.0.1"}, true},
		{"three proxies, two lines", "10.0.0.1:1000", "", []string{"192.0.2.1, 203.0.113.9:7", "[2001:db8:1::5], 10.0.0.2"}, []string{"203.0.113.9", "2001:db8:1::5", "10.0.0.2", "10.0.0.1"}, true},
		{"garbage behind a proxy", "10.0.0.1:1000", "", []string{"203.0.113.9, me, 10.0.0.2"}, []string{"10.0.0.2", "10.0.0.1"}, true},
		{"silent proxy", "10.0.0.1:1000", "", nil, []string{"10.0.0.1"}, true},
		{"only proxies", "10.0.0.1:1000", "", []string{"10.0.0.3, 10.0.0.2"}, []string{"10.0.0.3", "10.0.0.2", "10.0.0.1"}, true},
		{"named header", "10.0.0.1:1000", "X-Viewer", []string{"203.0.113.9"}, []string{"203.0.113.9", "10.0.0.1"}, true},
		{"named header, twice", "10.0.0.1:1000", "X-Viewer", []string{"203.0.113.9", "203.0.113.9"}, []string{"10.0.0.1"}, true},
		{"named header with a proxy's address", "10.0.0.1:1000", "X-Viewer", []string{"10.0.0.2"}, []string{"10.0.0.1"}, true},
		{"unix socket", "@", "", []string{"203.0.113.9"}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := compiledViewers(t, Config{TrustedProxies: proxies, ClientIPHeader: c.header})
			name := c.header
			if name == "" {
				name = forwardedFor
			}
			r := &http.Request{RemoteAddr: c.peer, Header: http.Header{name: c.forwarded}}
			ctx := &identityContext{Context: context.Background(), viewers: &v, in: r}
			route, ok := RouteFrom(context.WithValue(ctx, contextKey("other"), 1))
			require.True(t, ok)
			var got []string
			for _, hop := range route.Hops {
				got = append(got, hop.String())
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.fromProxy, route.FromProxy)

			// The origin's leftmost entry is the viewer whom the rules judged, whenever there is one.
			if viewer, _ := v.of(r); viewer.Addr.IsValid() {
				require.Equal(t, viewer.Addr, route.Hops[0])
			}
		})
	}
	_, ok := RouteFrom(context.Background())
	require.False(t, ok, "a request that did not come through the middleware")
}

type contextKey string
