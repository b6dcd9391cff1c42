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
// clock, and checks no signature: package verifier does all three. The texts in
// the Claims share one copy of the payload. Safe for concurrent use.
func ParseClaims(payload []byte, refuseUnknown bool) (Claims, error) {
	if len(payload) > MaxTokenBytes {
		return Claims{}, errPayloadSize
	}
	c, _, err := parseClaims(string(payload), refuseUnknown, true)
	return c, err
}

// CompileClaims is ParseClaims for whoever judges many payloads once: it gives
// the access rules as accessrules.Compile does and not as a list (the Claims'
// own is nil), and allocates nothing else. The Set is the zero one, which blocks
// everybody, with an error and at no other time. The texts in the Claims are
// parts of payload itself.
func CompileClaims(payload string, refuseUnknown bool) (Claims, accessrules.Set, error) {
	if len(payload) > MaxTokenBytes {
		return Claims{}, accessrules.Set{}, errPayloadSize
	}
	return parseClaims(payload, refuseUnknown, false)
}

var errPayloadSize = claimError{msg: "payload larger than a token may be"}

func parseClaims(payload string, refuseUnknown, list bool) (Claims, accessrules.Set, error) {
	r := strictjson.NewReader(payload)
	c, set, err := readClaims(&r, refuseUnknown, list)
	if err == nil {
		err = r.End()
	}
	if err == nil {
		return c, set, nil
	}
	// Whether the text is JSON at all comes before what it says.
	if _, fault := strictjson.Parse([]byte(payload)); fault != nil {
		err = fault
	}
	var syntax *strictjson.SyntaxError
	if errors.As(err, &syntax) {
		err = claimError{msg: "payload is not strict JSON: " + syntax.Msg}
	}
	return Claims{}, accessrules.Set{}, err
}

func readClaims(r *strictjson.Reader, refuseUnknown, list bool) (c Claims, set accessrules.Set, err error) {
	if r.Kind() != strictjson.Object {
		return c, set, claimError{msg: "payload is not a JSON object"}
	}
	var sub, exp, ruled bool
	for name := range r.Members() {
		switch name {
		case claimSubject:
			sub = true
			c.Subject, err = identifier(name, r, ValidSubject)
		case claimKeyID:
			c.KeyID, err = identifier(name, r, ValidKeyID)
		case claimExpires:
			exp = true
			c.Expires, err = timestamp(name, r)
		case claimNotBefore:
			c.NotBefore, err = timestamp(name, r)
		case claimDownloadable:
			kind := r.Kind()
			var ok bool
			if c.Downloadable, ok = r.Value().Bool(); !ok {
				err = claimError{name, "not true or false but " + article(kind)}
			}
		case claimAccessRules:
			ruled = true
			c.AccessRules, set, err = rules(name, r, list)
		default:
			if known := strictjson.CaseVariant(name, claimNames); known != "" {
				err = claimError{known, "spelled in another case"}
			} else if refuseUnknown {
				err = claimError{msg: "a claim that is not known"}
			}
		}
		if err != nil {
			return c, set, err
		}
	}
	switch {
	case !sub:
		return c, set, claimError{claimSubject, "missing"}
	case !exp:
		return c, set, claimError{claimExpires, "missing"}
	case !ruled:
		set = *everybody
	}
	return c, set, nil
}

// everybody are the rules of a token that has none.
var everybody, _ = accessrules.Compile(nil)

func identifier(name string, r *strictjson.Reader, valid func(string) bool) (string, error) {
	kind := r.Kind()
	s, ok := r.Text()
	if !ok {
		return "", claimError{name, "not a string but " + article(kind)}
	}
	if !valid(s) {
		return "", claimError{name, "empty, too long, or holds a character that it may not hold"}
	}
	return s, nil
}

// timestamp reads exp or nbf. Digits are compared and converted as integers:
// through a float, 1e300 would become a time long past.
func timestamp(name string, r *strictjson.Reader) (time.Time, error) {
	var digits string
	switch kind := r.Kind(); kind {
	case strictjson.Number:
		digits = r.Value().Raw()
	case strictjson.String:
		digits, _ = r.Text()
	default:
		return time.Time{}, claimError{name, "not a number or a string of digits but " + article(kind)}
	}
	const maxDigits = len("253402300799")
	switch {
	case len(digits) == 0 || len(digits) > maxDigits,
		digits[0] == '0' && len(digits) > 1:
		return time.Time{}, claimError{name, "not Unix seconds in plain digits"}
	}
	var sec int64
	for _, d := range []byte(digits) {
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

// rules reads the array of access rules that r stands before; the list is nil unless it is asked for.
func rules(name string, r *strictjson.Reader, list bool) (rules []accessrules.Rule, set accessrules.Set, err error) {
	if kind := r.Kind(); kind != strictjson.Array {
		return nil, set, claimError{name, "not an array but " + article(kind)}
	}
	if list {
		rules, set, err = accessrules.Read(r, MaxAccessRules)
	} else {
		set, err = accessrules.ReadSet(r, MaxAccessRules)
	}
	switch {
	case errors.Is(err, accessrules.ErrTooMany):
		return nil, set, claimError{name, "more than 5 rules"}
	case err != nil:
		return nil, set, claimError{msg: err.Error()} // names the rule: accessRules[2].ip[0]
	case len(rules) == 0:
		rules = nil
	}
	return rules, set, nil
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

func article(k strictjson.Kind) string {
	switch k {
	case strictjson.Null:
		return k.String()
	case strictjson.Array, strictjson.Object:
		return "an " + k.String()
	default:
		return "a " + k.String()
	}
}
