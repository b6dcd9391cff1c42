package accessrules

import "strconv"

// The results a rule can have in [RuleVerdict].
const (
	ResultMatch       = "match"
	ResultNoMatch     = "no_match"
	ResultUnavailable = "unavailable" // the rule needs a fact that is not there: reached, it denies
)

// RuleVerdict says of one rule what it makes of a viewer, whether or not evaluation reached it.
type RuleVerdict struct {
	Rule    int    `json:"rule"` // index, from 0
	Type    Type   `json:"type"`
	Action  Action `json:"action"`
	Result  string `json:"result"`           // ResultMatch, ResultNoMatch or ResultUnavailable
	Decided bool   `json:"decided"`          // this rule made the decision
	Detail  string `json:"detail,omitempty"` // for people: "203.0.113.9 is in 203.0.113.0/24"; it names the viewer's address and country
}

// Explain gives the Verdict that [Set.Decide] gives, and what every rule makes of v, the rules behind the deciding one included. For those
// it may ask v.Locate where Decide would not have, once at most. It is for tools and logs, not for serving: it allocates. A nil or zero Set gives no rules' verdicts.
// Safe for concurrent use.
func (s *Set) Explain(v Viewer) (Verdict, []RuleVerdict) {
	verdict := Verdict{Action: Block, Rule: -1}
	if s == nil || s.code()[0] == 0 {
		return verdict, nil
	}
	e := explainer{Viewer: v, set: s}
	verdict.Action = Allow
	all := make([]RuleVerdict, s.Len())
	decided := false
	for i, w := range s.code().heads() {
		h := head(w)
		result, missing, detail := e.judge(h)
		all[i] = RuleVerdict{Rule: i, Type: h.kind().wire(), Action: h.action(), Result: result, Detail: detail}
		if decided || result == ResultNoMatch {
			continue
		}
		decided, all[i].Decided = true, true
		verdict = Verdict{Action: h.action(), Rule: i, Missing: missing}
		if missing != MissingNothing {
			verdict.Action = Block
		}
	}
	return verdict, all
}

// explainer is a viewer before a Set, with the country once it has been asked for.
type explainer struct {
	Viewer
	set     *Set
	country Country
	missing Missing
	asked   bool
}

// judge judges the rule with this head.
func (e *explainer) judge(h head) (result string, missing Missing, detail string) {
	switch h.kind() {
	case kindIP:
		return e.judgeIP(h)
	case kindCountry:
		return e.judgeCountry(h)
	}
	return ResultMatch, MissingNothing, "matches every viewer"
}

func (e *explainer) judgeIP(h head) (string, Missing, string) {
	if !e.Addr.IsValid() {
		return ResultUnavailable, MissingIP, "the viewer's address is unavailable"
	}
	k, v6 := keyOf(e.Addr)
	addr := k.addr(v6).String()
	list, family, otherFamily := e.set.ipv4(h), "IPv4", "IPv6"
	if v6 {
		list, family, otherFamily = e.set.ipv6(h), otherFamily, family
	}
	for _, p := range list {
		if !p.contains(k) {
			continue
		}
		if q := p.netip(v6); !q.IsSingleIP() {
			return ResultMatch, MissingNothing, addr + " is in " + q.String()
		}
		return ResultMatch, MissingNothing, addr + " is listed"
	}
	switch n := len(list); {
	case n == 0:
		return ResultNoMatch, MissingNothing, addr + " is " + family + ", the rule has only " + otherFamily
	case n == 1:
		return ResultNoMatch, MissingNothing, addr + " is not in " + list[0].netip(v6).String()
	default:
		return ResultNoMatch, MissingNothing, addr + " is in none of the rule's " + strconv.Itoa(n) + " " + family + " ranges"
	}
}

// ipv4 and ipv6 give a rule's prefixes.
func (s *Set) ipv4(h head) []prefix {
	list := s.code().first(h)
	if h&headFirstLong != 0 {
		return s.more.long[list[0]].flat
	}
	return list.ipv4()
}

func (s *Set) ipv6(h head) []prefix {
	list := s.code().second(h)
	if h&headSecondLong != 0 {
		return s.more.long[list[0]].flat
	}
	return list.ipv6()
}

func (e *explainer) judgeCountry(h head) (string, Missing, string) {
	if !e.asked {
		e.asked = true
		if e.country = e.Country; !e.country.available() {
			e.country, e.missing = locate(e.Addr, e.Country, e.Locate)
		}
	}
	switch {
	case e.missing == MissingIP:
		return ResultUnavailable, MissingIP, "the viewer's address is unavailable, and with it the country"
	case e.missing == MissingCountry:
		return ResultUnavailable, MissingCountry, "the viewer's country is unavailable"
	case e.country == CountryUnknown:
		return ResultNoMatch, MissingNothing, "the viewer's country is unknown to its source"
	case e.set.code().first(h).hasCountry(e.country):
		return ResultMatch, MissingNothing, "country " + e.country.String() + " is listed"
	}
	return ResultNoMatch, MissingNothing, "country " + e.country.String() + " is not listed"
}

func (k kind) wire() Type {
	switch k {
	case kindIP:
		return TypeIP
	case kindCountry:
		return TypeCountry
	}
	return TypeAny
}
