package geoip

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/oschwald/geoip2-golang/v2"
	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
)

const testdata = "../../testdata/geo/"

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testdata + name)
	require.NoError(t, err)
	return data
}

// addresses are random ones of both families, half of them in networks the database has.
func addresses(t testing.TB, data []byte, n int) []netip.Addr {
	t.Helper()
	reader, err := maxminddb.OpenBytes(data)
	require.NoError(t, err)
	var networks []netip.Prefix
	for result := range reader.Networks() {
		require.NoError(t, result.Err())
		networks = append(networks, result.Prefix())
	}
	rng := rand.New(rand.NewPCG(3, 4))
	random := func() netip.Addr {
		if rng.IntN(4) > 0 {
			return netip.AddrFrom4([4]byte{byte(rng.IntN(224)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
		}
		b := [16]byte{0x20 + byte(rng.IntN(16)), byte(rng.IntN(16))}
		for i := 2; i < 16; i++ {
			b[i] = byte(rng.IntN(256))
		}
		return netip.AddrFrom16(b)
	}
	out := make([]netip.Addr, 0, n)
	for len(out) < n {
		if len(out)%2 == 0 {
			out = append(out, random())
			continue
		}
		p := networks[rng.IntN(len(networks))]
		b := p.Addr().AsSlice()
		for bit := p.Bits(); bit < len(b)*8; bit++ {
			b[bit/8] |= byte(rng.IntN(2)) << (7 - bit%8)
		}
		addr, _ := netip.AddrFromSlice(b)
		out = append(out, addr.Unmap())
	}
	return out
}

// geoip2 decodes the whole entry with reflection: slow, and by other hands.
func TestAgreesWithGeoIP2(t *testing.T) {
	for _, name := range []string{"country.mmdb", "city-32.mmdb", "bulk.mmdb"} {
		t.Run(name, func(t *testing.T) {
			data := readFile(t, name)
			d, err := load(bytes.Clone(data))
			require.NoError(t, err)
			oracle, err := geoip2.OpenBytes(data)
			require.NoError(t, err)
			codes := map[accessrules.Country]int{}
			for _, addr := range addresses(t, data, 20000) {
				record, err := oracle.Country(addr)
				want := accessrules.CountryUnknown
				if _, kind := tunnel(addr); err != nil || kind == teredo {
					want = accessrules.CountryUnavailable
				} else if record.Country.ISOCode != "" {
					want = accessrules.ParseCountry(record.Country.ISOCode)
				}
				got := d.country(addr)
				require.Equal(t, want, got, "%s: want %s, got %s", addr, want, got)
				codes[got]++
			}
			require.Greater(t, len(codes), 5, "the addresses meet something")
		})
	}
}

// 6to4 as MaxMind's trees hold it and as it is read here are one.
func TestSixToFourAgreesWithTheTree(t *testing.T) {
	data := readFile(t, "bulk.mmdb")
	d, err := load(data)
	require.NoError(t, err)
	found := 0
	for _, v4 := range addresses(t, data, 5000) {
		if !v4.Is4() {
			continue
		}
		b := v4.As4()
		in6 := netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 9})
		want, err := d.read(d.reader.Lookup(in6))
		require.NoError(t, err)
		require.Equal(t, want, d.country(in6), "%s", v4)
		if want != accessrules.CountryUnknown {
			found++
		}
	}
	require.Greater(t, found, 100)
}

func TestVerifyWithoutDescription(t *testing.T) {
	data := readFile(t, "flat.mmdb")
	reader, err := maxminddb.OpenBytes(data)
	require.NoError(t, err)
	require.ErrorContains(t, reader.Verify(), "description", "else this file tests nothing")
	require.NoError(t, verify(reader, data))

	// Each record of the tree (24 bits) made to point far outside, the separator after it, and the last entry cut into.
	tree := reader.Metadata.NodeCount * 6
	for i := uint(0); i < tree; i += 3 {
		bad := bytes.Clone(data)
		copy(bad[i:], "\xff\xff\xff")
		if reader, err := maxminddb.OpenBytes(bad); err == nil {
			require.Error(t, verify(reader, bad), "record at %d", i)
		}
	}
	for i := tree; i < tree+16; i++ {
		bad := bytes.Clone(data)
		bad[i] = 1
		reader, err := maxminddb.OpenBytes(bad)
		require.NoError(t, err)
		require.Error(t, verify(reader, bad), "separator, byte %d", i-tree)
	}
	end := bytes.LastIndex(data, []byte("\xab\xcd\xefMaxMind.com"))
	bad := append(bytes.Clone(data[:end-1]), data[end:]...)
	reader, err = maxminddb.OpenBytes(bad)
	require.NoError(t, err)
	require.Error(t, verify(reader, bad), "the last entry is a byte short")
}

// A number that only a cut would make valid is refused.
func TestVerifyMetadataOutOfRange(t *testing.T) {
	data := readFile(t, "flat.mmdb")
	reader, err := maxminddb.OpenBytes(data)
	require.NoError(t, err)
	reader.Metadata.IPVersion += 1 << 16
	require.ErrorContains(t, verify(reader, data), "out of range")
}

// check is the property: what load takes is verified, and answers like a plain decoder of the same bytes.
func check(t *testing.T, data []byte) {
	t.Helper()
	d, err := load(bytes.Clone(data))
	if err != nil {
		require.Nil(t, d)
		return
	}
	plain, err := maxminddb.OpenBytes(data)
	require.NoError(t, err)
	if len(plain.Metadata.Description) > 0 {
		require.NoError(t, plain.Verify(), "never an answer from what did not verify")
	}
	for _, addr := range canaries() {
		got := d.country(addr)
		if d.v4Only && addr.Is6() {
			require.Equal(t, accessrules.CountryUnavailable, got)
			continue
		}
		if _, kind := tunnel(addr); kind != noTunnel {
			continue
		}
		var nested struct {
			Country struct {
				ISO string `maxminddb:"iso_code"`
			} `maxminddb:"country"`
		}
		var flat struct {
			Code string `maxminddb:"country_code"`
		}
		code := &nested.Country.ISO
		if len(d.path) == 1 {
			code, err = &flat.Code, plain.Lookup(addr).Decode(&flat)
		} else {
			err = plain.Lookup(addr).Decode(&nested)
		}
		want := accessrules.CountryUnknown
		switch {
		case err != nil:
			want = accessrules.CountryUnavailable
		case *code != "":
			want = accessrules.ParseCountry(*code)
		}
		require.Equal(t, want, got, "%s: want %s, got %s", addr, want, got)
		require.Equal(t, got, d.country(addr))
	}
}

func TestEveryTruncation(t *testing.T) {
	for _, name := range []string{"country.mmdb", "flat-v4.mmdb"} {
		data := readFile(t, name)
		for n := range len(data) {
			if n > 200 && n < len(data)-400 && n%37 != 0 {
				continue // the structure is at the ends
			}
			d, err := load(bytes.Clone(data[:n]))
			require.Error(t, err, "%s cut to %d of %d bytes", name, n, len(data))
			require.Nil(t, d)
		}
	}
}

func TestRandomMutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, name := range []string{"country.mmdb", "city-32.mmdb", "country-v4.mmdb", "flat.mmdb", "flat-v4.mmdb", "other-nested.mmdb"} {
		data := readFile(t, name)
		for range 300 {
			bad := bytes.Clone(data)
			for range 1 + rng.IntN(4) {
				bad[rng.IntN(len(bad))] = byte(rng.IntN(256))
			}
			check(t, bad)
		}
	}
}

func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob(testdata + "*.mmdb")
	require.NoError(f, err)
	seeds := 0
	for _, file := range files {
		if data := readFile(f, filepath.Base(file)); len(data) < 10000 {
			f.Add(data)
			f.Add(data[:len(data)/2])
			f.Add(data[len(data)/3:])
			seeds++
		}
	}
	require.Equal(f, 8, seeds)
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data) })
}
