package accessrules

import "strconv"

// Finding is one thing [Lint] found.
type Finding struct {
	Code    string `json:"code"`    // one of the Code constants, stable
	Rule    int    `json:"rule"`    // index from 0; -1: the list as a whole
	Message string `json:"message"` // one sentence for people; not stable
}

// The codes of [Lint]. They are stable; new ones may come.
const (
	CodeInvalid            = "invalid"                // Validate refuses the rule
	CodeTooManyRules       = "too_many_rules"         // more than the five a token may carry
	CodeNoTrailingAny      = "no_trailing_any"        // allow rules, and who matches none is allowed all the same
	CodeAllowsEverybody    = "allows_everybody"       // no rule that could block is ever reached
	CodeBlocksEverybody    = "blocks_everybody"       // no rule that could allow is ever reached
	CodeUnreachable        = "unreachable"            // behind rules that match every viewer
	CodeCovered            = "covered"                // every viewer the rule matches is matched by an earlier rule
	CodeCoveredEntry       = "covered_entry"          // the same of one entry of the rule
	CodeDuplicateRule      = "duplicate_rule"         // matches exactly what one earlier rule matches
	CodeDuplicateEntry     = "duplicate_entry"        // the entry is in the rule's list twice
	CodeIgnoredList        = "ignored_list"           // a list that does not belong to the rule's type
	CodeOneFamily          = "one_address_family"     // only IPv4 or only IPv6
	CodeWholeFamily        = "whole_address_family"   // 0.0.0.0/0 without ::/0 or the other way round, beside narrower ranges
	CodeHostBits           = "host_bits_set"          // bits below the prefix length, which are masked
	CodeZone               = "zone_dropped"           // a zone, which is dropped
	CodeMappedRange        = "mapped_range_is_ipv6"   // IPv4-mapped with less than /96: holds no IPv4 viewer
	CodeSingleIPv6         = "single_ipv6_address"    // one IPv6 address, which its device changes at will
	CodeIPMatchesNobody    = "ip_matches_nobody"      // an address no viewer comes from: unspecified, broadcast, multicast
	CodeCountryUnassigned  = "country_unassigned"     // no country of ISO 3166-1
	CodeCountryMatchesNone = "country_matches_nobody" // XX or T1
)

// tokenRules is how many rules a token may carry (Cloudflare Stream: securing your stream).
const tokenRules = 5

// Lint finds what in a list of rules looks restrictive and is not, or says something else than it seems to: see the Code constants.
// There is at most one finding a rule and code; its message names the first entry concerned and counts the rest. Findings come in
// the order of the rules, those on the whole list last; none is an empty slice. Lint judges no viewer, and refuses nothing: a list with
// findings may be just what is meant. It takes lists of any size. Safe for concurrent use.
//
// [LockTo] with addresses of one family gives a list with [CodeOneFamily], rightly: the viewer's other family is locked out.
func Lint(rules []Rule) []Finding {
	l := linter{findings: []Finding{}, closed: -1, seen: map[string]int{}}
	for i := range rules {
		l.rule(i, &rules[i])
	}
	l.list(len(rules))
	return l.findings
}

// linter is the list as far as it has been read.
type linter struct {
	findings  []Finding
	index     int // of the rule being read
	invalid   bool
	closed    int            // the rule from which on every viewer is matched, -1 while there is none
	allows    bool           // a reachable rule allows somebody
	blocks    bool           // a reachable rule blocks somebody
	seen      map[string]int // what a rule matches, in one form, to the first rule that does
	v4, v6    cover
	countries [codes]int // 1 + the first rule that lists the country
}

func (l *linter) add(code, message string) {
	l.findings = append(l.findings, Finding{code, l.index, message})
}

func (l *linter) rule(i int, r *Rule) {
	l.index = i
	if err := r.Validate(); err != nil {
		l.invalid = true
		l.add(CodeInvalid, err.Error())
		return
	}
	if len(r.IP) > 0 && r.Type != TypeIP {
		l.add(CodeIgnoredList, "the ip list is ignored: a rule of type "+string(r.Type)+" does not look at addresses")
	}
	if len(r.Country) > 0 && r.Type != TypeCountry {
		l.add(CodeIgnoredList, "the country list is ignored: a rule of type "+string(r.Type)+" does not look at countries")
	}
	reachable := l.closed < 0
	if !reachable {
		l.add(CodeUnreachable, "never reached: with "+place(l.closed)+" every viewer has been matched")
	}
	matches := true // anybody who is left
	switch r.Type {
	case TypeAny:
		if reachable {
			l.closed = i
		}
	case TypeIP:
		matches = l.ip(r, reachable)
	case TypeCountry:
		matches = l.country(r, reachable)
	}
	if reachable && matches {
		l.allows = l.allows || r.Action == Allow
		l.blocks = l.blocks || r.Action == Block
	}
}

// list judges the whole once all rules are read.
func (l *linter) list(n int) {
	l.index = -1
	if n > tokenRules {
		l.add(CodeTooManyRules, strconv.Itoa(n)+" rules: a token may carry at most 5")
	}
	switch {
	case n == 0 || l.invalid: // nothing is promised, or nothing can be said
	case l.closed >= 0 && !l.allows:
		l.add(CodeBlocksEverybody, "no viewer may watch: every rule that is reached blocks")
	case l.closed >= 0 && !l.blocks:
		l.add(CodeAllowsEverybody, "every viewer may watch: every rule that is reached allows")
	case l.closed < 0 && !l.blocks:
		l.add(CodeNoTrailingAny, "every viewer may watch: one that no rule matches is allowed; end the list with a rule that blocks any")
	case l.closed < 0 && l.allows:
		l.add(CodeNoTrailingAny, "a viewer that no rule matches is allowed; to let in only those listed, end the list with a rule that blocks any")
	}
}

// place names a rule as errors do.
func place(rule int) string { return "accessRules[" + strconv.Itoa(rule) + "]" }

// hits are the entries of one rule that one code is about.
type hits struct {
	first string
	count int
}

func (h *hits) add(s string) {
	if h.count++; h.count == 1 {
		h.first = s
	}
}

// report adds a finding if there is anything to report: "ip[0] 203.0.113.9/24 and 2 more: why".
func (l *linter) report(code string, h hits, why string) {
	switch {
	case h.count == 1:
		l.add(code, h.first+": "+why)
	case h.count > 1:
		l.add(code, h.first+" and "+strconv.Itoa(h.count-1)+" more: "+why)
	}
}
