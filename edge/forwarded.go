package edge

import (
	"net/http"
	"net/netip"
	"strings"
)

// forwarding makes X-Forwarded-For, -Host and -Proto for the origin.
//
// A client's own are dropped. Behind a trusted proxy, X-Forwarded-For keeps what the trusted proxies vouch for: read
// from the right, the hops that are trusted and the first that is not, which is the viewer, then the peer. What stands
// further left is the client's word and is dropped, so that an origin may take the leftmost entry for the viewer.
// Likewise a trusted proxy's X-Forwarded-Host and -Proto are kept if each is one well-formed value.
type forwarding struct {
	trusted []netip.Prefix
	header  string // the client IP header, "" for X-Forwarded-For
}

// maxHops bounds the X-Forwarded-For passed on. A chain of more trusted proxies than this is a loop.
const maxHops = 64

// tcpPeer is who is at the other end of the connection.
type tcpPeer struct {
	addr    netip.Addr // zero if it has no IP address (a unix socket)
	trusted bool
}

func (f forwarding) peer(r *http.Request) tcpPeer {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return tcpPeer{}
	}
	addr := plainAddr(ap.Addr())
	return tcpPeer{addr, f.trusts(addr)}
}

func (f forwarding) trusts(a netip.Addr) bool {
	for _, p := range f.trusted {
		if p.Contains(a) || p.Addr().Is4In6() && p.Bits() >= 96 && netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Contains(a) {
			return true
		}
	}
	return false
}

// set writes the three headers into out, from which any earlier ones are gone.
func (f forwarding) set(out http.Header, in *http.Request, peer tcpPeer) {
	if hops := f.hops(in, peer); hops != "" {
		out["X-Forwarded-For"] = []string{hops}
	}
	host, proto := in.Host, "http"
	if !plainHost(host) {
		host = "" // net/http lets nearly anything through, a token as well
	}
	if in.TLS != nil {
		proto = "https"
	}
	if peer.trusted {
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

// hops is the X-Forwarded-For for the origin.
func (f forwarding) hops(in *http.Request, peer tcpPeer) string {
	if !peer.addr.IsValid() {
		return ""
	}
	list := peer.addr.String()
	if !peer.trusted {
		return list
	}
	if f.header != "" && !strings.EqualFold(f.header, "X-Forwarded-For") {
		// The proxy was said to vouch for this header, not for X-Forwarded-For.
		if v := in.Header.Values(f.header); len(v) == 1 {
			if a, ok := parseHop(v[0]); ok {
				list = a.String() + ", " + list
			}
		}
		return list
	}
	lines := in.Header["X-Forwarded-For"]
	n := 1
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for more := true; more; n++ {
			hop := rest
			cut := strings.LastIndexByte(rest, ',')
			if more = cut >= 0; more {
				rest, hop = rest[:cut], rest[cut+1:]
			}
			a, ok := parseHop(hop)
			if !ok || n == maxHops {
				return list
			}
			list = a.String() + ", " + list
			if !f.trusts(a) {
				return list
			}
		}
	}
	return list
}

// parseHop reads an address as proxies write it: bare, in brackets, or with a port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	if len(s) > 64 { // longer than any address with a port
		return netip.Addr{}, false
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return plainAddr(ap.Addr()), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if s, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(s, ":") {
			return netip.Addr{}, false
		}
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return plainAddr(a), true
}

// plainAddr drops the zone and the mapping of IPv4 into IPv6: with either, no prefix would contain the address.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

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
