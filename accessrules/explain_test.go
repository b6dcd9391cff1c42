package accessrules_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

func TestExplainDetails(t *testing.T) {
	set := compile(t,
		deny(t, "country US,CA"),
		allow(t, "ip 203.0.113.77/24,192.0.2.7,198.51.100.0/24"),
		allow(t, "ip 2001:db8::/32"),
		deny(t, "any"),
	)
	tests := []struct {
		addr, country string
		decided       int
		want          []string
	}{
		{"::ffff:203.0.113.9", "DE", 1, []string{
			"no_match: country DE is not listed",
			"match: 203.0.113.9 is in 203.0.113.0/24",
			"no_match: 203.0.113.9 is IPv4, the rule has only IPv6",
			"match: matches every viewer",
		}},
		{"192.0.2.7", "XX", 1, []string{
			"no_match: the viewer's country is unknown to its source",
			"match: 192.0.2.7 is listed",
			"no_match: 192.0.2.7 is IPv4, the rule has only IPv6",
			"match: matches every viewer",
		}},
		{"10.0.0.1", "us", 0, []string{
			"match: country US is listed",
			"no_match: 10.0.0.1 is in none of the rule's 3 IPv4 ranges",
			"no_match: 10.0.0.1 is IPv4, the rule has only IPv6",
			"match: matches every viewer",
		}},
		{"fe80::1%eth0", "-", 0, []string{
			"unavailable: the viewer's country is unavailable",
			"no_match: fe80::1 is IPv6, the rule has only IPv4",
			"no_match: fe80::1 is not in 2001:db8::/32",
			"match: matches every viewer",
		}},
		{"-", "DE", 1, []string{
			"no_match: country DE is not listed",
			"unavailable: the viewer's address is unavailable",
			"unavailable: the viewer's address is unavailable",
			"match: matches every viewer",
		}},
	}
	for _, tt := range tests {
		verdict, all := set.Explain(who(t, tt.addr, tt.country))
		require.Equal(t, tt.decided, verdict.Rule)
		var got []string
		for i, rv := range all {
			got = append(got, rv.Result+": "+rv.Detail)
			require.Equal(t, i == tt.decided, rv.Decided)
		}
		require.Equal(t, tt.want, got, tt.addr)
	}
}

func TestExplainJSON(t *testing.T) {
	_, all := compile(t, allow(t, "ip 203.0.113.0/24")).Explain(who(t, "203.0.113.9", "-"))
	b, err := json.Marshal(all)
	require.NoError(t, err)
	require.JSONEq(t, `[{"rule":0,"type":"ip.src","action":"allow","result":"match","decided":true,"detail":"203.0.113.9 is in 203.0.113.0/24"}]`, string(b))
}

func TestExplainWithoutASet(t *testing.T) {
	for _, set := range []*accessrules.Set{nil, {}} {
		verdict, all := set.Explain(who(t, "203.0.113.9", "US"))
		require.Equal(t, accessrules.Verdict{Action: accessrules.Block, Rule: -1}, verdict)
		require.Empty(t, all)
	}
}

// locator answers c and counts how often it is asked.
type locator struct {
	c     accessrules.Country
	asked []netip.Addr
}

func (l *locator) locate(a netip.Addr) accessrules.Country {
	l.asked = append(l.asked, a)
	return l.c
}

func TestLocateIsAskedOnlyWhenNeeded(t *testing.T) {
	us := accessrules.ParseCountry("US")
	rules := []accessrules.Rule{deny(t, "ip 203.0.113.0/24"), deny(t, "country DE"), deny(t, "country FR"), allow(t, "country US"), deny(t, "any")}
	tests := []struct {
		name    string
		addr    string
		country string
		answer  accessrules.Country
		want    string
		rule    int
		decide  int // times asked
		explain int
	}{
		{"decided before any country rule", "203.0.113.9", "-", us, blocked, 0, 0, 1},
		{"country known already", "198.51.100.9", "US", us, allowed, 3, 0, 0},
		{"known to be unknown", "198.51.100.9", "XX", us, blocked, 4, 0, 0},
		{"reached three times, asked once", "198.51.100.9", "-", us, allowed, 3, 1, 1},
		{"the source does not know", "198.51.100.9", "-", accessrules.CountryUnknown, blocked, 4, 1, 1},
		{"the source failed", "198.51.100.9", "-", accessrules.CountryUnavailable, noGeo, 1, 1, 1},
		{"the source answers nonsense", "198.51.100.9", "-", accessrules.Country(9999), noGeo, 1, 1, 1},
		{"no address to ask with: an address rule comes first", "-", "-", us, noIP, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := compile(t, rules...)
			v := who(t, tt.addr, tt.country)
			l := &locator{c: tt.answer}
			v.Locate = l.locate
			got := set.Decide(v)
			require.Equal(t, tt.want, outcome(got))
			require.Equal(t, tt.rule, got.Rule)
			require.Len(t, l.asked, tt.decide)
			l.asked = nil
			explained, _ := set.Explain(v)
			require.Equal(t, got, explained)
			require.Len(t, l.asked, tt.explain)
		})
	}
}

func TestLocateSeesThePlainAddress(t *testing.T) {
	set := compile(t, deny(t, "country DE"))
	for in, want := range map[string]string{
		"::ffff:203.0.113.9":      "203.0.113.9",
		"::ffff:203.0.113.9%eth0": "203.0.113.9",
		"fe80::1%eth0":            "fe80::1",
	} {
		l := &locator{c: accessrules.CountryUnknown}
		v := accessrules.Viewer{Addr: netip.MustParseAddr(in), Locate: l.locate}
		require.True(t, set.Decide(v).Allowed())
		require.Equal(t, []netip.Addr{netip.MustParseAddr(want)}, l.asked)
	}
}

// A source that cannot be asked for want of an address has not failed: the address is what is missing.
func TestCountryWithoutAnAddress(t *testing.T) {
	set := compile(t, allow(t, "country DE"))
	l := &locator{c: accessrules.ParseCountry("DE")}
	require.Equal(t, accessrules.Verdict{Action: accessrules.Block, Rule: 0, Missing: accessrules.MissingIP}, set.Decide(accessrules.Viewer{Locate: l.locate}))
	require.Empty(t, l.asked)
	require.Equal(t, accessrules.Verdict{Action: accessrules.Block, Rule: 0, Missing: accessrules.MissingCountry}, set.Decide(accessrules.Viewer{}))
	// A country that was sent and is none stands, source or not.
	require.Equal(t, accessrules.MissingCountry, set.Decide(accessrules.Viewer{Country: 9999, Locate: l.locate}).Missing)
}
