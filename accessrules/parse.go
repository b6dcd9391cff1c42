package accessrules

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// MaxBytes bounds the JSON of a list of rules, 4 MiB: far beyond a token, enough for a file of 100,000 ranges.
const MaxBytes = 4 << 20

// ErrTooMany: more rules than [Read] was told to take.
var ErrTooMany = errors.New("accessRules: too many rules")

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
	// Whether it is JSON at all comes before what it says.
	if _, err := strictjson.Parse(data); err != nil {
		return nil, err
	}
	r := strictjson.NewReader(string(data))
	rules, fault := read(&r, math.MaxInt, new(readRoom))
	for i := range rules {
		if err := rules[i].Validate(); err != nil {
			return nil, &ruleError{rule: i, err: err}
		}
		rules[i].upper()
	}
	if fault != nil {
		return nil, fault
	}
	return rules, nil
}

// Read is [Parse] and [Compile] in one, for an array inside a document that is being read; r stands before it. More than most rules are
// [ErrTooMany], whatever they hold. Whether the document is refused is for its reader to ask: the rules are then of no use. They keep the
// document in memory. With an error the Set is the zero one.
func Read(r *strictjson.Reader, most int) ([]Rule, Set, error) {
	rules, fault := read(r, most, new(readRoom))
	set, err := compile(rules)
	if err == nil {
		err = fault
	}
	if err != nil {
		return nil, Set{}, err
	}
	for i := range rules {
		rules[i].upper()
	}
	return rules, set, nil
}

// ReadSet is [Read] for the Set alone, which does not keep the document: it allocates nothing else.
func ReadSet(r *strictjson.Reader, most int) (Set, error) {
	room := readRooms.Get().(*readRoom)
	rules, fault := read(r, most, room)
	set, err := compile(rules)
	if err == nil {
		err = fault
	}
	*room = readRoom{} // nothing of the document stays
	readRooms.Put(room)
	if err != nil {
		return Set{}, err
	}
	return set, nil
}

// readRoom is as much as the rules of a token need while they are read, in one allocation.
type readRoom struct {
	rules [tokenRules]Rule
	texts [3 * tokenRules]string
}

var readRooms = sync.Pool{New: func() any { return new(readRoom) }}

// read gives the rules up to the first that has a fault in itself. Their types and actions are right, the entries of their lists are not judged.
func read(r *strictjson.Reader, most int, room *readRoom) (_ []Rule, fault error) {
	if r.Kind() != strictjson.Array {
		return nil, errNotArray
	}
	rules, texts := room.rules[:0], room.texts[:0]
	for i := range r.Elements() {
		switch {
		case i == most:
			return nil, ErrTooMany
		case fault != nil: // the others are counted
		case r.Kind() != strictjson.Object:
			fault = &ruleError{rule: i, err: errNotRule, self: true}
		default:
			rule, err := readRule(r, &texts)
			if err != nil {
				fault = &ruleError{rule: i, err: err}
				continue
			}
			rules = append(rules, rule)
		}
	}
	return rules, fault
}

// readRule reads an object to its end. Lists are put behind texts.
func readRule(r *strictjson.Reader, texts *[]string) (Rule, error) {
	var (
		rule             Rule
		variant, word    string
		noIPs, noCountry error // what is wrong with a list, should the rule be of its type
	)
	for name := range r.Members() {
		switch name {
		case "type":
			word, _ = r.Text()
			rule.Type = Type(word)
		case "action":
			word, _ = r.Text()
			rule.Action = Action(word)
		case "ip":
			rule.IP, noIPs = readList(name, r, texts)
		case "country":
			rule.Country, noCountry = readList(name, r, texts)
		default:
			if variant == "" {
				variant = strictjson.CaseVariant(name, members)
			}
		}
	}
	if variant != "" {
		return Rule{}, errors.New(variant + ": must be spelled in lower case")
	}
	if err := rule.head(); err != nil {
		return Rule{}, err
	}
	switch rule.Type {
	case TypeIP:
		rule.Country, noCountry = nil, nil
	case TypeCountry:
		rule.IP, noIPs = nil, nil
	default:
		rule.IP, rule.Country, noIPs, noCountry = nil, nil, nil, nil
	}
	if noIPs != nil {
		return Rule{}, noIPs
	}
	return rule, noCountry
}

// readList reads an array of strings to its end, and puts them behind texts.
func readList(field string, r *strictjson.Reader, texts *[]string) (list []string, fault error) {
	if r.Kind() != strictjson.Array {
		return nil, errors.New(field + ": " + errNotList.Error())
	}
	from := len(*texts)
	for i := range r.Elements() {
		s, ok := r.Text()
		if !ok && fault == nil {
			fault = &fieldError{field, i, errNotText}
		}
		*texts = append(*texts, s)
	}
	return slices.Clip((*texts)[from:]), fault
}

// upper writes the countries in upper case. Only once they are known to be ASCII: Unicode makes an S of U+017F.
func (r *Rule) upper() {
	for i, c := range r.Country {
		r.Country[i] = strings.ToUpper(c)
	}
}
