package main

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"slices"
	"sort"
	"strings"
)

func key() []vector {
	signed := func(kid string) string {
		return token(`{"alg":"RS256","kid":"`+kid+`"}`, strings.ReplaceAll(goodPayload, ida, kid))
	}
	unknown := func(name, token, comment string) vector { return refuse("key_unknown", "key: "+name, token, comment) }
	onlyB := func(v vector) vector { v.Keys = []string{"b.jwks.json"}; return v }
	fault := func(v vector) vector { v.Faults = []string{"keys"}; return v }
	byB := tokenBy(keyb, `{"alg":"RS256","kid":"`+idb+`"}`, strings.ReplaceAll(goodPayload, ida, idb))
	byC := tokenBy(keyc, `{"alg":"RS256","kid":"`+idc+`"}`, strings.ReplaceAll(goodPayload, ida, idc))
	return []vector{
		allow("key: a", good(), ""),
		allow("key: b", byB, ""),
		unknown("c", byC, "well signed by a key that nobody holds"),
		unknown("upper case", signed(strings.ToUpper(ida)), "ids are compared byte for byte"),
		unknown("cut short", signed(ida[:31]), ""),
		unknown("one character more", signed(ida+"0"), ""),
		unknown("file name", signed("a.jwks.json"), ""),
		unknown("dots", signed(".."), "an id like any other"),
		unknown("128 characters", signed(strings.Repeat("k", 128)), "the longest id"),
		onlyB(unknown("a is gone", good(), "a key that was removed stops verifying")),
		onlyB(allow("key: b stays", byB, "")),
		fault(refuse("keys_unavailable", "key: no current set", good(), "")),
		fault(refuse("keys_unavailable", "key: no current set, unknown key", byC, "without a set it cannot be told that the key is unknown")),
		fault(refuse("keys_unavailable", "key: no current set, forged", token(goodHeader, payload("\"x\":1"))[:400]+"AAAA", "nor that the signature is bad")),
		fault(refuse("keys_unavailable", "key: no current set, expired", withTimes("1", ""), "nor anything of the claims")),
		fault(refuse("alg_not_allowed", "key: no current set, alg none", token(`{"alg":"none","kid":"`+ida+`"}`, goodPayload), "the header needs no key")),
		fault(refuse("header_invalid", "key: no current set, kid missing", token(`{"alg":"RS256"}`, goodPayload), "")),
		fault(refuse("token_malformed", "key: no current set, no token", "x", "")),
	}
}

