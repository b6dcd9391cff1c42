package middleware

import "net/netip"

// peerAddr gives the address of a TCP peer, as net/http writes it with its port, in the form of [plainAddr]; false if
// it is none. It says what netip.ParseAddrPort says. Most peers are a.b.c.d:port, and that form costs a few nanoseconds:
// no more than looking up what was said of the same string before, and with nothing to remember of any connection.
func peerAddr(s string) (netip.Addr, bool) {
	if addr, n := leadingIPv4(s); n > 0 && n < len(s) && s[n] == ':' && isPort(s[n+1:]) {
		return addr, true
	}
	peer, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return plainAddr(peer.Addr()), true
}

// leadingIPv4 reads the dotted address that s begins with, and gives its length: 0 if s begins with none, or with one
// that package netip has to look at, such as an octet with a leading zero.
func leadingIPv4(s string) (addr netip.Addr, n int) {
	var octets [4]byte
	for field := range octets {
		if field > 0 {
			if n >= len(s) || s[n] != '.' {
				return netip.Addr{}, 0
			}
			n++
		}
		if n >= len(s) {
			return netip.Addr{}, 0
		}
		v := uint(s[n] - '0')
		if v > 9 {
			return netip.Addr{}, 0
		}
		n++
		for digits := 1; n < len(s); digits++ {
			d := uint(s[n] - '0')
			if d > 9 {
				break
			}
			if v = v*10 + d; v == d || v > 255 || digits == 3 {
				return netip.Addr{}, 0 // v == d: a zero before it
			}
			n++
		}
		octets[field] = byte(v)
	}
	return netip.AddrFrom4(octets), n
}
