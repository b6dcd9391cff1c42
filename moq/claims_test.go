package moq_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := moq.NewID()
		require.True(t, moq.ValidID(id), id)
		require.False(t, seen[id], "no two are alike")
		seen[id] = true
	}
}

// TestAudiences: what signer and verifier both take, and what they both refuse. The payload is written without escapes, so
// what would need one must not get there.
func TestAudiences(t *testing.T) {
	w := newWorld()
	key := testKey(t, kidA, "a")
	take := map[string]bool{
		"a": true, "moq.cloudflare.com": true, "https://example.com/a?b=c#d": true, strings.Repeat("a", 256): true,
		strings.Repeat("a", 257): false, "a\u00e9": false, "\u202ea": false, `a","sub":"b`: false,
	}
	for c := range 256 {
		take["a"+string([]byte{byte(c)})+"b"] = c > ' ' && c < 0x7f && c != '"' && c != '\\'
	}
	for audience, want := range take {
		s, err := moq.New(moq.Config{Key: key, Audience: audience, Now: clock})
		v, err2 := moq.NewVerifier(moq.VerifierConfig{Keys: w, Accepted: w, Audience: audience, Now: clock})
		if !want {
			require.Error(t, err, "%q", audience)
			require.Error(t, err2, "%q", audience)
			require.Nil(t, s)
			require.Nil(t, v)
			continue
		}
		require.NoError(t, err, "%q", audience)
		require.NoError(t, err2, "%q", audience)
		token, err := s.Sign(moq.Claims{Relay: relay, ID: jti, Operations: moq.Operations()})
		require.NoError(t, err)
		holds(t, v, token)
		if audience != moq.DefaultAudience {
			refused(t, w.verifier(t), token, streamtoken.ReasonClaimsInvalid)
		}
	}
}

// TestTimesDoNotTurnOver: a number beyond 64 bits is not the small one that is left of it.
func TestTimesDoNotTurnOver(t *testing.T) {
	v := newWorld().verifier(t)
	for name, good := range map[string]string{"iat": "2000000000", "exp": "2000003600", "nbf": "2000000000"} {
		p := strings.TrimSuffix(payload, "}") + `,"nbf":2000000000}`
		holds(t, v, raw(private("a"), header, p))
		// 2^64 and 2^65 more, and noughts to the end of all bits: each is 2000000000 or so once the rest fell off.
		for _, wide := range []string{
			map[string]string{"2000000000": "18446744075709551616", "2000003600": "18446744075709555216"}[good],
			map[string]string{"2000000000": "36893488149419103232", "2000003600": "36893488149419106832"}[good],
			"1" + strings.Repeat("0", 64), "1" + strings.Repeat("0", 4000),
		} {
			token := raw(private("a"), header, strings.Replace(p, `"`+name+`":`+good, `"`+name+`":`+wide, 1))
			r := refused(t, v, token, streamtoken.ReasonClaimsInvalid)
			require.Equal(t, name+": not a number of Unix seconds in plain digits", r.Detail)
		}
	}
}
