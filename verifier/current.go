package verifier

import (
	"strconv"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// current makes the last two checks, those that depend on the time. They are
// made anew for every request, whether the token is remembered or not.
func (v *Verifier) current(t *Token, now moment) *streamtoken.Refusal {
	switch {
	case !now.before(moment{t.expires + v.late.sec, v.late.nsec}):
		return t.refuse(streamtoken.ReasonTokenExpired, seconds(now.time().Sub(t.Expires()))+" ago")
	case t.hasNotBefore && now.before(moment{t.notBefore - v.early.sec, v.early.nsec}):
		return t.refuse(streamtoken.ReasonTokenNotYetValid, "valid in "+seconds(time.Unix(t.notBefore, 0).Sub(now.time())))
	case now.before(moment{t.expires - longest, 0}):
		return t.refuse(streamtoken.ReasonLifetimeTooLong,
			"expires in "+seconds(t.Expires().Sub(now.time()))+", more than "+(time.Duration(longest)*time.Second).String())
	}
	if v.revocations == nil {
		return nil
	}
	revoked, err := v.revocations.Revoked(t.key.id, t.Subject(), t.Digest(), now.time())
	switch {
	case err != nil:
		return t.refuse(streamtoken.ReasonRevocationsUnavailable, detailOf(err))
	case revoked:
		return t.refuse(streamtoken.ReasonTokenRevoked, "")
	}
	return nil
}

// longest is how many seconds before exp a token is refused for living too long.
const longest = int64((streamtoken.MaxLifetime + streamtoken.LifetimeSlack) / time.Second)

// shift moves a moment by seconds and, later than that, nanoseconds.
type shift struct{ sec, nsec int64 }

// shifts gives what leeway adds to exp, and what it takes from nbf: seconds to
// subtract and nanoseconds, never negative, to add again.
func shifts(leeway time.Duration) (late, early shift) {
	late = shift{int64(leeway / time.Second), int64(leeway % time.Second)}
	early = shift{sec: late.sec}
	if late.nsec > 0 {
		early = shift{late.sec + 1, int64(time.Second) - late.nsec}
	}
	return late, early
}

// before reports whether m is before the other. Whole seconds and nanoseconds
// apart, so that nothing overflows, however wrong the clock is; time.Time.Add
// and Sub would.
func (m moment) before(o moment) bool {
	return m.sec < o.sec || m.sec == o.sec && m.nsec < o.nsec
}

func (t *Token) refuse(reason streamtoken.Reason, detail string) *streamtoken.Refusal {
	return &streamtoken.Refusal{Reason: reason, Detail: detail, KeyID: t.key.id, Subject: t.Subject()}
}

// seconds writes d for people: days from two days on.
func seconds(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return strconv.FormatInt(int64(d/day), 10) + " days"
	}
	return d.Round(time.Second).String()
}
