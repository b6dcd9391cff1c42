//go:build !race

package geoip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Neither a repeated nor a new address allocates, nor an address without an answer, nor an entry decoded anew.
func TestCountryDoesNotAllocate(t *testing.T) {
	data := readFile(t, "bulk.mmdb")
	for _, name := range []string{"bulk.mmdb", "country-v4.mmdb", "flat.mmdb"} {
		db, err := Open(Config{Path: testdata + name})
		require.NoError(t, err)
		defer db.Close()
		addrs := addresses(t, data, 40000)
		i := 0
		require.Zero(t, testing.AllocsPerRun(30000, func() { db.Country(addrs[i]); i++ }), "%s, new", name)
		require.Zero(t, testing.AllocsPerRun(1000, func() { db.Country(addrs[0]) }), "%s, repeated", name)
		d := db.current.Load()
		i = 0
		require.Zero(t, testing.AllocsPerRun(30000, func() {
			if i++; addrs[i].Is4() {
				_, _ = d.read(d.reader.Lookup(addrs[i]))
			}
		}), "%s, decoded", name)
	}
}
