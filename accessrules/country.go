package accessrules

// Country is what is known of a viewer's country. The zero value is [CountryUnavailable]. Make one with [ParseCountry]; a value
// beyond those it gives counts as unavailable.
type Country uint16

// What a Country can be besides one of the 676 codes of two letters.
const (
	CountryUnavailable Country = 0 // no source, or it failed: a rule that needs it denies
	CountryUnknown     Country = 1 // the source answered that it does not know: matches no rule

	firstCountry = 2 // AA; the codes follow in order
	codes        = 26 * 26
	notCountry   = -1 // countryIndex: no country code at all
	noCountry    = -2 // countryIndex: XX or T1, the codes of nobody
)

// ParseCountry gives the country of s: two ASCII letters in any case are that country, whether or not ISO has assigned the code; XX
// (no data) and T1 (Tor), as in Cloudflare's CF-IPCountry header, are [CountryUnknown]; anything else, the empty string included, is
// [CountryUnavailable], for a source that answers so cannot be relied on. Safe for concurrent use.
func ParseCountry(s string) Country {
	switch i := countryIndex(s); i {
	case notCountry:
		return CountryUnavailable
	case noCountry:
		return CountryUnknown
	default:
		return Country(firstCountry + i)
	}
}

// String gives the code in upper case ("US"), "unknown" or "unavailable".
func (c Country) String() string {
	i := int(c) - firstCountry
	switch {
	case c == CountryUnknown:
		return "unknown"
	case i < 0 || i >= codes:
		return "unavailable"
	}
	return string([]byte{'A' + byte(i/26), 'A' + byte(i%26)})
}

// countryIndex gives 0 to 675 for AA to ZZ in any case, noCountry for XX and T1, notCountry for anything else.
func countryIndex(s string) int {
	if len(s) != 2 {
		return notCountry
	}
	a, b := s[0]|0x20-'a', s[1]|0x20-'a' // |0x20 makes no letter of a byte that is none: '@' and '[' fall outside again
	switch {
	case a == 't'-'a' && s[1] == '1', a == 'x'-'a' && b == 'x'-'a':
		return noCountry
	case a >= 26 || b >= 26:
		return notCountry
	}
	return int(a)*26 + int(b)
}

// countrySet is a bit for each code.
type countrySet [(codes + 63) / 64]uint64

// add reports whether i is new.
func (s *countrySet) add(i int) bool {
	had := s[i>>6]
	s[i>>6] |= 1 << (i & 63)
	return s[i>>6] != had
}

func (s *countrySet) has(i int) bool { return s[i>>6]>>(i&63)&1 != 0 }
