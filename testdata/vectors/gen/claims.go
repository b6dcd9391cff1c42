package main

import (
	"fmt"
	"strings"
)

func claims() []vector {
	const rest = `"exp":2000003600`
	bad := func(name, payload, comment string) vector {
		return refuse("claims_invalid", "claims: "+name, token(goodHeader, payload), comment)
	}
	ok := func(name, payload, minted, comment string) vector {
		v := allow("claims: "+name, token(goodHeader, payload), comment)
		v.Claims = minted
		return v
	}
	strict := func(v vector) vector {
		v.Name += ", unknown claims refused"
		v.RefuseUnknown = true
		return v
	}
	const least = `{"sub":"v",` + rest + `}`
	unknown := `{"sub":"v",` + rest + `,"iss":null,"aud":["x"],"iat":1e400,"flags":{"original":true},"x":[[{}]]}`
	list := []vector{
		ok("least", least, least, ""),
		ok("all", payload(`"downloadable":true,"accessRules":[]`), fmt.Sprintf(`{"sub":%q,"kid":%q,"exp":2000003600,"nbf":1999996400,"downloadable":true}`, sub, ida), ""),
		ok("another order, white space", " {\n\t\"nbf\" : 5 , \"exp\" :2000003600, \"sub\":\"v\" }\r\n", `{"sub":"v","exp":2000003600,"nbf":5}`, ""),
		ok("escaped", `{"\u0073ub":"\u0076","e\u0078p":"\u0032000003600"}`, least, "escapes are a spelling, not another text"),
		ok("strings for times", `{"sub":"v","exp":"2000003600","nbf":"0"}`, `{"sub":"v","exp":2000003600,"nbf":0}`, "as Stream's own token call issues them"),
		ok("unknown claims", unknown, least, "RFC 7519, section 4: ignored"),
		strict(ok("least", least, least, "")),
		strict(bad("flags", `{"sub":"v",`+rest+`,"flags":{}}`, "")),
		strict(bad("iat", `{"sub":"v",`+rest+`,"iat":1}`, "")),
		ok("sixteen deep", `{"sub":"v",`+rest+`,"x":`+strings.Repeat("[", 15)+strings.Repeat("]", 15)+`}`, least, ""),
		ok("surrogate pair", `{"sub":"v",`+rest+`,"x":"\ud83d\ude00"}`, least, ""),
		ok("names that fold to no known one", "{\"sub\":\"v\","+rest+",\"\u0455ub\":1,\"nb\uff46\":2,\"k\u0131d\":3}", least, "Cyrillic, full width, dotless i: other letters"),
		ok("longest sub", `{"sub":"`+strings.Repeat("s", 64)+`",`+rest+`}`, `{"sub":"`+strings.Repeat("s", 64)+`",`+rest+`}`, ""),
		ok("sub with - and _", `{"sub":"0-_-_",`+rest+`}`, `{"sub":"0-_-_",`+rest+`}`, ""),
		ok("kid equal", `{"sub":"v","kid":"`+ida+`",`+rest+`}`, `{"sub":"v","kid":"`+ida+`",`+rest+`}`, ""),
		ok("downloadable false", `{"sub":"v",`+rest+`,"downloadable":false}`, least, ""),
	}
	for _, v := range []struct{ name, payload, comment string }{
		// The document.
		{"array", `[` + least + `]`, ""}, {"string", `"{}"`, ""}, {"null", `null`, ""}, {"number", `1`, ""}, {"one space", ` `, ""}, {"not JSON", `sub=v`, ""},
		{"empty object", `{}`, ""},
		{"two objects", least + least, "one reader takes the first, another the last"}, {"NUL after", least + "\x00", ""}, {"text after", least + "x", ""},
		{"byte order mark", "\ufeff" + least, ""}, {"comment", `{"sub":"v",` + rest + `/**/}`, ""}, {"comma last", `{"sub":"v",` + rest + `,}`, ""},
		{"cut off", least[:len(least)-1], ""}, {"single quotes", `{'sub':'v','exp':2000003600}`, ""},
		{"not UTF-8", "{\"sub\":\"v\"," + rest + ",\"x\":\"\xff\"}", ""}, {"not UTF-8 in a name", "{\"sub\":\"v\"," + rest + ",\"\xc3\":1}", ""},
		{"encoded surrogate", "{\"sub\":\"v\"," + rest + ",\"x\":\"\xed\xa0\x80\"}", "CESU-8"}, {"overlong UTF-8", "{\"sub\":\"v\"," + rest + ",\"x\":\"\xc0\x80\"}", ""},
		{"UTF-16", "{\x00\"\x00s\x00u\x00b\x00", ""}, {"lone surrogate", `{"sub":"v",` + rest + `,"x":"\ud800"}`, ""}, {"low surrogate first", `{"sub":"v",` + rest + `,"x":"\ude00\ud83d"}`, ""},
		{"line feed in a string", "{\"sub\":\"v\"," + rest + ",\"x\":\"a\nb\"}", ""}, {"unknown escape", `{"sub":"v",` + rest + `,"x":"\x41"}`, ""},
		{"NaN", `{"sub":"v",` + rest + `,"x":NaN}`, ""}, {"leading zero", `{"sub":"v",` + rest + `,"x":00}`, "in a claim that nobody knows"}, {"plus sign", `{"sub":"v",` + rest + `,"x":+1}`, ""},
		{"seventeen deep", `{"sub":"v",` + rest + `,"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, "the object is depth 1"},
		{"thousands deep", `{"sub":"v",` + rest + `,"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`, ""},

		// Names.
		{"sub twice", `{"sub":"v","sub":"w",` + rest + `}`, ""}, {"exp twice, past first", `{"sub":"v","exp":1,` + rest + `}`, "the last one wins in most readers"},
		{"exp twice, the same", `{"sub":"v",` + rest + `,` + rest + `}`, ""}, {"exp twice by an escape", `{"sub":"v","exp":1,"\u0065xp":2000003600}`, ""},
		{"nbf twice", `{"sub":"v",` + rest + `,"nbf":2,"nbf":1}`, ""}, {"accessRules twice", `{"sub":"v",` + rest + `,"accessRules":[{"type":"any","action":"block"}],"accessRules":[]}`, ""},
		{"downloadable twice", `{"sub":"v",` + rest + `,"downloadable":false,"downloadable":true}`, ""}, {"unknown name twice", `{"sub":"v",` + rest + `,"x":1,"x":1}`, ""},
		{"twice within an unknown claim", `{"sub":"v",` + rest + `,"x":[{"y":1,"y":1}]}`, "at any depth"}, {"empty name twice", `{"sub":"v",` + rest + `,"":1,"":1}`, ""},
		{"EXP alone", `{"sub":"v","EXP":2000003600}`, "read as exp by those who fold case"}, {"exp past, EXP future", `{"sub":"v","exp":1,"EXP":2000003600}`, ""},
		{"EXP as well", `{"sub":"v",` + rest + `,"EXP":1}`, ""}, {"Nbf past, nbf future", `{"sub":"v",` + rest + `,"nbf":2000003600,"Nbf":1}`, ""}, {"NBF alone", `{"sub":"v",` + rest + `,"NBF":2000003600}`, ""},
		{"SUB", `{"sub":"v",` + rest + `,"SUB":"w"}`, ""}, {"Kid", `{"sub":"v",` + rest + `,"Kid":"x"}`, ""}, {"Downloadable", `{"sub":"v",` + rest + `,"Downloadable":true}`, ""},
		{"accessrules", `{"sub":"v",` + rest + `,"accessrules":[]}`, ""}, {"LONG S ub", "{\"sub\":\"v\"," + rest + ",\"\u017fub\":\"w\"}", "U+017F folds to s"},
		{"KELVIN SIGN id, escaped", `{"sub":"v",` + rest + `,"\u212aid":"x"}`, "U+212A folds to k"}, {"acceLONG SLONG SRules", `{"sub":"v",` + rest + `,"acce\u017f\u017fRules":[]}`, ""},
		{"EXP null", `{"sub":"v",` + rest + `,"EXP":null}`, ""},

		// sub.
		{"sub missing", `{` + rest + `}`, ""}, {"sub null", `{"sub":null,` + rest + `}`, "null is a value, not absence"}, {"sub a number", `{"sub":1,` + rest + `}`, ""},
		{"sub an array", `{"sub":["v"],` + rest + `}`, ""}, {"sub an object", `{"sub":{},` + rest + `}`, ""}, {"sub true", `{"sub":true,` + rest + `}`, ""}, {"sub empty", `{"sub":"",` + rest + `}`, ""},
		{"sub ..", `{"sub":"..",` + rest + `}`, "it becomes a path segment"}, {"sub with a slash", `{"sub":"a/b",` + rest + `}`, ""}, {"sub with an escaped slash", `{"sub":"a\u002fb",` + rest + `}`, ""},
		{"sub with a percent sign", `{"sub":"a%2fb",` + rest + `}`, ""}, {"sub with a dot", `{"sub":"a.b",` + rest + `}`, "it would pass for a token"}, {"sub with a hyphen first", `{"sub":"-a",` + rest + `}`, ""},
		{"sub with an underscore first", `{"sub":"_a",` + rest + `}`, ""}, {"sub with NUL", `{"sub":"a\u0000",` + rest + `}`, ""}, {"sub with a line feed", `{"sub":"a\n",` + rest + `}`, ""},
		{"sub with a space", `{"sub":"a b",` + rest + `}`, ""}, {"sub not ASCII", `{"sub":"caf\u00e9",` + rest + `}`, ""}, {"sub of 65", `{"sub":"` + strings.Repeat("s", 65) + `",` + rest + `}`, ""},

		// kid.
		{"kid of another key", `{"sub":"v","kid":"` + idb + `",` + rest + `}`, "contradicts the header's"}, {"kid in upper case", `{"sub":"v","kid":"` + strings.ToUpper(ida) + `",` + rest + `}`, ""},
		{"kid null", `{"sub":"v","kid":null,` + rest + `}`, ""}, {"kid a number", `{"sub":"v","kid":1,` + rest + `}`, ""}, {"kid empty", `{"sub":"v","kid":"",` + rest + `}`, "present, and not the header's"},
		{"kid with a space more", `{"sub":"v","kid":"` + ida + ` ",` + rest + `}`, ""}, {"kid an array", `{"sub":"v","kid":["` + ida + `"],` + rest + `}`, ""},

		// downloadable.
		{"downloadable null", `{"sub":"v",` + rest + `,"downloadable":null}`, ""}, {"downloadable \"true\"", `{"sub":"v",` + rest + `,"downloadable":"true"}`, ""},
		{"downloadable 1", `{"sub":"v",` + rest + `,"downloadable":1}`, ""}, {"downloadable an object", `{"sub":"v",` + rest + `,"downloadable":{}}`, ""},

		// exp and nbf; their values are below.
		{"exp missing", `{"sub":"v"}`, ""}, {"exp missing, nbf there", `{"sub":"v","nbf":1}`, ""},
	} {
		list = append(list, bad(v.name, v.payload, v.comment))
	}

	for _, v := range []struct{ value, comment string }{
		{`null`, ""}, {`true`, ""}, {`[]`, ""}, {`[2000003600]`, ""}, {`{}`, ""}, {`-1`, ""}, {`-0`, ""}, {`2000003600.0`, ""}, {`2000003600.5`, ""}, {`2e9`, ""}, {`2000003600e0`, ""}, {`0.0`, ""},
		{`1e300`, "through a float: a time long past on some machines"}, {`1e19`, ""}, {`9223372036854775807`, "the greatest of 64 bits"}, {`9223372036854775808`, "and one more"}, {`18446744073709551616`, ""},
		{`253402300800`, "the year 10000"}, {`2000003600000`, "milliseconds"},
		{`""`, ""}, {`" 2000003600"`, ""}, {`"2000003600 "`, ""}, {`"02000003600"`, ""}, {`"+2000003600"`, ""}, {`"-1"`, ""}, {`"2e9"`, ""}, {`"2000003600.0"`, ""}, {`"0x77359400"`, ""}, {`"2_000_003_600"`, ""},
		{`"\uff12000003600"`, "a full-width digit"}, {`"\u0662000003600"`, "an Arabic-Indic digit"}, {`"2000003600\u0000"`, ""}, {`"2033-05-18T04:33:20Z"`, ""}, {`"253402300800"`, ""}, {`"18446746073709555216"`, "2000003600 modulo 2^64"},
		{`"never"`, ""}, {`"null"`, ""}, {`"00"`, ""},
	} {
		list = append(list,
			bad("exp "+v.value, `{"sub":"v","exp":`+v.value+`}`, v.comment),
			bad("nbf "+v.value, `{"sub":"v",`+rest+`,"nbf":`+v.value+`}`, v.comment))
	}

	// Access rules: one that is not well formed refuses the whole token, since
	// passing it over could pass over a block.
	rule := func(name, rules, comment string) vector {
		return refuse("claims_invalid", "claims: rules: "+name, withRules(rules), comment)
	}
	fits := func(name, rules, comment string) vector {
		return allow("claims: rules: "+name, withRules(rules), comment)
	}
	const any = `{"type":"any","action":"allow"}`
	list = append(list,
		fits("none", `[]`, ""), fits("five", `[`+strings.Repeat(any+",", 4)+any+`]`, ""),
		rule("six", `[`+strings.Repeat(any+",", 5)+any+`]`, "five are the most"),
		fits("unknown member", `[{"type":"any","action":"allow","x":1}]`, ""),
		fits("irrelevant lists, unread", `[{"type":"any","action":"allow","ip":["x",1],"country":null}]`, "Cloudflare's own SDKs send both lists with every rule"),
		rule("null", `null`, ""), rule("object", any, "as one of Cloudflare's snippets has it"), rule("string", `"[]"`, ""), rule("false", `false`, ""), rule("element null", `[null]`, ""), rule("element string", `["any"]`, ""),
		rule("element array", `[[]]`, ""), rule("element empty", `[{}]`, ""), rule("second one broken", `[`+any+`,{"type":"any"}]`, "though the first decides"),
		rule("type missing", `[{"action":"allow"}]`, ""), rule("type null", `[{"type":null,"action":"allow"}]`, ""), rule("type empty", `[{"type":"","action":"allow"}]`, ""), rule("type ANY", `[{"type":"ANY","action":"allow"}]`, ""),
		rule("type ip", `[{"type":"ip","action":"allow","ip":["192.0.2.1"]}]`, ""), rule("type country", `[{"type":"country","action":"allow","country":["US"]}]`, ""), rule("type ip.geoip.asnum", `[{"type":"ip.geoip.asnum","action":"block"}]`, "not passed over"),
		rule("type an array", `[{"type":["any"],"action":"allow"}]`, ""),
		rule("action missing", `[{"type":"any"}]`, ""), rule("action null", `[{"type":"any","action":null}]`, ""), rule("action deny", `[{"type":"any","action":"deny"}]`, ""), rule("action Block", `[{"type":"any","action":"Block"}]`, ""), rule("action empty", `[{"type":"any","action":""}]`, ""),
		rule("Action as well", `[{"type":"any","action":"block","Action":"allow"}]`, "read as action by those who fold case"), rule("TYPE", `[{"TYPE":"any","action":"allow"}]`, ""), rule("IP as well", `[{"type":"ip.src","action":"allow","ip":["192.0.2.1"],"IP":["192.0.2.2"]}]`, ""),
		rule("type by an escaped name twice", `[{"type":"any","t\u0079pe":"any","action":"allow"}]`, ""), rule("action LONG S", `[{"type":"ip.\u017frc","action":"allow","ip":["192.0.2.1"]}]`, "a value is not folded at all"),
		rule("ip missing", `[{"type":"ip.src","action":"block"}]`, ""), rule("ip empty", `[{"type":"ip.src","action":"block","ip":[]}]`, "a block that matches nobody"), rule("ip null", `[{"type":"ip.src","action":"block","ip":null}]`, ""),
		rule("ip a string", `[{"type":"ip.src","action":"block","ip":"192.0.2.1"}]`, ""), rule("ip element null", `[{"type":"ip.src","action":"block","ip":[null]}]`, ""), rule("ip element number", `[{"type":"ip.src","action":"block","ip":[1]}]`, ""),
	)
	for _, ip := range []string{
		"", " ", "x", "192.0.2", "192.0.2.256", "192.0.2.01", "0xc0.0.2.1", "3221225985", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/024", "192.0.2.1/", "192.0.2.1/24/24", "192.0.2.1-9", "192.0.2.*",
		"192.0.2.1:80", " 192.0.2.1", "192.0.2.1 ", "[2001:db8::1]", "2001:db8::/129", "2001:db8:::", "2001:db8::1::", "192.0.2.0/:", "192.0.2.0/2;", "192.0.2.1/255.255.255.0", "\uff11.2.3.4", "localhost", "192.0.2.1,192.0.2.2", "192.0.2.1\\u0000",
	} {
		list = append(list, rule(`ip "`+ip+`"`, `[{"type":"ip.src","action":"block","ip":["`+ip+`"]}]`, ""))
	}
	for _, c := range []string{`"US"`, `null`, `[]`, `[null]`, `[1]`, `[""]`, `["U"]`, `["USA"]`, `["U1"]`, `["U "]`, `["United States"]`, `["\u00dcS"]`, `["US,MX"]`, `["*"]`, `["U\u017f"]`} {
		list = append(list, rule("country "+c, `[{"type":"ip.geoip.country","action":"block","country":`+c+`}]`, ""))
	}
	list = append(list, rule("country missing", `[{"type":"ip.geoip.country","action":"block"}]`, ""), rule("one country of two broken", `[{"type":"ip.geoip.country","action":"block","country":["US","x"]}]`, ""))
	return list
}
