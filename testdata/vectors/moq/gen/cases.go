package main

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

const allow = "allow"

func vectors() []vector {
	return slices.Concat(form(), headers(), keys(), signatures(), contents(), operations(), times(), acceptance(), order())
}

func form() []vector {
	good := sign("a", header, claims())
	parts := strings.Split(good, ".")
	long := sign("a", header, claims("pad="+strconv.Quote(strings.Repeat("x", 6200))))
	last := parts[2][:85]
	list := []vector{
		token("form: good", allow, good, mints(claims())),
		token("form: nearly 8 KiB", allow, sign("a", header, claims("pad="+strconv.Quote(strings.Repeat("x", 5700)))), mints(claims())),
		token("form: more than 8 KiB", "token_too_large", long),
		token("form: 8193 dots", "token_too_large", strings.Repeat(".", 8193)),
		token("form: good, and 8 KiB after it", "token_too_large", good+strings.Repeat("A", 8192)),
		misspelt("empty", ""),
		misspelt("two dots", ".."),
		misspelt("one part", parts[0]),
		misspelt("two parts", parts[0]+"."+parts[1]),
		misspelt("no signature", parts[0]+"."+parts[1]+"."),
		misspelt("no payload", parts[0]+".."+parts[2]),
		misspelt("no header", "."+parts[1]+"."+parts[2]),
		misspelt("four parts", good+".AA"),
		misspelt("padding", good+"=="),
		misspelt("a final line break", good+"\n"),
		misspelt("a line break inside", parts[0]+"."+parts[1][:8]+"\n"+parts[1][8:]+"."+parts[2]),
		misspelt("a blank before", " "+good),
		misspelt("ordinary base64", strings.NewReplacer("-", "+", "_", "/").Replace(good)+"+"),
		misspelt("five parts", "AA.AA.AA.AA.AA"),
		misspelt("a byte beyond ASCII", good[:20]+"\u00e9"+good[20:]),
	}
	// 64 bytes take 86 characters, of which the last carries four bits that must be zero.
	final := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", parts[2][85])
	for extra := 1; extra < 16; extra++ {
		c := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[final|extra]
		list = append(list, misspelt("stray bits "+strconv.Itoa(extra), parts[0]+"."+parts[1]+"."+last+string(c)))
	}
	return list
}

// misspelt is a token that is none, or another spelling of one.
func misspelt(name, text string) vector { return token("form: "+name, "token_malformed", text) }

func headers() []vector {
	h := func(name, expect, header string, changes ...func(*vector)) vector {
		return token("header: "+name, expect, sign("a", header, claims()), changes...)
	}
	with := func(members string) string { return header[:len(header)-1] + members + "}" }
	alg := func(value string) string { return strings.Replace(header, `"Ed25519"`, value, 1) }
	kid := func(value string) string { return strings.Replace(header, `"`+kidA+`"`, value, 1) }
	list := []vector{
		h("kid first", allow, `{"kid":"`+kidA+`","alg":"Ed25519"}`, mints(claims())),
		h("typ JWT", allow, with(`,"typ":"JWT"`), mints(claims())),
		h("an unknown member", allow, with(`,"x":[{}]`), mints(claims())),
		h("white space", allow, " {\n\"alg\" : \"Ed25519\" , \"kid\":\""+kidA+"\" } ", mints(claims())),
		h("an escape in alg", allow, alg(`"Ed\u003255\u00319"`), mints(claims()), because("the same string")),
		h("EdDSA", "alg_not_allowed", alg(`"EdDSA"`), because("RFC 9864: only if it is the one configured")),
		h("EdDSA as configured", allow, alg(`"EdDSA"`), eddsa, mints(claims())),
		h("Ed25519 where EdDSA is configured", "alg_not_allowed", header, eddsa, because("the one or the other, never both")),
		h("no alg", "alg_not_allowed", `{"kid":"`+kidA+`"}`),
		h("empty", "alg_not_allowed", `{}`),
		h("no kid", "header_invalid", `{"alg":"Ed25519"}`),
		h("alg twice", "header_invalid", with(`,"alg":"Ed25519"`)),
		h("kid twice", "header_invalid", with(`,"kid":"`+kidA+`"`)),
		h("Alg beside", "header_invalid", with(`,"Alg":"none"`)),
		h("KID beside", "header_invalid", with(`,"KID":"x"`)),
		h("array", "header_invalid", `["alg"]`),
		h("no JSON", "header_invalid", `alg`),
		h("data after", "header_invalid", header+"{}"),
		h("a comma too many", "header_invalid", with(",")),
		h("typ at+jwt", "header_invalid", with(`,"typ":"at+jwt"`)),
		h("typ null", "header_invalid", with(`,"typ":null`)),
		h("kid with a slash", "header_invalid", kid(`"../a"`)),
		h("kid empty", "header_invalid", kid(`""`)),
		h("kid a number", "header_invalid", kid(`1`)),
		h("kid null", "header_invalid", kid(`null`)),
		h("kid of 129 characters", "header_invalid", kid(strconv.Quote(strings.Repeat("a", 129)))),
	}
	for _, a := range []string{`"none"`, `"None"`, `""`, `"RS256"`, `"HS256"`, `"ES256"`, `"Ed448"`, `"ed25519"`, `"ED25519"`, `"Ed25519 "`, `null`, `1`, `["Ed25519"]`, `true`, `{}`} {
		list = append(list, h("alg "+a, "alg_not_allowed", alg(a)))
	}
	for _, name := range []string{"crit", "jwk", "jku", "x5u", "x5c", "zip", "enc", "b64"} {
		for _, value := range []string{"null", `""`, "true", "{}"} {
			list = append(list, h(name+" "+value, "header_invalid", with(`,"`+name+`":`+value)))
		}
	}
	return list
}

