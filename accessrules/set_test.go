package accessrules_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
)

// The zero Set is no Set of no rules: it blocks everybody, and so does a nil one.
func TestZeroSetBlocks(t *testing.T) {
	someone := accessrules.Viewer{Addr: netip.MustParseAddr("203.0.113.9"), Country: accessrules.ParseCountry("US")}
	for _, set := range []*accessrules.Set{nil, {}} {
		require.Equal(t, accessrules.Verdict{Action: accessrules.Block, Rule: -1}, set.Decide(someone))
		verdict, rules := set.Explain(someone)
		require.False(t, verdict.Allowed())
		require.Nil(t, rules)
		require.Zero(t, set.Len())
		require.Zero(t, set.Bytes())
	}
	none := compile(t)
	require.True(t, none.Decide(someone).Allowed())
	require.Zero(t, none.Len())
	require.False(t, reflect.ValueOf(*none).IsZero())
}

// A rule is compiled in another way when a list grows beyond what is compared one by one, and a Set when it grows beyond what it holds itself. At each
// length, with one family or both, every address that is listed is found and its neighbours are not, by the Set and by a copy of it.
func TestListsOfAddresses(t *testing.T) {
	for n4 := range 16 {
		for n6 := range 16 {
			var list []string
			for i := range n4 {
				list = append(list, fmt.Sprintf("203.0.113.%d", 2*i+1))
			}
			for i := range n6 {
				list = append(list, fmt.Sprintf("2001:db8::%x", 2*i+1))
			}
			if len(list) == 0 {
				continue
			}
			last := accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US"}}
			set := compile(t, accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Block, IP: list}, last)
			moved := *set
			require.Equal(t, 2, moved.Len())
			for i := range 34 {
				for addr, n := range map[string]int{fmt.Sprintf("203.0.113.%d", i): n4, fmt.Sprintf("2001:db8::%x", i): n6} {
					v := accessrules.Viewer{Addr: netip.MustParseAddr(addr), Country: accessrules.ParseCountry("DE")}
					want := accessrules.Verdict{Action: accessrules.Allow, Rule: -1}
					if i%2 == 1 && i < 2*n {
						want = accessrules.Verdict{Action: accessrules.Block}
					}
					require.Equal(t, want, set.Decide(v), "%s of %d and %d", addr, n4, n6)
					require.Equal(t, want, moved.Decide(v))
					explained, _ := set.Explain(v)
					require.Equal(t, want, explained)
					if want.Allowed() {
						v.Country = accessrules.ParseCountry("US")
						require.Equal(t, accessrules.Verdict{Action: accessrules.Block, Rule: 1}, moved.Decide(v))
					}
				}
			}
		}
	}
}
