package accessrules_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

// shapes are lists of ranges that are hard on a tree in one way each.
func shapes() map[string][]netip.Prefix {
	shapes := map[string][]netip.Prefix{}
	for _, kind := range []string{"v4-random", "v4-one-net", "v6-random", "v6-one-net"} {
		for _, n := range []int{12, 13, 14, 60, 1000, 5000} {
			shapes[fmt.Sprintf("%s-%d", kind, n)] = spread(kind, n)
		}
	}
	add := func(name, addr string, bits int) {
		shapes[name] = append(shapes[name], netip.PrefixFrom(netip.MustParseAddr(addr), bits).Masked())
	}
	flip := func(a netip.Addr, bit int) netip.Addr {
		b := a.AsSlice()
		b[bit/8] ^= 0x80 >> (bit % 8)
		a, _ = netip.AddrFromSlice(b)
		return a
	}
	// Beside a path from the root to one address: one prefix of every length, each with nothing in common with the rest.
	for i := range 32 {
		add("v4-beside-a-path", flip(netip.MustParseAddr("10.20.30.40"), i).String(), i+1)
	}
	for i := range 128 {
		add("v6-beside-a-path", flip(netip.MustParseAddr("2001:db8::1"), i).String(), i+1)
	}
	// On the path: all nested in the widest.
	for i := 1; i <= 32; i++ {
		add("v4-nested", "10.20.30.40", i)
	}
	for i := 20; i <= 128; i++ {
		add("v6-nested", "2001:db8::1", i)
	}
	for i := range 4096 { // neighbours without a gap
		add("v4-dense", fmt.Sprintf("10.1.%d.%d", i>>8, i&255), 32)
		add("v6-dense", fmt.Sprintf("2001:db8::%x", i), 128)
		add("v6-every-second", fmt.Sprintf("2001:db8::%x", 2*i), 128)
	}
	for i := range 64 { // few, far apart in length and place
		add("v6-far-apart", fmt.Sprintf("%x::", i<<10), 6)
		add("v6-far-apart", fmt.Sprintf("%x::%x", i<<10|1<<9, i), 128)
	}
	add("v4-with-all", "0.0.0.0", 0)
	shapes["v4-with-all"] = append(shapes["v4-with-all"], spread("v4-random", 100)...)
	add("v6-with-all", "::", 0)
	shapes["v6-with-all"] = append(shapes["v6-with-all"], spread("v6-random", 100)...)
	add("v4-halves", "0.0.0.0", 1)
	add("v4-halves", "128.0.0.0", 1)
	shapes["v4-halves"] = append(shapes["v4-halves"], spread("v4-one-net", 100)...)
	return shapes
}

// TestRanges compares large rules with a walk over their prefixes: at and beside both ends of every one, and in between.
func TestRanges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for name, list := range shapes() {
		set := compile(t, rangesRule(list)...)
		check := func(a netip.Addr) {
			if !a.IsValid() { // Next of the last address
				return
			}
			want := false
			for _, p := range list {
				want = want || p.Contains(a)
			}
			if got := !set.Decide(accessrules.Viewer{Addr: a}).Allowed(); got != want {
				t.Fatalf("%s: %v is in the list: %v, but decided %v", name, a, want, got)
			}
		}
		for _, p := range list {
			if len(list) > 500 && rnd.IntN(8) > 0 {
				continue
			}
			first, last := p.Addr(), last(p)
			check(first)
			check(last)
			check(first.Prev())
			check(last.Next())
		}
		for _, a := range asks(list, 500) {
			check(a)
		}
	}
}

// Without IPv4 ranges a rule has nothing for IPv4 viewers, however many of IPv6 it has, and the other way round.
func TestRangesOfOneFamily(t *testing.T) {
	v4 := compile(t, rangesRule(append(spread("v4-random", 100), netip.MustParsePrefix("0.0.0.0/0")))...)
	v6 := compile(t, rangesRule(append(spread("v6-random", 100), netip.MustParsePrefix("::/0")))...)
	for _, tt := range []struct {
		addr     string
		in4, in6 bool
	}{{"10.0.0.1", true, false}, {"::ffff:10.0.0.1", true, false}, {"::", false, true}, {"2001:db8::", false, true}} {
		v := who(t, tt.addr, "-")
		require.Equal(t, tt.in4, !v4.Decide(v).Allowed(), tt.addr)
		require.Equal(t, tt.in6, !v6.Decide(v).Allowed(), tt.addr)
	}
}
