package streamtoken_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

func unix(sec int64) time.Time { return time.Unix(sec, 0).UTC() }

func TestParseClaimsAccepts(t *testing.T) {
	rules := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"type":"any","action":"allow"},`, n), ",") + "]"
	}
	for name, c := range map[string]struct {
		payload string
		want    streamtoken.Claims
	}{
		"least": {
			`{"sub":"v","exp":1}`,
			streamtoken.Claims{Subject: "v", Expires: unix(1)},
		},
		"all, as minted": {
			`{"sub":"v-1_A","kid":"k.1","exp":1537460365,"nbf":1537453165,"downloadable":true,"accessRules":[{"type":"any","action":"block"}]}`,
			streamtoken.Claims{
				Subject: "v-1_A", KeyID: "k.1", Expires: unix(1537460365), NotBefore: unix(1537453165), Downloadable: true,
				AccessRules: []accessrules.Rule{{Type: accessrules.TypeAny, Action: accessrules.Block}},
			},
		},
		"as Stream's own token call issues": {
			`{"sub":"ea95132c15732412d22c1476fa83f27a","kid":"e9db990a82666dd571c77f944a5c5c8d","exp":"1537460365","nbf":"1537453165"}`,
			streamtoken.Claims{
				Subject: "ea95132c15732412d22c1476fa83f27a", KeyID: "e9db990a82666dd571c77f944a5c5c8d",
				Expires: unix(1537460365), NotBefore: unix(1537453165),
			},
		},
		"any order, white space": {
			" {\n\t\"exp\" : 2 , \"nbf\" : 1 , \"sub\" : \"v\" } \r\n",
			streamtoken.Claims{Subject: "v", Expires: unix(2), NotBefore: unix(1)},
		},
		"escaped names and values": {
			`{"\u0073ub":"\u0076","exp":"\u0031"}`,
			streamtoken.Claims{Subject: "v", Expires: unix(1)},
		},
		"time zero": {
			`{"sub":"v","exp":0,"nbf":"0"}`,
			streamtoken.Claims{Subject: "v", Expires: unix(0), NotBefore: unix(0)},
		},
		"the last second": {
			`{"sub":"v","exp":253402300799,"nbf":"253402300799"}`,
			streamtoken.Claims{Subject: "v", Expires: unix(253402300799), NotBefore: unix(253402300799)},
		},
		"nbf after exp is for the clock to judge": {
			`{"sub":"v","exp":1,"nbf":2}`,
			streamtoken.Claims{Subject: "v", Expires: unix(1), NotBefore: unix(2)},
		},
		"downloadable false": {
			`{"sub":"v","exp":1,"downloadable":false}`,
			streamtoken.Claims{Subject: "v", Expires: unix(1)},
		},
		"no rules": {
			`{"sub":"v","exp":1,"accessRules":[]}`,
			streamtoken.Claims{Subject: "v", Expires: unix(1)},
		},
		"five rules": {
			`{"sub":"v","exp":1,"accessRules":` + rules(5) + `}`,
			streamtoken.Claims{Subject: "v", Expires: unix(1), AccessRules: []accessrules.Rule{
				{Type: accessrules.TypeAny, Action: accessrules.Allow},
				{Type: accessrules.TypeAny, Action: accessrules.Allow},
				{Type: accessrules.TypeAny, Action: accessrules.Allow},
				{Type: accessrules.TypeAny, Action: accessrules.Allow},
				{Type: accessrules.TypeAny, Action: accessrules.Allow},
			}},
		},
		"longest sub and kid": {
			`{"sub":"` + strings.Repeat("s", 64) + `","kid":"` + strings.Repeat("k", 128) + `","exp":1}`,
			streamtoken.Claims{Subject: strings.Repeat("s", 64), KeyID: strings.Repeat("k", 128), Expires: unix(1)},
		},
		"unknown claims, null and deep ones too": {
			`{"sub":"v","exp":1,"iat":1e400,"iss":null,"flags":{"original":true},"x":[[[{}]]],"su":1,"expires":"x"}`,
			streamtoken.Claims{Subject: "v", Expires: unix(1)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := streamtoken.ParseClaims([]byte(c.payload), false)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			got, set, err := streamtoken.CompileClaims(c.payload, true)
			if err != nil {
				require.EqualError(t, err, "a claim that is not known")
				got, set, err = streamtoken.CompileClaims(c.payload, false)
			}
			require.NoError(t, err)
			unlisted := c.want
			unlisted.AccessRules = nil
			require.Equal(t, unlisted, got)
			compiled, err := accessrules.Compile(c.want.AccessRules)
			require.NoError(t, err)
			require.Equal(t, *compiled, set)
			var byJSON streamtoken.Claims
			require.NoError(t, json.Unmarshal([]byte(c.payload), &byJSON))
			require.Equal(t, c.want, byJSON)
		})
	}
}

// refusedClaims maps a payload's fault to the payload and the text of its
// refusal. %s in a payload is a good rest of one.
var refusedClaims = map[string]struct{ payload, want string }{
	// The document.
	"empty":               {``, "payload is not strict JSON: unexpected end"},
	"not JSON":            {`sub`, "payload is not strict JSON: not a value"},
	"array":               {`[{"sub":"v","exp":1}]`, "payload is not a JSON object"},
	"string":              {`"{}"`, "payload is not a JSON object"},
	"null":                {`null`, "payload is not a JSON object"},
	"number":              {`1`, "payload is not a JSON object"},
	"two objects":         {`{"sub":"v","exp":1}{"sub":"w","exp":1}`, "payload is not strict JSON: data after the value"},
	"trailing NUL":        {"{\"sub\":\"v\",\"exp\":1}\x00", "payload is not strict JSON: data after the value"},
	"byte order mark":     {"\ufeff{\"sub\":\"v\",\"exp\":1}", "payload is not strict JSON: not a value"},
	"comment":             {`{"sub":"v","exp":1/**/}`, "payload is not strict JSON: no comma or brace after a member"},
	"duplicate sub":       {`{"sub":"v","sub":"v","exp":1}`, "payload is not strict JSON: duplicate name"},
	"duplicate exp":       {`{"sub":"v","exp":1,"exp":2}`, "payload is not strict JSON: duplicate name"},
	"duplicate escaped":   {`{"sub":"v","exp":1,"\u0065xp":2}`, "payload is not strict JSON: duplicate name"},
	"duplicate unknown":   {`{"sub":"v","exp":1,"x":1,"x":1}`, "payload is not strict JSON: duplicate name"},
	"duplicate deep":      {`{"sub":"v","exp":1,"x":[{"y":1,"y":1}]}`, "payload is not strict JSON: duplicate name"},
	"duplicate in a rule": {`{"sub":"v","exp":1,"accessRules":[{"type":"any","type":"any","action":"allow"}]}`, "payload is not strict JSON: duplicate name"},
	"invalid UTF-8":       {"{\"sub\":\"v\",\"exp\":1,\"x\":\"\xff\"}", "payload is not strict JSON: not UTF-8"},
	"lone surrogate":      {`{"sub":"v","exp":1,"x":"\ud800"}`, "payload is not strict JSON: lone surrogate"},
	"seventeen deep":      {`{"sub":"v","exp":1,"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, "payload is not strict JSON: nested too deep"},
	"larger than a token": {`{"sub":"v","exp":1,"x":"` + strings.Repeat("x", 8<<10) + `"}`, "payload larger than a token may be"},

	// Names.
	"SUB":           {`{"sub":"v","exp":1,"SUB":"w"}`, "sub: spelled in another case"},
	"Kid alone":     {`{"sub":"v","exp":1,"Kid":"k"}`, "kid: spelled in another case"},
	"EXP for exp":   {`{"sub":"v","EXP":1}`, "exp: spelled in another case"},
	"EXP as well":   {`{"sub":"v","exp":1,"EXP":2}`, "exp: spelled in another case"},
	"Nbf":           {`{"sub":"v","exp":1,"Nbf":2}`, "nbf: spelled in another case"},
	"Downloadable":  {`{"sub":"v","exp":1,"Downloadable":true}`, "downloadable: spelled in another case"},
	"accessrules":   {`{"sub":"v","exp":1,"accessrules":[]}`, "accessRules: spelled in another case"},
	"long s":        {"{\"sub\":\"v\",\"exp\":1,\"\u017fub\":\"w\"}", "sub: spelled in another case"},
	"long s only":   {"{\"\u017fub\":\"v\",\"exp\":1}", "sub: spelled in another case"},
	"escaped":       {`{"sub":"v","exp":1,"\u212aid":"k"}`, "kid: spelled in another case"},
	"variant, null": {`{"sub":"v","exp":1,"EXP":null}`, "exp: spelled in another case"},

	// sub.
	"no sub":             {`{"exp":1}`, "sub: missing"},
	"sub null":           {`{"sub":null,"exp":1}`, "sub: not a string but null"},
	"sub number":         {`{"sub":1,"exp":1}`, "sub: not a string but a number"},
	"sub list":           {`{"sub":["v"],"exp":1}`, "sub: not a string but an array"},
	"sub object":         {`{"sub":{},"exp":1}`, "sub: not a string but an object"},
	"sub boolean":        {`{"sub":true,"exp":1}`, "sub: not a string but a boolean"},
	"sub empty":          {`{"sub":"","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub dots":           {`{"sub":"..","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub path":           {`{"sub":"a/b","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub escaped path":   {`{"sub":"a\u002f..","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub hyphen first":   {`{"sub":"-a","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub NUL":            {`{"sub":"a\u0000","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub not ASCII":      {`{"sub":"caf\u00e9","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub of 65":          {`{"sub":"` + strings.Repeat("s", 65) + `","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},
	"sub with a newline": {`{"sub":"v\n","exp":1}`, "sub: empty, too long, or holds a character that it may not hold"},

	// kid.
	"kid null":    {`{"sub":"v","exp":1,"kid":null}`, "kid: not a string but null"},
	"kid number":  {`{"sub":"v","exp":1,"kid":7}`, "kid: not a string but a number"},
	"kid empty":   {`{"sub":"v","exp":1,"kid":""}`, "kid: empty, too long, or holds a character that it may not hold"},
	"kid path":    {`{"sub":"v","exp":1,"kid":"../a"}`, "kid: empty, too long, or holds a character that it may not hold"},
	"kid of 129":  {`{"sub":"v","exp":1,"kid":"` + strings.Repeat("k", 129) + `"}`, "kid: empty, too long, or holds a character that it may not hold"},
	"kid a space": {`{"sub":"v","exp":1,"kid":" "}`, "kid: empty, too long, or holds a character that it may not hold"},

	// exp is missing; the values of exp and nbf are in TestTimes.
	"no exp": {`{"sub":"v"}`, "exp: missing"},

	// downloadable.
	"downloadable null":   {`{"sub":"v","exp":1,"downloadable":null}`, "downloadable: not true or false but null"},
	"downloadable string": {`{"sub":"v","exp":1,"downloadable":"true"}`, "downloadable: not true or false but a string"},
	"downloadable number": {`{"sub":"v","exp":1,"downloadable":1}`, "downloadable: not true or false but a number"},
	"downloadable list":   {`{"sub":"v","exp":1,"downloadable":[]}`, "downloadable: not true or false but an array"},

	// accessRules; what is within a rule is package accessrules' to test.
	"rules null":      {`{"sub":"v","exp":1,"accessRules":null}`, "accessRules: not an array but null"},
	"rules object":    {`{"sub":"v","exp":1,"accessRules":{"type":"any","action":"block"}}`, "accessRules: not an array but an object"},
	"rules string":    {`{"sub":"v","exp":1,"accessRules":"[]"}`, "accessRules: not an array but a string"},
	"rules false":     {`{"sub":"v","exp":1,"accessRules":false}`, "accessRules: not an array but a boolean"},
	"six rules":       {`{"sub":"v","exp":1,"accessRules":[` + strings.Repeat(`{"type":"any","action":"allow"},`, 5) + `{"type":"any","action":"allow"}]}`, "accessRules: more than 5 rules"},
	"six, one broken": {`{"sub":"v","exp":1,"accessRules":[1,2,3,4,5,6]}`, "accessRules: more than 5 rules"},

	// The first fault in the document is the one told.
	"two faults": {`{"exp":-1,"sub":""}`, "exp: not Unix seconds in plain digits"},
}

func TestParseClaimsRefuses(t *testing.T) {
	for name, c := range refusedClaims {
		t.Run(name, func(t *testing.T) {
			for _, refuseUnknown := range []bool{false, true} {
				got, err := streamtoken.ParseClaims([]byte(c.payload), refuseUnknown)
				if !refuseUnknown {
					require.EqualError(t, err, c.want)
				}
				require.ErrorIs(t, err, streamtoken.ReasonClaimsInvalid)
				require.Equal(t, streamtoken.ReasonClaimsInvalid, streamtoken.ReasonOf(err))
				require.Zero(t, got, "no claims beside an error")
				got, set, again := streamtoken.CompileClaims(c.payload, refuseUnknown)
				require.Equal(t, err, again)
				require.Zero(t, got)
				require.Zero(t, set, "and no rules, which blocks everybody")
			}
			kept := streamtoken.Claims{Subject: "kept"}
			require.Error(t, json.Unmarshal([]byte(c.payload), &kept))
			require.Equal(t, "kept", kept.Subject)
		})
	}
}

func TestLargestPayload(t *testing.T) {
	payload := func(n int) []byte {
		const rest = `{"sub":"v","exp":1,"x":""}`
		return []byte(strings.Replace(rest, `""`, `"`+strings.Repeat("x", n-len(rest))+`"`, 1))
	}
	_, err := streamtoken.ParseClaims(payload(8192), false)
	require.NoError(t, err)
	_, err = streamtoken.ParseClaims(payload(8193), false)
	require.EqualError(t, err, "payload larger than a token may be")
	_, _, err = streamtoken.CompileClaims(string(payload(8192)), false)
	require.NoError(t, err)
	_, set, err := streamtoken.CompileClaims(string(payload(8193)), false)
	require.EqualError(t, err, "payload larger than a token may be")
	require.Zero(t, set)
}

func TestRefuseUnknown(t *testing.T) {
	_, err := streamtoken.ParseClaims([]byte(`{"sub":"v","kid":"k","exp":2,"nbf":1,"downloadable":false,"accessRules":[]}`), true)
	require.NoError(t, err)
	for _, member := range []string{`"iat":1`, `"flags":{}`, `"x":null`, `"":0`, `"\u0000":0`} {
		_, err := streamtoken.ParseClaims([]byte(`{"sub":"v","exp":1,`+member+`}`), true)
		require.EqualError(t, err, "a claim that is not known", member)
		require.ErrorIs(t, err, streamtoken.ReasonClaimsInvalid)
	}
}

func TestTimes(t *testing.T) {
	const digits, late = "not Unix seconds in plain digits", "later than the year 9999"
	for value, want := range map[string]string{
		`-1`: digits, `-0`: digits, `1.5`: digits, `1.0`: digits, `1e3`: digits, `1E3`: digits, `0e0`: digits, `1e300`: digits,
		`10000000000000`: digits, `9223372036854775807`: digits, `9223372036854775808`: digits, `18446744073709551616`: digits,
		`253402300800`: late, `999999999999`: late,
		`"253402300800"`: late,
		`""`:             digits, `" 1"`: digits, `"1 "`: digits, `"+1"`: digits, `"-1"`: digits, `"01"`: digits, `"00"`: digits, `"0x1"`: digits,
		`"1e3"`: digits, `"1.0"`: digits, `"1_000"`: digits, `"\uff11"`: digits, `"\u0661"`: digits, `"1\u0000"`: digits, `"1\n"`: digits,
		`"9223372036854775807"`: digits, `"18446744073709551617"`: digits, `"never"`: digits, `"2026-11-22T00:00:00Z"`: digits,
		`null`:  "not a number or a string of digits but null",
		`true`:  "not a number or a string of digits but a boolean",
		`[1]`:   "not a number or a string of digits but an array",
		`{}`:    "not a number or a string of digits but an object",
		`["1"]`: "not a number or a string of digits but an array",
	} {
		_, err := streamtoken.ParseClaims([]byte(`{"sub":"v","exp":`+value+`}`), false)
		require.EqualError(t, err, "exp: "+want, value)
		_, err = streamtoken.ParseClaims([]byte(`{"sub":"v","exp":1,"nbf":`+value+`}`), false)
		require.EqualError(t, err, "nbf: "+want, value)
	}
	for _, sec := range []int64{0, 1, 9, 10, 1537460365, 1<<31 - 1, 1 << 31, 1<<32 + 1, 99999999999, 253402300798, 253402300799} {
		for _, form := range []string{`%d`, `"%d"`} {
			value := fmt.Sprintf(form, sec)
			c, err := streamtoken.ParseClaims([]byte(`{"sub":"v","exp":`+value+`,"nbf":`+value+`}`), false)
			require.NoError(t, err, value)
			require.Equal(t, sec, c.Expires.Unix())
			require.Equal(t, sec, c.NotBefore.Unix())
			require.Equal(t, time.UTC, c.Expires.Location())
			require.False(t, c.NotBefore.IsZero(), "nbf 0 is present")
		}
	}
}

// What a stranger wrote is never told back.
func TestErrorsDoNotEcho(t *testing.T) {
	const secret = "S3CRET"
	for _, payload := range []string{
		`S3CRET`, `{"S3CRET`, `{"S3CRET":1,"S3CRET":2}`, `{"S3CRET":tru}`, `{"sub":"S3CRET/","exp":1}`, `{"sub":"v","kid":"S3CRET/","exp":1}`,
		`{"sub":"v","exp":"S3CRET"}`, `{"sub":"v","exp":1,"downloadable":"S3CRET"}`, `{"sub":"v","exp":1,"accessRules":"S3CRET"}`,
		`{"sub":"v","exp":1,"accessRules":["S3CRET"]}`, `{"sub":"v","exp":1,"accessRules":[{"S3CRET":1}]}`,
		`{"sub":"v","exp":1,"accessRules":[{"type":"S3CRET","action":"allow"}]}`, `{"sub":"v","exp":1,"accessRules":[{"type":"any","action":"S3CRET"}]}`,
		`{"sub":"v","exp":1,"accessRules":[{"type":"ip.src","action":"allow","ip":["S3CRET"]}]}`,
		`{"sub":"v","exp":1,"accessRules":[{"type":"ip.geoip.country","action":"allow","country":["S3CRET"]}]}`,
		`{"sub":"v","exp":1,"S3CRET":2}`,
	} {
		_, err := streamtoken.ParseClaims([]byte(payload), true)
		require.Error(t, err, payload)
		require.NotContains(t, err.Error(), secret, payload)
		for unwrapped := err; unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
			require.NotContains(t, fmt.Sprintf("%+v", unwrapped), secret, payload)
		}
	}
}
