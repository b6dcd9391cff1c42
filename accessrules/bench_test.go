package accessrules_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
)

// Sinks keep the compiler from dropping what is measured.
var (
	verdict accessrules.Verdict
	hit     bool
)

// fiveRules holds five ranges and two sets of countries; a viewer from France passes all of it.
var fiveRules = []accessrules.Rule{
	{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "2001:db8::/32"}},
	{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"198.51.100.0/24", "2400:cb00::/32", "192.0.2.7"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"KP", "SY"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US", "CA", "MX", "DE", "AT"}},
	{Type: accessrules.TypeAny, Action: accessrules.Allow},
}

func BenchmarkDecideFiveRules(b *testing.B) {
	set := compile(b, fiveRules...)
	for name, addr := range map[string]string{"v4": "100.64.9.9", "v6": "2a00:1450::9"} {
		b.Run(name, func(b *testing.B) {
			v := who(b, addr, "FR")
			b.ReportAllocs()
			for b.Loop() {
				verdict = set.Decide(v)
			}
		})
	}
}

func BenchmarkCompileFiveRules(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := accessrules.Compile(fiveRules); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseFiveRules(b *testing.B) {
	data := accessrules.AppendJSON(nil, fiveRules)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := accessrules.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

// spread makes n ranges in the manner named.
func spread(kind string, n int) []netip.Prefix {
	rnd := rand.New(rand.NewPCG(uint64(n), 7))
	list := make([]netip.Prefix, n)
	for i := range list {
		var b [16]byte
		for j := range b {
			b[j] = byte(rnd.Uint32())
		}
		switch kind {
		case "v4-random":
			list[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte(b[:4])), 20+rnd.IntN(13))
		case "v4-one-net": // 10.0.0.0/8, lengths that nest
			b[0] = 10
			list[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte(b[:4])), 22+rnd.IntN(11))
		case "v6-random":
			b[0] = 0x20 | b[0]&0x0f
			list[i] = netip.PrefixFrom(netip.AddrFrom16(b), 32+rnd.IntN(33))
		case "v6-one-net": // hosts of 2001:db8::/48
			copy(b[:], []byte{0x20, 0x01, 0x0d, 0xb8, 0, 0})
			list[i] = netip.PrefixFrom(netip.AddrFrom16(b), 64+rnd.IntN(65))
		}
		list[i] = list[i].Masked()
	}
	return list
}

// asks makes viewers for list: half of them in one of its ranges, half beside.
func asks(list []netip.Prefix, n int) []netip.Addr {
	rnd := rand.New(rand.NewPCG(11, uint64(n)))
	addrs := make([]netip.Addr, n)
	for i := range addrs {
		p := list[rnd.IntN(len(list))]
		b := p.Addr().AsSlice()
		from := p.Bits()
		if i%2 == 1 {
			from = max(0, from-12)
		}
		for j := from; j < len(b)*8; j++ {
			b[j/8] ^= byte(rnd.IntN(2)) << (7 - j%8)
		}
		addrs[i], _ = netip.AddrFromSlice(b)
	}
	return addrs
}

func rangesRule(list []netip.Prefix) []accessrules.Rule {
	r := accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Block}
	for _, p := range list {
		r.IP = append(r.IP, p.String())
	}
	return []accessrules.Rule{r}
}

// BenchmarkRanges asks one rule of n ranges for 1,024 viewers in turn, beside a walk over a []netip.Prefix.
func BenchmarkRanges(b *testing.B) {
	for _, kind := range []string{"v4-random", "v4-one-net", "v6-random", "v6-one-net"} {
		for _, n := range []int{1, 5, 50, 1000, 100000} {
			list := spread(kind, n)
			addrs := asks(list, 1024)
			b.Run(fmt.Sprintf("%s/%d/set", kind, n), func(b *testing.B) {
				set := compile(b, rangesRule(list)...)
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					verdict = set.Decide(accessrules.Viewer{Addr: addrs[i&1023]})
					i++
				}
			})
			b.Run(fmt.Sprintf("%s/%d/netip", kind, n), func(b *testing.B) {
				i := 0
				for b.Loop() {
					hit = false
					for _, p := range list {
						if p.Contains(addrs[i&1023]) {
							hit = true
							break
						}
					}
					i++
				}
			})
		}
	}
}

func BenchmarkCompileRanges(b *testing.B) {
	for _, n := range []int{50, 1000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rules := rangesRule(spread("v4-random", n))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := accessrules.Compile(rules); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
