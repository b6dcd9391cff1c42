package strictjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

func parse(t *testing.T, doc string) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(doc))
	require.NoError(t, err)
	return v
}

func TestKinds(t *testing.T) {
	for doc, want := range map[string]strictjson.Kind{
		` null `: strictjson.Null, `true`: strictjson.Bool, `false`: strictjson.Bool,
		`0`: strictjson.Number, `-1`: strictjson.Number, `9e9`: strictjson.Number,
		`""`: strictjson.String, `[]`: strictjson.Array, `{}`: strictjson.Object,
	} {
		require.Equal(t, want, parse(t, doc).Kind(), doc)
	}
	require.Zero(t, strictjson.Value{}.Kind())
	names := ""
	for k := strictjson.Kind(0); k <= strictjson.Object; k++ {
		names += k.String() + " "
	}
	require.Equal(t, "nothing null boolean number string array object ", names)
}

func TestScalars(t *testing.T) {
	for doc, want := range map[string]bool{"true": true, "false": false} {
		b, ok := parse(t, doc).Bool()
		require.True(t, ok)
		require.Equal(t, want, b)
	}
	for _, doc := range []string{`"true"`, `1`, `null`, `[]`, `{}`} {
		b, ok := parse(t, doc).Bool()
		require.False(t, b || ok, doc)
	}
	for doc, want := range map[string]string{
		`""`: "", `"abc"`: "abc", `"\"\\\/\b\f\n\r\t"`: "\"\\/\b\f\n\r\t", `"x\u0000y"`: "x\x00y",
		`"\u00e9\u20AC"`: "\u00e9\u20ac", `"\ud83d\ude00!"`: "\U0001F600!", `"\\u0041"`: `\u0041`, `"\uFFFD"`: "\ufffd",
	} {
		s, ok := parse(t, doc).Text()
		require.True(t, ok)
		require.Equal(t, want, s, doc)
	}
	for _, doc := range []string{`true`, `1`, `null`, `["a"]`, `{"a":"b"}`} {
		_, ok := parse(t, doc).Text()
		require.False(t, ok, doc)
	}
	require.Equal(t, "-1.50E+2", parse(t, " -1.50E+2 ").Raw())
}

func TestWalk(t *testing.T) {
	v := parse(t, "\n{ \"a\" : [ 1 , \"]}\\\"\" , [ ] , { } , null ] , \"b\\n\" :{\"c\":true},\"\":-2 }\n")
	var names []string
	var raws []string
	for name, m := range v.Members() {
		names = append(names, name)
		raws = append(raws, string(m.Raw()))
	}
	require.Equal(t, []string{"a", "b\n", ""}, names)
	require.Equal(t, []string{"[ 1 , \"]}\\\"\" , [ ] , { } , null ]", `{"c":true}`, "-2"}, raws)
	for _, m := range v.Members() {
		var elements []string
		for i, e := range m.Elements() {
			require.Equal(t, len(elements), i)
			elements = append(elements, string(e.Raw()))
		}
		require.Equal(t, []string{"1", "\"]}\\\"\"", "[ ]", "{ }", "null"}, elements)
		break
	}
	for _, space := range []string{"", " ", "\t", "\n", "\r"} {
		var got []string
		for _, e := range parse(t, "["+space+"1"+space+","+space+"true"+space+"]").Elements() {
			got = append(got, string(e.Raw()))
		}
		for name, m := range parse(t, "{"+space+`"a"`+space+":"+space+"-2"+space+","+space+`"b"`+space+":"+space+"null"+space+"}").Members() {
			got = append(got, name, string(m.Raw()))
		}
		require.Equal(t, []string{"1", "true", "a", "-2", "b", "null"}, got, "%q", space)
	}
	for range parse(t, `[1,2]`).Elements() {
		break // a caller may stop
	}
	for range parse(t, `{"a":1,"b":2}`).Members() {
		break
	}
	for _, doc := range []string{`[]`, `[ ]`, `{}`, `{ }`, `"a"`, `1`, `null`} {
		for range parse(t, doc).Members() {
			t.Fatal("member of", doc)
		}
		for range parse(t, doc).Elements() {
			t.Fatal("element of", doc)
		}
	}
	for range parse(t, `[1]`).Members() {
		t.Fatal("member of an array")
	}
	for range parse(t, `{"a":1}`).Elements() {
		t.Fatal("element of an object")
	}
	for range (strictjson.Value{}).Members() {
		t.Fatal("member of nothing")
	}
}
