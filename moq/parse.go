package moq

import (
	"errors"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// claimNames are the claims that mean something here. Others are ignored (RFC 7519, section 4).
var claimNames = []string{"aud", "sub", "jti", "operations", "iat", "exp", "nbf"}

// parsed is what the payload says. The texts are parts of it.
type parsed struct {
	relay, id       string
	ops             operations
	issued, expires int64 // Unix seconds
	notBefore       int64 // 0 if there is no nbf
}

// claimError is what is wrong with a claim, never its value.
type claimError struct{ name, msg string }

func (e claimError) Error() string {
	if e.name == "" {
		return e.msg
	}
	return e.name + ": " + e.msg
}

// parseClaims reads the payload of a token strictly: one JSON object without duplicate names, in which
//
//   - aud, sub, jti, operations, iat and exp are all required, and none is null; nbf may be absent;
//   - aud is a string, the audience itself. An array is refused, be it of this one string alone: who accepts an audience
//     among others accepts tokens that were made for others too;
//   - sub and jti are as in ValidID;
//   - operations is a non-empty array of known operations, none twice. One that is not known refuses the token: to pass over
//     it would be to guess that it grants nothing and restricts nothing;
//   - iat, exp and nbf are numbers, 0 to streamtoken.MaxUnixTime in decimal digits alone: no sign, fraction, exponent or
//     leading zero, and no string;
//   - a name that differs from one of these only by case is refused.
//
// Times are not judged.
func parseClaims(payload, audience string) (parsed, error) {
	r := strictjson.NewReader(payload)
	p, err := readClaims(&r, audience)
	if err == nil {
		err = r.End()
	}
	if err == nil {
		return p, nil
	}
	// Whether the text is JSON at all comes before what it says.
	if _, fault := strictjson.Parse([]byte(payload)); fault != nil {
		err = fault
	}
	var syntax *strictjson.SyntaxError
	if errors.As(err, &syntax) {
		err = claimError{msg: "payload is not strict JSON: " + syntax.Msg}
	}
	return parsed{}, err
}

func readClaims(r *strictjson.Reader, audience string) (p parsed, err error) {
	if r.Kind() != strictjson.Object {
		return p, claimError{msg: "payload is not a JSON object"}
	}
	var seen [6]bool // of the first six names
	for name := range r.Members() {
		for i, known := range claimNames[:len(seen)] {
			seen[i] = seen[i] || name == known
		}
		switch name {
		case "aud":
			if s, ok := r.Text(); !ok || s != audience {
				err = claimError{name, "not the string that is the audience here"}
			}
		case "sub":
			p.relay, err = identifier(name, r)
		case "jti":
			p.id, err = identifier(name, r)
		case "operations":
			p.ops, err = readOperations(name, r)
		case "iat":
			p.issued, err = timestamp(name, r)
		case "exp":
			p.expires, err = timestamp(name, r)
		case "nbf":
			p.notBefore, err = timestamp(name, r)
		default:
			if known := strictjson.CaseVariant(name, claimNames); known != "" {
				err = claimError{known, "spelled in another case"}
			}
		}
		if err != nil {
			return p, err
		}
	}
	for i, ok := range seen {
		if !ok {
			return p, claimError{claimNames[i], "missing"}
		}
	}
	return p, nil
}

func identifier(name string, r *strictjson.Reader) (string, error) {
	s, ok := r.Text()
	if !ok || !ValidID(s) {
		return "", claimError{name, "not a string of 32 lower-case hexadecimal digits"}
	}
	return s, nil
}

func readOperations(name string, r *strictjson.Reader) (set operations, err error) {
	if r.Kind() != strictjson.Array {
		return 0, claimError{name, "not an array"}
	}
	for range r.Elements() {
		s, ok := r.Text()
		b := bit(Operation(s))
		switch {
		case !ok || b == 0:
			return 0, claimError{name, "not publish and subscribe alone"}
		case set&b != 0:
			return 0, claimError{name, "one is named twice"}
		}
		set |= b
	}
	if set == 0 {
		return 0, claimError{name, "empty"}
	}
	return set, nil
}

// timestamp reads digits as integers: through a float, 1e300 would become a time long past.
func timestamp(name string, r *strictjson.Reader) (sec int64, err error) {
	const maxDigits = len("253402300799")
	bad := claimError{name, "not a number of Unix seconds in plain digits"}
	if r.Kind() != strictjson.Number {
		return 0, bad
	}
	digits := r.Value().Raw()
	if len(digits) > maxDigits {
		return 0, bad
	}
	for _, d := range []byte(digits) {
		if d < '0' || d > '9' {
			return 0, bad
		}
		sec = sec*10 + int64(d-'0')
	}
	if sec > streamtoken.MaxUnixTime {
		return 0, claimError{name, "later than the year 9999"}
	}
	return sec, nil
}
