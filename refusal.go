package streamtoken

import (
	"errors"
	"strconv"
	"strings"
)

// Refusal is the one error of a check. errors.Is(err, ReasonTokenExpired)
// tells which it is, ReasonOf gives the Reason itself. There is nothing in it
// that could pass for claims.
type Refusal struct {
	Reason Reason
	Detail string // for the operator; never bytes of a token or key; of what no signature stands behind, the id of a held key at most

	// Whose token it was, for the operator's log. Both are left out of Error,
	// which may reach the one who asked.
	KeyID   string // set after a good signature only
	Subject string // set after a good signature and well-formed claims only
}

// Error gives "streamtoken: token_expired: 3m0s ago". Control characters and
// whatever else is not printable ASCII come out escaped: the line may go to a
// log or a terminal.
func (e *Refusal) Error() string {
	if e == nil {
		return "streamtoken: refused"
	}
	if e.Detail == "" {
		return e.Reason.Error()
	}
	return e.Reason.Error() + ": " + printable(e.Detail)
}

// Is reports whether target is e's Reason, for errors.Is. A nil Refusal that
// became an error by mistake has none, and does not panic inside a check.
func (e *Refusal) Is(target error) bool {
	r, ok := target.(Reason)
	return ok && e != nil && r == e.Reason
}

// ReasonOf gives the Reason in err's chain, a Refusal's or a Reason that was
// itself returned or wrapped; "" if there is none, as for nil.
func ReasonOf(err error) Reason {
	var refusal *Refusal
	errors.As(err, &refusal)
	if refusal != nil {
		return refusal.Reason
	}
	var reason Reason
	errors.As(err, &reason)
	return reason
}

// printable gives s with everything but printable ASCII escaped as in a Go
// string.
func printable(s string) string {
	clean := func(r rune) bool { return ' ' <= r && r <= '~' }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if clean(r) {
			b.WriteRune(r)
			continue
		}
		n := 1 // a byte that is not UTF-8
		if r != '\uFFFD' || strings.HasPrefix(s[i:], "\uFFFD") {
			n = len(string(r))
		}
		quoted := strconv.QuoteToASCII(s[i : i+n])
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
