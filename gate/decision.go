package gate

import (
	"strconv"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/verifier"
)

// noRule is the index of no rule at all.
const noRule = -1

// Resource is what is asked for. The zero value asks for whatever the token names, not as a download.
type Resource struct {
	Subject  string // must equal the token's sub; "": the token itself names it (the path shape)
	Download bool   // needs a downloadable token
}

// Request is one question.
type Request struct {
	Token    string             // as it came, unchecked
	Viewer   accessrules.Viewer // who asks; zero: nothing is known, and a rule that needs to know refuses
	Resource Resource
}

// Decision is the answer. The zero value refuses.
type Decision struct {
	Allowed bool
	Reason  streamtoken.Reason // "" when allowed
	Detail  string             // for the operator: which rule, how long ago; never token or key bytes
	Rule    int                // index of the rule that decided, -1 when none did
	Token   *verifier.Token    // only when Allowed
	KeyID   string             // after a good signature
	Subject string             // after a good signature and well-formed claims
}

// Explanation is a decision with its grounds, for people and tools, never for serving: a refused token has claims here
// if the token itself held and only its use was refused.
type Explanation struct {
	Decision
	Claims *streamtoken.Claims       // nil unless signature, claims, time and revocation held
	Rules  []accessrules.RuleVerdict // every rule's verdict for this viewer; nil as Claims
}

// refuse gives a refusal of a token that held.
func refuse(token *verifier.Token, reason streamtoken.Reason, detail string) Decision {
	return Decision{Reason: reason, Detail: detail, Rule: noRule, KeyID: token.KeyID(), Subject: token.Subject()}
}

// ruleName names a rule so that it can be found in the token's list: "rule 1 (block ip.src)", counted from 0.
func ruleName(token *verifier.Token, rule int) string {
	name := "rule " + strconv.Itoa(rule)
	if rules := token.Claims().AccessRules; rule >= 0 && rule < len(rules) {
		return name + " (" + string(rules[rule].Action) + " " + string(rules[rule].Type) + ")"
	}
	return name
}
