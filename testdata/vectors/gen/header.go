package main

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
)

func header() []vector {
	const a = `"alg":"RS256"`
	const k = `"kid":"` + ida + `"`
	signed := func(h string) string { return token(h, goodPayload) }
	alg := func(name, h, comment string) vector {
		return refuse("alg_not_allowed", "header: "+name, signed(h), comment)
	}
	bad := func(name, h, comment string) vector {
		return refuse("header_invalid", "header: "+name, signed(h), comment)
	}
	ok := func(name, h, comment string) vector { return allow("header: "+name, signed(h), comment) }

	list := []vector{
		ok("alg, kid", `{`+a+`,`+k+`}`, ""),
		ok("kid, alg", `{`+k+`,`+a+`}`, ""),
		ok("typ JWT", `{`+a+`,`+k+`,"typ":"JWT"}`, ""),
		ok("white space", " {\n\t\"alg\" : \"RS256\" ,\r\n \"kid\" : \""+ida+"\" } \n", ""),
		ok("names and values escaped", `{"\u0061lg":"\u0052S256","k\u0069d":"`+strings.Replace(ida, "8", `\u0038`, 1)+`"}`, "the same header to every reader of JSON"),
		ok("unknown members", `{`+a+`,`+k+`,"cty":"JWT","x5t":"x","foo":null,"":[],"iat":1}`, "RFC 7515, section 4: ignored"),
		ok("sixteen deep", `{`+a+`,`+k+`,"x":`+strings.Repeat("[", 15)+strings.Repeat("]", 15)+`}`, ""),
	}

	// alg: RS256 and nothing else, byte for byte.
	for _, v := range []struct{ value, comment string }{
		{`"none"`, "CVE-2015-9235"},
		{`"None"`, ""}, {`"NONE"`, ""}, {`"nOnE"`, ""},
		{`"HS256"`, ""}, {`"RS384"`, ""}, {`"RS512"`, ""}, {`"PS256"`, ""}, {`"ES256"`, ""}, {`"EdDSA"`, ""}, {`"Ed25519"`, ""}, {`"RSA-OAEP"`, ""}, {`"dir"`, ""},
		{`"rs256"`, "case counts"}, {`"Rs256"`, ""}, {`"RS256 "`, ""}, {`" RS256"`, ""}, {`"RS256\u0000"`, ""}, {`"RS256\n"`, ""}, {`"R\u017f256"`, "long s"}, {`"RS-256"`, ""}, {`"SHA256withRSA"`, ""},
		{`"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"`, ""},
		{`""`, ""}, {`null`, ""}, {`256`, ""}, {`true`, ""}, {`["RS256"]`, ""}, {`{"RS256":1}`, ""}, {`{}`, ""}, {`[]`, ""}, {`0`, ""},
	} {
		list = append(list, alg("alg "+v.value, `{"alg":`+v.value+`,`+k+`}`, v.comment))
	}
	list = append(list,
		alg("alg missing", `{`+k+`}`, ""),
		alg("empty object", `{}`, "alg is judged first"),
		alg("alg judged before kid", `{"alg":"none","kid":null}`, ""),
		alg("alg judged before crit", `{"alg":"none",`+k+`,"crit":["x"]}`, ""),
		alg("alg judged before a missing kid", `{"alg":"HS256"}`, ""),
		alg("ALG alone", `{"ALG":"RS256",`+k+`}`, "alg is missing"),
	)
	hs := func(name string, secret []byte) vector {
		in := input(`{"alg":"HS256",`+k+`}`, goodPayload)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(in))
		return refuse("alg_not_allowed", "header: "+name, in+"."+b64(string(mac.Sum(nil))), "CVE-2016-10555: RS256 to HS256 confusion")
	}
	list = append(list,
		hs("HS256 with the public key as the secret", publicPEM),
		hs("HS256 with the public key less its last line break", []byte(strings.TrimSpace(string(publicPEM)))),
		hs("HS256 with an empty secret", nil),
		hs("HS256 with the modulus as the secret", keya.N.Bytes()),
	)
	for name, sign := range signers() {
		in := input(`{"alg":"`+name+`",`+k+`}`, goodPayload)
		list = append(list, refuse("alg_not_allowed", "header: "+name+", well signed", in+"."+b64(string(sign(in))), "by the right key with another algorithm"))
	}
	sortByName(list)

	// Names.
	list = append(list,
		bad("alg twice, RS256 first", `{`+a+`,`+k+`,"alg":"none"}`, ""),
		bad("alg twice, none first", `{"alg":"none",`+k+`,`+a+`}`, "a document with two meanings: alg cannot be judged"),
		bad("alg twice, the same", `{`+a+`,`+k+`,`+a+`}`, ""),
		bad("alg twice by an escape", `{`+a+`,`+k+`,"\u0061lg":"none"}`, ""),
		bad("kid twice", `{`+a+`,`+k+`,"kid":"`+idb+`"}`, ""),
		bad("unknown member twice", `{`+a+`,`+k+`,"x":1,"x":1}`, ""),
		bad("twice within", `{`+a+`,`+k+`,"x":{"y":1,"y":2}}`, ""),
		bad("Alg as well", `{`+a+`,`+k+`,"Alg":"none"}`, "read as alg by those who fold case"),
		bad("KID as well", `{`+a+`,`+k+`,"KID":"`+idb+`"}`, ""),
		bad("KELVIN SIGN id as well", `{`+a+`,`+k+`,"\u212aid":"`+idb+`"}`, "folds to kid"),
		bad("Kid alone", `{`+a+`,"Kid":"`+ida+`"}`, "kid is missing"),
		bad("TYP", `{`+a+`,`+k+`,"TYP":"JWT"}`, ""),
		bad("Crit", `{`+a+`,`+k+`,"Crit":["x"]}`, ""),
		bad("JWK", `{`+a+`,`+k+`,"JWK":{}}`, ""),
		bad("B64", `{`+a+`,`+k+`,"B64":false}`, ""),
	)

	// kid.
	for _, v := range []struct{ value, comment string }{
		{`null`, ""}, {`""`, ""}, {`1`, ""}, {`true`, ""}, {`["` + ida + `"]`, ""}, {`{}`, ""},
		{`"../../../../../../dev/null"`, ""}, {`"/dev/null"`, ""}, {`"a/b"`, ""}, {`"|sleep 10"`, ""}, {`"x' UNION SELECT '1';--"`, ""},
		{`"` + ida + ` "`, ""}, {`"` + ida + `\n"`, ""}, {`"` + ida + `\u0000"`, ""}, {`"caf\u00e9"`, ""}, {`"a%2e"`, ""}, {`"a\\b"`, ""},
		{`"http://192.0.2.1/jwks.json"`, ""},
		{`"` + strings.Repeat("k", 129) + `"`, "128 are the most"},
	} {
		list = append(list, bad("kid "+v.value, `{`+a+`,"kid":`+v.value+`}`, v.comment))
	}
	list = append(list, bad("kid missing", `{`+a+`}`, ""))

	// typ: absent or JWT.
	for _, v := range []string{`"jwt"`, `"JOSE"`, `"at+jwt"`, `"application/jwt"`, `""`, `null`, `1`, `["JWT"]`, `"JWT "`, `"secevent+jwt"`} {
		list = append(list, bad("typ "+v, `{`+a+`,`+k+`,"typ":`+v+`}`, ""))
	}

	// What asks to trust, fetch, unpack or read otherwise, whatever its value.
	n := base64.RawURLEncoding.EncodeToString(keyc.N.Bytes())
	for _, v := range []struct{ member, comment string }{
		{`"crit":["exp"]`, "RFC 7515, section 4.1.11"}, {`"crit":["x"],"x":1`, ""}, {`"crit":[]`, ""}, {`"crit":null`, ""}, {`"crit":""`, ""},
		{`"jwk":{"kty":"RSA","n":"` + n + `","e":"AQAB"}`, "CVE-2018-0114"}, {`"jwk":{}`, ""}, {`"jwk":null`, ""},
		{`"jku":"https://192.0.2.1/jwks.json"`, ""}, {`"jku":null`, ""},
		{`"x5u":"https://192.0.2.1/a.pem"`, ""}, {`"x5c":["MIIB"]`, ""}, {`"x5c":[]`, ""},
		{`"zip":"DEF"`, ""}, {`"zip":null`, ""}, {`"enc":"A128GCM"`, ""}, {`"enc":null`, ""},
		{`"b64":false`, "RFC 7797"}, {`"b64":true`, ""}, {`"b64":false,"crit":["b64"]`, ""},
	} {
		list = append(list, bad(v.member[:min(len(v.member), 24)], `{`+a+`,`+k+`,`+v.member+`}`, v.comment))
	}
	c := tokenBy(keyc, `{`+a+`,"kid":"`+idc+`","jwk":{"kty":"RSA","n":"`+n+`","e":"AQAB"}}`, goodPayload)
	list = append(list, refuse("header_invalid", "header: jwk of the key that signed", c, "the forger brings the key along"))

	// The document.
	for _, v := range []struct{ name, h string }{
		{"array", `[{` + a + `,` + k + `}]`}, {"string", `"RS256"`}, {"null", `null`}, {"number", `1`}, {"true", `true`},
		{"not JSON", `alg=RS256`}, {"one space", ` `}, {"two objects", `{` + a + `,` + k + `}{}`}, {"text after", `{` + a + `,` + k + `}x`},
		{"NUL after", "{" + a + "," + k + "}\x00"}, {"byte order mark", "\ufeff{" + a + "," + k + "}"}, {"comment", `{` + a + `,` + k + `/**/}`},
		{"comma last", `{` + a + `,` + k + `,}`}, {"single quotes", `{'alg':'RS256','kid':'x'}`}, {"cut off", `{` + a + `,` + k},
		{"not UTF-8", "{" + a + "," + k + ",\"x\":\"\xff\"}"}, {"overlong UTF-8", "{" + a + "," + k + ",\"x\":\"\xc0\xaf\"}"},
		{"UTF-16", "{\x00\"\x00a\x00}\x00"}, {"lone surrogate", `{` + a + `,` + k + `,"x":"\ud800"}`},
		{"line feed in a string", "{" + a + "," + k + ",\"x\":\"\n\"}"}, {"leading zero", `{` + a + `,` + k + `,"x":01}`}, {"NaN", `{` + a + `,` + k + `,"x":NaN}`},
		{"seventeen deep", `{` + a + `,` + k + `,"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`},
		{"thousands deep", strings.Repeat("[", 3000)},
		{"many names, one twice", `{` + a + `,` + k + `,` + manyNames(400) + `,"n7":1}`},
	} {
		list = append(list, bad(v.name, v.h, ""))
	}
	list = append(list, ok("many names", `{`+a+`,`+k+`,`+manyNames(400)+`}`, ""))
	return list
}

