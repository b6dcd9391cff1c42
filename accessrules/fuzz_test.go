package accessrules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"unsafe"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/strictjson"
	"github.com/stretchr/testify/require"
)

// FuzzParse: what is accepted compiles, mints and comes back the same; what encoding/json reads in it is what was read.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`[]`,
		`[{"type":"any","action":"block"}]`,
		`[{"type":"ip.geoip.country","action":"block","country":["US","mx","T1"]},{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32","::ffff:1.2.3.4/120","fe80::%eth0/64"]},{"type":"any","action":"block"}]`,
		`[{"type":"any","action":"allow","ip":null,"country":7}]`,
		`[{"\u0074ype":"an\u0079","action":"allow","IP":[]}]`,
		`[{"type":"ip.src","action":"allow","ip":["1.2.3.4",null]}]`,
		`[{"type":"ip.src","action":"allow","ip":["fe80::1%a\"b"]}]`,
		`{"type":"any"}`, `[[]]`, `[null]`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := accessrules.Parse(data)
		requireRead(t, data, rules, err)
		if err != nil {
			require.Nil(t, rules)
			require.Less(t, len(err.Error()), 300)
			return
		}
		set, err := accessrules.Compile(rules)
		require.NoError(t, err)
		require.Equal(t, len(rules), set.Len())
		minted := accessrules.AppendJSON(nil, rules)
		again, err := accessrules.Parse(minted)
		require.NoError(t, err, "%s", minted)
		require.Equal(t, rules, again)
		require.Equal(t, minted, accessrules.AppendJSON(nil, again))
		accessrules.Lint(rules)

		var loose []struct{ Type, Action any }
		require.NoError(t, json.Unmarshal(data, &loose))
		require.Len(t, loose, len(rules))
		for i, r := range rules {
			require.Equal(t, any(string(r.Type)), loose[i].Type)
			require.Equal(t, any(string(r.Action)), loose[i].Action)
		}
	})
}

// requireRead: to read the same rules in a document that is being read makes no difference, and the Set is that of Compile.
func requireRead(t *testing.T, data []byte, rules []accessrules.Rule, fault error) {
	t.Helper()
	r := strictjson.NewReader(string(data))
	got, set, err := accessrules.Read(&r, len(rules)+100)
	end := r.End()
	alone := strictjson.NewReader(string(data))
	set2, err2 := accessrules.ReadSet(&alone, len(rules)+100)
	require.Equal(t, err, err2)
	require.Equal(t, set, set2)
	if fault != nil {
		require.True(t, err != nil || end != nil)
		require.Equal(t, reflect.ValueOf(set).IsZero(), err != nil)
		if _, syntax := strictjson.Parse(data); syntax == nil && !errors.Is(err, accessrules.ErrTooMany) {
			require.EqualError(t, err, fault.Error())
		}
		return
	}
	require.NoError(t, err)
	require.NoError(t, end)
	require.Equal(t, rules, got)
	compiled, err := accessrules.Compile(rules)
	require.NoError(t, err)
	require.Equal(t, *compiled, set)
	// A Set holds nothing of the document: it stays what it is when the document's memory is used for another one.
	room := bytes.Clone(data)
	r = strictjson.NewReader(unsafe.String(unsafe.SliceData(room), len(room)))
	set, err = accessrules.ReadSet(&r, len(rules))
	require.NoError(t, err)
	require.NoError(t, r.End())
	for i := range room {
		room[i] = '#'
	}
	require.Equal(t, *compiled, set)
	if len(rules) > 0 {
		r = strictjson.NewReader(string(data))
		_, set, err = accessrules.Read(&r, len(rules)-1)
		require.ErrorIs(t, err, accessrules.ErrTooMany)
		require.Zero(t, set)
	}
}

// FuzzParseText: what is accepted is valid, and the same rule as its JSON.
func FuzzParseText(f *testing.F) {
	for _, s := range []string{"allow country US,CA", "block ip 203.0.113.0/24,2001:db8::/32", "block any", " allow  ip fe80::1%eth0 , ::ffff:1.2.3.4/96", "block country u\u017f", "deny any", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := accessrules.ParseText(s)
		if err != nil {
			require.Zero(t, r)
			return
		}
		require.NoError(t, r.Validate())
		again, err := accessrules.Parse(accessrules.AppendJSON(nil, []accessrules.Rule{r}))
		require.NoError(t, err)
		require.Equal(t, []accessrules.Rule{r}, again)
	})
}
