package accessrules_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

func TestLint(t *testing.T) {
	tests := []struct {
		name  string
		rules []string
		want  []string // "RULE CODE"
	}{
		{"no rules promise nothing", nil, nil},
		{"a lock", []string{"allow ip 203.0.113.0/24,2001:db8::/32", "block any"}, nil},
		{"a block list", []string{"block country US,CA"}, nil},
		{"an exception from a block list", []string{"allow ip 203.0.113.0/24,2001:db8::/32", "block country US", "allow any"}, nil},
		{"narrow before wide", []string{"block ip 203.0.113.9,2001:db8::/48", "allow ip 203.0.113.0/24,2001:db8::/32", "block any"}, nil},

		{"allow without the end", []string{"allow country US"}, []string{"-1 no_trailing_any"}},
		{"allow and block without the end", []string{"allow country US", "block ip 192.0.2.1,2001:db8::/64"}, []string{"-1 no_trailing_any"}},
		{"an any that allows ends it too", []string{"allow country US", "block country CA", "allow any"}, nil},
		{"nothing ever blocks", []string{"allow country US", "allow any"}, []string{"-1 allows_everybody"}},
		{"the block comes too late", []string{"allow any", "block country US"}, []string{"1 unreachable", "-1 allows_everybody"}},
		{"nobody may watch", []string{"block any"}, []string{"-1 blocks_everybody"}},
		{"nobody, since any comes first", []string{"block any", "allow country US"}, []string{"1 unreachable", "-1 blocks_everybody"}},
		{"nobody, since the country is none", []string{"allow country XX", "block any"}, []string{"0 country_matches_nobody", "-1 blocks_everybody"}},
		{"both families whole are any", []string{"allow ip 0.0.0.0/0,::/0", "block country US", "block any"}, []string{"1 unreachable", "2 unreachable", "-1 allows_everybody"}},
		{"even in two rules", []string{"allow ip ::/1,8000::/1", "block ip 0.0.0.0/1,128.0.0.0/1", "block any"}, []string{"0 one_address_family", "1 one_address_family", "2 unreachable"}},

		{"covered by one", []string{"block ip 10.0.0.0/8,2001:db8::/32", "allow ip 10.1.0.0/16,2001:db8:1::/48", "block any"}, []string{"1 covered", "-1 blocks_everybody"}},
		{"covered by several together", []string{"block ip 10.0.0.0/9,::/0", "block ip 10.128.0.0/9,2001:db8::/32", "allow ip 10.0.0.0/8,2001:db8::/32", "block any"},
			[]string{"0 whole_address_family", "1 covered_entry", "2 covered", "-1 blocks_everybody"}},
		{"a union with a gap covers nothing", []string{"block ip 10.0.0.0/9,2001:db8::/32", "allow ip 10.0.0.0/8,2001:db8::/31", "block any"}, nil},
		{"one entry covered", []string{"allow ip 10.0.0.0/8,2001:db8::/32", "block ip 10.9.0.0/16,192.0.2.0/24,2001:db9::/32", "allow any"}, []string{"1 covered_entry"}},
		{"a mapped entry is covered as IPv4", []string{"allow ip 10.0.0.0/8,2001:db8::/32", "block ip ::ffff:10.0.0.1,2001:db8::/64", "allow any"}, []string{"1 covered", "-1 allows_everybody"}},
		{"countries covered", []string{"allow country US,CA", "allow country DE", "block country de,us", "allow any"}, []string{"2 covered", "-1 allows_everybody"}},
		{"a country covered", []string{"allow country US,CA", "block country US,DE"}, []string{"1 covered_entry", "-1 no_trailing_any"}},
		{"the same rule twice", []string{"block country US,CA", "allow country ca,us"}, []string{"1 duplicate_rule"}},
		{"the same ranges twice", []string{"allow ip 10.0.0.0/8,2001:db8::/32", "block ip 2001:db8::/32,10.0.0.0/8", "block any"}, []string{"1 duplicate_rule"}},
		{"an address is no cover for a country", []string{"block ip 10.0.0.0/8,2001:db8::/32", "allow country US", "block any"}, nil},

		{"the same entry twice", []string{"allow ip 10.0.0.0/8,::ffff:10.0.0.0/104,2001:db8::/32,2001:db8::/32", "block any"}, []string{"0 duplicate_entry"}},
		{"the same country twice", []string{"allow country US,us", "block any"}, []string{"0 duplicate_entry"}},
		{"only IPv4", []string{"allow ip 203.0.113.0/24", "block any"}, []string{"0 one_address_family"}},
		{"only IPv6", []string{"block ip 2001:db8::/32"}, []string{"0 one_address_family"}},
		{"every IPv4", []string{"block ip 0.0.0.0/0"}, []string{"0 one_address_family"}},
		{"every IPv4 and some IPv6", []string{"block ip 0.0.0.0/0,2001:db8::/32"}, []string{"0 whole_address_family"}},
		{"every IPv4 by its mapped form", []string{"block ip ::ffff:0:0/96,2001:db8::/32"}, []string{"0 whole_address_family"}},
		{"host bits", []string{"block ip 203.0.113.77/24,2001:db8::1/64,192.0.2.0/24"}, []string{"0 host_bits_set"}},
		{"host bits of a mapped range", []string{"block ip ::ffff:203.0.113.77/120,2001:db8::/64"}, []string{"0 host_bits_set"}},
		{"a zone", []string{"block ip fe80::%eth0/64,169.254.0.0/16"}, []string{"0 zone_dropped"}},
		{"a mapped range too short", []string{"block ip ::ffff:0:0/95,203.0.113.0/24"}, []string{"0 host_bits_set", "0 mapped_range_is_ipv6"}},
		{"one IPv6 address", []string{"allow ip 203.0.113.9,2001:db8::9", "block any"}, []string{"0 single_ipv6_address"}},
		{"0.0.0.0 for everybody", []string{"block ip 0.0.0.0,::"}, []string{"0 ip_matches_nobody"}},
		{"broadcast alone", []string{"block ip 255.255.255.255,2001:db8::/32"}, []string{"0 ip_matches_nobody"}},
		{"all of multicast", []string{"block ip 224.0.0.0/4,ff00::/8"}, []string{"0 ip_matches_nobody"}},
		{"more than multicast", []string{"block ip 224.0.0.0/3,fe00::/7"}, nil},
		{"multicast and broadcast", []string{"block ip 239.1.0.0/16,255.255.255.255,ff02::1,192.0.2.0/24"}, []string{"0 ip_matches_nobody"}},

		{"unassigned", []string{"block country ZZ"}, []string{"0 country_unassigned"}},
		{"not what the country is called", []string{"block country UK,EU"}, []string{"0 country_unassigned"}},
		{"Kosovo has a code that databases use", []string{"block country XK"}, nil},
		{"unknown and Tor", []string{"block country XX,t1,US"}, []string{"0 country_matches_nobody"}},

		{"more than five", []string{"block country US", "block country CA", "block country DE", "block country FR", "block country GB", "block country JP"}, []string{"-1 too_many_rules"}},
		{"five", []string{"block country US", "block country CA", "block country DE", "block country FR", "block country GB"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rules []accessrules.Rule
			for _, s := range tt.rules {
				rules = append(rules, textRule(t, s))
			}
			var got []string
			for _, f := range accessrules.Lint(rules) {
				got = append(got, fmt.Sprintf("%d %s", f.Rule, f.Code))
				require.NotEmpty(t, f.Message)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestLintOfUncheckedRules(t *testing.T) {
	findings := accessrules.Lint([]accessrules.Rule{
		{Type: "any", Action: "deny"},
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "2001:db8::/32"}, Country: []string{"US"}},
		{Type: accessrules.TypeAny, Action: accessrules.Allow, IP: []string{"203.0.113.0/24"}},
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/33"}},
	})
	require.Equal(t, []accessrules.Finding{
		{Code: accessrules.CodeInvalid, Rule: 0, Message: `action: must be "allow" or "block"`},
		{Code: accessrules.CodeIgnoredList, Rule: 1, Message: "the country list is ignored: a rule of type ip.src does not look at countries"},
		{Code: accessrules.CodeIgnoredList, Rule: 2, Message: "the ip list is ignored: a rule of type any does not look at addresses"},
		{Code: accessrules.CodeInvalid, Rule: 3, Message: "ip[0]: must have a prefix length of 0 to 32"},
	}, findings)
}

// Of a list that is refused as a whole nothing is said as a whole.
func TestLintOfAnInvalidListJudgesNoOutcome(t *testing.T) {
	findings := accessrules.Lint([]accessrules.Rule{{Type: "any", Action: "deny"}, deny(t, "any")})
	require.Len(t, findings, 1)
	require.Equal(t, accessrules.CodeInvalid, findings[0].Code)
}

func TestLintMessages(t *testing.T) {
	for _, tt := range []struct {
		rules []string
		want  []string
	}{
		{[]string{"allow ip 203.0.113.77/24"}, []string{
			"the rule has only IPv4 and does not allow the same viewer coming by IPv6: add the IPv6 ranges",
			"ip[0] 203.0.113.77/24: bits below the prefix length are set and are masked: the rule takes in the whole range",
			"every viewer may watch: one that no rule matches is allowed; end the list with a rule that blocks any",
		}},
		{[]string{"block country US,UK,ZZ", "block ip 10.0.0.1/8,10.0.0.2/9,192.0.2.1/24,::/0", "allow any", "block any"}, []string{
			"country[1] UK and 1 more: the United Kingdom is GB",
			"::/0 is every IPv6 viewer, but of IPv4 only some: add 0.0.0.0/0, or make it a rule of type any",
			"ip[0] 10.0.0.1/8 and 2 more: bits below the prefix length are set and are masked: the rule takes in the whole range",
			"never reached: with accessRules[2] every viewer has been matched",
		}},
		{[]string{"allow country US,CA", "allow country DE", "block country DE,US", "block country CA"}, []string{
			"decides nobody: earlier rules together already match all of it",
			"decides nobody: accessRules[0] already matches all of it",
			"every viewer may watch: one that no rule matches is allowed; end the list with a rule that blocks any",
		}},
	} {
		var rules []accessrules.Rule
		for _, s := range tt.rules {
			rules = append(rules, textRule(t, s))
		}
		var got []string
		for _, f := range accessrules.Lint(rules) {
			got = append(got, f.Message)
		}
		require.Equal(t, tt.want, got)
	}
}

func TestLintOfNothingIsAnEmptyArray(t *testing.T) {
	b, err := json.Marshal(accessrules.Lint(nil))
	require.NoError(t, err)
	require.Equal(t, "[]", string(b))
}

// A list of any size gives few findings, and a long entry no long message.
func TestLintIsBounded(t *testing.T) {
	r := accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Block}
	for i := range 20000 {
		r.IP = append(r.IP, fmt.Sprintf("10.%d.%d.77/24", i>>8, i&255))
	}
	r.IP = append(r.IP, "fe80::1%"+strings.Repeat("z", 120))
	rules := []accessrules.Rule{r, r, r}
	findings := accessrules.Lint(rules)
	require.Less(t, len(findings), 20)
	for _, f := range findings {
		require.Less(t, len(f.Message), 400)
	}
}

// Every code of ISO 3166-1 is a country, and no other: the count is the standard's.
func TestAssignedCountries(t *testing.T) {
	assigned := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if code == "XX" || code == "XK" {
				continue
			}
			if len(accessrules.Lint([]accessrules.Rule{{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{code}}})) == 0 {
				assigned++
			}
		}
	}
	require.Equal(t, 249, assigned)
}
