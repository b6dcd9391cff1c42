package accessrules

import "net/netip"

// Decide says whether v may watch: the first rule that matches decides, none means allow, and a rule that is reached and lacks the fact
// it needs denies with that fact in Missing. A nil or zero Set blocks, with Rule -1. It allocates nothing (Locate may). Safe for concurrent use.
func (s *Set) Decide(v Viewer) Verdict {
	if s == nil {
		return Verdict{Action: Block, Rule: -1}
	}
	c := s.code()
	if c[0] == 0 {
		return Verdict{Action: Block, Rule: -1}
	}
	var (
		addressed = v.Addr.IsValid()
		addr      key
		v6        bool
		country   = v.Country
	)
	if addressed {
		addr, v6 = keyOf(v.Addr)
	}
	for i, w := range c.heads() {
		h := head(w)
		switch h.kind() {
		case kindIP:
			if !addressed {
				return Verdict{Block, i, MissingIP}
			}
			var hit bool
			switch {
			case h&headLong != 0:
				hit = s.hasLong(h, v6, addr)
			case v6:
				hit = c.second(h).hasIPv6(addr)
			default:
				hit = c.first(h).hasIPv4(addr)
			}
			if !hit {
				continue
			}
		case kindCountry:
			if !country.available() {
				var missing Missing
				if country, missing = locate(v.Addr, v.Country, v.Locate); missing != MissingNothing {
					return Verdict{Block, i, missing}
				}
			}
			if !c.first(h).hasCountry(country) {
				continue
			}
		}
		return Verdict{Action: h.action(), Rule: i}
	}
	return Verdict{Action: Allow, Rule: -1}
}

// hasLong looks for a key in the list of its family, of a rule that has a long one.
func (s *Set) hasLong(h head, v6 bool, k key) bool {
	list, long := s.code().first(h), h&headFirstLong != 0
	if v6 {
		list, long = s.code().second(h), h&headSecondLong != 0
	}
	switch {
	case long:
		return s.more.long[list[0]].contains(k)
	case v6:
		return list.hasIPv6(k)
	}
	return list.hasIPv4(k)
}

// available reports whether c is an answer, be it "unknown".
func (c Country) available() bool { return c-CountryUnknown <= codes }

// locate asks for the country that the viewer did not bring. Without an address it cannot be asked, and the address is what is
// missing: to call that a failure of the country source would have an operator look in the wrong place.
func locate(addr netip.Addr, country Country, ask func(netip.Addr) Country) (Country, Missing) {
	if country != CountryUnavailable || ask == nil {
		return CountryUnavailable, MissingCountry
	}
	if !addr.IsValid() {
		return CountryUnavailable, MissingIP
	}
	country = ask(addr.Unmap().WithZone(""))
	if !country.available() {
		return CountryUnavailable, MissingCountry
	}
	return country, MissingNothing
}
