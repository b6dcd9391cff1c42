package accessrules_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
)

// TestBytes: what a Set says it holds is what the heap grows by, but for what the allocator adds, from a token's rules to long lists.
func TestBytes(t *testing.T) {
	require.Zero(t, (*accessrules.Set)(nil).Bytes())
	none, err := accessrules.Compile(nil)
	require.NoError(t, err)
	require.Zero(t, none.Bytes())
	if raceEnabled {
		return
	}
	list := func(n int) accessrules.Rule {
		r := accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Block}
		for i := range n {
			r.IP = append(r.IP, fmt.Sprintf("%d.%d.%d.0/24", 11+i%200, i*37%256, i*101%256))
		}
		return r
	}
	country := accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US"}}
	block := accessrules.Rule{Type: accessrules.TypeAny, Action: accessrules.Block}
	for name, rules := range map[string][]accessrules.Rule{
		"a token's":        {list(3), country, block},
		"many countries":   {country, country, country, block},
		"a dozen ranges":   {list(12), block},
		"hundreds":         {list(600), country},
		"a thousand, trie": {list(1000), list(1000)},
		"one, many times":  {{Type: accessrules.TypeIP, Action: accessrules.Block, IP: slices.Repeat([]string{"192.0.2.7"}, 40)}},
	} {
		n := 2000
		if len(rules[0].IP) > 100 {
			n = 200
		}
		sets := make([]*accessrules.Set, n)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools hold goes in two steps
		runtime.ReadMemStats(&before)
		for i := range sets {
			sets[i], err = accessrules.Compile(rules)
			require.NoError(t, err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		heap := float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
		said := float64(int(unsafe.Sizeof(*sets[0])) + sets[0].Bytes())
		t.Logf("%s: %.0f on the heap, %.0f counted", name, heap, said)
		require.Less(t, heap, said*1.1+64, name)
		require.Greater(t, heap, said*0.95-64, name)
		runtime.KeepAlive(sets)
	}
}

// TestBytesAtTheEdges: a Set holds what its own words and those of its extension have no room for, and nothing else. A rule for
// anybody takes one word, and their number one more.
func TestBytesAtTheEdges(t *testing.T) {
	bytes := func(rules int) int {
		s, err := accessrules.Compile(slices.Repeat([]accessrules.Rule{{Type: accessrules.TypeAny, Action: accessrules.Block}}, rules))
		require.NoError(t, err)
		require.Equal(t, rules, s.Len())
		return s.Bytes()
	}
	require.Zero(t, bytes(16))
	extension := bytes(17)
	require.Greater(t, extension, 32*8)
	require.Equal(t, extension, bytes(31))
	require.GreaterOrEqual(t, bytes(32), extension+33*8)
}
