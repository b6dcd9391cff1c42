package verifier

import (
	"strconv"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// current makes the last two checks, those that depend on the time.
func (v *Verifier) current(t *Token) *streamtoken.Refusal {
	now := v.now()
	refuse := func(reason streamtoken.Reason, detail string) *streamtoken.Refusal {
		return &streamtoken.Refusal{Reason: reason, Detail: detail, KeyID: t.key.id, Subject: t.claims.Subject}
	}

	exp := t.claims.Expires
	if !before(now, exp.Unix(), v.leeway) {
		return refuse(streamtoken.ReasonTokenExpired, seconds(now.Sub(exp))+" ago")
	}
	if nbf := t.claims.NotBefore; !nbf.IsZero() && before(now, nbf.Unix(), -v.leeway) {
		return refuse(streamtoken.ReasonTokenNotYetValid, "valid in "+seconds(nbf.Sub(now)))
	}
	const longest = streamtoken.MaxLifetime + streamtoken.LifetimeSlack
	if before(now, exp.Unix(), -longest) {
		return refuse(streamtoken.ReasonLifetimeTooLong, "expires in "+seconds(exp.Sub(now))+", more than "+longest.String())
	}

	if v.revocations == nil {
		return nil
	}
	revoked, err := v.revocations.Revoked(t.key.id, t.claims.Subject, t.Digest(), now)
	switch {
	case err != nil:
		return refuse(streamtoken.ReasonRevocationsUnavailable, detailOf(err))
	case revoked:
		return refuse(streamtoken.ReasonTokenRevoked, "")
	}
	return nil
}

// before reports whether now is before the Unix second sec moved by d, to the
// nanosecond. sec is 0 to streamtoken.MaxUnixTime and d at most days, so
// nothing overflows, however wrong the clock is; time.Time.Add and Sub would.
func before(now time.Time, sec int64, d time.Duration) bool {
	sec += int64(d / time.Second)
	nsec := int64(d % time.Second)
	if nsec < 0 {
		sec, nsec = sec-1, nsec+int64(time.Second)
	}
	return now.Unix() < sec || now.Unix() == sec && int64(now.Nanosecond()) < nsec
}

// seconds writes d for people: days from two days on.
func seconds(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return strconv.FormatInt(int64(d/day), 10) + " days"
	}
	return d.Round(time.Second).String()
}
