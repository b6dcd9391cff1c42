package streamtoken_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

func TestAppendJSON(t *testing.T) {
	full := streamtoken.Claims{
		Subject: "v", KeyID: "k", Expires: time.Unix(1537460365, 999_999_999), NotBefore: time.Unix(1537453165, 1).In(time.FixedZone("x", 3600)), Downloadable: true,
		AccessRules: []accessrules.Rule{
			{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"us", "MX"}, IP: []string{"192.0.2.1"}},
			{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
			{Type: accessrules.TypeAny, Action: accessrules.Block},
		},
	}
	const want = `{"sub":"v","kid":"k","exp":1537460365,"nbf":1537453165,"downloadable":true,"accessRules":[` +
		`{"type":"ip.geoip.country","action":"block","country":["US","MX"]},{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32"]},{"type":"any","action":"block"}]}`
	for name, c := range map[string]struct {
		claims streamtoken.Claims
		want   string
	}{
		"nothing":          {streamtoken.Claims{}, `{}`},
		"least":            {streamtoken.Claims{Subject: "v", Expires: unix(1)}, `{"sub":"v","exp":1}`},
		"time zero":        {streamtoken.Claims{Subject: "v", Expires: unix(0), NotBefore: unix(0)}, `{"sub":"v","exp":0,"nbf":0}`},
		"only exp":         {streamtoken.Claims{Expires: unix(7)}, `{"exp":7}`},
		"only nbf":         {streamtoken.Claims{NotBefore: unix(7)}, `{"nbf":7}`},
		"only downloads":   {streamtoken.Claims{Downloadable: true}, `{"downloadable":true}`},
		"empty rules":      {streamtoken.Claims{KeyID: "k", AccessRules: []accessrules.Rule{}}, `{"kid":"k"}`},
		"all, in order":    {full, want},
		"what needs care":  {streamtoken.Claims{Subject: "a\"b \\c\n\x00\u007f<\u00e9\xff"}, `{"sub":"a\"b \\c\u000a\u0000` + "\u007f<\u00e9\ufffd" + `"}`},
		"before 1970":      {streamtoken.Claims{Expires: time.Unix(-1, 0)}, `{"exp":-1}`},
		"floor, not round": {streamtoken.Claims{Expires: time.Unix(5, 900_000_000)}, `{"exp":5}`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, string(c.claims.AppendJSON(nil)))
			require.Equal(t, "before"+c.want, string(c.claims.AppendJSON([]byte("before"))))
			require.Equal(t, "{"+c.want, string(c.claims.AppendJSON([]byte("{"))), "what stands before is left alone")
			data, err := c.claims.MarshalJSON()
			require.NoError(t, err)
			require.Equal(t, c.want, string(data))
			require.True(t, json.Valid(data))
		})
	}
}

func TestMarshalJSONRefusesBrokenRules(t *testing.T) {
	good := accessrules.Rule{Type: accessrules.TypeAny, Action: accessrules.Allow}
	_, err := json.Marshal(streamtoken.Claims{AccessRules: []accessrules.Rule{good, {Type: "any\"", Action: accessrules.Allow}}})
	require.ErrorContains(t, err, "accessRules[1]")
}

// FuzzClaims: what ParseClaims accepts it reads again, equal, from what
// AppendJSON makes of it; and it accepts nothing that a plain reading of the
// rules, on top of encoding/json, would not.
func FuzzClaims(f *testing.F) {
	for _, c := range refusedClaims {
		f.Add([]byte(c.payload))
	}
	for _, s := range []string{
		`{"sub":"v","exp":1}`,
		`{"sub":"v","kid":"k","exp":"1537460365","nbf":1537453165,"downloadable":true,"iat":1}`,
		`{"sub":"v","exp":0,"nbf":0,"accessRules":[]}`,
		`{"sub":"v","exp":1,"accessRules":[{"type":"ip.geoip.country","action":"block","country":["us"],"ip":["192.0.2.1"]},{"type":"any","action":"allow"}]}`,
		`{"sub":"v","exp":1,"accessRules":[{"type":"ip.src","action":"allow","ip":["192.0.2.1","2001:db8::/32"]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := streamtoken.ParseClaims(payload, false)
		if err != nil {
			require.Zero(t, c)
			require.ErrorIs(t, err, streamtoken.ReasonClaimsInvalid)
			_, err = streamtoken.ParseClaims(payload, true)
			require.Error(t, err, "the stricter reading accepts no more")
			return
		}
		plainReading(t, payload, c)

		wire := c.AppendJSON(nil)
		again, err := streamtoken.ParseClaims(wire, true)
		require.NoError(t, err, "%s", wire)
		require.Equal(t, minted(c), again)
		require.Equal(t, string(wire), string(again.AppendJSON(nil)))
	})
}

// minted is c as AppendJSON writes it: irrelevant lists left out, countries in
// upper case.
func minted(c streamtoken.Claims) streamtoken.Claims {
	for i, r := range c.AccessRules {
		if r.Type != accessrules.TypeIP {
			r.IP = nil
		}
		if r.Type != accessrules.TypeCountry {
			r.Country = nil
		}
		for j, country := range r.Country {
			r.Country[j] = strings.ToUpper(country)
		}
		c.AccessRules[i] = r
	}
	return c
}

func plainReading(t *testing.T, payload []byte, c streamtoken.Claims) {
	t.Helper()
	var m map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(payload, &m))
	for name := range m {
		for _, known := range []string{"sub", "kid", "exp", "nbf", "downloadable", "accessRules"} {
			require.True(t, name == known || !strings.EqualFold(name, known), "%q", name)
		}
	}
	text := func(name string) string {
		var s string
		if raw, ok := m[name]; ok {
			require.NotEqual(t, "null", string(raw))
			require.NoError(t, json.Unmarshal(raw, &s))
		}
		return s
	}
	require.Equal(t, text("sub"), c.Subject)
	require.Regexp(t, `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`, c.Subject)
	require.Equal(t, text("kid"), c.KeyID)
	if _, ok := m["kid"]; ok {
		require.Regexp(t, `^[A-Za-z0-9_.-]{1,128}$`, c.KeyID)
	}
	for name, at := range map[string]time.Time{"exp": c.Expires, "nbf": c.NotBefore} {
		raw, ok := m[name]
		if !ok {
			require.Equal(t, "nbf", name)
			require.True(t, at.IsZero())
			continue
		}
		var sec json.Number // takes a number and a string with one alike
		require.NoError(t, json.Unmarshal(raw, &sec))
		n, err := sec.Int64()
		require.NoError(t, err)
		require.Regexp(t, `^(0|[1-9][0-9]*)$`, sec.String())
		require.Equal(t, n, at.Unix())
		require.True(t, 0 <= n && n <= 253402300799)
	}
	var downloadable bool
	if raw, ok := m["downloadable"]; ok {
		require.NoError(t, json.Unmarshal(raw, &downloadable))
	}
	require.Equal(t, downloadable, c.Downloadable)
	var rules []json.RawMessage
	if raw, ok := m["accessRules"]; ok {
		require.NoError(t, json.Unmarshal(raw, &rules))
	}
	require.Len(t, c.AccessRules, len(rules))
	require.LessOrEqual(t, len(rules), 5)
	for _, r := range c.AccessRules {
		require.NoError(t, r.Validate())
	}
}
