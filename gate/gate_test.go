package gate_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

func rules(tb testing.TB, lines ...string) (list []accessrules.Rule) {
	for _, line := range lines {
		r, err := accessrules.ParseText(line)
		require.NoError(tb, err)
		list = append(list, r)
	}
	return list
}

func viewer(addr, country string) (v accessrules.Viewer) {
	if addr != "" {
		v.Addr = netip.MustParseAddr(addr)
	}
	v.Country = accessrules.ParseCountry(country)
	return v
}

func TestDecide(t *testing.T) {
	g := newGate(t)
	hour := now.Add(time.Hour)
	for name, c := range map[string]struct {
		claims   streamtoken.Claims
		viewer   accessrules.Viewer
		resource gate.Resource
		reason   streamtoken.Reason
		rule     int
		detail   string
	}{
		"no rules": {claims: streamtoken.Claims{Subject: video, Expires: hour}, rule: -1},
		"its own subject": {
			claims: streamtoken.Claims{Subject: video, Expires: hour}, resource: gate.Resource{Subject: video}, rule: -1},
		"another subject": {
			claims: streamtoken.Claims{Subject: video, Expires: hour}, resource: gate.Resource{Subject: "other"},
			reason: streamtoken.ReasonSubjectMismatch, rule: -1, detail: "another subject"},
		"subject with other case": {
			claims: streamtoken.Claims{Subject: "abc", Expires: hour}, resource: gate.Resource{Subject: "ABC"},
			reason: streamtoken.ReasonSubjectMismatch, rule: -1},
		"expired before anything else": {
			claims:   streamtoken.Claims{Subject: video, Expires: now, AccessRules: rules(t, "block any")},
			resource: gate.Resource{Subject: "other", Download: true},
			reason:   streamtoken.ReasonTokenExpired, rule: -1},
		"subject before download": {
			claims: streamtoken.Claims{Subject: video, Expires: hour}, resource: gate.Resource{Subject: "other", Download: true},
			reason: streamtoken.ReasonSubjectMismatch, rule: -1},
		"download before rules": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, AccessRules: rules(t, "block any")}, resource: gate.Resource{Download: true},
			reason: streamtoken.ReasonNotDownloadable, rule: -1},
		"download of a downloadable": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, Downloadable: true}, resource: gate.Resource{Download: true}, rule: -1},
		"blocked by the second rule": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, AccessRules: rules(t, "allow ip 192.0.2.0/24", "block country US")},
			viewer: viewer("198.51.100.1", "US"), reason: streamtoken.ReasonRuleBlocked, rule: 1, detail: "rule 1 (block ip.geoip.country) blocks the viewer: no rule before it matches"},
		"allowed by the first rule": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, AccessRules: rules(t, "allow ip 192.0.2.0/24", "block any")},
			viewer: viewer("192.0.2.1", ""), rule: 0},
		"no rule matches": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, AccessRules: rules(t, "block country US")},
			viewer: viewer("192.0.2.1", "DE"), rule: -1},
		"address unavailable": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, AccessRules: rules(t, "block ip 192.0.2.0/24")},
			viewer: viewer("", "US"), reason: streamtoken.ReasonClientIPUnavailable, rule: 0, detail: "rule 0 (block ip.src) needs the viewer's address"},
		"country unavailable": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, AccessRules: rules(t, "allow country US")},
			viewer: viewer("192.0.2.1", ""), reason: streamtoken.ReasonCountryUnavailable, rule: 0, detail: "rule 0 (allow ip.geoip.country) needs the viewer's country"},
		"unavailable, but not reached": {
			claims: streamtoken.Claims{Subject: video, Expires: hour, AccessRules: rules(t, "allow any", "block country US")}, rule: 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := gate.Request{Token: mint(t, c.claims), Viewer: c.viewer, Resource: c.resource}
			d := g.Decide(t.Context(), r)
			require.Equal(t, c.reason == "", d.Allowed)
			require.Equal(t, c.reason, d.Reason)
			require.Equal(t, c.rule, d.Rule)
			require.Contains(t, d.Detail, c.detail)
			require.Equal(t, d.Allowed, d.Token != nil)
			require.Equal(t, keyID, d.KeyID)
			require.Equal(t, c.claims.Subject, d.Subject)

			e := g.Explain(t.Context(), r)
			require.Equal(t, d, e.Decision)
			if c.reason == streamtoken.ReasonTokenExpired {
				require.Nil(t, e.Claims)
				require.Nil(t, e.Rules)
			} else {
				require.Equal(t, c.claims.Subject, e.Claims.Subject)
				require.Len(t, e.Rules, len(c.claims.AccessRules))
			}
		})
	}
}

func TestForgedTokenTellsNothing(t *testing.T) {
	g := newGate(t)
	good := mint(t, streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour)})
	forged := good[:len(good)-20] + "AAAAAAAAAAAAAAAAAAAA"
	e := g.Explain(t.Context(), gate.Request{Token: forged})
	require.Equal(t, streamtoken.ReasonSignatureInvalid, e.Reason)
	require.Equal(t, gate.Explanation{Decision: gate.Decision{Reason: e.Reason, Detail: e.Detail, Rule: -1}}, e)
}

