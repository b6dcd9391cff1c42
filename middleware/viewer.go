package middleware

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/streamtoken/streamtoken/accessrules"
)

const (
	forwardedFor = "X-Forwarded-For"

	// maxHops bounds the walk along X-Forwarded-For: no real chain of trusted proxies is longer.
	maxHops = 64
	// maxHopBytes bounds one hop: the longest IPv6 form in brackets, with a zone and a port, is shorter.
	maxHopBytes = 80
)

// viewers finds out who asks.
type viewers struct {
	trusted []netip.Prefix // as plainPrefix gives them
	header  string         // canonical name of the field with the one address; "": X-Forwarded-For
	country string         // canonical name of the country's field; "": none
	locate  func(netip.Addr) accessrules.Country
}

// of gives the viewer of r, and why the address is unavailable if it is. The address of a trusted proxy is never taken
// for the viewer's: a rule that allows the own network would let the world in.
func (v *viewers) of(r *http.Request) (accessrules.Viewer, string) {
	who := accessrules.Viewer{Locate: v.locate}
	addr, ok := peerAddr(r.RemoteAddr)
	if !ok {
		return who, "the peer has no IP address"
	}
	if !v.trusts(addr) {
		who.Addr = addr
		return who, ""
	}
	if v.country != "" {
		if lines := r.Header[v.country]; len(lines) == 1 {
			who.Country = accessrules.ParseCountry(lines[0])
		}
	}
	var why string
	if v.header != "" {
		who.Addr, why = v.named(r.Header[v.header])
	} else {
		who.Addr, why = v.forwarded(r.Header[forwardedFor], nil)
	}
	return who, why
}

func (v *viewers) trusts(addr netip.Addr) bool {
	for _, p := range v.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// named reads the field that holds one address.
func (v *viewers) named(lines []string) (netip.Addr, string) {
	switch len(lines) {
	case 0:
		return netip.Addr{}, "the trusted proxy sent no client address"
	case 1:
	default:
		return netip.Addr{}, "the trusted proxy sent several client addresses"
	}
	addr, ok := parseHop(lines[0])
	switch {
	case !ok:
		return netip.Addr{}, "the trusted proxy sent an unreadable client address"
	case v.trusts(addr):
		return netip.Addr{}, "the trusted proxy sent a trusted proxy's address"
	}
	return addr, ""
}

// forwarded walks X-Forwarded-For from the right, where our own proxies wrote, to the first hop that is none of them.
// What stands to the left of it was sent by that hop and could be anything, so it is not even parsed. Each hop that was
// read is appended to *trail, if trail is not nil.
func (v *viewers) forwarded(lines []string, trail *[]netip.Addr) (netip.Addr, string) {
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		line, more := lines[i], true
		for more {
			if hops++; hops > maxHops {
				return netip.Addr{}, "X-Forwarded-For names too many trusted proxies"
			}
			hop := line
			var comma int
			if comma = strings.LastIndexByte(line, ','); comma >= 0 {
				hop, line = line[comma+1:], line[:comma]
			}
			more = comma >= 0
			addr, ok := parseHop(hop)
			if !ok {
				return netip.Addr{}, "X-Forwarded-For holds an empty or unreadable hop"
			}
			if trail != nil {
				*trail = append(*trail, addr)
			}
			if !v.trusts(addr) {
				return addr, ""
			}
		}
	}
	if hops == 0 {
		return netip.Addr{}, "the trusted proxy sent no X-Forwarded-For"
	}
	return netip.Addr{}, "X-Forwarded-For names only trusted proxies"
}

// parseHop reads an address as proxies write it: bare, a.b.c.d:port, [v6] or [v6]:port, white space around it.
func parseHop(s string) (netip.Addr, bool) {
	s = trimBlanks(s)
	if s == "" || len(s) > maxHopBytes {
		return netip.Addr{}, false
	}
	if addr, n := leadingIPv4(s); n > 0 && (n == len(s) || s[n] == ':' && isPort(s[n+1:])) {
		return addr, true // the usual hop, in less than half the time
	}
	if s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 || end+1 < len(s) && (s[end+1] != ':' || !isPort(s[end+2:])) {
			return netip.Addr{}, false
		}
		addr, err := netip.ParseAddr(s[1:end])
		if err != nil || !addr.Is6() {
			return netip.Addr{}, false
		}
		return plainAddr(addr), true
	}
	if i := strings.IndexByte(s, ':'); i >= 0 && strings.IndexByte(s[i+1:], ':') < 0 {
		// One colon: IPv6 has at least two.
		if !isPort(s[i+1:]) {
			return netip.Addr{}, false
		}
		s = s[:i]
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return plainAddr(addr), true
}

// trimBlanks is strings.Trim(s, " \t").
func trimBlanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

func isPort(s string) bool {
	if s == "" || len(s) > 5 {
		return false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535
}

// plainAddr gives the form that prefixes compare with: netip.Prefix.Contains is false for a mapped address in an IPv4
// prefix and for any address with a zone.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// plainPrefix is plainAddr for a prefix: a mapped one of /96 or longer is the IPv4 prefix it means.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}
