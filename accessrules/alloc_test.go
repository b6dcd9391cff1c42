package accessrules_test

import (
	"net/netip"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/strictjson"
	"github.com/stretchr/testify/require"
)

func TestDecideAllocatesNothing(t *testing.T) {
	if raceEnabled {
		return
	}
	us := accessrules.ParseCountry("US")
	many := compile(t, append(rangesRule(spread("v4-random", 1000)), rangesRule(spread("v6-one-net", 1000))...)...)
	five := compile(t, fiveRules...)
	for _, addr := range []string{"203.0.113.9", "::ffff:203.0.113.9", "2a00:1450::9", "fe80::1%a-zone-longer-than-an-address", "-"} {
		for _, v := range []accessrules.Viewer{who(t, addr, "FR"), who(t, addr, "-"), {Addr: who(t, addr, "-").Addr, Locate: func(netip.Addr) accessrules.Country { return us }}} {
			require.Zero(t, testing.AllocsPerRun(100, func() { verdict = five.Decide(v) }), addr)
			require.Zero(t, testing.AllocsPerRun(100, func() { verdict = many.Decide(v) }), addr)
		}
	}
}

// A token that is new is compiled on the way to its verdict: many rules cost one allocation, the usual ones none.
func TestReadSetAllocatesLittle(t *testing.T) {
	if raceEnabled {
		return
	}
	for most, rules := range [][]accessrules.Rule{fiveRules[2:], fiveRules} {
		text := string(accessrules.AppendJSON(nil, rules))
		require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
			r := strictjson.NewReader(text)
			if _, err := accessrules.ReadSet(&r, 5); err != nil {
				panic(err)
			}
		}), float64(most))
	}
}
