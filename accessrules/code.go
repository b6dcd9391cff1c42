package accessrules

// code is compiled rules: a row of words, in which the garbage collector of a process that keeps many has nothing to follow. The first word is
// one more than the number of rules, and never zero; behind it is a head for each, and behind these are the rules' lists, two of each rule:
//
//	any      none;
//	country  words of four countries each, unused quarters all ones; or, told by its length, a countrySet; no second list;
//	ip.src   IPv4 prefixes of one word each; IPv6 prefixes of four. A list that is long is one word, its index in more.long.
//
// Nobody writes to it once it is complete.
type code []uint64

const (
	v6Words = 4 // net and mask, the upper half first

	codesAWord    = 4
	maxListed     = 16                 // countries that are listed; of more there is a countrySet
	eachCode      = 0x1_0001_0001_0001 // a number of 16 bits, times this, stands in all four quarters
	topOfEachCode = 0x8000 * eachCode
)

// head says of a rule what it is and where its lists are: its kind in bits 0 and 1, whether it allows in bit 2, whether a list is long in
// bits 3 and 4, the number of words of the first list in 8 to 15 and of the second in 16 to 23, where they begin in 24 to 63.
type head uint64

const (
	headAllows     head = 1 << 2
	headFirstLong  head = 1 << 3
	headSecondLong head = 1 << 4
	headLong            = headFirstLong | headSecondLong
)

func (h head) kind() kind { return kind(h & 3) }

// heads gives those of all rules.
func (c code) heads() code { return c[1:c[0]] }

// first and second give the lists of a rule.
func (c code) first(h head) code { return c[h>>24 : h>>24+h>>8&0xff] }

func (c code) second(h head) code {
	at := h>>24 + h>>8&0xff
	return c[at : at+h>>16&0xff]
}

func (h head) action() Action {
	if h&headAllows != 0 { // a constant, and not the rule's own text, which is part of a document that others may overwrite or that should go
		return Allow
	}
	return Block
}

// hasIPv4, hasIPv6 and hasCountry look for something in a list, which is all of c.
func (c code) hasIPv4(k key) bool {
	for _, w := range c {
		if (k.hi^w)>>32&w == 0 { // net over mask: what differs, moved to the mask
			return true
		}
	}
	return false
}

func (c code) hasIPv6(k key) bool {
	for ; len(c) >= v6Words; c = c[v6Words:] {
		if (k.hi^c[0])&c[2]|(k.lo^c[1])&c[3] == 0 {
			return true
		}
	}
	return false
}

func (c code) hasCountry(country Country) bool {
	i := uint(country) - firstCountry
	switch {
	case i >= codes:
		return false
	case len(c) == len(countrySet{}):
		return c[i>>6]>>(i&63)&1 != 0
	}
	for _, w := range c {
		// A quarter of d is zero where the country stands. Taking one from each borrows into the top bit of the lowest such quarter, and
		// never where there is none: what is found above it may be false, that something is found is not.
		d := w ^ uint64(i)*eachCode
		if (d-eachCode)&^d&topOfEachCode != 0 {
			return true
		}
	}
	return false
}

// ipv4 and ipv6 give the prefixes of a list back.
func (c code) ipv4() (list []prefix) {
	for _, w := range c {
		list = append(list, prefix{key{hi: w >> 32 << 32}, key{hi: w << 32}})
	}
	return list
}

func (c code) ipv6() (list []prefix) {
	for ; len(c) >= v6Words; c = c[v6Words:] {
		list = append(list, prefix{key{c[0], c[1]}, key{c[2], c[3]}})
	}
	return list
}

// appendIPv4, appendIPv6 and appendCountries (at most maxListed) write what the functions above read.
func (c code) appendIPv4(p prefix) code { return append(c, p.net.hi|p.mask.hi>>32) }

func (c code) appendIPv6(p prefix) code { return append(c, p.net.hi, p.net.lo, p.mask.hi, p.mask.lo) }

func (c code) appendCountries(list []uint16) code {
	for len(list) > 0 {
		w := ^uint64(0)
		for range min(codesAWord, len(list)) {
			w = w<<16 | uint64(list[0])
			list = list[1:]
		}
		c = append(c, w)
	}
	return c
}
