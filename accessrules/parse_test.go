package accessrules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/strictjson"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		json string
		want []accessrules.Rule
	}{
		{"none", `[]`, []accessrules.Rule{}},
		{"white space around", " [\n ] ", []accessrules.Rule{}},
		{"the documented example", `[
			{"type":"ip.geoip.country","action":"block","country":["US","MX"]},
			{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32"]},
			{"type":"any","action":"block"}]`, []accessrules.Rule{
			{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US", "MX"}},
			{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
			{Type: accessrules.TypeAny, Action: accessrules.Block},
		}},
		{"both lists with every rule, as the SDKs send them", `[
			{"type":"any","action":"allow","ip":["1.2.3.4"],"country":["US"]},
			{"type":"ip.src","action":"allow","ip":["1.2.3.4"],"country":["US"]},
			{"type":"ip.geoip.country","action":"allow","ip":["1.2.3.4"],"country":["US"]}]`, []accessrules.Rule{
			{Type: accessrules.TypeAny, Action: accessrules.Allow},
			{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"1.2.3.4"}},
			{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US"}},
		}},
		{"irrelevant lists are not read", `[
			{"type":"any","action":"allow","ip":null,"country":7},
			{"type":"ip.src","action":"allow","ip":["1.2.3.4"],"country":[null,{"a":[]}]},
			{"type":"ip.geoip.country","action":"allow","ip":"nonsense","country":["US"]}]`, []accessrules.Rule{
			{Type: accessrules.TypeAny, Action: accessrules.Allow},
			{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"1.2.3.4"}},
			{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US"}},
		}},
		{"unknown members are ignored, in any order", `[{"note":null,"country":["us","t1","Xx"],"action":"block","x":[],"type":"ip.geoip.country"}]`, []accessrules.Rule{
			{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US", "T1", "XX"}},
		}},
		{"escapes are the characters they stand for", `[{"\u0074ype":"\u0061ny","action":"allow"}]`, []accessrules.Rule{
			{Type: accessrules.TypeAny, Action: accessrules.Allow},
		}},
		{"more than five rules", `[` + strings.Repeat(`{"type":"any","action":"allow"},`, 6) + `{"type":"any","action":"allow"}]`,
			[]accessrules.Rule{anyAllow, anyAllow, anyAllow, anyAllow, anyAllow, anyAllow, anyAllow}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := accessrules.Parse([]byte(tt.json))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

var anyAllow = accessrules.Rule{Type: accessrules.TypeAny, Action: accessrules.Allow}

func TestParseRefuses(t *testing.T) {
	one := func(members string) string { return `[{"type":"any","action":"block"},{` + members + `}]` }
	ip := func(list string) string { return one(`"type":"ip.src","action":"allow","ip":` + list) }
	country := func(list string) string { return one(`"type":"ip.geoip.country","action":"allow","country":` + list) }
	const (
		badType   = `accessRules[1].type: must be "any", "ip.src" or "ip.geoip.country"`
		badAction = `accessRules[1].action: must be "allow" or "block"`
	)
	tests := []struct{ name, json, want string }{
		{"object for an array, as one page of the documentation shows", `{"type":"any","action":"block"}`, "accessRules: must be a JSON array of rules"},
		{"null", `null`, "accessRules: must be a JSON array of rules"},
		{"string", `"[]"`, "accessRules: must be a JSON array of rules"},
		{"rule is null", `[null]`, "accessRules[0]: must be a JSON object"},
		{"rule is an array", `[{"type":"any","action":"block"},[]]`, "accessRules[1]: must be a JSON object"},
		{"rule is a string", `["any"]`, "accessRules[0]: must be a JSON object"},

		{"empty rule", one(``), badType},
		{"no type", one(`"action":"block"`), badType},
		{"type null", one(`"type":null,"action":"block"`), badType},
		{"type number", one(`"type":1,"action":"block"`), badType},
		{"type array", one(`"type":["any"],"action":"block"`), badType},
		{"type in another case", one(`"type":"Any","action":"block"`), badType},
		{"type with a space", one(`"type":"any ","action":"block"`), badType},
		{"type of another product", one(`"type":"ip","action":"block"`), badType},
		{"type empty", one(`"type":"","action":"block"`), badType},

		{"no action", one(`"type":"any"`), badAction},
		{"action null", one(`"type":"any","action":null`), badAction},
		{"action true", one(`"type":"any","action":true`), badAction},
		{"action in another case", one(`"type":"any","action":"Block"`), badAction},
		{"action of another product", one(`"type":"any","action":"deny"`), badAction},

		{"action and list, the action is named", one(`"type":"ip.src","action":"deny","ip":null`), badAction},

		{"two rules at fault, the first is named", `[1,{"type":"any","action":"deny"}]`, "accessRules[0]: must be a JSON object"},
		{"two at fault, one in an entry", `[{"type":"ip.src","action":"allow","ip":["x"]},1]`, "accessRules[0].ip[0]: must be an IP address or CIDR range"},
		{"two at fault, one in a later entry", `[1,{"type":"ip.src","action":"allow","ip":["x"]}]`, "accessRules[0]: must be a JSON object"},
		{"two entries at fault", ip(`["1.2.3.4",1,2,"x"]`), "accessRules[1].ip[1]: must be a string"},
		{"Type before others", one(`"Type":"any","type":"any","action":"block","x":1`), "accessRules[1].type: must be spelled in lower case"},
		{"two in another case", one(`"Type":"any","IP":1`), "accessRules[1].type: must be spelled in lower case"},
		{"Type", one(`"Type":"any","action":"block"`), "accessRules[1].type: must be spelled in lower case"},
		{"type and TYPE", one(`"type":"any","TYPE":"any","action":"block"`), "accessRules[1].type: must be spelled in lower case"},
		{"aCtion", one(`"type":"any","aCtion":"block"`), "accessRules[1].action: must be spelled in lower case"},
		{"IP beside ip", one(`"type":"ip.src","action":"block","ip":["1.2.3.4"],"IP":[]`), "accessRules[1].ip: must be spelled in lower case"},
		{"IP where ip is irrelevant", one(`"type":"any","action":"block","IP":[]`), "accessRules[1].ip: must be spelled in lower case"},
		{"Country", one(`"type":"any","action":"block","Country":[]`), "accessRules[1].country: must be spelled in lower case"},
		{"escaped variant", one(`"type":"any","action":"block","\u0049p":[]`), "accessRules[1].ip: must be spelled in lower case"},

		{"no ip", one(`"type":"ip.src","action":"allow"`), "accessRules[1].ip: must list at least one address or range"},
		{"ip empty", ip(`[]`), "accessRules[1].ip: must list at least one address or range"},
		{"ip null", ip(`null`), "accessRules[1].ip: must be a JSON array of strings"},
		{"ip string", ip(`"1.2.3.4"`), "accessRules[1].ip: must be a JSON array of strings"},
		{"ip object", ip(`{"0":"1.2.3.4"}`), "accessRules[1].ip: must be a JSON array of strings"},
		{"entry null", ip(`["1.2.3.4",null]`), "accessRules[1].ip[1]: must be a string"},
		{"entry number", ip(`[16909060]`), "accessRules[1].ip[0]: must be a string"},
		{"entry empty", ip(`["1.2.3.4",""]`), "accessRules[1].ip[1]: must be an IP address or CIDR range"},

		{"no country", one(`"type":"ip.geoip.country","action":"allow"`), "accessRules[1].country: must list at least one country"},
		{"country empty", country(`[]`), "accessRules[1].country: must list at least one country"},
		{"country null", country(`null`), "accessRules[1].country: must be a JSON array of strings"},
		{"country string", country(`"US"`), "accessRules[1].country: must be a JSON array of strings"},
		{"country number", country(`["US",1]`), "accessRules[1].country[1]: must be a string"},
		{"country of three letters", country(`["US","USA"]`), "accessRules[1].country[1]: must be a country code of two letters, or T1"},
		{"country of one", country(`["U"]`), "accessRules[1].country[0]: must be a country code of two letters, or T1"},
		{"country empty string", country(`[""]`), "accessRules[1].country[0]: must be a country code of two letters, or T1"},
		{"country with a digit", country(`["T2"]`), "accessRules[1].country[0]: must be a country code of two letters, or T1"},
		{"country by another alphabet", country(`["\u0405\u0405"]`), "accessRules[1].country[0]: must be a country code of two letters, or T1"},
		{"country that folds to ASCII", country(`["\u017F"]`), "accessRules[1].country[0]: must be a country code of two letters, or T1"}, // two bytes
		{"country with punctuation", country(`["@["]`), "accessRules[1].country[0]: must be a country code of two letters, or T1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := accessrules.Parse([]byte(tt.json))
			require.EqualError(t, err, tt.want)
			require.Nil(t, got)
		})
	}
}

func TestParseRefusesTheJSON(t *testing.T) {
	for name, json := range map[string]string{
		"empty":             ``,
		"cut":               `[{"type":"any","action":"block"}`,
		"something behind":  `[] []`,
		"two types":         `[{"type":"any","action":"block","type":"any"}]`,
		"two, one escaped":  `[{"type":"any","action":"block","typ\u0065":"any"}]`,
		"two of an unknown": `[{"type":"any","action":"block","x":1,"x":1}]`,
		"bad UTF-8":         "[{\"type\":\"any\",\"action\":\"block\",\"x\":\"\xff\"}]",
		"too deep":          strings.Repeat("[", 17) + strings.Repeat("]", 17),
		"comment":           `[/**/]`,
	} {
		_, err := accessrules.Parse([]byte(json))
		var syntax *strictjson.SyntaxError
		require.True(t, errors.As(err, &syntax), "%s: %v", name, err)
	}
}

func TestParseIsBounded(t *testing.T) {
	data := []byte("[" + strings.Repeat(" ", accessrules.MaxBytes-2) + "]")
	_, err := accessrules.Parse(data)
	require.NoError(t, err)
	_, err = accessrules.Parse(append(data, ' '))
	require.EqualError(t, err, "accessRules: must be at most 4 MiB")
}

// A value of the token must not come back in an error, however long it is.
func TestErrorsQuoteNothing(t *testing.T) {
	secret := strings.Repeat("secret", 1000)
	for _, format := range []string{
		`[{"type":%q,"action":"allow"}]`,
		`[{"type":"any","action":%q}]`,
		`[{"type":"ip.src","action":"allow","ip":[%q]}]`,
		`[{"type":"ip.src","action":"allow","ip":["10.0.0.0/%s"]}]`,
		`[{"type":"ip.src","action":"allow","ip":["fe80::1%%/%s"]}]`,
		`[{"type":"ip.geoip.country","action":"allow","country":[%q]}]`,
	} {
		_, err := accessrules.Parse(fmt.Appendf(nil, format, secret))
		require.Error(t, err, format)
		require.NotContains(t, err.Error(), "secret")
		require.Less(t, len(err.Error()), 200)
	}
}

func TestAppendJSON(t *testing.T) {
	rules := []accessrules.Rule{
		{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"us", "t1"}, IP: []string{"not minted"}},
		{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"203.0.113.77/24", "fe80::1%eth0"}, Country: []string{"DE"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block, IP: []string{"x"}, Country: []string{"y"}},
	}
	require.Equal(t, `before[{"type":"ip.geoip.country","action":"block","country":["US","T1"]},`+
		`{"type":"ip.src","action":"allow","ip":["203.0.113.77/24","fe80::1%eth0"]},{"type":"any","action":"block"}]`,
		string(accessrules.AppendJSON([]byte("before"), rules)))
	require.Equal(t, "us", rules[0].Country[0], "the caller's list is not touched")
	require.Equal(t, `[]`, string(accessrules.AppendJSON(nil, nil)))
}

// Rules that were never validated must not become other rules on the way to a token.
func TestAppendJSONCannotBeInjected(t *testing.T) {
	for _, r := range []accessrules.Rule{
		{Type: `any","action":"allow"},{"type":"any`, Action: accessrules.Block},
		{Type: accessrules.TypeAny, Action: `allow","x":"`},
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{`1.2.3.4","0.0.0.0/0`}},
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"1.2.3.4\\"}},
		{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"\"\xff"}},
		{Type: accessrules.TypeIP, Action: accessrules.Block},
		{},
	} {
		data := accessrules.AppendJSON(nil, []accessrules.Rule{r})
		_, err := strictjson.Parse(data)
		require.NoError(t, err, "%s", data)
		_, err = accessrules.Parse(data)
		require.Error(t, err, "%s", data)
	}
}
