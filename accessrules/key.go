package accessrules

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strings"
)

// key is an address as an unsigned number of 128 bits. An IPv4 address stands in the topmost 32 of them, so that one arithmetic serves
// both families; which family a key belongs to is known from where it is kept, never from its value.
type key struct{ hi, lo uint64 }

// prefix is a masked range of addresses: those that equal net under the mask. 0 to 32 bits of an IPv4 key, 0 to 128 of an IPv6 one.
type prefix struct{ net, mask key }

func (p *prefix) contains(k key) bool {
	return (k.hi^p.net.hi)&p.mask.hi|(k.lo^p.net.lo)&p.mask.lo == 0
}

func (p *prefix) bits() int { return bits.OnesCount64(p.mask.hi) + bits.OnesCount64(p.mask.lo) }

// covers reports whether every address of q is in p.
func (p *prefix) covers(q *prefix) bool { return p.bits() <= q.bits() && p.contains(q.net) }

func maskOf(n int) key {
	if n <= 64 {
		return key{hi: ^uint64(0) << (64 - n)}
	}
	return key{^uint64(0), ^uint64(0) << (128 - n)}
}

func prefixOf(k key, n int) prefix {
	m := maskOf(n)
	return prefix{key{k.hi & m.hi, k.lo & m.lo}, m}
}

// netip gives p back in the form people read. v6 tells the family.
func (p *prefix) netip(v6 bool) netip.Prefix { return netip.PrefixFrom(p.net.addr(v6), p.bits()) }

func (k key) addr(v6 bool) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], k.hi)
	binary.BigEndian.PutUint64(b[8:], k.lo)
	if v6 {
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom4([4]byte(b[:4]))
}

// keyOf splits a valid address into its key and family, reading IPv4-mapped IPv6 as IPv4 and dropping a zone.
func keyOf(a netip.Addr) (k key, v6 bool) {
	if a.Is4() {
		b := a.As4()
		return key{hi: uint64(binary.BigEndian.Uint32(b[:])) << 32}, false
	}
	// Not As16: it returns the array by way of a 16-byte copy that has to wait for both its halves to be stored, a third of a
	// whole decision. Without a zone AppendBinary writes just the 16 bytes.
	var room [16]byte
	b, _ := a.WithZone("").AppendBinary(room[:0])
	if len(b) != len(room) {
		return key{}, true // cannot be: a is valid
	}
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	if hi == 0 && lo>>32 == 0xffff {
		return key{hi: lo << 32}, false
	}
	return key{hi, lo}, true
}

// ipRange is one parsed entry of Rule.IP.
type ipRange struct {
	prefix
	v6       bool
	zone     bool // a zone was dropped
	hostBits bool // bits below the length were set and masked
	single   bool // an address, or a range of one
	mapped   bool // an IPv4-mapped address under a length that leaves it IPv6
}

// parseRange reads an address or a CIDR range as net/netip does, except that a zone is taken and dropped, in a range too.
func parseRange(s string) (ipRange, error) {
	if len(s) > MaxEntryBytes {
		return ipRange{}, errEntryLong
	}
	text, length, ranged := s, "", false
	// The slash is looked for first: netip.ParseAddr takes anything for a zone, so that fe80::1%eth0/64 would be one address.
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		text, length, ranged = s[:i], s[i+1:], true
	}
	var r ipRange
	if i := strings.IndexByte(text, '%'); i >= 0 {
		if !validZone(text[i+1:]) {
			return ipRange{}, errEntryZone
		}
		text, r.zone = text[:i], true
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return ipRange{}, errEntry
	}
	if r.zone && addr.Is4() {
		return ipRange{}, errEntryZone
	}
	k, v6 := keyOf(addr)
	n := 128
	if !v6 {
		n = 32
	}
	if ranged {
		if n, err = parseLength(length); err != nil {
			return ipRange{}, err
		}
		switch {
		case addr.Is4() && n > 32:
			return ipRange{}, errLengthIPv4
		case n > 128:
			return ipRange{}, errLengthIPv6
		case addr.Is4In6() && n >= 96:
			n -= 96
		case addr.Is4In6():
			// Shorter than the mapped block itself, the range is one of IPv6 and holds no IPv4 viewer.
			k, v6 = key{lo: 0xffff<<32 | k.hi>>32}, true
			r.mapped = true
		}
	}
	r.prefix, r.v6 = prefixOf(k, n), v6
	r.hostBits = r.net != k
	r.single = v6 && n == 128 || !v6 && n == 32
	return r, nil
}

func parseLength(s string) (int, error) {
	if s == "" || len(s) > 3 || s[0] == '0' && len(s) > 1 {
		return 0, errLength
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, errLength
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, nil
}

// validZone keeps the zone to what names an interface or a number, so that an entry needs no escaping in JSON nor in a list.
func validZone(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9':
		case c == '.', c == '_', c == '~', c == ':', c == '@', c == '-':
		default:
			return false
		}
	}
	return s != ""
}
