package geoip

import (
	"net/netip"
	"testing"

	"github.com/oschwald/geoip2-golang/v2"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
)

func benchDB(b *testing.B) (*DB, []byte) {
	data := readFile(b, "bulk.mmdb")
	db, err := Open(Config{Path: testdata + "bulk.mmdb"})
	require.NoError(b, err)
	b.Cleanup(func() { db.Close() })
	return db, data
}

// BenchmarkCountry: repeated is one address again and again; hot is 1,024 of them; new is 65,536 in turn, four times the cache.
func BenchmarkCountry(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"repeated", 1}, {"hot", 1024}, {"new", 65536}} {
		b.Run(c.name, func(b *testing.B) {
			db, data := benchDB(b)
			addrs := addresses(b, data, c.n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				sink = db.Country(addrs[i&(len(addrs)-1)])
			}
		})
	}
	b.Run("repeated IPv6", func(b *testing.B) {
		db, _ := benchDB(b)
		addr := netip.MustParseAddr("2001:db8::1")
		b.ReportAllocs()
		for b.Loop() {
			sink = db.Country(addr)
		}
	})
	// The library's walk down the tree alone, and with decoding, without either cache.
	b.Run("tree", func(b *testing.B) {
		db, data := benchDB(b)
		addrs := addresses(b, data, 65536)
		d := db.current.Load()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			offset = d.reader.Lookup(addrs[i&(len(addrs)-1)]).Offset()
		}
	})
	b.Run("decode", func(b *testing.B) {
		db, data := benchDB(b)
		addrs := addresses(b, data, 65536)
		d := db.current.Load()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			sink, _ = d.read(d.reader.Lookup(addrs[i&(len(addrs)-1)]))
		}
	})
	b.Run("geoip2", func(b *testing.B) {
		_, data := benchDB(b)
		addrs := addresses(b, data, 65536)
		reader, err := geoip2.OpenBytes(data)
		require.NoError(b, err)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			record, err := reader.Country(addrs[i&(len(addrs)-1)])
			if err == nil {
				code = record.Country.ISOCode
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	data := readFile(b, "bulk.mmdb")
	for b.Loop() {
		if _, err := load(data); err != nil {
			b.Fatal(err)
		}
	}
}

var (
	sink accessrules.Country
	code string

	offset uintptr
)
