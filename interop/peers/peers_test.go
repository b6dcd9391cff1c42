// Package peers sets this verifier beside the usual Go JOSE libraries on the same tokens: what each accepts, and what a check costs.
package peers

import (
	"fmt"
	"strings"
	"testing"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

func TestGoodTokenIsAcceptedByAll(t *testing.T) {
	f := newFixture(t)
	for _, ours := range []*verifier.Verifier{f.cold, f.verifier, f.verifier} { // the last one remembers
		if _, err := ours.Verify(t.Context(), f.token); err != nil {
			t.Fatalf("ours: %v", err)
		}
	}
	for _, lib := range libraries {
		if err := lib.check(f, f.token); err != nil {
			t.Errorf("%s: %v", lib.name, err)
		}
	}
}

// Each of these was accepted by at least one library when this was written; ours must refuse every one.
// The test also fails when no library accepts one any more, so that the claim in the documentation stays true.
func TestWhatPeersLetThrough(t *testing.T) {
	f := newFixture(t)
	exp, past := f.now.Unix()+600, f.now.Unix()-600
	good := fmt.Sprintf(`{"sub":"video","exp":%d}`, exp)
	last := func(tok string) string { // another spelling of the same signature: the unused bits of its last character
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		i := strings.IndexByte(alphabet, tok[len(tok)-1])
		return tok[:len(tok)-1] + string(alphabet[i^1])
	}
	cases := []struct {
		name, token string
		reason      streamtoken.Reason
	}{
		{"unused bits of the last character", last(f.sign(t, f.header(), good)), streamtoken.ReasonTokenMalformed},
		{"line break inside the signature", func() string { s := f.sign(t, f.header(), good); return s[:len(s)-9] + "\n" + s[len(s)-9:] }(), streamtoken.ReasonTokenMalformed},
		{"EXP for exp", f.sign(t, f.header(), fmt.Sprintf(`{"sub":"video","EXP":%d}`, exp)), streamtoken.ReasonClaimsInvalid},
		{"exp past, EXP future", f.sign(t, f.header(), fmt.Sprintf(`{"sub":"video","exp":%d,"EXP":%d}`, past, exp)), streamtoken.ReasonClaimsInvalid},
		{"exp twice", f.sign(t, f.header(), fmt.Sprintf(`{"sub":"video","exp":%d,"exp":%d}`, past, exp)), streamtoken.ReasonClaimsInvalid},
		{"nbf 2^63-1", f.sign(t, f.header(), fmt.Sprintf(`{"sub":"video","exp":%d,"nbf":9223372036854775807}`, exp)), streamtoken.ReasonClaimsInvalid},
		{"invalid UTF-8 in sub", f.sign(t, f.header(), fmt.Sprintf("{\"sub\":\"vid\xffeo\",\"exp\":%d}", exp)), streamtoken.ReasonClaimsInvalid},
		{"exp of 300 years", f.sign(t, f.header(), `{"sub":"video","exp":10000000000}`), streamtoken.ReasonLifetimeTooLong},
		{"crit null", f.sign(t, fmt.Sprintf(`{"alg":"RS256","kid":%q,"crit":null}`, f.kid), good), streamtoken.ReasonHeaderInvalid},
		{"foreign typ", f.sign(t, fmt.Sprintf(`{"alg":"RS256","kid":%q,"typ":"at+jwt"}`, f.kid), good), streamtoken.ReasonHeaderInvalid},
	}
	for _, c := range cases {
		var takers []string
		for _, lib := range libraries {
			if lib.check(f, c.token) == nil {
				takers = append(takers, lib.name)
			}
		}
		tok, err := f.verifier.Verify(t.Context(), c.token)
		if tok != nil || streamtoken.ReasonOf(err) != c.reason {
			t.Errorf("%s: ours says %v, want %s", c.name, err, c.reason)
		}
		if len(takers) == 0 {
			t.Errorf("%s: no library takes it any more", c.name)
		}
		t.Logf("%-36s accepted by %s", c.name, strings.Join(takers, ", "))
	}
}
