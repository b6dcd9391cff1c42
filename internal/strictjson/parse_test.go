package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

var accepted = map[string]string{
	"object":                      `{}`,
	"object with a space inside":  `{ }`,
	"array":                       `[]`,
	"white space everywhere":      " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n",
	"scalars at the top":          `"x"`,
	"lonely null":                 `null`,
	"lonely true":                 `true`,
	"lonely number":               `-0`,
	"numbers":                     `[0,-0,1,10,-12,0.5,1.25e3,1E-2,1e+2,123456789012345678901234567890,1e400,0e0]`,
	"every short escape":          `"\"\\\/\b\f\n\r\t"`,
	"unicode escapes":             `"\u0000\u0041\u00e9\uFFFF\u20aC"`,
	"surrogate pair":              `"\ud83d\ude00"`,
	"two surrogate pairs":         `"\uD834\uDD1E\uD834\uDD1E"`,
	"backslash before u":          `"\\ud83d"`,
	"DEL and upper planes":        "\"\x7f\u00a0\ufffd\U0010FFFF\"",
	"empty name":                  `{"":1}`,
	"same name, other objects":    `{"a":{"a":{"a":1}},"b":{"a":2}}`,
	"name from within, after it":  `{"a":{"b":[{"c":1}]},"b":1,"c":2}`,
	"same name after a sibling":   `[{"a":1},{"a":1}]`,
	"names that differ by case":   `{"a":1,"A":2}`,
	"one name starts the other":   `{"a":1,"ab":2,"abc":3}`,
	"names equal as escaped text": `{"\\u0061":1,"a":2}`,
	"decomposed and composed":     "{\"\u00e9\":1,\"e\u0301\":2}",
	"literals":                    `[true,false,null]`,
	"sixteen deep":                strings.Repeat("[", 16) + strings.Repeat("]", 16),
	"sixteen objects deep":        strings.Repeat(`{"a":`, 15) + `{"b":1}` + strings.Repeat("}", 15),
}

func TestAccepted(t *testing.T) {
	for name, doc := range accepted {
		t.Run(name, func(t *testing.T) {
			v, err := strictjson.Parse([]byte(doc))
			require.NoError(t, err)
			require.Equal(t, strings.Trim(doc, " \t\r\n"), string(v.Raw()))
			require.True(t, oracleAccepts([]byte(doc)), "the oracle must agree")
		})
	}
}

