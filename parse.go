package streamtoken

import (
	"errors"
	"time"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// ParseClaims reads the payload of a token strictly. The payload is one JSON
// object without duplicate names (see package internal/strictjson for all that
// is refused in the text itself), in which
//
//   - sub is required and as in ValidSubject; kid may be absent and is as in
//     ValidKeyID;
//   - exp is required, nbf may be absent; each is 0 to MaxUnixTime in decimal
//     digits alone, without sign, fraction, exponent or leading zero, as a
//     number or as a string (Stream's own token call issues strings);
//   - downloadable, if present, is true or false;
//   - accessRules, if present, is an array of at most MaxAccessRules rules, all
//     well formed: skipping one that is not could skip a block;
//   - null is a value like any other and none of these is null;
//   - a name that differs from a known one only by case is refused;
//   - further claims are ignored (RFC 7519, section 4), or with refuseUnknown
//     refused.
//
// An error matches ReasonClaimsInvalid with errors.Is and comes with the zero
// Claims; its text names the field, never its value, and has no prefix.
// ParseClaims does not compare kid with the header's, nor exp and nbf with a
// clock, and checks no signature: package verifier does all three.
func ParseClaims(payload []byte, refuseUnknown bool) (Claims, error) {
	c, err := parseClaims(payload, refuseUnknown)
	if err != nil {
		return Claims{}, err
	}
	return c, nil
}

func parseClaims(payload []byte, refuseUnknown bool) (c Claims, err error) {
	if len(payload) > MaxTokenBytes {
		return c, claimError{msg: "payload larger than a token may be"}
	}
	doc, err := strictjson.Parse(payload)
	if err != nil {
		var syntax *strictjson.SyntaxError
		if errors.As(err, &syntax) {
			return c, claimError{msg: "payload is not strict JSON: " + syntax.Msg}
		}
		return c, claimError{msg: "payload is not strict JSON"}
	}
	if doc.Kind() != strictjson.Object {
		return c, claimError{msg: "payload is not a JSON object"}
	}
	var sub, exp bool
	for name, v := range doc.Members() {
		switch name {
		case claimSubject:
			sub = true
			c.Subject, err = identifier(name, v, ValidSubject)
		case claimKeyID:
			c.KeyID, err = identifier(name, v, ValidKeyID)
		case claimExpires:
			exp = true
			c.Expires, err = timestamp(name, v)
		case claimNotBefore:
			c.NotBefore, err = timestamp(name, v)
		case claimDownloadable:
			var ok bool
			if c.Downloadable, ok = v.Bool(); !ok {
				err = claimError{name, "not true or false but " + article(v)}
			}
		case claimAccessRules:
			c.AccessRules, err = rules(name, v)
		default:
			if known := strictjson.CaseVariant(name, claimNames); known != "" {
				err = claimError{known, "spelled in another case"}
			} else if refuseUnknown {
				err = claimError{msg: "a claim that is not known"}
			}
		}
		if err != nil {
			return c, err
		}
	}
	switch {
	case !sub:
		return c, claimError{claimSubject, "missing"}
	case !exp:
		return c, claimError{claimExpires, "missing"}
	}
	return c, nil
}

func identifier(name string, v strictjson.Value, valid func(string) bool) (string, error) {
	s, ok := v.Text()
	if !ok {
		return "", claimError{name, "not a string but " + article(v)}
	}
	if !valid(s) {
		return "", claimError{name, "empty, too long, or holds a character that it may not hold"}
	}
	return s, nil
}

// timestamp reads exp or nbf. Digits are compared and converted as integers:
// through a float, 1e300 would become a time long past.
func timestamp(name string, v strictjson.Value) (time.Time, error) {
	digits := v.Raw()
	switch v.Kind() {
	case strictjson.Number:
	case strictjson.String:
		s, _ := v.Text()
		digits = []byte(s)
	default:
		return time.Time{}, claimError{name, "not a number or a string of digits but " + article(v)}
	}
	const maxDigits = len("253402300799")
	switch {
	case len(digits) == 0 || len(digits) > maxDigits,
		digits[0] == '0' && len(digits) > 1:
		return time.Time{}, claimError{name, "not Unix seconds in plain digits"}
	}
	var sec int64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return time.Time{}, claimError{name, "not Unix seconds in plain digits"}
		}
		sec = sec*10 + int64(d-'0')
	}
	if sec > MaxUnixTime {
		return time.Time{}, claimError{name, "later than the year 9999"}
	}
	return time.Unix(sec, 0).UTC(), nil
}

func rules(name string, v strictjson.Value) ([]accessrules.Rule, error) {
	if v.Kind() != strictjson.Array {
		return nil, claimError{name, "not an array but " + article(v)}
	}
	n := 0
	for range v.Elements() {
		if n++; n > MaxAccessRules {
			return nil, claimError{name, "more than 5 rules"}
		}
	}
	if n == 0 {
		return nil, nil
	}
	list, err := accessrules.ParseValue(v)
	if err != nil {
		return nil, claimError{msg: err.Error()} // names the rule: accessRules[2].ip[0]
	}
	return list, nil
}

// claimError says which claim is wrong and how. Its texts are fixed phrases:
// a payload is a stranger's until its signature has held.
type claimError struct {
	field string // "" for the payload as a whole
	msg   string
}

func (e claimError) Error() string {
	if e.field == "" {
		return e.msg
	}
	return e.field + ": " + e.msg
}

func (claimError) Unwrap() error { return ReasonClaimsInvalid }

func article(v strictjson.Value) string {
	switch k := v.Kind(); k {
	case strictjson.Null:
		return k.String()
	case strictjson.Array, strictjson.Object:
		return "an " + k.String()
	default:
		return "a " + k.String()
	}
}
