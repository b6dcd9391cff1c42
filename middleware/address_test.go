package middleware

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// slowHop is parseHop with package netip alone.
func slowHop(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	if s == "" || len(s) > maxHopBytes {
		return netip.Addr{}, false
	}
	if strings.HasPrefix(s, "[") {
		inner, rest, closed := strings.Cut(s[1:], "]")
		port, colon := strings.CutPrefix(rest, ":")
		if !closed || rest != "" && (!colon || !isPort(port)) {
			return netip.Addr{}, false
		}
		addr, err := netip.ParseAddr(inner)
		return plainAddr(addr), err == nil && addr.Is6()
	}
	if host, port, _ := strings.Cut(s, ":"); strings.Count(s, ":") == 1 {
		if !isPort(port) {
			return netip.Addr{}, false
		}
		s = host
	}
	addr, err := netip.ParseAddr(s)
	return plainAddr(addr), err == nil
}

// The quick readers of an address say what package netip says, of anything.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"192.0.2.7:47110", "0.0.0.0:0", "255.255.255.255:65535", "256.0.0.1:1", "1.2.3.4:65536", "1.2.3.4:00080", "1.2.3.4:000080", "1.2.3.4:", "1.2.3.4", "01.2.3.4:1", "1.2.3.00:1",
		"1.2.3.0:1", "1.2.3:1", "1.2.3.4.5:1", "1.2.3.4:1:2", "1.2..4:1", ".1.2.3.4:1", "1.2.3.4.:1", "1.2.3.4:+1", "1.2.3.4:-1", "1.2.3.4 :1", " 1.2.3.4\t", "1.2.3.1000:1", "1.2.3.4:8_0",
		"[2001:db8::7]:47110", "[::ffff:192.0.2.7]:1", "[fe80::1%eth0]:1", "::1", "[1.2.3.4]:1", "[::1]", "@", "", "/run/edge.sock", "1.2.3.4%a:1", "\xb1.2.3.4:1", "1.2.3.4\x00:1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := peerAddr(s)
		want, err := netip.ParseAddrPort(s)
		require.Equal(t, err == nil, ok)
		if ok {
			require.Equal(t, plainAddr(want.Addr()), got)
		}
		got, ok = parseHop(s)
		hop, wanted := slowHop(s)
		require.Equal(t, wanted, ok)
		if ok {
			require.Equal(t, hop, got)
		}
		require.Equal(t, strings.Trim(s, " \t"), trimBlanks(s))
	})
}

func BenchmarkPeer(b *testing.B) {
	for _, peer := range []string{"192.0.2.7:47110", "[2001:db8:1:2:3:4:5:7]:47110"} {
		b.Run(peer, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				peerAddr(peer)
			}
		})
	}
	b.Run("netip", func(b *testing.B) {
		for b.Loop() {
			_, _ = netip.ParseAddrPort("192.0.2.7:47110")
		}
	})
}
