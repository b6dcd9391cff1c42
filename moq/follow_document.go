package moq

import (
	"errors"
	"fmt"
	"time"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// Bounds on an accepted document.
const (
	maxAcceptedBytes  = 256 << 10
	maxAcceptedTokens = 1000
	maxAcceptedAge    = time.Hour // what says more has no lease behind it
)

// acceptedDocument is what a control API says of one relay: the tokens it takes, and for how long that may be believed.
type acceptedDocument struct {
	epoch    int64
	maxAge   time.Duration
	accepted map[string]struct{} // by jti
}

var acceptedNames = []string{"relay", "epoch", "max_age_ms", "accepted"}
var acceptedTokenNames = []string{"jti", "operations", "expires"}

// parseAccepted reads the document of relay. It is strict JSON; a member that is not known is passed over, one that is known
// is there once, in its own spelling. What a token's operations and its end are stands in the token, signed: here they are
// only checked for their form. Errors name members, never values.
func parseAccepted(data []byte, relay string) (acceptedDocument, error) {
	if len(data) > maxAcceptedBytes {
		return acceptedDocument{}, errors.New("the accepted document is too large")
	}
	r := strictjson.NewReader(string(data))
	doc, err := readAccepted(&r, relay)
	if err == nil {
		err = r.End()
	}
	if err == nil {
		return doc, nil
	}
	if _, fault := strictjson.Parse(data); fault != nil { // before what it says
		err = fault
	}
	return acceptedDocument{}, fmt.Errorf("the accepted document: %w", err)
}

func readAccepted(r *strictjson.Reader, relay string) (doc acceptedDocument, err error) {
	if r.Kind() != strictjson.Object {
		return doc, errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for name := range r.Members() {
		seen[name] = true
		switch name {
		case "relay":
			if s, ok := r.Text(); !ok || s != relay {
				err = errors.New("relay: it is of another relay")
			}
		case "epoch":
			if doc.epoch, err = plainNumber(r); err != nil {
				err = fmt.Errorf("epoch: %w", err)
			}
		case "max_age_ms":
			var ms int64
			if ms, err = plainNumber(r); err != nil || ms < 1 || ms > maxAcceptedAge.Milliseconds() {
				err = fmt.Errorf("max_age_ms: not a number of milliseconds from 1 to %d", maxAcceptedAge.Milliseconds())
			}
			doc.maxAge = time.Duration(ms) * time.Millisecond
		case "accepted":
			doc.accepted, err = readAcceptedTokens(r)
		default:
			err = misspelt(name, acceptedNames)
		}
		if err != nil {
			return doc, err
		}
	}
	return doc, missing(seen, acceptedNames)
}

func readAcceptedTokens(r *strictjson.Reader) (map[string]struct{}, error) {
	if r.Kind() != strictjson.Array {
		return nil, errors.New("accepted: not an array")
	}
	all := map[string]struct{}{}
	for i := range r.Elements() {
		if i == maxAcceptedTokens {
			return nil, fmt.Errorf("accepted: more than %d tokens", maxAcceptedTokens)
		}
		jti, err := readAcceptedToken(r)
		if err != nil {
			return nil, fmt.Errorf("accepted: token %d: %w", i, err)
		}
		if _, twice := all[jti]; twice {
			return nil, fmt.Errorf("accepted: token %d: its jti is there twice", i)
		}
		all[jti] = struct{}{}
	}
	return all, nil
}

func readAcceptedToken(r *strictjson.Reader) (jti string, err error) {
	if r.Kind() != strictjson.Object {
		return "", errors.New("not an object")
	}
	seen := map[string]bool{}
	for name := range r.Members() {
		seen[name] = true
		var ok bool
		switch name {
		case "jti":
			if jti, ok = r.Text(); !ok || !ValidID(jti) {
				err = errors.New("jti: not a string of 32 lower-case hexadecimal digits")
			}
		case "operations":
			_, err = readOperations(name, r)
		case "expires":
			s, ok := r.Text()
			if _, bad := time.Parse(time.RFC3339, s); !ok || bad != nil {
				err = errors.New("expires: not a time as in RFC 3339")
			}
		default:
			err = misspelt(name, acceptedTokenNames)
		}
		if err != nil {
			return "", err
		}
	}
	return jti, missing(seen, acceptedTokenNames)
}

// plainNumber reads digits as an integer of at most 18: through a float, two epochs could become one.
func plainNumber(r *strictjson.Reader) (n int64, err error) {
	bad := errors.New("not a number in plain digits")
	if r.Kind() != strictjson.Number {
		return 0, bad
	}
	digits := r.Value().Raw()
	if len(digits) > 18 {
		return 0, bad
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, bad
		}
		n = 10*n + int64(c-'0')
	}
	return n, nil
}

func misspelt(name string, names []string) error {
	if known := strictjson.CaseVariant(name, names); known != "" {
		return fmt.Errorf("%s: spelled in another case", known)
	}
	return nil
}

func missing(seen map[string]bool, names []string) error {
	for _, name := range names {
		if !seen[name] {
			return fmt.Errorf("%s: missing", name)
		}
	}
	return nil
}