// Decide and Explain give one answer for every token, viewer and resource.
func TestDecideAndExplainAgree(t *testing.T) {
	g := newGate(t)
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	lines := []string{"allow any", "block any", "allow ip 192.0.2.0/24", "block ip 192.0.2.1,2001:db8::/32", "allow country US,CA", "block country DE"}
	var tokens []string
	for range 40 {
		c := streamtoken.Claims{Subject: pick("a", "b"), Downloadable: rng.IntN(2) == 0, Expires: now.Add(time.Duration(rng.IntN(4)-1) * time.Hour)}
		for range rng.IntN(4) {
			c.AccessRules = append(c.AccessRules, rules(t, pick(lines...))...)
		}
		tokens = append(tokens, mint(t, c))
	}
	reasons := map[streamtoken.Reason]int{}
	for range 4000 {
		r := gate.Request{
			Token:    pick(tokens...),
			Viewer:   viewer(pick("", "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "2001:db8::1", "198.51.100.1"), pick("", "US", "DE", "XX")),
			Resource: gate.Resource{Subject: pick("", "", "a", "b"), Download: rng.IntN(3) == 0},
		}
		if rng.IntN(2) == 0 {
			country := r.Viewer.Country
			r.Viewer.Country, r.Viewer.Locate = 0, func(netip.Addr) accessrules.Country { return country }
		}
		d := g.Decide(t.Context(), r)
		require.Equal(t, d, g.Explain(t.Context(), r).Decision)
		require.Equal(t, d.Allowed, d.Reason == "")
		require.Equal(t, d.Allowed, d.Token != nil)
		reasons[d.Reason]++
	}
	require.GreaterOrEqual(t, len(reasons), 7, "%v", reasons)
}

type brokenVerifier struct {
	token *verifier.Token
	err   error
}

func (b brokenVerifier) VerifyFrom(context.Context, string, uint64) (*verifier.Token, error) {
	return b.token, b.err
}

func TestBrokenVerifierRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		verifier brokenVerifier
		reason   streamtoken.Reason
	}{
		"neither token nor error":  {brokenVerifier{}, streamtoken.ReasonKeysUnavailable},
		"an error without reason":  {brokenVerifier{err: errors.New("disk on fire")}, streamtoken.ReasonKeysUnavailable},
		"a token beside an error":  {brokenVerifier{token: new(verifier.Token), err: errors.New("?")}, streamtoken.ReasonKeysUnavailable},
		"a bare reason":            {brokenVerifier{err: streamtoken.ReasonVerifierBusy}, streamtoken.ReasonVerifierBusy},
		"a refusal without reason": {brokenVerifier{err: &streamtoken.Refusal{Detail: "x"}}, streamtoken.ReasonKeysUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := gate.New(gate.Config{Verifier: c.verifier})
			require.NoError(t, err)
			for _, d := range []gate.Decision{g.Decide(t.Context(), gate.Request{}), g.Explain(t.Context(), gate.Request{}).Decision} {
				require.False(t, d.Allowed)
				require.Equal(t, c.reason, d.Reason)
				require.Nil(t, d.Token)
			}
		})
	}
}

func TestZeroDecisionRefuses(t *testing.T) {
	require.False(t, gate.Decision{}.Allowed)
	require.False(t, gate.Explanation{}.Allowed)
}

func TestNewNeedsAVerifier(t *testing.T) {
	g, err := gate.New(gate.Config{})
	require.Nil(t, g)
	require.EqualError(t, err, "gate: a verifier is required")
}

// Nothing of an earlier answer is kept.
func TestRulesAreJudgedPerViewer(t *testing.T) {
	g := newGate(t)
	token := mint(t, streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour), AccessRules: rules(t, "allow ip 192.0.2.1", "block any")})
	for _, c := range []struct {
		addr string
		want bool
	}{{"192.0.2.1", true}, {"192.0.2.2", false}, {"192.0.2.1", true}} {
		require.Equal(t, c.want, g.Decide(t.Context(), gate.Request{Token: token, Viewer: viewer(c.addr, "")}).Allowed)
	}
}

// The log line of a viewer whom the closing rule blocks says that the rules before it were asked.
func TestBlockedNamesTheRulesPassedOver(t *testing.T) {
	g := newGate(t)
	for detail, list := range map[string][]accessrules.Rule{
		"rule 0 (block any) blocks the viewer":                            rules(t, "block any"),
		"rule 1 (block any) blocks the viewer: no rule before it matches": rules(t, "allow country US", "block any"),
	} {
		token := mint(t, streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour), AccessRules: list})
		require.Equal(t, detail, g.Decide(t.Context(), gate.Request{Token: token, Viewer: viewer("192.0.2.1", "FR")}).Detail)
	}
}
