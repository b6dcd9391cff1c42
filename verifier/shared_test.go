package verifier_test

import (
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/verifier"
)

// TestTokensKeepTheirContent: what a Token holds does not lie in memory that
// the next token is decoded into. Many goroutines verify, keep, and compare.
func TestTokensKeepTheirContent(t *testing.T) {
	v := newVerifier(t)
	key := testKey(t, "a")
	const n = 24
	payloads, tokens := make([]string, n), make([]string, n)
	for i := range tokens {
		payloads[i] = fmt.Sprintf(`{"sub":"subject-%04d","kid":"%s","exp":%d,"accessRules":[{"type":"ip.src","action":"block","ip":["192.0.2.%d"]},`+
			`{"type":"ip.geoip.country","action":"allow","country":["%c%c"]}]}`, i, kidA, 1800000001+i, i, 'A'+i, 'B'+i)
		tokens[i] = sign(t, key, header(kidA), payloads[i])
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			kept := make([]*verifier.Token, n)
			for round := range 3 {
				for i := range tokens {
					i = (i + g*5) % n
					tok, err := v.Verify(t.Context(), tokens[i])
					if err != nil {
						t.Errorf("token %d: %v", i, err)
						return
					}
					if round == 0 {
						kept[i] = tok
					}
					_, _ = v.Verify(t.Context(), tokens[i][:len(tokens[i])-4]+"AAAA")
				}
			}
			for i, tok := range kept {
				c := tok.Claims()
				if string(c.AppendJSON(nil)) != payloads[i] || tok.KeyID() != kidA || tok.Digest() != digestOf(tokens[i]) {
					t.Errorf("token %d: content changed", i)
				}
			}
		})
	}
	wg.Wait()
}

// TestTokenIsShared: one Token may be used by many goroutines at once, Digest included.
func TestTokenIsShared(t *testing.T) {
	token := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600,"accessRules":`+fiveRules+`}`)
	tok, err := newVerifier(t).Verify(t.Context(), token)
	require.NoError(t, err)
	want := digestOf(token)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := tok.Claims()
			c.AccessRules[0].IP[0] = "changed"
			if tok.Digest() != want || tok.Claims().AccessRules[0].IP[0] == "changed" {
				t.Error("not the same for all")
			}
		})
	}
	wg.Wait()
}

// TestTokensShareNoMemory: what was found out about a token does not change when others are verified in the same
// buffers, not its rules either: a "block" that became "allow" there would let the world in.
func TestTokensShareNoMemory(t *testing.T) {
	key := testKey(t, "a")
	viewer := accessrules.Viewer{Addr: netip.MustParseAddr("192.0.2.7"), Country: accessrules.ParseCountry("FR")}
	type kept struct {
		token    string
		payload  string
		subject  string
		verdicts []accessrules.RuleVerdict
	}
	var tokens []kept
	for i, rules := range []string{
		`{"type":"any","action":"block"}`,
		`{"type":"any","action":"allow"}`,
		`{"type":"ip.src","action":"block","ip":["192.0.2.7"]}`,
		`{"type":"ip.src","action":"allow","ip":["192.0.2.8"]},{"type":"any","action":"block"}`,
		`{"type":"ip.geoip.country","action":"block","country":["FR"]},{"type":"any","action":"allow"}`,
		`{"type":"ip.geoip.country","action":"allow","country":["FR"]},{"type":"any","action":"block"}`,
		`{"type":"any","action":"\u0062lock"}`,
		`{"type":"any","action":"\u0061llow"}`,
	} {
		subject := "video" + strconv.Itoa(i)
		payload := `{"sub":"` + subject + `","exp":1800003600,"accessRules":[` + rules + `]}`
		parsed, err := accessrules.Parse([]byte("[" + rules + "]"))
		require.NoError(t, err)
		set, err := accessrules.Compile(parsed)
		require.NoError(t, err)
		_, verdicts := set.Explain(viewer)
		tokens = append(tokens, kept{sign(t, key, header(kidA), payload), payload, subject, verdicts})
	}
	for _, bytes := range []int64{0, -1} {
		v := newVerifier(t, func(cfg *verifier.Config) { cfg.CacheBytes = bytes })
		first := map[int]*verifier.Token{}
		for round := range 4 {
			for i := range tokens {
				if round%2 == 1 {
					i = len(tokens) - 1 - i
				}
				tok, err := v.Verify(t.Context(), tokens[i].token)
				require.NoError(t, err)
				if round == 0 {
					first[i] = tok
				}
				for i, early := range first {
					for _, tok := range []*verifier.Token{early, tok} {
						if tok != early && tok.Digest() != early.Digest() {
							continue
						}
						verdict, verdicts := tok.Rules().Explain(viewer)
						require.Equal(t, tokens[i].verdicts, verdicts)
						require.Equal(t, tok.Rules().Decide(viewer), verdict)
						require.Equal(t, tokens[i].subject, tok.Subject())
						require.Equal(t, digestOf(tokens[i].token), tok.Digest())
					}
				}
			}
		}
	}
}
