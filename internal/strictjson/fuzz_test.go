package strictjson_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// FuzzParse: Parse and the oracle agree on every document (there is no
// permitted difference), and what is accepted means what it means to
// encoding/json, read as a tree and written again.
func FuzzParse(f *testing.F) {
	for _, docs := range []map[string]string{accepted, refused} {
		for _, doc := range docs {
			if len(doc) < 4096 {
				f.Add([]byte(doc))
			}
		}
	}
	f.Add([]byte(object(30, "n3")))
	f.Add([]byte(object(60, `\u006e3`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := strictjson.Parse(data)
		require.Equal(t, oracleAccepts(data), err == nil, "%q: %v", data, err)
		if err != nil {
			require.Zero(t, v)
			return
		}
		var want any
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		require.NoError(t, dec.Decode(&want))
		require.Equal(t, want, tree(v))

		again, err := json.Marshal(tree(v))
		require.NoError(t, err)
		v2, err := strictjson.Parse(again)
		require.NoError(t, err, "%q", again)
		require.Equal(t, want, tree(v2))
	})
}

// FuzzReader: however the values of a document are read, entered or passed
// over, the Reader accepts it exactly if the oracle does and gives what Parse
// gives. choices says at each value what to do with it.
func FuzzReader(f *testing.F) {
	for _, docs := range []map[string]string{accepted, refused} {
		for _, doc := range docs {
			if len(doc) < 4096 {
				for _, choices := range []uint64{0, ^uint64(0), 0x0123456789abcdef} {
					f.Add(doc, choices)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, doc string, choices uint64) {
		r := strictjson.NewReader(doc)
		got := stream(&r, choices)
		err := r.End()
		require.Equal(t, oracleAccepts([]byte(doc)), err == nil, "%q: %v", doc, err)
		v, fault := strictjson.Parse([]byte(doc))
		require.Equal(t, fault, err, "%q", doc)
		if err == nil {
			require.True(t, agree(got, tree(v)), "%q: %v", doc, got)
		}
	})
}

// passed stands for a value that was not read.
type passed struct{}

// stream reads the next value as choices says.
func stream(r *strictjson.Reader, choices uint64) any {
	next := func(i int) uint64 { return bits.RotateLeft64(choices, 2*i+2) }
	switch kind := r.Kind(); {
	case kind == strictjson.Array && choices&1 == 0:
		list := []any{}
		for i := range r.Elements() {
			if choices&2 != 0 && i%3 == 2 {
				list = append(list, passed{})
				continue
			}
			list = append(list, stream(r, next(i)))
		}
		return list
	case kind == strictjson.Object && choices&1 == 0:
		members := map[string]any{}
		for name := range r.Members() {
			if i := len(members); choices&2 != 0 && i%3 == 2 {
				members[name] = passed{}
			} else {
				members[name] = stream(r, next(i))
			}
		}
		return members
	case kind == strictjson.String && choices&1 == 0:
		s, _ := r.Text()
		return s
	}
	return tree(r.Value())
}

// agree reports whether got is want but for what was passed over.
func agree(got, want any) bool {
	switch got := got.(type) {
	case passed:
		return true
	case []any:
		list, ok := want.([]any)
		return ok && slices.EqualFunc(got, list, agree)
	case map[string]any:
		members, ok := want.(map[string]any)
		return ok && maps.EqualFunc(got, members, agree)
	}
	return got == want
}

// tree reads v through the accessors alone.
func tree(v strictjson.Value) any {
	switch v.Kind() {
	case strictjson.Bool:
		b, _ := v.Bool()
		return b
	case strictjson.Number:
		return json.Number(v.Raw())
	case strictjson.String:
		s, _ := v.Text()
		return s
	case strictjson.Array:
		list := []any{}
		for i, e := range v.Elements() {
			if i != len(list) {
				panic("index out of step")
			}
			list = append(list, tree(e))
		}
		return list
	case strictjson.Object:
		members := map[string]any{}
		for name, m := range v.Members() {
			members[name] = tree(m)
		}
		return members
	}
	return nil
}

// FuzzCaseVariant: the result is the known name that strings.EqualFold finds.
func FuzzCaseVariant(f *testing.F) {
	known := []string{"alg", "kid", "sub", "accessRules"}
	for _, s := range append([]string{"", "ALG", "\u212aid", "\u017fub", "\xff", "k\u0131d", "K\u0130D"}, known...) {
		f.Add(s)
	}
	turkish := strings.NewReplacer("\u0131", "?", "\u0130", "?") // have a case and no simple folding
	f.Fuzz(func(t *testing.T, name string) {
		got := strictjson.CaseVariant(name, known)
		if got != "" {
			require.NotEqual(t, got, name)
			require.True(t, strings.EqualFold(name, got))
			return
		}
		for _, k := range known {
			// Folded by upper and lower case, another way than the one under test.
			folded := strings.ToLower(strings.ToUpper(turkish.Replace(name)))
			require.True(t, name == k || folded != strings.ToLower(k), "%q passes for %q", name, k)
		}
	})
}