func keys() []vector {
	good := sign("a", header, claims())
	other := strings.Replace(header, kidA, kidB, 1)
	return []vector{
		token("key: not held", "key_unknown", good, holding(kidB)),
		token("key: none held", "key_unknown", good, holding()),
		token("key: kid in another case", "key_unknown", sign("a", strings.Replace(header, kidA, strings.ToUpper(kidA), 1), claims())),
		token("key: another's kid", "signature_invalid", sign("a", other, claims())),
		token("key: the second one", allow, sign("b", other, claims()), mints(claims())),
		token("key: no current set", "keys_unavailable", good, faults("keys")),
		token("key: no current set, another kid", "keys_unavailable", sign("b", other, claims()), faults("keys")),
		token("key: no current set, forged", "keys_unavailable", sign("b", header, claims()), faults("keys")),
	}
}

func signatures() []vector {
	good := sign("a", header, claims())
	cut := strings.LastIndexByte(good, '.')
	sig, _ := base64.RawURLEncoding.DecodeString(good[cut+1:])
	with := func(name string, change func([]byte) []byte) vector {
		return token("signature: "+name, "signature_invalid", good[:cut+1]+b64(string(change(slices.Clone(sig)))))
	}
	flip := func(i int, mask byte) func([]byte) []byte {
		return func(s []byte) []byte { s[i] ^= mask; return s }
	}
	swap := func(p string) vector {
		return token("signature: of another payload, "+p, "signature_invalid", b64(header)+"."+b64(p)+good[cut:])
	}
	// The order of the group, 2^252 + 27742317777372353535851937790883648493, least significant byte first.
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	return []vector{
		with("63 bytes", func(s []byte) []byte { return s[:63] }),
		with("65 bytes", func(s []byte) []byte { return append(s, 0) }),
		with("one byte", func(s []byte) []byte { return s[:1] }),
		with("twice", func(s []byte) []byte { return append(s, s...) }),
		with("zeros", func(s []byte) []byte { return make([]byte, 64) }),
		with("halves changed round", func(s []byte) []byte { return append(slices.Clone(s[32:]), s[:32]...) }),
		with("a bit of R", flip(0, 1)),
		with("the sign of R", flip(31, 0x80)),
		with("a bit of S", flip(32, 1)),
		with("the top bit of S", flip(63, 0x80)),
		with("S plus the order of the group", func(s []byte) []byte {
			carry := 0
			for i := range order {
				sum := int(s[32+i]) + int(order[i]) + carry
				s[32+i], carry = byte(sum), sum>>8
			}
			return s
		}),
		with("S is 0, R the neutral element", func(s []byte) []byte { return append([]byte{1}, make([]byte, 63)...) }),
		token("signature: by another key", "signature_invalid", sign("b", header, claims())),
		token("signature: of another header", "signature_invalid", b64(header[:len(header)-1]+" }")+good[strings.IndexByte(good, '.'):]),
		swap(claims("operations=[\"publish\"]")),
		swap(claims("sub=" + strconv.Quote(jti))),
		swap("not JSON"),
	}
}
