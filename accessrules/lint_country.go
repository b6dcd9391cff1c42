package accessrules

import (
	"slices"
	"strconv"
	"strings"
)

// country judges a valid rule of type ip.geoip.country and reports whether it matches anybody who is left.
func (l *linter) country(r *Rule, reachable bool) bool {
	var (
		nobody, twice hits
		covered       coverage
		own           countrySet
		list          []string
	)
	unassigned, why := hits{}, ""
	for i, s := range r.Country {
		s = strings.ToUpper(s)
		name := "country[" + strconv.Itoa(i) + "] " + s
		c := countryIndex(s)
		if c == noCountry {
			nobody.add(name)
			continue
		}
		if !own.add(c) {
			twice.add(name)
			continue
		}
		list = append(list, s)
		if !isAssigned(s) {
			if unassigned.count == 0 {
				why = mistaken[s]
			}
			unassigned.add(name)
		}
		if reachable {
			owner := nobodyYet
			if l.countries[c] > 0 {
				owner = l.countries[c] - 1
			}
			covered.add(name, owner)
		}
	}
	if why == "" {
		why = "ISO 3166-1 has assigned this code to no country: no source answers with it"
	}
	l.report(CodeCountryUnassigned, unassigned, why)
	l.report(CodeCountryMatchesNone, nobody, "XX (no data) and T1 (Tor) are answers of a source that does not know the country: they match nobody")
	l.report(CodeDuplicateEntry, twice, "the rule has the same country before it")
	if !reachable || len(list) == 0 {
		return false
	}
	slices.Sort(list)
	left := l.covered(covered, strings.Join(list, ""))
	for c := range l.countries {
		if l.countries[c] == 0 && own.has(c) {
			l.countries[c] = l.index + 1
		}
	}
	return left
}

// isAssigned reports whether ISO 3166-1 or every database in use knows the code: XK is Kosovo in all of them.
func isAssigned(code string) bool {
	return code == "XK" || slices.Contains(strings.Fields(assigned[code[0]]), code)
}
