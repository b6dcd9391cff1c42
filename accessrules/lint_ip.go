package accessrules

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
)

// ip judges a valid rule of type ip.src and reports whether it matches anybody who is left.
func (l *linter) ip(r *Rule, reachable bool) bool {
	var (
		hostBits, zone, mapped, single, nobody, twice hits
		covered                                       coverage
		count, whole                                  [2]int // IPv4, IPv6
		distinct                                      = map[familyPrefix]bool{}
		list                                          = make([]familyPrefix, 0, len(r.IP))
	)
	for i, s := range r.IP {
		e, err := parseRange(s)
		if err != nil {
			continue // Validate has seen to it
		}
		name := "ip[" + strconv.Itoa(i) + "] " + s
		family := 0
		if e.v6 {
			family = 1
		}
		count[family]++
		if e.bits() == 0 {
			whole[family]++
		}
		if e.hostBits {
			hostBits.add(name)
		}
		if e.zone {
			zone.add(name)
		}
		if e.mapped {
			mapped.add(name)
		}
		if never(e) {
			nobody.add(name)
		} else if e.v6 && e.single {
			single.add(name)
		}
		p := familyPrefix{e.prefix, e.v6}
		if distinct[p] {
			twice.add(name)
			continue
		}
		distinct[p] = true
		list = append(list, p)
		if reachable {
			covered.add(name, l.cover(e.v6).find(e.prefix))
		}
	}
	l.families(r, count, whole)
	l.report(CodeHostBits, hostBits, "bits below the prefix length are set and are masked: the rule takes in the whole range")
	l.report(CodeZone, zone, "the zone is dropped: a viewer's zone is not known across a network")
	l.report(CodeMappedRange, mapped, "shorter than /96, this is a range of IPv6: no IPv4 viewer is in it")
	l.report(CodeSingleIPv6, single, "one IPv6 address, which its device changes at will: a /64 holds it")
	l.report(CodeIPMatchesNobody, nobody, "no viewer comes from there; for every address write 0.0.0.0/0 and ::/0")
	l.report(CodeDuplicateEntry, twice, "the rule has the same range before it")
	if !reachable {
		return false
	}
	left := l.covered(covered, matchKey(list))
	for _, p := range list {
		l.cover(p.v6).insert(p.prefix, l.index)
	}
	if l.v4.find(prefix{}) != nobodyYet && l.v6.find(prefix{}) != nobodyYet {
		l.closed = l.index
	}
	return left
}

type familyPrefix struct {
	prefix
	v6 bool
}

func (l *linter) cover(v6 bool) *cover {
	if v6 {
		return &l.v6
	}
	return &l.v4
}

// families finds rules that one family of addresses walks around.
func (l *linter) families(r *Rule, count, whole [2]int) {
	names, all := [2]string{"IPv4", "IPv6"}, [2]string{"0.0.0.0/0", "::/0"}
	for f := range names {
		o := 1 - f
		switch {
		case whole[f] > 0 && count[o] == 0:
			l.add(CodeOneFamily, all[f]+" is every "+names[f]+" viewer and no "+names[o]+" viewer: add "+all[o])
		case count[o] == 0:
			effect := "allow"
			if r.Action == Block {
				effect = "block"
			}
			l.add(CodeOneFamily, "the rule has only "+names[f]+" and does not "+effect+" the same viewer coming by "+names[o]+": add the "+names[o]+" ranges")
		case whole[f] > 0 && whole[o] == 0:
			l.add(CodeWholeFamily, all[f]+" is every "+names[f]+" viewer, but of "+names[o]+" only some: add "+all[o]+", or make it a rule of type any")
		}
	}
}

// never reports whether no viewer can come from any address of e: the unspecified addresses, broadcast and multicast (RFC 6890, RFC 5771, RFC 4291 2.7).
func never(e ipRange) bool {
	var multicast prefix
	if e.v6 {
		multicast = prefixOf(key{hi: 0xff << 56}, 8)
	} else {
		multicast = prefixOf(key{hi: 0xe0 << 56}, 4)
	}
	switch {
	case multicast.covers(&e.prefix):
		return true
	case !e.single:
		return false
	}
	return e.net == key{} || !e.v6 && e.net.hi>>32 == 0xffffffff
}

// matchKey gives two rules with the same ranges in whatever order the same key.
func matchKey(list []familyPrefix) string {
	const size = 18
	b := make([]byte, 0, size*len(list))
	for _, p := range list {
		b = binary.BigEndian.AppendUint64(b, p.net.hi)
		b = binary.BigEndian.AppendUint64(b, p.net.lo)
		family := byte('4')
		if p.v6 {
			family = '6'
		}
		b = append(b, byte(p.bits()), family)
	}
	parts := slices.Collect(slices.Chunk(b, size))
	slices.SortFunc(parts, bytes.Compare)
	return string(bytes.Join(parts, nil))
}
