package accessrules_test

import (
	"net/netip"
	"strings"

	"github.com/streamtoken/streamtoken/accessrules"
)

// naive is the rules as the documentation tells them, worked out of the strings at every call with net/netip alone: slow, and plain enough to
// be read against the documentation. rules must be valid.
func naive(rules []accessrules.Rule, v accessrules.Viewer) accessrules.Verdict {
	block := func(i int, m accessrules.Missing) accessrules.Verdict {
		return accessrules.Verdict{Action: accessrules.Block, Rule: i, Missing: m}
	}
	country := v.Country.String()
	located := false
	for i, r := range rules {
		match := false
		switch r.Type {
		case accessrules.TypeAny:
			match = true
		case accessrules.TypeIP:
			if !v.Addr.IsValid() {
				return block(i, accessrules.MissingIP)
			}
			for _, s := range r.IP {
				match = match || naivePrefix(s).Contains(v.Addr.Unmap().WithZone(""))
			}
		case accessrules.TypeCountry:
			if v.Country == accessrules.CountryUnavailable && v.Locate != nil && !located {
				if !v.Addr.IsValid() {
					return block(i, accessrules.MissingIP)
				}
				country, located = v.Locate(v.Addr.Unmap().WithZone("")).String(), true
			}
			if country == "unavailable" {
				return block(i, accessrules.MissingCountry)
			}
			for _, c := range r.Country {
				match = match || strings.ToUpper(c) == country && country != "XX"
			}
		}
		if match {
			return accessrules.Verdict{Action: r.Action, Rule: i}
		}
	}
	return accessrules.Verdict{Action: accessrules.Allow, Rule: -1}
}

func naivePrefix(s string) netip.Prefix {
	addr, length, ranged := s, "", false
	if i := strings.LastIndex(s, "/"); i >= 0 {
		addr, length, ranged = s[:i], s[i:], true
	}
	addr, _, _ = strings.Cut(addr, "%")
	if !ranged {
		a := netip.MustParseAddr(addr).Unmap()
		return netip.PrefixFrom(a, a.BitLen())
	}
	p := netip.MustParsePrefix(addr + length)
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}
