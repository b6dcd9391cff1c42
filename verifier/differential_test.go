package verifier_test

import (
	"crypto/rsa"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// Members to build headers and payloads from: mostly good ones, so that
// tokens get far, and one or two that are not.
var (
	headerMembers = []string{
		`"alg":"RS256"`, `"alg":"RS256"`, `"alg":"RS256"`, `"alg":"none"`, `"alg":null`, `"\u0061lg":"RS256"`, `"ALG":"RS256"`,
		`"kid":"` + kidA + `"`, `"kid":"` + kidA + `"`, `"kid":"` + kidB + `"`, `"kid":7`, `"kid":"a b"`, `"Kid":"k"`, `"\u212aid":"k"`,
		`"typ":"JWT"`, `"typ":"jwt"`, `"crit":[]`, `"jwk":null`, `"b64":true`, `"x":[{"y":1}]`, `"x":{"a":1,"a":2}`, `"cty":"JWT"`,
	}
	payloadMembers = []string{
		`"sub":"v"`, `"sub":"v"`, `"sub":"V-_9"`, `"sub":"../v"`, `"sub":null`, `"SUB":"v"`, `"\u017fub":"v"`, `"s\u0075b":"v"`,
		`"kid":"` + kidA + `"`, `"kid":"` + kidB + `"`, `"kid":""`, `"KID":"k"`,
		`"exp":1800003600`, `"exp":"1800003600"`, `"exp":1800000000`, `"exp":1800000001`, `"exp":1800086700`, `"exp":1800086701`,
		`"exp":253402300799`, `"exp":253402300800`, `"exp":9223372036854775808`, `"exp":1800003600.0`, `"exp":"01800003600"`, `"exp":-1`, `"exp":null`, `"Exp":1`,
		`"nbf":1800000000`, `"nbf":"1800000001"`, `"nbf":0`, `"nbf":1e300`, `"NBF":0`,
		`"downloadable":true`, `"downloadable":false`, `"downloadable":"true"`,
		`"accessRules":` + fiveRules, `"accessRules":[]`, `"accessRules":null`,
		`"accessRules":[{"type":"any","action":"block"},{"type":"ip.src","action":"allow","ip":["::ffff:192.0.2.1/120"]}]`,
		`"accessRules":[{"type":"ip.src","action":"allow","ip":[]}]`, `"accessRules":[{"type":"any","action":"allow","Type":"any"}]`,
		`"x":[1,{"y":"\ud83d\ude00"}]`, `"x":"\ud83d"`, `"accessrules":[]`,
	}
)

// TestReferenceAgrees builds tokens at random and compares the reason with
// that of the plain reference.
func TestReferenceAgrees(t *testing.T) {
	a, b := testKey(t, "a"), testKey(t, "b")
	ref := reference{keys: map[string]*rsa.PublicKey{kidA: &a.PublicKey, kidB: &b.PublicKey}, now: at}
	v, fast := newVerifier(t), newVerifier(t, withVector)
	r := rand.New(rand.NewPCG(1, 2))
	build := func(first, second []string, more []string) string {
		list := []string{first[r.IntN(len(first))], second[r.IntN(len(second))]}
		for range r.IntN(3) {
			list = append(list, more[r.IntN(len(more))])
		}
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return "{" + strings.Join(list, ",") + "}"
	}
	seen := map[streamtoken.Reason]int{}
	for range 600 {
		h := header(kidA)
		if r.IntN(3) == 0 {
			h = build(headerMembers[:4], headerMembers[7:10], headerMembers)
		}
		p := build(payloadMembers[:3], payloadMembers[12:18], payloadMembers)
		token := sign(t, a, h, p)
		switch r.IntN(12) {
		case 0:
			token = token[:r.IntN(len(token))]
		case 1:
			i := r.IntN(len(token))
			token = token[:i] + string(rune(r.IntN(256))) + token[i:]
		}
		want := ref.verify(token)
		seen[want]++
		tok, err := v.Verify(t.Context(), token)
		require.Equal(t, want, streamtoken.ReasonOf(err), "%s %s: %v", h, p, err)
		require.Equal(t, err == nil, tok != nil)
		_, other := fast.Verify(t.Context(), token)
		require.Equal(t, err, other, "with the vector engine")
	}
	for _, reason := range []streamtoken.Reason{
		"", streamtoken.ReasonTokenMalformed, streamtoken.ReasonHeaderInvalid, streamtoken.ReasonAlgNotAllowed, streamtoken.ReasonSignatureInvalid,
		streamtoken.ReasonClaimsInvalid, streamtoken.ReasonTokenExpired, streamtoken.ReasonTokenNotYetValid, streamtoken.ReasonLifetimeTooLong,
	} {
		require.GreaterOrEqual(t, seen[reason], 5, "the mix has too few of %q: %v", reason, seen)
	}
}
