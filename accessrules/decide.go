package accessrules

import "net/netip"

// Decide says whether v may watch: the first rule that matches decides, none means allow, and a rule that is reached and lacks the fact
// it needs denies with that fact in Missing. A nil Set blocks, with Rule -1. It allocates nothing (Locate may). Safe for concurrent use.
func (s *Set) Decide(v Viewer) Verdict {
	if s == nil || !s.compiled {
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
	for i := range s.rules {
		r := &s.rules[i]
		switch r.kind {
		case kindIP:
			if !addressed {
				return Verdict{Block, i, MissingIP}
			}
			own := &r.v4
			if v6 {
				own = &r.v6
			}
			if !own.contains(addr) {
				continue
			}
		case kindCountry:
			if !country.available() {
				var missing Missing
				if country, missing = locate(v.Addr, v.Country, v.Locate); missing != MissingNothing {
					return Verdict{Block, i, missing}
				}
			}
			if !r.countries.has(country) {
				continue
			}
		}
		return Verdict{Action: r.action(), Rule: i}
	}
	return Verdict{Action: Allow, Rule: -1}
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