func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`"n%d":0`, i)
	}
	return strings.Join(names, ",")
}

// signers are other algorithms under the same RSA key.
func signers() map[string]func(string) []byte {
	return map[string]func(string) []byte{
		"RS384": func(in string) []byte {
			d := sha512.Sum384([]byte(in))
			return must(rsa.SignPKCS1v15(nil, keya, crypto.SHA384, d[:]))
		},
		"RS512": func(in string) []byte {
			d := sha512.Sum512([]byte(in))
			return must(rsa.SignPKCS1v15(nil, keya, crypto.SHA512, d[:]))
		},
		"PS256": pss,
	}
}

// pss is RSASSA-PSS with SHA-256 (RFC 8017, section 9.1.1) and a salt of 32
// equal bytes, for the output to be the same every time.
func pss(in string) []byte {
	digest := sha256.Sum256([]byte(in))
	salt := []byte(strings.Repeat("s", 32))
	h := sha256.Sum256(append(append(make([]byte, 8), digest[:]...), salt...))
	const size, dbSize = 256, 256 - 32 - 1
	db := make([]byte, dbSize)
	db[dbSize-33] = 1
	copy(db[dbSize-32:], salt)
	for i := range db { // MGF1
		mask := sha256.Sum256(append(append([]byte{}, h[:]...), 0, 0, 0, byte(i/32)))
		db[i] ^= mask[i%32]
	}
	db[0] &= 0x7f
	em := append(append(db, h[:]...), 0xbc)
	if err := rsa.VerifyPSS(&keya.PublicKey, crypto.SHA256, digest[:], private(em), nil); err != nil {
		panic(err)
	}
	return private(em)
}

// private is the bare RSA operation with key a.
func private(em []byte) []byte {
	return new(big.Int).Exp(new(big.Int).SetBytes(em), keya.D, keya.N).FillBytes(make([]byte, 256))
}
