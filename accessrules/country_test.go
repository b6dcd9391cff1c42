package accessrules_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

func TestParseCountry(t *testing.T) {
	for _, s := range []string{"XX", "xx", "Xx", "T1", "t1"} {
		require.Equal(t, accessrules.CountryUnknown, accessrules.ParseCountry(s), s)
	}
	for _, s := range []string{"", "U", "USA", "U1", "1T", "11", "T0", "U ", " U", "@A", "A@", "[Z", "Z[", "`a", "a{", "\u00e9", "\u017f", "U\x00", "--"} {
		require.Equal(t, accessrules.CountryUnavailable, accessrules.ParseCountry(s), "%q", s)
	}
	seen := map[accessrules.Country]bool{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			upper, lower, mixed := string([]rune{a, b}), string([]rune{a + 32, b + 32}), string([]rune{a + 32, b})
			c := accessrules.ParseCountry(upper)
			require.Equal(t, c, accessrules.ParseCountry(lower))
			require.Equal(t, c, accessrules.ParseCountry(mixed))
			require.False(t, seen[c], upper)
			seen[c] = true
			if upper != "XX" {
				require.Equal(t, upper, c.String())
			}
		}
	}
	require.Equal(t, "unavailable", accessrules.CountryUnavailable.String())
	require.Equal(t, "unknown", accessrules.CountryUnknown.String())
	require.Equal(t, "unavailable", accessrules.Country(65535).String())
}

// Every country matches itself and no other, at both ends of every word of the set.
func TestEveryCountry(t *testing.T) {
	var all []accessrules.Country
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			all = append(all, accessrules.ParseCountry(string([]rune{a, b})))
		}
	}
	for _, c := range all {
		if c == accessrules.CountryUnknown {
			continue
		}
		set := compile(t, deny(t, "country "+c.String()))
		for _, o := range append(all, 678, 700, 704, 766, 65535) {
			verdict := set.Decide(accessrules.Viewer{Country: o})
			require.Equal(t, c != o && o < 678, verdict.Allowed(), "%v %v", c, o)
		}
	}
}

// Lists of any length, those that are kept as lists and those that are kept as sets: in each a country is found if it is there, in whatever place, and
// no other, also beside one that is there and one that differs in one bit.
func TestListsOfCountries(t *testing.T) {
	var names []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if name := string([]rune{a, b}); name != "XX" {
				names = append(names, name)
			}
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 40; n++ {
		for round := range 10 {
			rnd.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
			list := slices.Clone(names[:n])
			if round%2 == 0 { // said twice, which takes no room
				list = append(list, list...)
			}
			set := compile(t, accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: list})
			for i, name := range names {
				require.Equal(t, i >= n, set.Decide(accessrules.Viewer{Country: accessrules.ParseCountry(name)}).Allowed(), "%s in %v", name, list)
			}
		}
	}
}

// The number that XX would have, were it a country, is no way round its matching nobody.
func TestXXByItsNumberMatchesNobody(t *testing.T) {
	xx := accessrules.ParseCountry("XW") + 1
	require.Equal(t, accessrules.ParseCountry("XY"), xx+1)
	require.True(t, compile(t, deny(t, "country XX")).Decide(accessrules.Viewer{Country: xx}).Allowed())
}

func TestMissingString(t *testing.T) {
	require.Equal(t, "nothing", accessrules.MissingNothing.String())
	require.Equal(t, "ip", accessrules.MissingIP.String())
	require.Equal(t, "country", accessrules.MissingCountry.String())
	require.Equal(t, "invalid", accessrules.Missing(3).String())
}
