package accessrules_test

import (
	"fmt"
	"net/netip"
	"sync"

	"github.com/streamtoken/streamtoken/accessrules"
)

// One Set serves all requests at once.
func ExampleSet_Decide() {
	rules, err := accessrules.Parse([]byte(`[
		{"type":"ip.src","action":"allow","ip":["203.0.113.0/24","2001:db8::/32"]},
		{"type":"any","action":"block"}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := accessrules.Compile(rules)
	if err != nil {
		fmt.Println(err)
		return
	}
	viewers := []string{"203.0.113.9", "::ffff:203.0.113.9", "198.51.100.1"}
	verdicts := make([]accessrules.Verdict, len(viewers))
	var wg sync.WaitGroup
	for i, addr := range viewers {
		wg.Go(func() { verdicts[i] = set.Decide(accessrules.Viewer{Addr: netip.MustParseAddr(addr)}) })
	}
	wg.Wait()
	for i, v := range verdicts {
		fmt.Println(viewers[i], v.Action, "by rule", v.Rule)
	}
	// Output:
	// 203.0.113.9 allow by rule 0
	// ::ffff:203.0.113.9 allow by rule 0
	// 198.51.100.1 block by rule 1
}

func ExampleSet_Explain() {
	rules, err := accessrules.LockTo(netip.MustParseAddr("203.0.113.9"))
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := accessrules.Compile(rules)
	if err != nil {
		fmt.Println(err)
		return
	}
	verdict, all := set.Explain(accessrules.Viewer{Addr: netip.MustParseAddr("2001:db8::1")})
	fmt.Println(verdict.Action)
	for _, r := range all {
		fmt.Println(r.Rule, r.Action, r.Result, "-", r.Detail)
	}
	// Output:
	// block
	// 0 allow no_match - 2001:db8::1 is IPv6, the rule has only IPv4
	// 1 block match - matches every viewer
}

func ExampleLint() {
	rule, err := accessrules.ParseText("allow country US,UK")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range accessrules.Lint([]accessrules.Rule{rule}) {
		fmt.Println(f.Rule, f.Code+":", f.Message)
	}
	// Output:
	// 0 country_unassigned: country[1] UK: the United Kingdom is GB
	// -1 no_trailing_any: every viewer may watch: one that no rule matches is allowed; end the list with a rule that blocks any
}
