package geoip

import (
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/streamtoken/streamtoken/accessrules"
)

// country looks addr up, which is neither mapped nor zoned.
func (d *database) country(addr netip.Addr) accessrules.Country {
	switch v4, kind := tunnel(addr); kind {
	case teredo:
		return accessrules.CountryUnavailable
	case sixToFour:
		addr = v4
	}
	if d.v4Only && addr.Is6() {
		return accessrules.CountryUnavailable
	}
	result := d.reader.Lookup(addr)
	switch {
	case result.Err() != nil:
		return accessrules.CountryUnavailable
	case !result.Found():
		return accessrules.CountryUnknown
	}
	// A country database has a few hundred entries for all its networks: most are known already.
	entry := uint64(result.Offset())
	if c, ok := d.memo.get(entry); ok {
		return c
	}
	c, err := d.read(result)
	if err != nil {
		c = accessrules.CountryUnavailable
	}
	d.memo.put(entry, c)
	return c
}

// read decodes the country of an entry. An error says that the entry could not be read.
func (d *database) read(result maxminddb.Result) (accessrules.Country, error) {
	code := d.codes.Get().(*string)
	defer d.codes.Put(code)
	*code = ""
	if err := result.DecodePath(code, d.path...); err != nil {
		return accessrules.CountryUnavailable, err
	}
	if *code == "" {
		return accessrules.CountryUnknown, nil
	}
	return accessrules.ParseCountry(*code), nil
}

type tunnelKind uint8

const (
	noTunnel tunnelKind = iota
	sixToFour
	teredo
)

// tunnel recognises IPv6 addresses made of an IPv4 address, and gives that address for 6to4.
func tunnel(addr netip.Addr) (netip.Addr, tunnelKind) {
	if !addr.Is6() {
		return netip.Addr{}, noTunnel
	}
	switch b := addr.As16(); {
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6])), sixToFour
	case b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0:
		return netip.Addr{}, teredo
	}
	return netip.Addr{}, noTunnel
}
