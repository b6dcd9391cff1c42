package moq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	relayA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	relayB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// jti is the id of the n-th token.
func jti(n int) string { return fmt.Sprintf("%032x", n) }

// acceptedJSON is the document as the API writes it.
func acceptedJSON(relay string, epoch int64, maxAge time.Duration, jtis ...string) string {
	list := make([]string, len(jtis))
	for i, id := range jtis {
		list[i] = fmt.Sprintf(`{"jti":%q,"operations":["publish","subscribe"],"expires":"2027-01-01T00:00:00Z"}`, id)
	}
	return fmt.Sprintf(`{"relay":%q,"epoch":%d,"max_age_ms":%d,"accepted":[%s]}`, relay, epoch, maxAge.Milliseconds(), strings.Join(list, ","))
}

func TestParseAccepted(t *testing.T) {
	good := acceptedJSON(relayA, 7, 10*time.Second, jti(1), jti(2))
	doc, err := parseAccepted([]byte(good), relayA)
	require.NoError(t, err)
	require.Equal(t, acceptedDocument{7, 10 * time.Second, map[string]struct{}{jti(1): {}, jti(2): {}}}, doc)
	doc, err = parseAccepted([]byte(acceptedJSON(relayA, 0, time.Millisecond)), relayA)
	require.NoError(t, err)
	require.Empty(t, doc.accepted)

	swap := func(old, new string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, new, 1)
	}
	for name, c := range map[string]struct{ in, want string }{
		"unknown members":        {swap(`"epoch"`, `"new":{"a":[1]},"epoch"`), ""},
		"unknown of a token":     {swap(`"jti"`, `"label":"x","jti"`), ""},
		"white space":            {"\n " + swap(":7,", " : 7 ,") + "\n", ""},
		"an hour":                {swap("10000", "3600000"), ""},
		"a fraction of a second": {swap("00:00:00Z", "00:00:00.123456789+01:00"), ""},

		"nothing":           {"", "unexpected end"},
		"a list":            {"[]", "not a JSON object"},
		"half":              {good[:len(good)-1], "unexpected end"},
		"twice":             {good + good, "data after"},
		"a name twice":      {swap(`"epoch":7`, `"epoch":7,"epoch":8`), "duplicate name"},
		"another case":      {swap(`"epoch":7`, `"epoch":7,"Epoch":8`), "epoch: spelled in another case"},
		"a token's case":    {swap(`"jti"`, `"JTI":"x","jti"`), "jti: spelled in another case"},
		"another relay":     {acceptedJSON(relayB, 7, time.Second, jti(1)), "relay: it is of another relay"},
		"no relay":          {swap(`"relay":"`+relayA+`",`, ""), "relay: missing"},
		"no epoch":          {swap(`"epoch":7,`, ""), "epoch: missing"},
		"no age":            {swap(`"max_age_ms":10000,`, ""), "max_age_ms: missing"},
		"no set":            {`{"relay":"` + relayA + `","epoch":7,"max_age_ms":1}`, "accepted: missing"},
		"null set":          {`{"relay":"` + relayA + `","epoch":7,"max_age_ms":1,"accepted":null}`, "accepted: not an array"},
		"negative epoch":    {swap(":7,", ":-7,"), "epoch: not a number"},
		"fraction":          {swap(":7,", ":7.0,"), "epoch: not a number"},
		"exponent":          {swap(":7,", ":7e0,"), "epoch: not a number"},
		"epoch as text":     {swap(":7,", `:"7",`), "epoch: not a number"},
		"epoch too large":   {swap(":7,", ":9223372036854775808,"), "epoch: not a number"},
		"no time at all":    {swap("10000", "0"), "max_age_ms: not a number"},
		"more than an hour": {swap("10000", "3600001"), "max_age_ms: not a number"},
		"overflowing":       {swap("10000", "9223372036854775807"), "max_age_ms: not a number"},
		"short jti":         {swap(jti(1), jti(1)[1:]), "token 0: jti"},
		"upper-case jti":    {swap(jti(2), strings.Repeat("A", 32)), "token 1: jti"},
		"jti twice":         {swap(jti(2), jti(1)), "token 1: its jti is there twice"},
		"a text":            {swap(`"accepted":[`, `"accepted":["x",`), "token 0: not an object"},
		"no operations":     {swap(`"operations":["publish","subscribe"],`, ""), "operations: missing"},
		"no operation":      {swap(`["publish","subscribe"]`, "[]"), "operations"},
		"no end":            {swap(`,"expires":"2027-01-01T00:00:00Z"`, ""), "expires: missing"},
		"no time":           {swap("2027-01-01T00:00:00Z", "tomorrow"), "expires: not a time"},
		"a number":          {swap(`"2027-01-01T00:00:00Z"`, "1"), "expires: not a time"},
		"deep":              {swap(`"epoch"`, `"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`,"epoch"`), "deep"},
		"not UTF-8":         {swap(`"epoch"`, "\"\xff\":1,\"epoch\""), "UTF-8"},
		"large":             {good + strings.Repeat(" ", maxAcceptedBytes), "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := parseAccepted([]byte(c.in), relayA)
			if c.want == "" {
				require.NoError(t, err)
				require.EqualValues(t, 7, doc.epoch)
				require.Len(t, doc.accepted, 2)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.Zero(t, doc)
			require.NotContains(t, err.Error(), "tomorrow")
		})
	}
	many := make([]string, maxAcceptedTokens+1)
	for i := range many {
		many[i] = jti(i)
	}
	_, err = parseAccepted([]byte(acceptedJSON(relayA, 1, time.Second, many[:maxAcceptedTokens]...)), relayA)
	require.NoError(t, err)
	_, err = parseAccepted([]byte(acceptedJSON(relayA, 1, time.Second, many...)), relayA)
	require.ErrorContains(t, err, "more than 1000")
}

// FuzzParseAccepted: what is taken says, to encoding/json as well, just what was taken; and it is taken again when it is
// written as the API would.
func FuzzParseAccepted(f *testing.F) {
	f.Add([]byte(acceptedJSON(relayA, 7, 10*time.Second, jti(1), jti(2))))
	f.Add([]byte(acceptedJSON(relayA, 1<<53+1, time.Millisecond)))
	f.Add([]byte(acceptedJSON(relayB, 7, time.Hour, jti(1))))
	f.Add([]byte(`{"relay":"` + relayA + `","epoch":7,"Epoch":8,"max_age_ms":1,"accepted":[]}`))
	f.Add([]byte(`{"relay":"` + relayA + `","epoch":7e3,"max_age_ms":"1","accepted":[{"jti":null}]}`))
	f.Add([]byte(`{"accepted":[{"expires":"2027-01-01T00:00:00Z","operations":["subscribe"],"\u006ati":"` + jti(3) + `"}],"max_age_ms":999,"epoch":0,"relay":"` + relayA + `"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := parseAccepted(data, relayA)
		if err != nil {
			if doc.accepted != nil || doc.epoch != 0 || doc.maxAge != 0 {
				t.Fatal("something beside an error")
			}
			return
		}
		var plain struct {
			Relay    string `json:"relay"`
			Epoch    int64  `json:"epoch"`
			MaxAgeMS int64  `json:"max_age_ms"`
			Accepted []struct {
				JTI string `json:"jti"`
			} `json:"accepted"`
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		if err := dec.Decode(&plain); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, a := range plain.Accepted {
			ids = append(ids, a.JTI)
		}
		slices.Sort(ids)
		if plain.Relay != relayA || plain.Epoch != doc.epoch || plain.MaxAgeMS != doc.maxAge.Milliseconds() || !slices.Equal(ids, slices.Sorted(maps.Keys(doc.accepted))) {
			t.Fatalf("%+v instead of %+v", doc, plain)
		}
		again, err := parseAccepted([]byte(acceptedJSON(relayA, doc.epoch, doc.maxAge, ids...)), relayA)
		if err != nil || again.epoch != doc.epoch || !maps.Equal(again.accepted, doc.accepted) {
			t.Fatal(again, err)
		}
	})
}
