package accessrules

import (
	"errors"
	"net/netip"
	"slices"
)

var (
	errLockNone    = errors.New("accessrules: a lock needs at least one address")
	errLockInvalid = errors.New("accessrules: a lock needs valid addresses")
)

// LockTo gives the two rules that allow just these viewers and block the rest: an IPv4 address by itself (/32), an IPv6 address with its
// network (/64), since a device changes the lower half at will (RFC 8981). IPv4-mapped addresses become IPv4, zones are dropped, repeated ranges are left out,
// the order is kept. It is an error to give no address or an invalid one.
//
// A viewer with both families may come by the other one and be blocked: give an address of each where they are known. [Lint] says so of a
// lock to one family. Safe for concurrent use.
func LockTo(addrs ...netip.Addr) ([]Rule, error) {
	if len(addrs) == 0 {
		return nil, errLockNone
	}
	list := make([]string, 0, len(addrs))
	seen := make(map[netip.Prefix]bool, len(addrs))
	for _, a := range addrs {
		if !a.IsValid() {
			return nil, errLockInvalid
		}
		k, v6 := keyOf(a)
		n := 32
		if v6 {
			n = 64
		}
		p := prefixOf(k, n)
		q := p.netip(v6)
		if !seen[q] {
			seen[q] = true
			list = append(list, q.String())
		}
	}
	return []Rule{{Type: TypeIP, Action: Allow, IP: slices.Clip(list)}, {Type: TypeAny, Action: Block}}, nil
}
