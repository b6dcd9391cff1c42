package accessrules

import "unsafe"

// kind is a rule's type once it is known to be one of the three.
type kind uint8

const (
	kindAny kind = iota
	kindIP
	kindCountry
)

// rule is one compiled rule.
type rule struct {
	kind      kind
	allow     bool // a constant, and not the rule's own text, which is part of a document that others may overwrite or that should go
	countries *countrySet
	v4, v6    ranges
}

func (r *rule) action() Action {
	if r.allow {
		return Allow
	}
	return Block
}

// Set is compiled rules: immutable, safe for concurrent use. A nil *Set, and one made neither by [Compile] nor by [Read], blocks everybody.
type Set struct {
	rules    []rule
	bytes    int // see Bytes
	compiled bool
}

// Compile validates and compiles rules, any number of them and of entries. No rules make a Set that allows everybody. The error names
// the place by its index, as in `accessRules[2].ip[0]: ...`, and quotes nothing; the Set is then nil. rules are not retained. It does not hold the list to the five
// rules a token may carry. Safe for concurrent use.
func Compile(rules []Rule) (*Set, error) {
	ips, countries := 0, 0
	for i := range rules {
		switch rules[i].Type {
		case TypeIP:
			ips += len(rules[i].IP)
		case TypeCountry:
			countries++
		}
	}
	set, prefixes, bitsets := newSet(len(rules), ips, countries)
	for i := range rules {
		from, to := &rules[i], &set.rules[i]
		err := from.head()
		if err == nil {
			to.allow = from.Action == Allow // or Block: there is no third
			switch from.Type {
			case TypeIP:
				to.kind = kindIP
				err = to.compileIP(from.IP, prefixes[:len(from.IP):len(from.IP)])
				prefixes = prefixes[len(from.IP):]
			case TypeCountry:
				to.kind, to.countries = kindCountry, &bitsets[0]
				err = to.compileCountry(from.Country)
				bitsets = bitsets[1:]
			}
		}
		if err != nil {
			return nil, &ruleError{rule: i, err: err}
		}
		set.bytes += to.v4.trie.bytes() + to.v6.trie.bytes()
	}
	return set, nil
}

// everybody is the Set of no rules.
var everybody = Set{compiled: true}

// tokenSet is a Set with room for what the rules of a token usually share. A token seen for the first time is compiled on the way to its
// verdict, and four allocations take twice the time of one.
type tokenSet struct {
	Set
	rules     [tokenRules]rule
	prefixes  [6]prefix
	countries [2]countrySet
}

// newSet makes a Set of so many rules, and the ranges and countries for them to share.
func newSet(rules, ranges, countries int) (*Set, []prefix, []countrySet) {
	if rules == 0 {
		return &everybody, nil, nil
	}
	if rules <= tokenRules && ranges <= len(tokenSet{}.prefixes) && countries <= len(tokenSet{}.countries) {
		s := &tokenSet{}
		s.Set = Set{rules: s.rules[:rules], bytes: int(unsafe.Sizeof(*s)), compiled: true}
		return &s.Set, s.prefixes[:], s.countries[:]
	}
	bytes := int(unsafe.Sizeof(Set{})) + rules*int(unsafe.Sizeof(rule{})) + ranges*int(unsafe.Sizeof(prefix{})) + countries*int(unsafe.Sizeof(countrySet{}))
	return &Set{rules: make([]rule, rules), bytes: bytes, compiled: true}, make([]prefix, ranges), make([]countrySet, countries)
}

// compileIP fills room, of the length of entries: IPv4 from its front, IPv6 from its back.
func (r *rule) compileIP(entries []string, room []prefix) error {
	if len(entries) == 0 {
		return errNoIPs
	}
	front, back := 0, len(room)
	for i, s := range entries {
		e, err := parseRange(s)
		switch {
		case err != nil:
			return &fieldError{"ip", i, err}
		case e.v6:
			back--
			room[back] = e.prefix
		default:
			room[front] = e.prefix
			front++
		}
	}
	r.v4, r.v6 = makeRanges(room[:front:front]), makeRanges(room[back:])
	return nil
}

func (r *rule) compileCountry(list []string) error {
	if len(list) == 0 {
		return errNoCountry
	}
	for i, s := range list {
		switch c := countryIndex(s); c {
		case notCountry:
			return &fieldError{"country", i, errCountry}
		case noCountry: // matches nobody
		default:
			r.countries.add(c)
		}
	}
	return nil
}

// Len gives the number of rules; 0 for nil. Safe for concurrent use.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.rules)
}

// Bytes gives how much memory the Set holds, without what the allocator adds, for whoever keeps many and bounds them; 0 for
// nil and for a Set of no rules, which all share. Safe for concurrent use.
func (s *Set) Bytes() int {
	if s == nil {
		return 0
	}
	return s.bytes
}
