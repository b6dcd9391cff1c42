package geoip_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/accessrules/geoip"
)

const dir = "../../testdata/geo/"

const (
	unknown     = accessrules.CountryUnknown
	unavailable = accessrules.CountryUnavailable
)

func iso(s string) accessrules.Country { return accessrules.ParseCountry(s) }

func open(t testing.TB, path string) *geoip.DB {
	t.Helper()
	db, err := geoip.Open(geoip.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

type answers map[string]accessrules.Country

func (a answers) check(t *testing.T, db *geoip.DB) {
	t.Helper()
	for addr, want := range a {
		parsed := netip.MustParseAddr(addr)
		for _, when := range []string{"first", "again"} {
			got := db.Country(parsed)
			require.Equal(t, want, got, "%s, %s: want %s, got %s", addr, when, want, got)
		}
	}
}

// In every schema and record size.
var nestedV4 = answers{
	"2.125.160.216":          iso("GB"), // registered in FR
	"2.125.160.223":          iso("GB"),
	"2.125.160.224":          unknown, // one beyond
	"::ffff:2.125.160.216":   iso("GB"),
	"::ffff:2.125.160.217%e": iso("GB"),
	"67.43.156.0":            iso("BT"),
	"89.160.20.112":          iso("SE"),
	"216.160.83.56":          iso("US"),
	"202.196.224.0":          iso("PH"), // represents US
	"50.114.0.1":             unknown,   // registered in US, located nowhere
	"214.1.1.0":              unknown,   // anycast
	"175.16.199.0":           iso("CN"),
	"10.0.0.1":               unknown,
	"127.0.0.1":              unknown,
	"0.0.0.0":                unknown,
	"255.255.255.255":        unknown,
	"198.51.100.1":           unknown,     // an empty code
	"198.51.100.17":          unknown,     // XX
	"198.51.100.33":          unknown,     // T1
	"198.51.100.49":          unavailable, // USA
	"198.51.100.65":          unavailable, // A1
	"198.51.100.81":          unavailable, // a number
	"198.51.100.97":          unavailable, // a map
	"198.51.100.113":         unavailable, // country is no map
	"198.51.100.129":         iso("DE"),   // de
	"198.51.100.145":         unknown,     // an empty entry
	"2002:27d:a0d8::1":       iso("GB"),   // 6to4 from 2.125.160.216
	"2002:a00:1::1":          unknown,     // from 10.0.0.1
	"2001:0:27d:a0d8::1":     unavailable, // Teredo through a server at 2.125.160.216
	"2001:0:a00:1::1":        unavailable,
}

var nestedV6 = answers{
	"2001:218::1":              iso("JP"),
	"2001:218:ffff::1%eth0":    iso("JP"),
	"2001:219::1":              unknown,
	"2a02:d100::1":             iso("PL"),
	"2a02:d107:ffff:ffff::":    iso("PL"),
	"2a02:d108::":              unknown,
	"fe80::1%eth0":             unknown,
	"64:ff9b::2.125.160.216":   unknown, // NAT64 is not seen through
	"2003:27d:a0d8::1":         unknown, // not 6to4
	"2001:1:27d:a0d8::1":       unknown, // not Teredo
	"::1":                      unknown,
	"ffff:ffff:ffff:ffff::":    unknown,
	"2001:db8:2001:218::1":     unknown,
	"2001:21:8000::2001:218:0": unknown,
}

func TestCountryNested(t *testing.T) {
	for _, name := range []string{"country.mmdb", "city-32.mmdb", "other-nested.mmdb"} {
		t.Run(name, func(t *testing.T) {
			db := open(t, dir+name)
			nestedV4.check(t, db)
			nestedV6.check(t, db)
		})
	}
}

// A database of IPv4 cannot tell anything of IPv6: unavailable, so that a blocked country does not slip through.
func TestCountryV4Only(t *testing.T) {
	db := open(t, dir+"country-v4.mmdb")
	nestedV4.check(t, db)
	for addr := range nestedV6 {
		require.Equal(t, unavailable, db.Country(netip.MustParseAddr(addr)), addr)
	}
}

func TestCountryFlat(t *testing.T) {
	v4 := answers{
		"8.8.8.8": iso("US"), "193.99.144.80": iso("DE"), "212.27.48.10": iso("FR"), "8.8.9.0": unknown,
		"198.51.100.1": unknown, "198.51.100.17": unknown, "198.51.100.49": unavailable, "198.51.100.81": unavailable,
		"198.51.100.129": iso("DE"), "198.51.100.145": unknown,
		"2002:808:808::1":    iso("US"), // although this tree has no 6to4 in it
		"2001:0:808:808::1":  unavailable,
		"::ffff:8.8.8.8":     iso("US"),
		"2002:c163:9050::42": iso("DE"),
	}
	t.Run("both families", func(t *testing.T) {
		db := open(t, dir+"flat.mmdb")
		v4.check(t, db)
		answers{"2001:240::1": iso("JP"), "2a02:2e0:3fe::1": iso("DE"), "2001:241::1": unknown}.check(t, db)
	})
	t.Run("IPv4 only", func(t *testing.T) {
		db := open(t, dir+"flat-v4.mmdb")
		v4.check(t, db)
		answers{"2001:240::1": unavailable}.check(t, db)
	})
}

func TestNoAnswerWithoutAddressOrDatabase(t *testing.T) {
	db := open(t, dir+"country.mmdb")
	require.Equal(t, unavailable, db.Country(netip.Addr{}))
	var zero geoip.DB
	require.Equal(t, unavailable, zero.Country(netip.MustParseAddr("2.125.160.216")))
	require.Error(t, zero.Check())
	require.NoError(t, zero.Close())
}

func TestOpenRefuses(t *testing.T) {
	tmp := t.TempDir()
	put := func(name string, data []byte) string {
		path := filepath.Join(tmp, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	good, err := os.ReadFile(dir + "country.mmdb")
	require.NoError(t, err)
	cases := map[string]struct{ path, err string }{
		"no path":          {"", "no database file"},
		"missing":          {filepath.Join(tmp, "none"), "no such file"},
		"a directory":      {tmp, "not a regular file"},
		"empty":            {put("empty", nil), "not a database"},
		"text":             {put("text", []byte("hello")), "not a database"},
		"gzip":             {put("gzip", []byte("\x1f\x8b\x08")), "not a database"},
		"ASN":              {dir + "asn.mmdb", `"GeoLite2-ASN" database holds no countries`},
		"no country":       {dir + "no-country.mmdb", "neither country.iso_code nor country_code"},
		"truncated":        {put("cut", good[:len(good)/2]), "not a database"},
		"head lost":        {put("head", good[100:]), "database"},
		"middle lost":      {put("mid", append(bytes.Clone(good[:900]), good[901:]...)), "database"},
		"zeros inside":     {put("zeros", append(append(bytes.Clone(good[:800]), make([]byte, 100)...), good[900:]...)), "corrupt"},
		"only the trailer": {put("tail", good[bytes.LastIndex(good, []byte("\xab\xcd\xefMaxMind.com")):]), "not a database"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			db, err := geoip.Open(geoip.Config{Path: c.path})
			require.ErrorContains(t, err, c.err)
			require.Nil(t, db)
		})
	}
}

// A new version is taken whole, caches and all; a bad one is refused and logged once, and the old one answers on.
func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.mmdb")
	replace := func(data []byte) {
		require.NoError(t, os.WriteFile(path+".new", data, 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	nested, err := os.ReadFile(dir + "country.mmdb")
	require.NoError(t, err)
	flat, err := os.ReadFile(dir + "flat.mmdb")
	require.NoError(t, err)
	replace(nested)
	log := &lines{}
	db, err := geoip.Open(geoip.Config{Path: path, Log: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	defer db.Close()

	gb, us := netip.MustParseAddr("2.125.160.216"), netip.MustParseAddr("8.8.8.8")
	before := func() {
		t.Helper()
		require.Equal(t, iso("GB"), db.Country(gb))
		require.Equal(t, unknown, db.Country(us))
	}
	before()
	for name, bad := range map[string][]byte{
		"truncated": nested[:len(nested)-40], "empty": nil, "ASN": mustRead(t, dir+"asn.mmdb"), "corrupt": corrupt(nested),
	} {
		errors := log.count("level=ERROR")
		replace(bad)
		require.Error(t, db.Check(), name)
		require.Error(t, db.Check(), name)
		require.Equal(t, errors+1, log.count("level=ERROR"), name)
		before()
	}
	require.NoError(t, os.Truncate(path, 100)) // in place, as kills a process that has mapped the file
	require.Error(t, db.Check())
	before()
	require.NoError(t, os.Remove(path))
	require.Error(t, db.Check())
	before()

	replace(flat)
	require.NoError(t, db.Check())
	require.Equal(t, unknown, db.Country(gb), "no answer of the old version is remembered")
	require.Equal(t, iso("US"), db.Country(us))

	replace(nested) // by itself
	require.Eventually(t, func() bool { return db.Country(gb) == iso("GB") }, 10*time.Second, 5*time.Millisecond)

	require.NoError(t, db.Close())
	require.Error(t, db.Check())
	before()
}

// Lookups during reloads, for the race detector: each answer is one of the two versions'.
func TestConcurrentReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.mmdb")
	versions := [][]byte{mustRead(t, dir+"country.mmdb"), mustRead(t, dir+"flat.mmdb")}
	replace := func(i int) {
		require.NoError(t, os.WriteFile(path+".new", versions[i%2], 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	replace(0)
	db := open(t, path)
	gb := netip.MustParseAddr("2.125.160.216")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if c := db.Country(gb); c != iso("GB") && c != unknown {
					t.Errorf("got %s", c)
					return
				}
			}
		})
	}
	for i := range 20 {
		replace(i)
		_ = db.Check()
	}
	close(stop)
	wg.Wait()
}

// An IPv4-only database is worth a warning: every IPv6 viewer is then refused where a country matters.
func TestV4OnlyWarns(t *testing.T) {
	log := &lines{}
	db, err := geoip.Open(geoip.Config{Path: dir + "country-v4.mmdb", Log: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, 1, log.count("level=WARN"))
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// corrupt makes a file that opens well and breaks in the middle.
func corrupt(good []byte) []byte {
	bad := bytes.Clone(good)
	i := bytes.Index(bad, []byte("iso_code"))
	bad[i-1] = 0xff
	return bad
}

// lines is a log that may be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}
