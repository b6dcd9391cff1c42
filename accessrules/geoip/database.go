package geoip

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/oschwald/geoip2-golang/v2"
	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/streamtoken/streamtoken/accessrules"
)

// maxProbe is how many entries of a database are looked at for one that names a country.
const maxProbe = 1 << 17

// database is one verified version of the file. It never changes but for its caches, which live and die with it, so that no
// answer of one version is given for another.
type database struct {
	reader *maxminddb.Reader
	path   []any // to the country code in an entry
	v4Only bool
	codes  sync.Pool // *string, to decode into without allocating
	memo   memo      // entry -> country
	cache  cache     // address -> country
}

// load verifies data, which it keeps, and makes a database of it.
func load(data []byte) (d *database, err error) {
	// The libraries answer corrupt input with errors. Should one panic all the same, a bad file is still only a bad file.
	defer func() {
		if r := recover(); r != nil {
			d, err = nil, fmt.Errorf("corrupt database: %v", r)
		}
	}()
	reader, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("not a database: %w", err)
	}
	if err := verify(reader, data); err != nil {
		return nil, fmt.Errorf("corrupt database: %w", err)
	}
	known, err := classify(data)
	if err != nil {
		return nil, err
	}
	d = &database{reader: reader, v4Only: reader.Metadata.IPVersion == 4}
	d.codes.New = func() any { return new(string) }
	if d.path, err = findPath(reader, known); err != nil {
		return nil, err
	}
	for _, addr := range canaries() {
		if d.v4Only && addr.Is6() {
			continue
		}
		if _, err := d.read(d.reader.Lookup(addr)); err != nil {
			return nil, fmt.Errorf("corrupt database: looking up %s: %w", addr, err)
		}
	}
	return d, nil
}

// classify asks geoip2 what kind of database this is. known: one of MaxMind's kind with countries. A kind of its own that
// has none is an error; a kind it has never heard of is judged by what is inside.
func classify(data []byte) (known bool, err error) {
	reader, err := geoip2.OpenBytes(data)
	if unknown := (geoip2.UnknownDatabaseTypeError{}); errors.As(err, &unknown) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("not a database: %w", err)
	}
	_, err = reader.Country(netip.IPv4Unspecified())
	if wrong := (geoip2.InvalidMethodError{}); errors.As(err, &wrong) {
		return false, fmt.Errorf("a %q database holds no countries: use a Country or City database", wrong.DatabaseType)
	}
	return true, err
}

// findPath finds out where in an entry the country code is.
func findPath(reader *maxminddb.Reader, known bool) ([]any, error) {
	paths := [][]any{{"country", "iso_code"}}
	if !known {
		paths = append(paths, []any{"country_code"})
	}
	n := 0
	for result := range reader.Networks() {
		if err := result.Err(); err != nil {
			return nil, fmt.Errorf("corrupt database: %w", err)
		}
		for _, path := range paths {
			var code string
			if err := result.DecodePath(&code, path...); err == nil && accessrules.ParseCountry(code) != accessrules.CountryUnavailable {
				return path, nil
			}
		}
		if n++; n == maxProbe {
			break
		}
	}
	return nil, fmt.Errorf("a %q database without a country in it: neither country.iso_code nor country_code", reader.Metadata.DatabaseType)
}

// canaries are addresses all over the space that is handed out: a tree cut short breaks under one of them.
func canaries() []netip.Addr {
	var list []netip.Addr
	for i := 1; i < 224; i++ {
		list = append(list, netip.AddrFrom4([4]byte{byte(i), 1, 1, 1}), netip.AddrFrom4([4]byte{byte(i), 200, 200, 200}))
	}
	for hi := 0x2001; hi <= 0x2c10; hi += 0x10 {
		list = append(list, netip.AddrFrom16([16]byte{byte(hi >> 8), byte(hi), 0x48, 0x60, 15: 1}))
	}
	return list
}
