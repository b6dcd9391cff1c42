package accessrules_test

import (
	"net/netip"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

// allow and deny make one rule from the one-line form.
func allow(t testing.TB, s string) accessrules.Rule { return textRule(t, "allow "+s) }
func deny(t testing.TB, s string) accessrules.Rule  { return textRule(t, "block "+s) }

func textRule(t testing.TB, s string) accessrules.Rule {
	t.Helper()
	r, err := accessrules.ParseText(s)
	require.NoError(t, err, s)
	return r
}

func compile(t testing.TB, rules ...accessrules.Rule) *accessrules.Set {
	t.Helper()
	set, err := accessrules.Compile(rules)
	require.NoError(t, err)
	return set
}

// who makes a viewer of "ADDRESS COUNTRY", each of them "-" where unavailable; the country "XX" is unknown.
func who(t testing.TB, addr, country string) accessrules.Viewer {
	t.Helper()
	v := accessrules.Viewer{Country: accessrules.ParseCountry(country)}
	if addr != "-" {
		v.Addr = netip.MustParseAddr(addr)
	}
	return v
}

const (
	allowed = "allow"
	blocked = "block"
	noIP    = "block, no ip"
	noGeo   = "block, no country"
)

func outcome(v accessrules.Verdict) string {
	s := string(v.Action)
	switch v.Missing {
	case accessrules.MissingIP:
		s += ", no ip"
	case accessrules.MissingCountry:
		s += ", no country"
	}
	return s
}

func TestDecide(t *testing.T) {
	type ask struct {
		addr, country string
		want          string
		rule          int
	}
	tests := []struct {
		name  string
		rules []string
		asks  []ask
	}{
		{"no rules: everybody", nil, []ask{
			{"203.0.113.9", "US", allowed, -1},
			{"-", "-", allowed, -1},
		}},
		{"only from home, the documented way", []string{"allow ip 203.0.113.0/24,2001:db8::/32", "block any"}, []ask{
			{"203.0.113.9", "-", allowed, 0},
			{"203.0.112.255", "-", blocked, 1},
			{"203.0.114.0", "-", blocked, 1},
			{"2001:db8::1", "-", allowed, 0},
			{"2001:db9::", "-", blocked, 1},
			{"-", "US", noIP, 0},
		}},
		{"no match means allow", []string{"allow ip 203.0.113.0/24"}, []ask{
			{"198.51.100.1", "US", allowed, -1},
		}},
		{"first match decides", []string{"block ip 203.0.113.9", "allow ip 203.0.113.0/24", "block any"}, []ask{
			{"203.0.113.9", "-", blocked, 0},
			{"203.0.113.10", "-", allowed, 1},
			{"192.0.2.1", "-", blocked, 2},
		}},
		{"an address rule of one family does not see the other", []string{"block ip 0.0.0.0/0"}, []ask{
			{"203.0.113.9", "-", blocked, 0},
			{"2001:db8::1", "-", allowed, -1},
			{"::", "-", allowed, -1},
		}},
		{"nor the other way round", []string{"block ip ::/0"}, []ask{
			{"2001:db8::1", "-", blocked, 0},
			{"::ffff:203.0.113.9", "-", allowed, -1},
			{"203.0.113.9", "-", allowed, -1},
		}},
		{"a mapped viewer is IPv4", []string{"block ip 203.0.113.0/24"}, []ask{
			{"::ffff:203.0.113.9", "-", blocked, 0},
			{"::ffff:cb00:7109", "-", blocked, 0},
			{"::ffff:203.0.113.9%eth0", "-", blocked, 0},
			{"::203.0.113.9", "-", allowed, -1}, // compatible, not mapped: IPv6
		}},
		{"a mapped address in a rule is IPv4", []string{"block ip ::ffff:203.0.113.9"}, []ask{
			{"203.0.113.9", "-", blocked, 0},
			{"203.0.113.8", "-", allowed, -1},
		}},
		{"a mapped range is IPv4", []string{"block ip ::ffff:203.0.113.0/120"}, []ask{
			{"203.0.113.0", "-", blocked, 0},
			{"203.0.113.255", "-", blocked, 0},
			{"203.0.114.0", "-", allowed, -1},
			{"::ffff:203.0.113.1", "-", blocked, 0},
		}},
		{"a mapped range of /96 is every IPv4 viewer", []string{"block ip ::ffff:0:0/96"}, []ask{
			{"0.0.0.0", "-", blocked, 0},
			{"255.255.255.255", "-", blocked, 0},
			{"2001:db8::1", "-", allowed, -1},
		}},
		{"a shorter one stays IPv6", []string{"block ip ::ffff:203.0.113.0/95"}, []ask{
			{"203.0.113.9", "-", allowed, -1},
			{"::ffff:203.0.113.9", "-", allowed, -1},
			{"::fffe:1:1", "-", blocked, 0},
			{"::fffd:1:1", "-", allowed, -1},
		}},
		{"zones are dropped in viewers", []string{"block ip fe80::/10"}, []ask{
			{"fe80::1%eth0", "-", blocked, 0},
			{"fe80::1", "-", blocked, 0},
		}},
		{"and in rules", []string{"block ip fe80::1%eth0", "allow ip fe80::%en0/64", "block any"}, []ask{
			{"fe80::1", "-", blocked, 0},
			{"fe80::1%eth1", "-", blocked, 0},
			{"fe80::2", "-", allowed, 1},
			{"fe80:0:0:1::", "-", blocked, 2},
		}},
		{"host bits are masked", []string{"block ip 203.0.113.77/24,2001:db8::77/64"}, []ask{
			{"203.0.113.1", "-", blocked, 0},
			{"2001:db8::1", "-", blocked, 0},
			{"2001:db8:0:1::77", "-", allowed, -1},
		}},
		{"countries, in any case", []string{"block country us,Mx", "allow country CA", "block any"}, []ask{
			{"-", "US", blocked, 0},
			{"-", "mx", blocked, 0},
			{"-", "CA", allowed, 1},
			{"-", "DE", blocked, 2},
		}},
		{"an unknown country matches nothing", []string{"block country US", "allow country CA"}, []ask{
			{"-", "XX", allowed, -1},
			{"-", "T1", allowed, -1},
			{"-", "t1", allowed, -1},
		}},
		{"not even itself", []string{"block country XX,T1,xx,t1"}, []ask{
			{"-", "XX", allowed, -1},
			{"-", "T1", allowed, -1},
			{"-", "US", allowed, -1},
			{"-", "-", noGeo, 0},
		}},
		{"an unavailable country denies, whatever the action", []string{"allow country US"}, []ask{
			{"203.0.113.9", "-", noGeo, 0},
			{"203.0.113.9", "USA", noGeo, 0},
		}},
		{"only where the rule is reached", []string{"allow ip 203.0.113.0/24", "block country US"}, []ask{
			{"203.0.113.9", "-", allowed, 0},
			{"203.0.112.9", "-", noGeo, 1},
			{"-", "US", noIP, 0},
		}},
		{"any needs nothing", []string{"allow any", "block ip 0.0.0.0/0", "block country US"}, []ask{
			{"-", "-", allowed, 0},
			{"203.0.113.9", "US", allowed, 0},
		}},
		{"the whole of a family", []string{"allow ip 0.0.0.0/0,::/0", "block any"}, []ask{
			{"0.0.0.0", "-", allowed, 0},
			{"255.255.255.255", "-", allowed, 0},
			{"::", "-", allowed, 0},
			{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "-", allowed, 0},
			{"-", "-", noIP, 0},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rules []accessrules.Rule
			for _, s := range tt.rules {
				rules = append(rules, textRule(t, s))
			}
			set := compile(t, rules...)
			for _, a := range tt.asks {
				v := who(t, a.addr, a.country)
				got := set.Decide(v)
				require.Equal(t, a.want, outcome(got), "%s %s", a.addr, a.country)
				require.Equal(t, a.rule, got.Rule, "%s %s", a.addr, a.country)
				require.Equal(t, a.want == allowed, got.Allowed())
				require.Equal(t, got, naive(rules, v))
			}
		})
	}
}

func TestNoSetBlocks(t *testing.T) {
	viewer := who(t, "203.0.113.9", "US")
	want := accessrules.Verdict{Action: accessrules.Block, Rule: -1}
	for name, set := range map[string]*accessrules.Set{"nil": nil, "zero": {}} {
		require.Equal(t, want, set.Decide(viewer), name)
		require.Zero(t, set.Len(), name)
	}
	require.False(t, accessrules.Verdict{}.Allowed(), "the zero verdict")
	require.False(t, accessrules.Verdict{Action: accessrules.Allow, Missing: accessrules.MissingIP}.Allowed())
}
