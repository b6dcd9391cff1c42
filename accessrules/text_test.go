package accessrules_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

func TestParseText(t *testing.T) {
	for s, want := range map[string]accessrules.Rule{
		"allow country US,CA":                   {Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA"}},
		"block ip 203.0.113.0/24,2001:db8::/32": {Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "2001:db8::/32"}},
		"block any":                             {Type: accessrules.TypeAny, Action: accessrules.Block},
		"  block \t any\t":                      {Type: accessrules.TypeAny, Action: accessrules.Block},
		"allow country us , ca,t1":              {Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA", "T1"}},
		"allow ip 192.0.2.7":                    {Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"192.0.2.7"}},
		"allow ip fe80::1%Eth0":                 {Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"fe80::1%Eth0"}},
	} {
		got, err := accessrules.ParseText(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
}

func TestParseTextRefuses(t *testing.T) {
	const (
		action = `accessrules: the rule must begin with "allow" or "block"`
		kind   = `accessrules: the action must be followed by "any", by "ip" and addresses, or by "country" and codes`
		empty  = "accessrules: the list has an empty entry; separate entries with one comma"
		comma  = "accessrules: entries of the list are separated by commas"
	)
	for s, want := range map[string]string{
		"":                           action,
		"any":                        action,
		"deny any":                   action,
		"Block any":                  action,
		"block":                      kind,
		"block all":                  kind,
		"block ip.src 1.2.3.4":       kind,
		"block country=US":           kind,
		"block any 1.2.3.4":          `accessrules: nothing may follow "any"`,
		"block ip":                   "accessrules: ip: must list at least one address or range",
		"block country ":             "accessrules: country: must list at least one country",
		"block ip ,":                 empty,
		"block ip 1.2.3.4,":          empty,
		"block ip 1.2.3.4,,1.2.3.5":  empty,
		"block ip 1.2.3.4 1.2.3.5":   comma,
		"block country US CA":        comma,
		"block country USA":          "accessrules: country[0]: must be a country code of two letters, or T1",
		"block country \u017f":       "accessrules: country[0]: must be a country code of two letters, or T1",
		"block country u\u017f":      "accessrules: country[0]: must be a country code of two letters, or T1", // upper case of U+017F is S
		"block ip 1.2.3.4,localhost": "accessrules: ip[1]: must be an IP address or CIDR range",
		"block any\n":                kind,
		"block any\nblock any":       kind,
		"block ip " + strings.Repeat("1.2.3.4,", accessrules.MaxBytes/8): "accessrules: the rule must be at most 4 MiB",
	} {
		got, err := accessrules.ParseText(s)
		require.EqualError(t, err, want, s[:min(len(s), 40)])
		require.Zero(t, got)
	}
}

func TestLockTo(t *testing.T) {
	var addrs []netip.Addr
	for _, s := range []string{"203.0.113.9", "2001:db8:1:2:3:4:5:6", "::ffff:203.0.113.9", "2001:db8:1:2::7%eth0", "198.51.100.1"} {
		addrs = append(addrs, netip.MustParseAddr(s))
	}
	rules, err := accessrules.LockTo(addrs...)
	require.NoError(t, err)
	require.Equal(t, []accessrules.Rule{
		allow(t, "ip 203.0.113.9/32,2001:db8:1:2::/64,198.51.100.1/32"),
		deny(t, "any"),
	}, rules)
	set := compile(t, rules...)
	for _, a := range addrs {
		require.True(t, set.Decide(accessrules.Viewer{Addr: a}).Allowed(), a)
	}
	for _, s := range []string{"203.0.113.10", "2001:db8:1:3::", "::"} {
		require.False(t, set.Decide(accessrules.Viewer{Addr: netip.MustParseAddr(s)}).Allowed(), s)
	}
	require.Empty(t, accessrules.Lint(rules))
}

func TestLockToOneFamily(t *testing.T) {
	rules, err := accessrules.LockTo(netip.MustParseAddr("203.0.113.9"))
	require.NoError(t, err)
	findings := accessrules.Lint(rules)
	require.Len(t, findings, 1)
	require.Equal(t, accessrules.CodeOneFamily, findings[0].Code)
}

func TestLockToRefuses(t *testing.T) {
	rules, err := accessrules.LockTo()
	require.EqualError(t, err, "accessrules: a lock needs at least one address")
	require.Nil(t, rules)
	rules, err = accessrules.LockTo(netip.MustParseAddr("203.0.113.9"), netip.Addr{})
	require.EqualError(t, err, "accessrules: a lock needs valid addresses")
	require.Nil(t, rules)
}
