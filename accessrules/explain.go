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
// it may ask v.Locate where Decide would not have, once at most. It is for tools and logs, not for serving: it allocates. A nil Set gives no rules' verdicts.
// Safe for concurrent use.
func (s *Set) Explain(v Viewer) (Verdict, []RuleVerdict) {
	verdict := Verdict{Action: Block, Rule: -1}
	if s == nil || !s.compiled {
		return verdict, nil
	}
	e := explainer{Viewer: v}
	verdict.Action = Allow
	all := make([]RuleVerdict, len(s.rules))
	decided := false
	for i := range s.rules {
		r := &s.rules[i]
		result, missing, detail := e.judge(r)
		all[i] = RuleVerdict{Rule: i, Type: r.kind.wire(), Action: r.action(), Result: result, Detail: detail}
		if decided || result == ResultNoMatch {
			continue
		}
		decided, all[i].Decided = true, true
		verdict = Verdict{Action: r.action(), Rule: i, Missing: missing}
		if missing != MissingNothing {
			verdict.Action = Block
		}
	}
	return verdict, all
}

// explainer is a viewer with the country once it has been asked for.
type explainer struct {
	Viewer
	country Country
	missing Missing
	asked   bool
}

func (e *explainer) judge(r *rule) (result string, missing Missing, detail string) {
	switch r.kind {
	case kindIP:
		return e.judgeIP(r)
	case kindCountry:
		return e.judgeCountry(r)
	}
	return ResultMatch, MissingNothing, "matches every viewer"
}

func (e *explainer) judgeIP(r *rule) (string, Missing, string) {
	if !e.Addr.IsValid() {
		return ResultUnavailable, MissingIP, "the viewer's address is unavailable"
	}
	k, v6 := keyOf(e.Addr)
	addr := k.addr(v6).String()
	own, other, family, otherFamily := &r.v4, &r.v6, "IPv4", "IPv6"
	if v6 {
		own, other, family, otherFamily = other, own, otherFamily, family
	}
	if p := own.find(k); p != nil {
		if q := p.netip(v6); !q.IsSingleIP() {
			return ResultMatch, MissingNothing, addr + " is in " + q.String()
		}
		return ResultMatch, MissingNothing, addr + " is listed"
	}
	switch n := own.len(); {
	case n == 0:
		return ResultNoMatch, MissingNothing, addr + " is " + family + ", the rule has only " + otherFamily
	case n == 1:
		return ResultNoMatch, MissingNothing, addr + " is not in " + own.flat[0].netip(v6).String()
	default:
		return ResultNoMatch, MissingNothing, addr + " is in none of the rule's " + strconv.Itoa(n) + " " + family + " ranges"
	}
}

func (e *explainer) judgeCountry(r *rule) (string, Missing, string) {
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
	case r.countries.has(e.country):
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
