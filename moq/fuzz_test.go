package moq_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// FuzzVerify: for every token, as a stranger sends it and as a key holder might have signed its parts, the verifier answers
// what the reference answers, with a cache and without.
func FuzzVerify(f *testing.F) {
	for i, v := range readVectors(f).Vectors {
		if i%7 == 0 && len(*v.Token) < 4096 {
			f.Add(*v.Token, false)
		}
	}
	for _, p := range []string{
		payload, `{}`, strings.Replace(payload, "2000003600", "2e9", 1), strings.Replace(payload, `"exp"`, `"e\u0078p"`, 1),
		strings.Replace(payload, "publish", "public", 1), strings.TrimSuffix(payload, "}") + `,"nbf":1}`, strings.TrimSuffix(payload, "}") + `,"\u017fub":1}`,
	} {
		f.Add(header+"\n"+p, true)
	}
	f.Add(`{"alg":"EdDSA","kid":"`+kidA+`"}`+"\n"+payload, true)
	f.Fuzz(func(t *testing.T, token string, sign bool) {
		if sign {
			head, body, _ := strings.Cut(token, "\n")
			token = raw(private("a"), head, body)
		}
		w := newWorld()
		for _, edDSA := range []bool{false, true} {
			want := reference{w: w, edDSA: edDSA}.verify(token)
			v := w.verifier(t, func(cfg *moq.VerifierConfig) { cfg.EdDSA = edDSA })
			for range 2 {
				held, err := v.Verify(context.Background(), token)
				got := string(streamtoken.ReasonOf(err))
				if err == nil {
					got = "allow"
					require.Equal(t, relay, held.Relay())
					require.Equal(t, jti, held.ID())
				}
				require.Equal(t, want, got)
			}
		}
	})
}
