//go:build integration

package geo_test

import (
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/accessrules/geoip"
)

const dir = "node_modules/@ip-location-db/geo-whois-asn-country-mmdb/"

func open(t testing.TB, name string) *geoip.DB {
	t.Helper()
	db, err := geoip.Open(geoip.Config{Path: dir + name})
	require.NoError(t, err, "run npm ci in this directory first")
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// Networks that have been where they are for decades: universities, registries, broadcasters, first customers.
var places = map[string]string{
	"8.8.8.8":         "US",
	"17.253.144.10":   "US",
	"18.9.22.69":      "US",
	"193.99.144.80":   "DE",
	"130.75.1.1":      "DE",
	"212.27.48.10":    "FR",
	"129.175.1.1":     "FR",
	"80.10.246.2":     "FR",
	"210.130.1.1":     "JP",
	"133.11.0.1":      "JP",
	"129.132.1.1":     "CH",
	"212.58.244.1":    "GB",
	"200.160.2.3":     "BR",
	"202.120.2.1":     "CN",
	"::ffff:8.8.8.8":  "US",
	"2002:808:808::1": "US", // 6to4 from 8.8.8.8
}

var places6 = map[string]string{
	"2001:4860:4860::8888":    "US",
	"2620:0:860:ed1a::1":      "US",
	"2a02:2e0:3fe:1001:302::": "DE",
	"2001:638::1":             "DE",
	"2a01:e0c:1::1":           "FR",
	"2001:660::1":             "FR",
	"2001:240::1":             "JP",
	"2001:240::1%eth0":        "JP",
	"2001:67c:2e8:22::c100:1": "NL",
}

func TestRealAddresses(t *testing.T) {
	db := open(t, "geo-whois-asn-country.mmdb")
	for _, list := range []map[string]string{places, places6} {
		for addr, want := range list {
			require.Equal(t, want, db.Country(netip.MustParseAddr(addr)).String(), addr)
		}
	}
	// Not 192.168.1.1: this database has it in AU.
	for _, addr := range []string{"10.0.0.1", "127.0.0.1", "fe80::1", "2002:a00:1::1", "224.0.0.1"} {
		require.Equal(t, accessrules.CountryUnknown, db.Country(netip.MustParseAddr(addr)), addr)
	}
	require.Equal(t, accessrules.CountryUnavailable, db.Country(netip.MustParseAddr("2001:0:808:808::1")), "Teredo")
}

func TestIPv4Only(t *testing.T) {
	db := open(t, "geo-whois-asn-country-ipv4.mmdb")
	for addr, want := range places {
		require.Equal(t, want, db.Country(netip.MustParseAddr(addr)).String(), addr)
	}
	for addr := range places6 {
		require.Equal(t, accessrules.CountryUnavailable, db.Country(netip.MustParseAddr(addr)), addr)
	}
}

func TestIPv6Only(t *testing.T) {
	db := open(t, "geo-whois-asn-country-ipv6.mmdb")
	for addr, want := range places6 {
		require.Equal(t, want, db.Country(netip.MustParseAddr(addr)).String(), addr)
	}
}

// A rule decides by it.
func TestRuleDecides(t *testing.T) {
	db := open(t, "geo-whois-asn-country.mmdb")
	set, err := accessrules.Compile([]accessrules.Rule{
		{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"DE", "FR"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	})
	require.NoError(t, err)
	for addr, allowed := range map[string]bool{
		"193.99.144.80": true, "212.27.48.10": true, "2001:638::1": true, "8.8.8.8": false, "2001:240::1": false, "10.0.0.1": false,
	} {
		v := set.Decide(accessrules.Viewer{Addr: netip.MustParseAddr(addr), Locate: db.Country})
		require.Equal(t, allowed, v.Allowed(), addr)
	}
}

// The whole path, caches and all, against a plain decoder on random addresses.
func TestAgreesWithPlainDecoder(t *testing.T) {
	const name = "geo-whois-asn-country.mmdb"
	db := open(t, name)
	plain, err := maxminddb.Open(dir + name)
	require.NoError(t, err)
	defer plain.Close()
	found := 0
	for _, addr := range random(100_000) {
		var record struct {
			Code string `maxminddb:"country_code"`
		}
		require.NoError(t, plain.Lookup(addr).Decode(&record))
		want := accessrules.CountryUnknown
		if record.Code != "" {
			want = accessrules.ParseCountry(record.Code)
			found++
		}
		require.Equal(t, want, db.Country(addr), "%s", addr)
		require.Equal(t, want, db.Country(addr), "%s, again", addr)
	}
	require.Greater(t, found, 50_000)
}

// A file cut short, as a download that broke off leaves it.
func TestTruncatedIsRefused(t *testing.T) {
	data, err := os.ReadFile(dir + "geo-whois-asn-country.mmdb")
	require.NoError(t, err)
	for _, part := range []int{2, 3, 10} {
		path := t.TempDir() + "/cut.mmdb"
		require.NoError(t, os.WriteFile(path, data[:len(data)-len(data)/part], 0o600))
		_, err := geoip.Open(geoip.Config{Path: path})
		require.Error(t, err)
	}
}

// random addresses, three in four IPv4, none of them in a tunnel.
func random(n int) []netip.Addr {
	rng := rand.New(rand.NewPCG(7, 8))
	out := make([]netip.Addr, n)
	for i := range out {
		if i%4 > 0 {
			out[i] = netip.AddrFrom4([4]byte{byte(1 + rng.IntN(222)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
			continue
		}
		b := [16]byte{0x24 + byte(rng.IntN(7)), byte(rng.IntN(16))}
		for j := 2; j < 16; j++ {
			b[j] = byte(rng.IntN(256))
		}
		out[i] = netip.AddrFrom16(b)
	}
	return out
}

func BenchmarkCountry(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"repeated", 1}, {"new", 1 << 16}} {
		b.Run(c.name, func(b *testing.B) {
			db, addrs := open(b, "geo-whois-asn-country.mmdb"), random(c.n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				sink = db.Country(addrs[i&(len(addrs)-1)])
			}
		})
	}
}

var sink accessrules.Country