var refused = map[string]string{
	// Structure.
	"empty":                            ``,
	"white space only":                 " \n",
	"byte order mark":                  "\ufeff{}",
	"byte order mark of UTF-16":        "\xff\xfe{\x00}\x00",
	"NUL before":                       "\x00{}",
	"NUL after":                        "{}\x00",
	"form feed as white space":         "[\f]",
	"vertical tab as white space":      "[\v]",
	"no-break space as white space":    "[\u00a0]",
	"line separator as white space":    "[\u2028]",
	"trailing value":                   `{}{}`,
	"trailing bracket":                 `{}]`,
	"trailing comma at the top":        `{},`,
	"trailing garbage":                 `{"a":1}x`,
	"trailing comment":                 `{} // x`,
	"comment":                          `{/**/}`,
	"hash comment":                     "{}#",
	"unclosed array":                   `[`,
	"unclosed array after an element":  `[1`,
	"unclosed array after a comma":     `[1,`,
	"unclosed nested":                  `[[]`,
	"closed twice":                     `[]]`,
	"wrong bracket":                    `[1}`,
	"wrong brace":                      `{"a":1]`,
	"comma first":                      `[,1]`,
	"comma last":                       `[1,]`,
	"comma twice":                      `[1,,2]`,
	"only a comma":                     `[,]`,
	"no comma":                         `[1 2]`,
	"colon for a comma":                `[1:2]`,
	"unclosed object":                  `{`,
	"unclosed object after a name":     `{"a"`,
	"unclosed object after a colon":    `{"a":`,
	"unclosed object after a value":    `{"a":1`,
	"unclosed object after a comma":    `{"a":1,`,
	"member without value":             `{"a"}`,
	"member without colon":             `{"a" 1}`,
	"member with two colons":           `{"a"::1}`,
	"member with a comma for a colon":  `{"a",1}`,
	"member with two values":           `{"a":1 2}`,
	"object with a comma first":        `{,"a":1}`,
	"object with a comma last":         `{"a":1,}`,
	"object with two commas":           `{"a":1,,"b":2}`,
	"object without a comma":           `{"a":1 "b":2}`,
	"name without quotes":              `{a:1}`,
	"name in single quotes":            `{'a':1}`,
	"name that is a number":            `{1:1}`,
	"name that is null":                `{null:1}`,
	"name that is an array":            `{[]:1}`,
	"name that does not begin":         `{a":1}`,
	"name with an apostrophe first":    `{'a":1}`,
	"second name that does not begin":  `{"a":1,b":2}`,
	"name that does not end":           `{"a:1}`,
	"star":                             `*`,
	"angle":                            `<null>`,
	"closing bracket alone":            `]`,
	"colon alone":                      `:`,
	"single quotes":                    `'a'`,
	"bare word":                        `abc`,
	"seventeen deep":                   strings.Repeat("[", 17) + strings.Repeat("]", 17),
	"seventeen objects deep":           strings.Repeat(`{"a":`, 16) + `{}` + strings.Repeat("}", 16),
	"seventeen deep, mixed":            strings.Repeat(`[{"a":`, 8) + `[]` + strings.Repeat("}]", 8),
	"a hundred thousand open brackets": strings.Repeat("[", 100000),
	"a hundred thousand open objects":  strings.Repeat(`{"":`, 100000),

	// Literals.
	"True":               `True`,
	"TRUE":               `[TRUE]`,
	"tru":                `[tru]`,
	"tru at the end":     `tru`,
	"truex":              `[truex]`,
	"fals":               `[fals]`,
	"nul":                `[nul]`,
	"nill":               `[nill]`,
	"nulll":              `nulll`,
	"NaN":                `[NaN]`,
	"nan":                `[nan]`,
	"Infinity":           `[Infinity]`,
	"minus Infinity":     `[-Infinity]`,
	"undefined":          `undefined`,
	"true and a literal": `truefalse`,

	// Numbers: RFC 8259, section 6.
	"plus sign":               `[+1]`,
	"two minus signs":         `[--1]`,
	"minus alone":             `[-]`,
	"minus at the end":        `-`,
	"minus and a letter":      `[-x]`,
	"minus and a space":       `[- 1]`,
	"leading zero":            `[01]`,
	"leading zero, negative":  `[-01]`,
	"two zeros":               `[00]`,
	"leading zero, top":       `012`,
	"point first":             `[.5]`,
	"point first, negative":   `[-.5]`,
	"point last":              `[1.]`,
	"point and exponent":      `[1.e1]`,
	"two points":              `[1.2.3]`,
	"exponent without digit":  `[1e]`,
	"exponent sign only":      `[1e+]`,
	"exponent two signs":      `[1e+-1]`,
	"exponent with a point":   `[1e1.5]`,
	"exponent at the end":     `1e`,
	"capital exponent bare":   `[1E]`,
	"zero and exponent bare":  `[0e]`,
	"hexadecimal":             `[0x1F]`,
	"octal":                   `[0o17]`,
	"digit separator":         `[1_000]`,
	"number then letter":      `[1a]`,
	"space within":            `[1 000]`,
	"full-width digit":        "[\uff11]",
	"currency":                `[1$]`,
	"number then quote":       `[1"]`,
	"infinity sign":           "[\u221e]",
	"fraction with separator": `[1,5.]`,

	// Strings: RFC 8259, section 7.
	"unclosed":                       `"a`,
	"unclosed after a quote":         `"\"`,
	"lone quote":                     `"`,
	"lone backslash":                 `"\`,
	"unknown escape x":               `"\x41"`,
	"unknown escape a":               `"\a"`,
	"unknown escape v":               `"\v"`,
	"unknown escape 0":               `"\0"`,
	"unknown escape quote":           `"\'"`,
	"capital N escape":               `"\N"`,
	"capital U escape":               `"\U00000041"`,
	"escaped line break":             "\"\\\n\"",
	"escaped non-ASCII":              "\"\\\u00e9\"",
	"u without digits":               `"\u"`,
	"u with three digits":            `"\u004"`,
	"u with three digits and a mark": `"\u004","x"`,
	"u with a letter":                `"\u00g1"`,
	"u with a sign":                  `"\u+041"`,
	"u with spaces":                  `"\u 041"`,
	"u at the end":                   `"\u004`,
	"line feed":                      "\"a\nb\"",
	"tab":                            "\"a\tb\"",
	"carriage return":                "\"a\rb\"",
	"NUL inside":                     "\"a\x00b\"",
	"unit separator":                 "\"\x1f\"",
	"control after eight bytes":      "\"12345678\x01\"",
	"control as the eighth":          "\"1234567\x01aaaaaaaaa\"",
	"control in a name":              "{\"a\n\":1}",
	"high half alone":                `"\ud83d"`,
	"high half and text":             `"\ud83dabcdef"`,
	"high half and another escape":   `"\ud83d\n"`,
	"high half, x for a backslash":   `"\ud83dxude00"`,
	"high half, x for a u":           `"\ud83d\xde00"`,
	"high half twice":                `"\ud83d\ud83d\ude00"`,
	"high half and a plain escape":   `"\ud83d\u0041"`,
	"low half alone":                 `"\ude00"`,
	"halves the wrong way round":     `"\ude00\ud83d"`,
	"pair and a half":                `"\ud83d\ude00\ud83d"`,
	"half in a name":                 `{"\ud83d":1}`,
	"pair cut short":                 `"\ud83d\ude0"`,

	// UTF-8: RFC 3629.
	"continuation byte alone":         "\"\x80\"",
	"start byte alone":                "\"\xc3\"",
	"start byte before the end mark":  "\"\xe2\x82\"",
	"overlong slash":                  "\"\xc0\xaf\"",
	"overlong NUL":                    "\"\xc0\x80\"",
	"overlong three bytes":            "\"\xe0\x80\xaf\"",
	"encoded surrogate":               "\"\xed\xa0\x80\"",
	"encoded surrogate pair":          "\"\xed\xa0\xbd\xed\xb8\x80\"",
	"beyond U+10FFFF":                 "\"\xf4\x90\x80\x80\"",
	"five-byte form":                  "\"\xf8\x88\x80\x80\x80\"",
	"byte FF":                         "\"\xff\"",
	"Latin-1":                         "\"caf\xe9\"",
	"bad byte after eight":            "\"12345678\xff\"",
	"bad byte in a name":              "{\"\xff\":1}",
	"bad byte outside a string":       "[\xff]",
	"bad byte after an escape":        "\"\\n\xff\"",
	"non-ASCII letter outside":        "[\u00e9]",
	"UTF-16":                          "[\x00\"\x00\xe9\x00\"\x00]\x00",
	"unescaped name, invalid escaped": `{"a":1,"\u0":2}`,

	// Duplicate names.
	"duplicate":                     `{"a":1,"a":1}`,
	"duplicate apart":               `{"a":1,"b":2,"c":3,"a":4}`,
	"duplicate, empty name":         `{"":1,"":2}`,
	"duplicate by an escape":        `{"exp":1,"\u0065xp":2}`,
	"duplicate by an escape, first": `{"\u0065xp":1,"exp":2}`,
	"duplicate, both escaped":       `{"e\u0078p":1,"\u0065xp":2}`,
	"duplicate by a short escape":   `{"a/b":1,"a\/b":2}`,
	"duplicate by case of hex":      `{"\u00E9":1,"\u00e9":2}`,
	"duplicate, pair and bytes":     "{\"\\ud83d\\ude00\":1,\"\U0001F600\":2}",
	"duplicate within":              `{"x":[{"a":1,"a":2}]}`,
	"duplicate after a child":       `{"a":{"a":1},"a":2}`,
	"duplicate after children":      `{"a":1,"b":{"c":{"a":1}},"a":2}`,
	"duplicate at depth 16":         strings.Repeat("[", 15) + `{"a":1,"a":2}` + strings.Repeat("]", 15),
}

