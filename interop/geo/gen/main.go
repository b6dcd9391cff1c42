// Command gen writes the test databases of testdata/geo with MaxMind's own writer. Run it in interop/geo:
//
//	go run ./gen ../../testdata/geo
//
// The output depends on nothing but this file and the versions in go.mod.
package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

const built = 1_750_000_000 // one fixed build time

// entry is one network of a database.
type entry struct {
	network string
	value   mmdbtype.Map
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: gen DIRECTORY")
	}
	for _, db := range []struct {
		name, kind string
		version    int
		size       int
		describe   bool
		entries    []entry
	}{
		{"country.mmdb", "GeoLite2-Country", 6, 24, true, nested()},
		{"city-32.mmdb", "GeoLite2-City", 6, 32, true, nested()},
		{"country-v4.mmdb", "GeoLite2-Country", 4, 28, true, v4(nested())},
		{"flat.mmdb", "country ipvAll", 6, 24, false, flat()},
		{"flat-v4.mmdb", "country ipv4", 4, 28, false, v4(flat())},
		{"other-nested.mmdb", "Example-Country", 6, 28, true, nested()},
		{"asn.mmdb", "GeoLite2-ASN", 6, 24, true, asn()},
		{"no-country.mmdb", "Example-Proxy", 6, 24, true, proxies()},
		{"bulk.mmdb", "GeoLite2-Country", 6, 24, true, bulk()},
	} {
		opts := mmdbwriter.Options{
			BuildEpoch: built, DatabaseType: db.kind, IPVersion: db.version, RecordSize: db.size,
			IncludeReservedNetworks: true, DisableIPv4Aliasing: !db.describe,
		}
		if db.describe {
			opts.Description = map[string]string{"en": "test data of streamtoken"}
			opts.Languages = []string{"en"}
		}
		if err := write(filepath.Join(os.Args[1], db.name), opts, db.entries); err != nil {
			log.Fatalf("%s: %v", db.name, err)
		}
	}
}

func write(path string, opts mmdbwriter.Options, entries []entry) error {
	tree, err := mmdbwriter.New(opts)
	if err != nil {
		return err
	}
	for _, e := range entries {
		_, network, err := net.ParseCIDR(e.network)
		if err != nil {
			return err
		}
		if err := tree.Insert(network, e.value); err != nil {
			return fmt.Errorf("%s: %w", e.network, err)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := tree.WriteTo(f); err != nil {
		return err
	}
	return f.Close()
}

func country(iso string) mmdbtype.Map {
	return mmdbtype.Map{
		"geoname_id": mmdbtype.Uint32(1000 + uint32(iso[0])<<8 + uint32(iso[1])),
		"iso_code":   mmdbtype.String(iso),
		"names":      mmdbtype.Map{"en": mmdbtype.String("Country " + iso), "de": mmdbtype.String("Land " + iso)},
	}
}

// nested is the schema of MaxMind's Country and City databases.
func nested() []entry {
	at := func(iso string) mmdbtype.Map {
		return mmdbtype.Map{"country": country(iso), "registered_country": country(iso)}
	}
	registered := func(iso, reg string) mmdbtype.Map {
		return mmdbtype.Map{"country": country(iso), "registered_country": country(reg)}
	}
	code := func(v mmdbtype.DataType) mmdbtype.Map {
		return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": v}}
	}
	return []entry{
		{"2.125.160.216/29", registered("GB", "FR")},
		{"67.43.156.0/24", registered("BT", "RO")},
		{"89.160.20.112/28", registered("SE", "DE")},
		{"216.160.83.56/29", registered("US", "GB")},
		{"202.196.224.0/20", mmdbtype.Map{"country": country("PH"), "registered_country": country("PH"), "represented_country": country("US")}},
		{"50.114.0.0/22", mmdbtype.Map{"registered_country": country("US")}},
		{"214.1.1.0/24", mmdbtype.Map{"traits": mmdbtype.Map{"is_anycast": mmdbtype.Bool(true)}}},
		{"175.16.199.0/24", at("CN")},
		{"2001:218::/32", at("JP")},
		{"2a02:d100::/29", at("PL")},
		// What no good database holds.
		{"198.51.100.0/28", code(mmdbtype.String(""))},
		{"198.51.100.16/28", code(mmdbtype.String("XX"))},
		{"198.51.100.32/28", code(mmdbtype.String("T1"))},
		{"198.51.100.48/28", code(mmdbtype.String("USA"))},
		{"198.51.100.64/28", code(mmdbtype.String("A1"))},
		{"198.51.100.80/28", code(mmdbtype.Uint32(840))},
		{"198.51.100.96/28", code(mmdbtype.Map{"alpha2": mmdbtype.String("US")})},
		{"198.51.100.112/28", mmdbtype.Map{"country": mmdbtype.String("US")}},
		{"198.51.100.128/28", code(mmdbtype.String("de"))},
		{"198.51.100.144/28", mmdbtype.Map{}},
	}
}

// flat is the schema of the CC0 databases on npm.
func flat() []entry {
	at := func(iso string) mmdbtype.Map { return mmdbtype.Map{"country_code": mmdbtype.String(iso)} }
	return []entry{
		{"8.8.8.0/24", at("US")},
		{"193.99.144.0/24", at("DE")},
		{"212.27.48.0/24", at("FR")},
		{"2001:240::/32", at("JP")},
		{"2a02:2e0::/32", at("DE")},
		{"198.51.100.0/28", at("")},
		{"198.51.100.16/28", at("XX")},
		{"198.51.100.48/28", at("USA")},
		{"198.51.100.80/28", mmdbtype.Map{"country_code": mmdbtype.Uint32(840)}},
		{"198.51.100.128/28", at("de")},
		{"198.51.100.144/28", mmdbtype.Map{"other": mmdbtype.String("US")}},
	}
}

func asn() []entry {
	return []entry{{"1.128.0.0/11", mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(1221), "autonomous_system_organization": mmdbtype.String("Example")}}}
}

func proxies() []entry {
	return []entry{{"1.128.0.0/11", mmdbtype.Map{"is_proxy": mmdbtype.Bool(true)}}}
}

// bulk is enough random networks that lookups go deep and miss caches.
func bulk() []entry {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []entry
	for i := range 6000 {
		iso := string([]byte{'A' + byte(rng.IntN(26)), 'A' + byte(rng.IntN(9))})
		value := mmdbtype.Map{"country": country(iso), "registered_country": country(iso)}
		if i%4 > 0 {
			var b [4]byte
			b[0], b[1], b[2] = byte(1+rng.IntN(222)), byte(rng.IntN(256)), byte(rng.IntN(256))
			out = append(out, entry{netip.PrefixFrom(netip.AddrFrom4(b), 10+rng.IntN(15)).Masked().String(), value})
			continue
		}
		var b [16]byte
		b[0], b[1], b[2], b[3], b[4] = 0x24+byte(rng.IntN(9)), byte(rng.IntN(16)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))
		out = append(out, entry{netip.PrefixFrom(netip.AddrFrom16(b), 24+rng.IntN(25)).Masked().String(), value})
	}
	return out
}

func v4(entries []entry) []entry {
	var out []entry
	for _, e := range entries {
		if netip.MustParsePrefix(e.network).Addr().Is4() {
			out = append(out, e)
		}
	}
	return out
}
