package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

var blockAny = accessrules.Rule{Type: accessrules.TypeAny, Action: accessrules.Block}

// batchDefaults are defaults that differ from what an absent flag means.
var batchDefaults = streamtoken.Claims{
	Expires: time.Unix(2000, 0).UTC(), NotBefore: time.Unix(1000, 0).UTC(), Downloadable: true, AccessRules: []accessrules.Rule{blockAny},
}

// changed is batchDefaults for sub, after change.
func changed(sub string, change func(*streamtoken.Claims)) streamtoken.Claims {
	c := batchDefaults
	c.Subject = sub
	change(&c)
	return c
}

func TestLineClaims(t *testing.T) {
	us := accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US"}}
	same := func(*streamtoken.Claims) {}
	for line, want := range map[string]streamtoken.Claims{
		"v":                                changed("v", same),
		strings.Repeat("a", 64):            changed(strings.Repeat("a", 64), same),
		"exp":                              changed("exp", same),
		`{"sub":"v"}`:                      changed("v", same),
		`{ "sub" : "v" } `:                 changed("v", same),
		`{"s\u0075b":"\u0076"}`:            changed("v", same),
		`{"sub":"exp"}`:                    changed("exp", same),
		`{"sub":"downloadable"}`:           changed("downloadable", same),
		`{"sub":"v","exp":5}`:              changed("v", func(c *streamtoken.Claims) { c.Expires = time.Unix(5, 0).UTC() }),
		`{"sub":"v","exp":"5"}`:            changed("v", func(c *streamtoken.Claims) { c.Expires = time.Unix(5, 0).UTC() }),
		`{"sub":"v","\u0065xp":0}`:         changed("v", func(c *streamtoken.Claims) { c.Expires = time.Unix(0, 0).UTC() }),
		`{"sub":"v","nbf":7}`:              changed("v", func(c *streamtoken.Claims) { c.NotBefore = time.Unix(7, 0).UTC() }),
		`{"sub":"v","downloadable":false}`: changed("v", func(c *streamtoken.Claims) { c.Downloadable = false }),
		`{"sub":"v","downloadable":true}`:  changed("v", same),
		`{"sub":"v","accessRules":[]}`:     changed("v", func(c *streamtoken.Claims) { c.AccessRules = nil }),
		`{"sub":"v","kid":"k"}`:            changed("v", func(c *streamtoken.Claims) { c.KeyID = "k" }),
		`{"exp":5,"nbf":6,"sub":"v","accessRules":[{"type":"ip.geoip.country","action":"allow","country":["us"],"ip":["any thing"]}],"downloadable":false}`: {
			Subject: "v", Expires: time.Unix(5, 0).UTC(), NotBefore: time.Unix(6, 0).UTC(), AccessRules: []accessrules.Rule{us},
		},
	} {
		r := claimReader{defaults: batchDefaults}
		got, err := r.read(2, []byte(line))
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
	}
	r := claimReader{}
	got, err := r.read(1, []byte(`{"sub":"v","downloadable":true}`))
	require.NoError(t, err)
	require.Equal(t, streamtoken.Claims{Subject: "v", Downloadable: true}, got)
}