func TestRefused(t *testing.T) {
	for name, doc := range refused {
		t.Run(name, func(t *testing.T) {
			v, err := strictjson.Parse([]byte(doc))
			var syntax *strictjson.SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.Zero(t, v)
			require.GreaterOrEqual(t, syntax.Offset, 0)
			require.LessOrEqual(t, syntax.Offset, len(doc))
			require.NotEmpty(t, syntax.Msg)
			require.False(t, oracleAccepts([]byte(doc)), "the oracle must agree")
		})
	}
}

// Every proper prefix of a document is refused: nothing that was cut off on
// the way may pass for the whole.
func TestPrefixesRefused(t *testing.T) {
	doc := `{"a":[1.5e+3,true,false,null,"x\n\ud83d\ude00\u00e9"],"b":{"c":"` + "\u20ac" + `"}}`
	_, err := strictjson.Parse([]byte(doc))
	require.NoError(t, err)
	for i := range doc {
		_, err := strictjson.Parse([]byte(doc[:i]))
		require.Error(t, err, "first %d bytes", i)
	}
}

func TestEveryByteInAString(t *testing.T) {
	for pad := range 17 {
		for c := range 256 {
			doc := []byte(`"` + strings.Repeat("a", pad) + string([]byte{byte(c)}) + strings.Repeat("b", 9) + `"`)
			_, err := strictjson.Parse(doc)
			plain := c >= 0x20 && c < 0x80 && c != '"' && c != '\\' || c == '\\' // backslash b is an escape
			require.Equal(t, plain, err == nil, "byte %#x after %d", c, pad)
		}
	}
}

