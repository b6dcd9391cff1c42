package moq_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// TestDetailOfTimes: how far off a token is, in days from two days on.
func TestDetailOfTimes(t *testing.T) {
	const day = 24 * time.Hour
	end, start := time.Unix(2_000_003_600, 0), time.Unix(now, 0).Add(-5*time.Minute)
	for _, c := range []struct {
		at     time.Time
		reason streamtoken.Reason
		detail string
	}{
		{end, streamtoken.ReasonTokenExpired, "0s ago"},
		{end.Add(3 * time.Minute), streamtoken.ReasonTokenExpired, "3m0s ago"},
		{end.Add(day), streamtoken.ReasonTokenExpired, "24h0m0s ago"},
		{end.Add(2*day - time.Second), streamtoken.ReasonTokenExpired, "47h59m59s ago"},
		{end.Add(2 * day), streamtoken.ReasonTokenExpired, "2 days ago"},
		{end.Add(3*day - time.Second), streamtoken.ReasonTokenExpired, "2 days ago"},
		{end.Add(20_000 * day), streamtoken.ReasonTokenExpired, "20000 days ago"},
		{start.Add(-time.Second), streamtoken.ReasonTokenNotYetValid, "valid in 1s"},
		{start.Add(-2 * day), streamtoken.ReasonTokenNotYetValid, "valid in 2 days"},
	} {
		w := newWorld()
		w.time = c.at
		r := refused(t, w.verifier(t), raw(private("a"), header, payload), c.reason)
		require.Equal(t, c.detail, r.Detail)
	}
	long := strings.Replace(payload, "2000003600", "2031622501", 1)
	r := refused(t, newWorld().verifier(t), raw(private("a"), header, long), streamtoken.ReasonLifetimeTooLong)
	require.Equal(t, "issued for 366 days, more than a year", r.Detail)
}

// TestDetailOfClaims: the claim that is wrong is named, its value never told; a payload that is not strict JSON is that and
// nothing else, whatever claims came before the fault.
func TestDetailOfClaims(t *testing.T) {
	const (
		aud  = "aud: not the string that is the audience here"
		sub  = "sub: not a string of 32 lower-case hexadecimal digits"
		list = "operations: not publish and subscribe alone"
		exp  = "exp: not a number of Unix seconds in plain digits"
		form = "payload is not strict JSON: "
	)
	set := func(old, replacement string) string { return strings.Replace(payload, old, replacement, 1) }
	for _, c := range []struct{ payload, detail string }{
		{`[]`, "payload is not a JSON object"},
		{`"publish"`, "payload is not a JSON object"},
		{`null`, "payload is not a JSON object"},
		{`[`, form + "unexpected end"},
		{payload + "x", form + "data after the value"},
		{payload[:len(payload)-1], form + "unexpected end"},
		{set("moq.", "leaky.") + "x", form + "data after the value"},
		{set(`"sub"`, `"aud"`)[:len(payload)-1], form + "duplicate name"},
		{`{"exp":}`, form + "not a value"},
		{`{}`, "aud: missing"},
		{set(`"jti"`, `"x"`), "jti: missing"},
		{set("moq.", "leaky."), aud},
		{set(`"moq.cloudflare.com"`, "1"), aud},
		{set(`"moq.cloudflare.com"`, `["moq.cloudflare.com"]`), aud},
		{set(`"`+relay+`"`, "1"), sub},
		{set(relay, "leaky"), sub},
		{set(`["publish","subscribe"]`, `"publish"`), "operations: not an array"},
		{set(`["publish","subscribe"]`, `{"publish":true}`), "operations: not an array"},
		{set(`["publish","subscribe"]`, `[]`), "operations: empty"},
		{set(`"publish"`, `"leaky"`), list},
		{set(`"publish"`, `null`), list},
		{set(`"publish"`, `"subscribe"`), "operations: one is named twice"},
		{set("2000003600", `"2000003600"`), exp},
		{set("2000003600", "-1"), exp},
		{set("2000003600", "true"), exp},
		{set("2000003600", "{}"), exp},
		{set("2000003600", "[2000003600]"), exp},
		{set("2000003600", "253402300800"), "exp: later than the year 9999"},
		{set(`"exp"`, `"Exp"`), "exp: spelled in another case"},
	} {
		t.Run(c.payload, func(t *testing.T) {
			r := refused(t, newWorld().verifier(t), raw(private("a"), header, c.payload), streamtoken.ReasonClaimsInvalid)
			require.Equal(t, c.detail, r.Detail)
			require.Equal(t, kidA, r.KeyID, "whose signature held")
			require.Empty(t, r.Subject, "nothing of the claims")
		})
	}
}

// TestDetailOfSources: a failed source is told in its own words, and the reason is not said twice.
func TestDetailOfSources(t *testing.T) {
	var none *streamtoken.Refusal
	for _, reason := range []streamtoken.Reason{streamtoken.ReasonKeysUnavailable, streamtoken.ReasonRevocationsUnavailable} {
		for _, c := range []struct {
			err    error
			detail string
		}{
			{reason, ""},
			{errors.New("disk on fire"), "disk on fire"},
			{&streamtoken.Refusal{Reason: reason, Detail: "the feed is down"}, "the feed is down"},
			{fmt.Errorf("wrapped: %w", &streamtoken.Refusal{Reason: reason, Detail: "the feed is down"}), "the feed is down"},
			{fmt.Errorf("wrapped: %w", reason), "wrapped: " + reason.Error()},
			{none, "streamtoken: refused"}, // a nil that became an error by mistake
		} {
			w := newWorld()
			if reason == streamtoken.ReasonKeysUnavailable {
				w.keysErr = c.err
			} else {
				w.err = c.err
			}
			r := refused(t, w.verifier(t), raw(private("a"), header, payload), reason)
			require.Equal(t, c.detail, r.Detail)
		}
	}
}
