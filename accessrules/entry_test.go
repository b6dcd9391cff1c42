package accessrules_test

import (
	"strings"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

func TestEntries(t *testing.T) {
	zone := strings.Repeat("z", accessrules.MaxEntryBytes-len("fe80::1%"))
	for _, s := range []string{
		"1.2.3.4", "0.0.0.0", "255.255.255.255", "0.0.0.0/0", "1.2.3.4/32", "1.2.3.4/9",
		"::", "::/0", "2001:db8::1", "2001:DB8::1/128", "1:2:3:4:5:6:7:8", "::1.2.3.4", "64:ff9b::1.2.3.4/96",
		"::ffff:1.2.3.4", "::ffff:1.2.3.4/96", "::ffff:1.2.3.4/128", "::ffff:102:304/0", "::ffff:1.2.3.4%eth0",
		"fe80::1%eth0", "fe80::1%3", "fe80::1%br-lan.100", "fe80::%eth0/64", "fe80::1%" + zone,
	} {
		r := accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{s}}
		require.NoError(t, r.Validate(), s)
	}
}

func TestEntriesRefused(t *testing.T) {
	const (
		notAddress = "must be an IP address or CIDR range"
		tooLong    = "must be an IP address or CIDR range, at most 128 bytes"
		badZone    = "must have a zone of letters, digits and . _ ~ : @ - after the %, on an IPv6 address"
		badLength  = "must have a prefix length in digits after the slash, without leading zeros"
		lengthIPv4 = "must have a prefix length of 0 to 32"
		lengthIPv6 = "must have a prefix length of 0 to 128"
	)
	for _, tt := range []struct{ entry, want string }{
		{"", notAddress},
		{"localhost", notAddress},
		{"1.2.3", notAddress},
		{"1.2.3.4.5", notAddress},
		{"1.2.3.256", notAddress},
		{"01.2.3.4", notAddress}, // octal to some readers
		{"0x1.2.3.4", notAddress},
		{"16909060", notAddress},
		{" 1.2.3.4", notAddress},
		{"1.2.3.4 ", notAddress},
		{"1.2.3.4\n", notAddress},
		{"1.2.3.4:80", notAddress},
		{"[2001:db8::1]", notAddress},
		{"2001:db8::1::", notAddress},
		{"1.2.3.4-1.2.3.9", notAddress},
		{"1.2.3.*", notAddress},
		{"1.2.3.4,1.2.3.5", notAddress},
		{"\uff11.2.3.4", notAddress}, // a full-width digit
		{"1.2.3.4\x00", notAddress},
		{"/24", notAddress},
		{"1.2.3.0/24/24", notAddress},
		{"1.2.3.0/255.255.255.0", badLength},
		{"1.2.3.0/", badLength},
		{"1.2.3.0/+8", badLength},
		{"1.2.3.0/-1", badLength},
		{"1.2.3.0/024", badLength},
		{"1.2.3.0/00", badLength},
		{"1.2.3.0/0x8", badLength},
		{"1.2.3.0/ 8", badLength},
		{"1.2.3.0/24 ", badLength},
		{"1.2.3.0/18446744073709551624", badLength}, // 8 modulo 2^64
		{"1.2.3.0/33", lengthIPv4},
		{"1.2.3.0/128", lengthIPv4},
		{"2001:db8::/129", lengthIPv6},
		{"::ffff:1.2.3.4/129", lengthIPv6},
		{"2001:db8::/999", lengthIPv6},
		{"1.2.3.4%eth0", badZone},
		{"1.2.3.0%eth0/24", badZone},
		{"fe80::1%", badZone},
		{"fe80::%/64", badZone},
		{"fe80::1%eth0/eth1/64", badZone},
		{"fe80::1%eth0%eth1", badZone},
		{"fe80::1%a b", badZone},
		{"fe80::1%a,b", badZone},
		{"fe80::1%a\"b", badZone},
		{"fe80::1%\u00e9", badZone},
		{"fe80::1%" + strings.Repeat("z", accessrules.MaxEntryBytes), tooLong},
		{strings.Repeat("1", 1<<20), tooLong},
	} {
		r := accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"::", tt.entry}}
		name := tt.entry[:min(len(tt.entry), 40)]
		require.EqualError(t, r.Validate(), "ip[1]: "+tt.want, name)
		set, err := accessrules.Compile([]accessrules.Rule{anyAllow, r})
		require.EqualError(t, err, "accessRules[1].ip[1]: "+tt.want, name)
		require.Nil(t, set)
	}
}

// Validate and Compile refuse the same, with the same words.
func TestValidateAndCompileAgree(t *testing.T) {
	for _, tt := range []struct {
		rule accessrules.Rule
		want string
	}{
		{accessrules.Rule{}, `type: must be "any", "ip.src" or "ip.geoip.country"`},
		{accessrules.Rule{Action: accessrules.Allow}, `type: must be "any", "ip.src" or "ip.geoip.country"`},
		{accessrules.Rule{Type: accessrules.TypeAny}, `action: must be "allow" or "block"`},
		{accessrules.Rule{Type: accessrules.TypeAny, Action: "ALLOW"}, `action: must be "allow" or "block"`},
		{accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Allow}, "ip: must list at least one address or range"},
		{accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{}, Country: []string{"US"}}, "ip: must list at least one address or range"},
		{accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Block}, "country: must list at least one country"},
		{accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US", "U1"}}, "country[1]: must be a country code of two letters, or T1"},
		{accessrules.Rule{Type: accessrules.TypeIP, IP: []string{"x"}}, `action: must be "allow" or "block"`},
	} {
		require.EqualError(t, tt.rule.Validate(), tt.want)
		set, err := accessrules.Compile([]accessrules.Rule{tt.rule})
		require.EqualError(t, err, "accessRules[0]."+tt.want)
		require.Nil(t, set)
		_, err = accessrules.Parse(accessrules.AppendJSON(nil, []accessrules.Rule{tt.rule}))
		require.EqualError(t, err, "accessRules[0]."+tt.want)
	}
}

func TestCompileKeepsNothingOfTheCaller(t *testing.T) {
	rules := []accessrules.Rule{{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24"}}, {Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US"}}}
	set := compile(t, rules...)
	rules[0].IP[0], rules[1].Country[0], rules[0].Action = "192.0.2.0/24", "DE", accessrules.Allow
	require.Equal(t, 2, set.Len())
	require.Equal(t, blocked, outcome(set.Decide(who(t, "203.0.113.9", "FR"))))
	require.Equal(t, blocked, outcome(set.Decide(who(t, "198.51.100.1", "US"))))
	require.Equal(t, allowed, outcome(set.Decide(who(t, "198.51.100.1", "DE"))))
}
