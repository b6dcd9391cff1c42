package jws

import (
	"errors"
	"fmt"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// maxKeyIDBytes bounds a kid: it is a map key and appears in logs.
const maxKeyIDBytes = 128

// Header is what a verifier may read before the signature.
type Header struct {
	KeyID string // 1 to 128 bytes of [A-Za-z0-9_.-], so neither a path nor a query
}

// knownNames are the header members that mean something here, if only a refusal.
var knownNames = []string{"alg", "kid", "typ", "crit", "jwk", "jku", "x5u", "x5c", "zip", "enc", "b64"}

// ParseHeader checks a decoded header against alg, the one algorithm its
// caller has, compared byte for byte. It judges in this order, and the first
// failure is the error:
//
//  1. the header is one strict JSON object, else ErrHeader: of a document with
//     two meanings no member can be judged, alg included;
//  2. alg is the string alg. Absent, null, another type, another name and
//     another case ("none", "RS384", "rs256") are all ErrAlg;
//  3. kid is a string of 1 to 128 bytes of [A-Za-z0-9_.-], else ErrHeader;
//  4. every other member, in document order, else ErrHeader: typ, if present,
//     is exactly "JWT" (RFC 8725, section 3.11); crit, jwk, jku, x5u, x5c,
//     zip, enc and b64 are refused whatever their value, null and empty
//     included, for they ask to trust a key the token brings along, to fetch
//     one, to unpack, or to read the signed bytes another way; a name that
//     differs from one of these only by case (Unicode simple folding) is
//     refused, since other readers take it for the name itself.
//
// Members of any other name are ignored (RFC 7515, section 4). ParseHeader
// does not know which keys exist. The result does not alias header.
func ParseHeader(header []byte, alg string) (Header, error) {
	r := strictjson.NewReader(string(header))
	kind := r.Kind()
	var algValue, kidValue strictjson.Value
	var other error // the first failure of step 4
	for name := range r.Members() {
		switch name {
		case "alg":
			algValue = r.Value()
		case "kid":
			kidValue = r.Value()
		default:
			if value := r.Value(); other == nil {
				other = checkOther(name, value)
			}
		}
	}
	if kind != strictjson.Object {
		r.Value() // a fault in the text is told first
	}
	if err := r.End(); err != nil {
		var syntax *strictjson.SyntaxError
		if errors.As(err, &syntax) {
			return Header{}, fmt.Errorf("%w: not strict JSON: %s", ErrHeader, syntax.Msg)
		}
		return Header{}, fmt.Errorf("%w: not strict JSON", ErrHeader)
	}
	if kind != strictjson.Object {
		return Header{}, fmt.Errorf("%w: %s instead of an object", ErrHeader, kind)
	}

	if got, ok := algValue.Text(); !ok || got != alg {
		if algValue.Kind() == 0 {
			return Header{}, fmt.Errorf("%w: alg is missing, %s is required", ErrAlg, alg)
		}
		return Header{}, fmt.Errorf("%w: alg is not %s", ErrAlg, alg)
	}
	kid, ok := kidValue.Text()
	switch {
	case kidValue.Kind() == 0:
		return Header{}, fmt.Errorf("%w: kid is missing", ErrHeader)
	case !ok:
		return Header{}, fmt.Errorf("%w: kid is %s instead of a string", ErrHeader, kidValue.Kind())
	case !validKeyID(kid):
		return Header{}, fmt.Errorf("%w: kid is not 1 to %d characters of [A-Za-z0-9_.-]", ErrHeader, maxKeyIDBytes)
	case other != nil:
		return Header{}, other
	}
	return Header{KeyID: kid}, nil
}

// checkOther judges a member that is neither alg nor kid.
func checkOther(name string, value strictjson.Value) error {
	switch name {
	case "typ":
		if typ, ok := value.Text(); !ok || typ != "JWT" {
			return fmt.Errorf(`%w: typ is not "JWT"`, ErrHeader)
		}
		return nil
	case "crit", "jwk", "jku", "x5u", "x5c", "zip", "enc", "b64":
		return fmt.Errorf("%w: %s is not accepted", ErrHeader, name)
	}
	if known := strictjson.CaseVariant(name, knownNames); known != "" {
		return fmt.Errorf("%w: a name that differs from %s only by case", ErrHeader, known)
	}
	return nil
}

func validKeyID(s string) bool {
	if s == "" || len(s) > maxKeyIDBytes {
		return false
	}
	for i := range len(s) {
		if sextets[s[i]] == invalid && s[i] != '.' {
			return false
		}
	}
	return true
}
