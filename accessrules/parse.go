package accessrules

import (
	"errors"
	"strings"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// MaxBytes bounds the JSON of a list of rules, 4 MiB: far beyond a token, enough for a file of 100,000 ranges.
const MaxBytes = 4 << 20

var (
	errTooLarge = errors.New("accessRules: must be at most 4 MiB")
	errNotArray = errors.New("accessRules: must be a JSON array of rules")
	errNotRule  = errors.New("must be a JSON object")
	errNotList  = errors.New("must be a JSON array of strings")
	errNotText  = errors.New("must be a string")

	// members are the names a rule knows.
	members = []string{"type", "action", "ip", "country"}
)

// Parse reads a JSON array of rules, strictly: at most [MaxBytes] of RFC 8259 JSON in UTF-8 with no name given twice and nothing behind it. In
// each rule, an object, type and action are required and spelled exactly; a list that belongs to the type must be there, an array of at least one
// string, each of them valid; one that does not is ignored unread. Unknown members are ignored, but not one that differs from a
// known name only in case: a reader that folds case would see another rule. null is a value, not absence.
//
// Country codes come back in upper case, irrelevant lists as nil. Errors name the place (`accessRules[2].ip[0]: ...`) and quote nothing,
// those of the JSON itself are *strictjson.SyntaxError. Parse does not hold the list to the five rules a token may carry, nor does it
// judge whether the rules make sense (see [Lint]). Safe for concurrent use.
func Parse(data []byte) ([]Rule, error) {
	if len(data) > MaxBytes {
		return nil, errTooLarge
	}
	v, err := strictjson.Parse(data)
	if err != nil {
		return nil, err
	}
	return ParseValue(v)
}

// ParseValue is [Parse] for an array inside a document that is already validated. Strings are copied out of it.
func ParseValue(v strictjson.Value) ([]Rule, error) {
	if v.Kind() != strictjson.Array {
		return nil, errNotArray
	}
	if len(v.Raw()) > MaxBytes {
		return nil, errTooLarge
	}
	rules := make([]Rule, 0, tokenRules) // as many as a token has
	for i, e := range v.Elements() {
		if e.Kind() != strictjson.Object {
			return nil, &ruleError{rule: i, err: errNotRule, self: true}
		}
		r, err := parseRule(e)
		if err != nil {
			return nil, &ruleError{rule: i, err: err}
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseRule(object strictjson.Value) (Rule, error) {
	var typ, action, ip, country strictjson.Value
	for name, v := range object.Members() {
		switch name {
		case "type":
			typ = v
		case "action":
			action = v
		case "ip":
			ip = v
		case "country":
			country = v
		default:
			if known := strictjson.CaseVariant(name, members); known != "" {
				return Rule{}, errors.New(known + ": must be spelled in lower case")
			}
		}
	}
	r := Rule{Type: Type(word(typ)), Action: Action(word(action))}
	if err := r.head(); err != nil {
		return Rule{}, err
	}
	var err error
	switch r.Type {
	case TypeIP:
		r.IP, err = parseList("ip", ip)
	case TypeCountry:
		r.Country, err = parseList("country", country)
	}
	if err != nil {
		return Rule{}, err
	}
	if err := r.Validate(); err != nil {
		return Rule{}, err
	}
	r.upper()
	return r, nil
}

// upper writes the countries in upper case. Only once they are known to be ASCII: Unicode makes an S of U+017F.
func (r *Rule) upper() {
	for i, c := range r.Country {
		r.Country[i] = strings.ToUpper(c)
	}
}

// word gives the text of v, "" for what is no string. Those that a rule is made of cost no allocation.
func word(v strictjson.Value) string {
	switch string(v.Raw()) {
	case `"any"`:
		return string(TypeAny)
	case `"ip.src"`:
		return string(TypeIP)
	case `"ip.geoip.country"`:
		return string(TypeCountry)
	case `"allow"`:
		return string(Allow)
	case `"block"`:
		return string(Block)
	}
	s, _ := v.Text()
	return s
}

// parseList reads an array of strings; one that is absent is an empty list, for Validate to refuse.
func parseList(field string, v strictjson.Value) ([]string, error) {
	switch v.Kind() {
	case 0:
		return nil, nil
	case strictjson.Array:
	default:
		return nil, errors.New(field + ": " + errNotList.Error())
	}
	list := make([]string, 0, 4)
	for i, e := range v.Elements() {
		s, ok := e.Text()
		if !ok {
			return nil, &fieldError{field, i, errNotText}
		}
		list = append(list, s)
	}
	return list, nil
}