func signature() []vector {
	const kid = `"kid":"` + ida + `"`
	in := input(goodHeader, goodPayload)
	s := rs256(keya, in)
	bad := func(name string, sig []byte, comment string) vector {
		return refuse("signature_invalid", "signature: "+name, in+"."+b64(string(sig)), comment)
	}
	forged := func(name, token, comment string) vector {
		return refuse("signature_invalid", "signature: "+name, token, comment)
	}
	flip := func(i int, bit byte) []byte {
		c := slices.Clone(s)
		c[i] ^= bit
		return c
	}
	n, one := keya.N, big.NewInt(1)
	value := new(big.Int).SetBytes(s)
	number := func(v *big.Int) []byte { return v.FillBytes(make([]byte, 256)) }
	other := token(goodHeader, payload(`"downloadable":true`))
	otherSig := rs256(keya, input(goodHeader, payload(`"downloadable":true`)))

	list := []vector{
		allow("signature: good", in+"."+b64(string(s)), ""),
		bad("first bit", flip(0, 0x80), ""), bad("last bit", flip(255, 1), ""), bad("a bit in the middle", flip(128, 0x10), ""),
		bad("first byte missing", s[1:], ""), bad("last byte missing", s[:255], ""),
		bad("one byte", s[:1], ""), bad("half", s[:128], ""),
		bad("zero byte before", append([]byte{0}, s...), "the same number in 257 bytes"),
		bad("zero byte after", append(slices.Clone(s), 0), ""),
		bad("twice", append(slices.Clone(s), s...), ""),
		bad("reversed", reversed(s), ""),
		bad("as hexadecimal text", []byte(hex.EncodeToString(s)), ""),
		bad("as DER", must(asn1.Marshal(value)), ""),
		bad("all zeros", make([]byte, 256), "0 to the power of e is 0"),
		bad("one", number(one), "1 to the power of e is 1"),
		bad("all ones", bytes.Repeat([]byte{0xff}, 256), "greater than the modulus"),
		bad("modulus", number(n), ""),
		bad("modulus minus one", number(new(big.Int).Sub(n, one)), ""),
		bad("modulus plus one", number(new(big.Int).Add(n, one)), ""),
		bad("negated", number(new(big.Int).Sub(n, value)), ""),
		bad("modulus added", new(big.Int).Add(n, value).Bytes(), "congruent to the good one, not reduced"),
		bad("of another token", otherSig, ""),
		bad("digest for a signature", func() []byte { d := sha256.Sum256([]byte(in)); return d[:] }(), ""),
		bad("PS256 under RS256", pss(in), ""),
		forged("by key b", tokenBy(keyb, goodHeader, goodPayload), ""),
		forged("by key c", tokenBy(keyc, goodHeader, goodPayload), ""),
		forged("by key a, kid of b", token(`{"alg":"RS256","kid":"`+idb+`"}`, strings.ReplaceAll(goodPayload, ida, idb)), ""),
		forged("payload changed", input(goodHeader, strings.Replace(goodPayload, sub, "f"+sub[1:], 1))+"."+b64(string(s)), ""),
		forged("payload with a space more", input(goodHeader, goodPayload+" ")+"."+b64(string(s)), ""),
		forged("payload with a claim more", input(goodHeader, payload(`"downloadable":true`))+"."+b64(string(s)), ""),
		forged("header with a member more", input(`{"alg":"RS256",`+kid+`,"typ":"JWT"}`, goodPayload)+"."+b64(string(s)), ""),
		forged("header in another order", input(`{`+kid+`,"alg":"RS256"}`, goodPayload)+"."+b64(string(s)), ""),
		forged("over the decoded parts", in+"."+b64(string(rs256(keya, goodHeader+"."+goodPayload))), ""),
		forged("over the payload alone", in+"."+b64(string(rs256(keya, b64(goodPayload)))), ""),
		forged("over the header alone", in+"."+b64(string(rs256(keya, b64(goodHeader)))), ""),
		forged("over a line break more", in+"."+b64(string(rs256(keya, in+"\n"))), ""),
		forged("two tokens crossed", strings.Join([]string{b64(goodHeader), strings.Split(other, ".")[1], b64(string(s))}, "."), ""),
		forged("parts exchanged", b64(goodHeader)+"."+b64(string(s))+"."+b64(goodPayload), ""),
		forged("payload no JSON, not signed", b64(goodHeader)+"."+b64("x")+"."+b64(string(s)), "the payload is not read before the signature held"),
	}

	// Encoded messages that are almost that of RFC 8017, section 9.2, each made
	// with the private key.
	d256 := sha256.Sum256([]byte(in))
	info256 := append(must(hex.DecodeString("3031300d060960864801650304020105000420")), d256[:]...)
	encoded := func(block byte, fill byte, info []byte) []byte {
		em := bytes.Repeat([]byte{fill}, 256)
		em[0], em[1] = 0, block
		em[256-len(info)-1] = 0
		copy(em[256-len(info):], info)
		return private(em)
	}
	if !bytes.Equal(encoded(1, 0xff, info256), s) {
		panic("the encoding by hand differs")
	}
	short := func(garbageAfter bool) []byte { // eight bytes of padding, then garbage
		em := make([]byte, 256)
		em[1] = 1
		copy(em[2:], bytes.Repeat([]byte{0xff}, 8))
		if garbageAfter {
			copy(em[11:], info256)
		} else {
			copy(em[256-len(info256):], info256)
		}
		return private(em)
	}
	d1, d384, d512 := sha1.Sum([]byte(in)), sha512.Sum384([]byte(in)), sha512.Sum512([]byte(in))
	for name, sig := range map[string][]byte{
		"padding: short, garbage after the digest":  short(true), // CVE-2006-4339
		"padding: short, zeros before the digest":   short(false),
		"padding: block type 2":                     encoded(2, 0xff, info256),
		"padding: block type 0":                     encoded(0, 0xff, info256),
		"padding: other bytes":                      encoded(1, 0xfe, info256),
		"padding: zeros":                            encoded(1, 0, info256),
		"padding: bare digest":                      encoded(1, 0xff, d256[:]),
		"padding: parameters missing":               encoded(1, 0xff, append(must(hex.DecodeString("302f300b0609608648016503040201"+"0420")), d256[:]...)),
		"padding: length in long form":              encoded(1, 0xff, append(must(hex.DecodeString("308131300d060960864801650304020105000420")), d256[:]...)),
		"padding: indefinite length":                encoded(1, 0xff, append(append(must(hex.DecodeString("3080300d060960864801650304020105000420")), d256[:]...), 0, 0)),
		"padding: bytes after the digest":           encoded(1, 0xff, append(slices.Clone(info256), 0)),
		"padding: digest cut short":                 encoded(1, 0xff, info256[:len(info256)-1]),
		"padding: another object identifier":        encoded(1, 0xff, append(must(hex.DecodeString("3031300d060960864801650304020205000420")), d256[:]...)),
		"padding: SHA-1":                            encoded(1, 0xff, append(must(hex.DecodeString("3021300906052b0e03021a05000414")), d1[:]...)),
		"padding: SHA-384 under RS256":              encoded(1, 0xff, append(must(hex.DecodeString("3041300d060960864801650304020205000430")), d384[:]...)),
		"padding: SHA-512 under RS256":              encoded(1, 0xff, append(must(hex.DecodeString("3051300d060960864801650304020305000440")), d512[:]...)),
		"padding: digest of the digest":             encoded(1, 0xff, func() []byte { d := sha256.Sum256(d256[:]); return append(slices.Clone(info256[:19]), d[:]...) }()),
		"padding: digest of an empty text":          encoded(1, 0xff, func() []byte { d := sha256.Sum256(nil); return append(slices.Clone(info256[:19]), d[:]...) }()),
		"padding: none, digest at the end of zeros": private(append(make([]byte, 224), d256[:]...)),
		"padding: nothing else":                     private(append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 254)...)),
	} {
		list = append(list, bad(name, sig, ""))
	}
	sortByName(list)
	return list
}

func reversed(s []byte) []byte {
	c := slices.Clone(s)
	slices.Reverse(c)
	return c
}

func sortByName(list []vector) {
	sort.SliceStable(list, func(i, j int) bool { return list[i].Name < list[j].Name })
}
