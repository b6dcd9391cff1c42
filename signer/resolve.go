package signer

import (
	"fmt"
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

// FieldError says which claim is refused and why. Msg never quotes the claim's value.
type FieldError struct {
	Field string // wire name: "sub", "exp", "accessRules[2].ip[0]"
	Msg   string
}

func (e *FieldError) Error() string { return "signer: " + e.Field + ": " + e.Msg }

func refuse(field, format string, args ...any) *FieldError {
	return &FieldError{Field: field, Msg: fmt.Sprintf(format, args...)}
}

// errTokenSize names the access rules, the only claim that can be so long.
func errTokenSize(size int) error {
	return refuse("accessRules", "make a token of %d bytes; at most %d are allowed", size, streamtoken.MaxTokenBytes)
}

// resolve applies the defaults and refuses what must not be minted. The access rules are checked, not copied.
func (s *Signer) resolve(c streamtoken.Claims) (streamtoken.Claims, error) {
	var err error
	switch {
	case c.Subject == "":
		err = refuse("sub", "is missing; give the id of the video or live input")
	case !streamtoken.ValidSubject(c.Subject):
		err = refuse("sub", "must be 1 to %d letters, digits, _ or -, the first a letter or digit: it becomes a path segment", streamtoken.MaxSubjectBytes)
	case c.KeyID != "" && c.KeyID != s.key.id:
		err = refuse("kid", "is not the id of the signing key, %s; leave it out", s.key.id)
	default:
		c.KeyID = s.key.id
		if c.Expires, c.NotBefore, err = resolveTimes(s.now().Unix(), c.Expires, c.NotBefore); err == nil {
			err = checkRules(c.AccessRules)
		}
	}
	if err != nil {
		return streamtoken.Claims{}, err
	}
	return c, nil
}

// resolveTimes works in whole seconds, as the wire does. now is the last whole second: exp lies after the exact time if and
// only if it lies after that, and the same holds 24 hours on.
func resolveTimes(now int64, expires, notBefore time.Time) (exp, nbf time.Time, err error) {
	const (
		lifetime = int64(streamtoken.DefaultLifetime / time.Second)
		backdate = int64(streamtoken.DefaultBackdate / time.Second)
		longest  = int64(streamtoken.MaxLifetime / time.Second)
	)
	e, n := now+lifetime, max(0, now-backdate)
	if !expires.IsZero() {
		e = expires.Unix()
	}
	if !notBefore.IsZero() {
		n = notBefore.Unix()
	}
	for _, t := range []struct {
		field string
		unix  int64
	}{{"nbf", n}, {"exp", e}} {
		if t.unix < 0 || t.unix > streamtoken.MaxUnixTime {
			return time.Time{}, time.Time{}, refuse(t.field, "must lie in the years 1970 to 9999")
		}
	}
	switch {
	case e <= now:
		err = refuse("exp", "is not after now: the token would be expired when issued")
	case e > now+longest:
		err = refuse("exp", "is more than 24 hours from now, the most Stream allows; sign again later instead")
	case e <= n && expires.IsZero():
		err = refuse("exp", "is needed: one hour from now, its default, is not after nbf")
	case e <= n:
		err = refuse("exp", "is not after nbf: the token would never be valid")
	}
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	return time.Unix(e, 0).UTC(), time.Unix(n, 0).UTC(), nil
}

func checkRules(rules []accessrules.Rule) error {
	if len(rules) > streamtoken.MaxAccessRules {
		return refuse("accessRules", "are %d; Stream allows at most %d", len(rules), streamtoken.MaxAccessRules)
	}
	for i := range rules {
		if err := rules[i].Validate(); err != nil {
			field, msg, _ := strings.Cut(err.Error(), ": ")
			return refuse(fmt.Sprintf("accessRules[%d].%s", i, field), "%s", msg)
		}
	}
	return nil
}

// mintedRules copies valid rules as accessrules.AppendJSON writes them.
func mintedRules(rules []accessrules.Rule) []accessrules.Rule {
	if len(rules) == 0 {
		return nil
	}
	out := make([]accessrules.Rule, len(rules))
	for i, r := range rules {
		out[i] = accessrules.Rule{Type: r.Type, Action: r.Action}
		switch r.Type {
		case accessrules.TypeIP:
			out[i].IP = append([]string{}, r.IP...)
		case accessrules.TypeCountry:
			for _, country := range r.Country {
				out[i].Country = append(out[i].Country, strings.ToUpper(country))
			}
		}
	}
	return out
}
