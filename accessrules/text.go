package accessrules

import (
	"errors"
	"strings"
)

var (
	errTextLong   = errors.New("accessrules: the rule must be at most 4 MiB")
	errTextAction = errors.New(`accessrules: the rule must begin with "allow" or "block"`)
	errTextKind   = errors.New(`accessrules: the action must be followed by "any", by "ip" and addresses, or by "country" and codes`)
	errTextAny    = errors.New(`accessrules: nothing may follow "any"`)
	errTextList   = errors.New("accessrules: the list has an empty entry; separate entries with one comma")
	errTextComma  = errors.New("accessrules: entries of the list are separated by commas")
)

// ParseText reads the one-line form people type: "allow country US,CA", "block ip 203.0.113.0/24,2001:db8::/32", "block any". Words are
// separated by spaces or tabs and spelled in lower case; entries by commas, with spaces around them or not. Country codes come back in
// upper case. The rule is valid as of [Rule.Validate]; errors begin with "accessrules:" and quote nothing. At most [MaxBytes]. Safe for concurrent use.
func ParseText(s string) (Rule, error) {
	if len(s) > MaxBytes {
		return Rule{}, errTextLong
	}
	action, rest := cutWord(s)
	kind, rest := cutWord(rest)
	r := Rule{Action: Action(action)}
	if r.Action != Allow && r.Action != Block {
		return Rule{}, errTextAction
	}
	var err error
	switch kind {
	case "any":
		if rest != "" {
			return Rule{}, errTextAny
		}
		r.Type = TypeAny
	case "ip":
		r.Type = TypeIP
		r.IP, err = splitList(rest)
	case "country":
		r.Type = TypeCountry
		r.Country, err = splitList(rest)
	default:
		return Rule{}, errTextKind
	}
	if err != nil {
		return Rule{}, err
	}
	if err := r.Validate(); err != nil {
		return Rule{}, errors.New("accessrules: " + err.Error())
	}
	r.upper()
	return r, nil
}

const blanks = " \t"

// cutWord cuts the first word off s.
func cutWord(s string) (first, rest string) {
	s = strings.Trim(s, blanks)
	if i := strings.IndexAny(s, blanks); i >= 0 {
		return s[:i], strings.TrimLeft(s[i:], blanks)
	}
	return s, ""
}

func splitList(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	list := strings.Split(s, ",")
	for i := range list {
		list[i] = strings.Trim(list[i], blanks)
		switch {
		case list[i] == "":
			return nil, errTextList
		case strings.ContainsAny(list[i], blanks):
			return nil, errTextComma
		}
	}
	return list, nil
}