// Each reason is that of the line as it stands, and repeats nothing of it.
func TestLineRefused(t *testing.T) {
	const id = "neither a JSON object nor an id"
	for line, want := range map[string]string{
		" v": id, "v ": id, "../x": id, "-v": id, "v\x00": id, "v\xff": id, `"v"`: id, "[1]": id, "\xef\xbb\xbfv": id, strings.Repeat("a", 65): id, "v,w": id,
		"{":                                 "not strict JSON",
		"{}":                                "sub: missing",
		`{"exp":5}`:                         "sub: missing",
		`{"sub":"v"`:                        "not strict JSON",
		`{"sub":"v"}{"sub":"v"}`:            "not strict JSON",
		`{"sub":"v"} x`:                     "not strict JSON",
		`{"sub":"v","sub":"v"}`:             "not strict JSON: ",
		`{"sub":"v","exp":5,"exp":5}`:       "not strict JSON: ",
		`{"sub":"v","exp":5,"e\u0078p":5}`:  "not strict JSON: ",
		`{"sub":"v","note":{"a":1,"a":2}}`:  "not strict JSON: ",
		"{\"sub\":\"v\",\"note\":\"\xff\"}": "not strict JSON: ",
		"{\"sub\":\"v\x00\"}":               "not strict JSON: ",
		`{"sub":"v","note":"\ud800"}`:       "not strict JSON: ",
		`{"sub":"v","note":1}`:              "a claim that is not known",
		`{"sub":"v","flags":{}}`:            "a claim that is not known",
		`{"sub":"v","pem":"x","id":"y"}`:    "a claim that is not known",
		`{"sub":"v","EXP":5}`:               "exp: spelled in another case",
		`{"\u017fub":"v"}`:                  "sub: spelled in another case",
		`{"sub":"v","Downloadable":true}`:   "downloadable: spelled in another case",
		`{"sub":null}`:                      "sub: not a string but null",
		`{"sub":"a b"}`:                     "sub: ",
		`{"sub":"v","exp":null}`:            "exp: ",
		`{"sub":"v","exp":1e3}`:             "exp: ",
		`{"sub":"v","exp":-1}`:              "exp: ",
		`{"sub":"v","exp":05}`:              "not strict JSON",
		`{"sub":"v","exp":5.0}`:             "exp: ",
		`{"sub":"v","nbf":"soon"}`:          "nbf: ",
		`{"sub":"v","exp":253402300800}`:    "exp: later than the year 9999",
		`{"sub":"v","downloadable":"true"}`: "downloadable: ",
		`{"sub":"v","downloadable":null}`:   "downloadable: ",
		`{"sub":"v","accessRules":null}`:    "accessRules: ",
		`{"sub":"v","accessRules":[{}]}`:    "accessRules[0]",
		`{"sub":"v","accessRules":[` + strings.Repeat(`{"type":"any","action":"block"},`, 5) + `{"type":"any","action":"block"}]}`: "more than 5 rules",
		`{"sub":"v","note":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`:                                             "not strict JSON",
		`{"sub":"v"` + strings.Repeat(" ", 8<<10) + `}`:                                                                            "more than a token may",
		`{"sub":"v"` + strings.Repeat(" ", 8<<10-len(`{"sub":"v"}`)-4) + `}`:                                                       "more than a token may",
	} {
		r := claimReader{defaults: batchDefaults}
		got, err := r.read(2, []byte(line))
		require.ErrorContains(t, err, want, line)
		require.Zero(t, got, line)
	}
	for prefix, want := range map[string]string{"\xef\xbb\xbf": "byte order mark", "\xff\xfe": "UTF-16", "\xfe\xff": "UTF-16"} {
		r := claimReader{}
		_, err := r.read(1, []byte(prefix+"v"))
		require.ErrorContains(t, err, want)
	}
}

// What is accepted is what encoding/json, loose as it is, reads there too, with the defaults for the members that are absent;
// and an error repeats nothing of the line.
func FuzzLineClaims(f *testing.F) {
	for _, line := range []string{
		"v", "", " ", `{"sub":"v"}`, `{"sub":"v","exp":5,"nbf":"4","downloadable":false,"accessRules":[]}`, `{"sub":"v","EXP":5}`, `{"sub":"exp","note":1}`,
		`{"sub":"v","accessRules":[{"type":"any","action":"block"}]}`, `{"exp":1,"sub":"v"}`, `{"s\u0075b":"v","\u0065xp":7}`, `{"sub":"v","sub":"w"}`, "{\"sub\":\"\xff\"}",
		`{"sub":"v","downloadable":null}`, `{,"sub":"v"}`, "\xef\xbb\xbfv", "secret secret secret secret",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if line == "" {
			return // skipped before
		}
		r := claimReader{defaults: batchDefaults}
		got, err := r.read(2, []byte(line))
		if err != nil {
			if got.Subject != "" || got.AccessRules != nil || !got.Expires.IsZero() {
				t.Fatal("claims beside an error")
			}
			if len(line) > 30 && strings.Contains(err.Error(), line) {
				t.Fatal("the reason repeats the line")
			}
			return
		}
		if line[0] != '{' {
			if got.Subject != line || !streamtoken.ValidSubject(line) || !got.Downloadable || len(got.AccessRules) != 1 {
				t.Fatal("a bare id is its subject and the defaults")
			}
			return
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		seconds := func(name string, otherwise time.Time) string {
			switch v := members[name].(type) {
			case nil:
				return fmt.Sprint(otherwise.Unix())
			case float64:
				return fmt.Sprint(int64(v))
			default:
				return fmt.Sprint(v)
			}
		}
		if got.Subject != members["sub"] || fmt.Sprint(got.Expires.Unix()) != seconds("exp", batchDefaults.Expires) ||
			fmt.Sprint(got.NotBefore.Unix()) != seconds("nbf", batchDefaults.NotBefore) {
			t.Fatalf("%+v is not what %q says", got, line)
		}
		download, rules := true, 1
		if v, ok := members["downloadable"]; ok {
			download = v.(bool)
		}
		if v, ok := members["accessRules"]; ok {
			rules = len(v.([]any))
		}
		if got.Downloadable != download || len(got.AccessRules) != rules {
			t.Fatalf("%+v is not what %q says", got, line)
		}
		for name := range members {
			switch name {
			case "sub", "kid", "exp", "nbf", "downloadable", "accessRules":
			default:
				t.Fatal("a member that is not known")
			}
		}
	})
}