func TestErrorOffsets(t *testing.T) {
	for doc, want := range map[string]strictjson.SyntaxError{
		`{"a":1,"a":2}`:     {Offset: 7, Msg: "duplicate name"},
		`{"a":tru}`:         {Offset: 5, Msg: "not a value"},
		`"\n`:               {Offset: 3, Msg: "unexpected end"},
		`"\`:                {Offset: 1, Msg: "unexpected end"},
		`{"a":1} x`:         {Offset: 8, Msg: "data after the value"},
		"\"a\x01\"":         {Offset: 2, Msg: "control character in a string"},
		`["\ud800"]`:        {Offset: 2, Msg: "lone surrogate"},
		`[1 2]`:             {Offset: 3, Msg: "no comma or bracket after an element"},
		`{"a":1 "b":2}`:     {Offset: 7, Msg: "no comma or brace after a member"},
		`[1.]`:              {Offset: 3, Msg: "no digit after the decimal point"},
		"{\"secret\xff\":}": {Offset: 8, Msg: "not UTF-8"},
	} {
		_, err := strictjson.Parse([]byte(doc))
		var syntax *strictjson.SyntaxError
		require.True(t, errors.As(err, &syntax), doc)
		require.Equal(t, want, *syntax, doc)
		require.NotContains(t, err.Error(), "secret")
	}
	require.EqualError(t, &strictjson.SyntaxError{Offset: 7, Msg: "duplicate name"}, "strictjson: offset 7: duplicate name")
}
