package accessrules

import "unsafe"

// kind is a rule's type once it is known to be one of the three.
type kind uint8

const (
	kindAny kind = iota
	kindIP
	kindCountry
)

// Set is compiled rules: immutable, safe for concurrent use, and a value that may be copied. The zero Set, and a nil *Set, blocks everybody; one
// is made by [Compile].
type Set struct {
	// The code, if it is as short as that of three rules of the usual kinds: a few addresses, two IPv6 ranges, some countries, everybody else.
	// Wherever a Set is kept, what judges a viewer is then right there: no further place to find in memory, no object for the garbage collector.
	few  [fewWords]uint64
	more *more // with the code otherwise
}

// fewWords leaves 48 bytes of three cache lines to what a Set is kept with, in a process that keeps many.
const fewWords = 17

// more is what a Set has no room for: one allocation for a token's five rules, most of the time.
type more struct {
	code code     // which may lie in room
	long []ranges // lists that a code has no room for
	room [32]uint64
}

func (s *Set) code() code {
	if s.more != nil {
		return s.more.code
	}
	return s.few[:]
}

// Compile validates and compiles rules, any number of them and of entries. No rules make a Set that allows everybody. The error names
// the place by its index, as in `accessRules[2].ip[0]: ...`, and quotes nothing; the Set is then nil. rules are not retained. It does not hold the list to the five
// rules a token may carry. Safe for concurrent use.
func Compile(rules []Rule) (*Set, error) {
	s, err := compile(rules)
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// compile is Compile. It allocates nothing for the usual rules of a token: one seen for the first time is compiled on the way to its verdict.
// That is why c goes from hand to hand below: written to through a pointer, it could not stay on the stack.
func compile(rules []Rule) (Set, error) {
	var (
		room [48]uint64
		long []ranges
		set  Set
	)
	c := append(append(code(room[:0]), uint64(1+len(rules))), make(code, len(rules))...)
	for i := range rules {
		longer, h, err := c.appendRule(&rules[i], &long)
		if err != nil {
			return Set{}, &ruleError{rule: i, err: err}
		}
		longer[1+i] = uint64(h)
		c = longer
	}
	if len(c) > fewWords || long != nil {
		set.more = &more{long: long}
		set.more.code = append(set.more.room[:0], c...)
	} else {
		copy(set.few[:], c)
	}
	return set, nil
}

// appendRule appends the lists of r, and gives its head. A list that is long goes to lists.
func (c code) appendRule(r *Rule, lists *[]ranges) (_ code, h head, err error) {
	if err := r.head(); err != nil {
		return c, 0, err
	}
	at := len(c)
	switch r.Type { // kindAny is the zero head
	case TypeIP:
		c, h, err = c.appendIP(r.IP, lists)
	case TypeCountry:
		c, h, err = c.appendCountry(r.Country)
	}
	if r.Action == Allow { // or Block: there is no third
		h |= headAllows
	}
	return c, h | head(at)<<24, err
}

func (c code) appendIP(entries []string, lists *[]ranges) (code, head, error) {
	if len(entries) == 0 {
		return c, 0, errNoIPs
	}
	var four, six [flatMax]prefix // a token's rules have no more
	v4, v6 := four[:0], six[:0]
	for i, s := range entries {
		e, err := parseRange(s)
		switch {
		case err != nil:
			return c, 0, &fieldError{"ip", i, err}
		case e.v6:
			v6 = append(v6, e.prefix)
		default:
			v4 = append(v4, e.prefix)
		}
	}
	h := head(kindIP)
	if len(v4) > flatMax {
		c = append(c, keep(v4, lists))
		h |= headFirstLong | 1<<8
	} else {
		for _, p := range v4 {
			c = c.appendIPv4(p)
		}
		h |= head(len(v4)) << 8
	}
	if len(v6) > flatMax {
		c = append(c, keep(v6, lists))
		h |= headSecondLong | 1<<16
	} else {
		for _, p := range v6 {
			c = c.appendIPv6(p)
		}
		h |= head(len(v6)) * v6Words << 16
	}
	return c, h, nil
}

// keep puts a list that is long behind the others, and gives its index.
func keep(list []prefix, lists *[]ranges) uint64 {
	*lists = append(*lists, makeRanges(append([]prefix(nil), list...)))
	return uint64(len(*lists) - 1)
}

func (c code) appendCountry(entries []string) (code, head, error) {
	if len(entries) == 0 {
		return c, 0, errNoCountry
	}
	var (
		set  countrySet
		room [maxListed]uint16
		n    int
	)
	for i, s := range entries {
		switch v := countryIndex(s); {
		case v == notCountry:
			return c, 0, &fieldError{"country", i, errCountry}
		case v == noCountry: // matches nobody
		case set.add(v):
			if n < maxListed {
				room[n] = uint16(v)
			}
			n++
		}
	}
	from := len(c)
	if n <= maxListed {
		c = c.appendCountries(room[:n])
	} else {
		c = append(c, set[:]...)
	}
	return c, head(kindCountry) | head(len(c)-from)<<8, nil
}

// Len gives the number of rules; 0 for nil and for the zero Set. Safe for concurrent use.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return max(int(s.code()[0]), 1) - 1
}

// Bytes gives how much memory s refers to, beside itself and without what the allocator adds, for whoever keeps many and bounds them; 0 for nil and
// for most rules of tokens. Safe for concurrent use.
func (s *Set) Bytes() int {
	if s == nil || s.more == nil {
		return 0
	}
	m := s.more
	n := int(unsafe.Sizeof(*m)) + cap(m.long)*int(unsafe.Sizeof(ranges{}))
	if len(m.code) > len(m.room) {
		n += cap(m.code) * int(unsafe.Sizeof(m.code[0]))
	}
	for i := range m.long {
		n += m.long[i].bytes()
	}
	return n
}
