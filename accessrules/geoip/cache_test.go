package geoip

import (
	"net/netip"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
)

// sharing finds keys that all fall into one slot.
func sharing(n int) []key {
	var c cache
	out := []key{{1, 1}}
	for lo := uint64(2); len(out) < n; lo++ {
		if k := (key{1, lo}); c.slot(k) == c.slot(out[0]) {
			out = append(out, k)
		}
	}
	return out
}

func TestCacheComparesTheWholeAddress(t *testing.T) {
	var c cache
	keys := sharing(3)
	_, ok := c.get(keys[0])
	require.False(t, ok)
	_, ok = c.get(key{})
	require.False(t, ok, "an empty slot is no entry of the zero key")
	for i, k := range keys {
		c.put(k, accessrules.Country(10+i))
		for j, other := range keys {
			got, ok := c.get(other)
			require.Equal(t, i == j, ok)
			if ok {
				require.Equal(t, accessrules.Country(10+i), got)
			}
		}
	}
	c.put(key{}, accessrules.CountryUnavailable)
	got, ok := c.get(key{})
	require.True(t, ok)
	require.Equal(t, accessrules.CountryUnavailable, got)
}

// Many writers in one slot: what is read under an address is what was written under it.
func TestCacheUnderContention(t *testing.T) {
	var c cache
	keys := sharing(8)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300000 {
				k := (i*7 + w) % len(keys)
				if got, ok := c.get(keys[k]); ok && got != accessrules.Country(100+k) {
					t.Errorf("key %d gave %d", k, got)
					return
				}
				c.put(keys[k], accessrules.Country(100+k))
			}
		})
	}
	wg.Wait()
}

// A writer at work is neither read nor waited for.
func TestCacheSlotBeingWritten(t *testing.T) {
	var c cache
	k := key{1, 1}
	c.put(k, 7)
	s := c.slot(k)
	s.state.Add(1 << 16)
	_, ok := c.get(k)
	require.False(t, ok)
	c.put(k, 8)
	require.Equal(t, uint64(3), s.state.Load()>>16)
}

func TestKeysAreDistinct(t *testing.T) {
	seen := map[key]string{}
	for _, s := range []string{"0.0.0.0", "1.2.3.4", "4.3.2.1", "::", "::1", "::1.2.3.4", "::ffff:0:1.2.3.4", "1.2.3.5", "102:304::", "2001:db8::1", "2001:db8::1:0:0:0"} {
		k := keyOf(netip.MustParseAddr(s))
		require.Empty(t, seen[k], s)
		seen[k] = s
	}
}

func TestMemo(t *testing.T) {
	var m memo
	_, ok := m.get(0)
	require.False(t, ok, "an empty slot is no entry at offset 0")
	m.put(0, 5)
	m.put(1<<30, 6)
	got, ok := m.get(0)
	require.True(t, ok && got == 5)
	got, ok = m.get(1 << 30)
	require.True(t, ok && got == 6)
	shared := uint64(1)
	for m.slot(shared) != m.slot(0) {
		shared++
	}
	_, ok = m.get(shared)
	require.False(t, ok)
	m.put(shared, 7)
	_, ok = m.get(0)
	require.False(t, ok)
}
