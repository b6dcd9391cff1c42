package main

import (
	"encoding/base64"
	"fmt"
	"strings"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func form() []vector {
	t := good()
	parts := strings.Split(t, ".")
	h, p, s := parts[0], parts[1], parts[2]
	const reason = "token_malformed"
	bad := func(name, token, comment string) vector { return refuse(reason, "form: "+name, token, comment) }

	list := []vector{
		allow("form: good", t, "the token that the others of this file spoil"),
		bad("empty", "", ""),
		bad("no dot", h, ""),
		bad("one dot", h+"."+p, ""),
		bad("signature empty", h+"."+p+".", "CVE-2020-28042: an empty signature"),
		bad("payload empty", h+".."+s, "a detached payload (RFC 7515, appendix F)"),
		bad("header empty", "."+p+"."+s, ""),
		bad("only dots", "..", ""),
		bad("dots", strings.Repeat(".", 8000), "CVE-2025-30204: memory in proportion to the dots"),
		bad("dot before", "."+t, ""),
		bad("dot after", t+".", ""),
		bad("four parts", t+"."+s, ""),
		bad("five parts", b64(`{"alg":"RSA-OAEP","enc":"A128GCM","kid":"`+ida+`"}`)+".AAAA.AAAA.AAAA.AAAA", "JWE where JWS is expected, CVE-2023-51774"),
		bad("JSON serialization, flattened", fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, p, h, s), "RFC 7515, section 7.2.2"),
		bad("JSON serialization, general", fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, p, h, s), "RFC 7515, section 7.2.1"),
		bad("JSON string", `"`+t+`"`, ""),
		bad("scheme before", "Bearer "+t, ""),
		bad("twice with a comma", t+","+t, ""),
		bad("twice with a space", t+" "+t, ""),
		bad("query after", t+"?x=1", ""),
		bad("path after", t+"/manifest/video.m3u8", ""),
		bad("dots escaped", strings.ReplaceAll(t, ".", "%2E"), ""),
		bad("letter escaped", "%65"+t[1:], "the same token after one more decoding"),
		bad("full-width dots", strings.ReplaceAll(t, ".", "\uff0e"), ""),
		bad("ideographic full stops", strings.ReplaceAll(t, ".", "\u3002"), ""),
		bad("non-ASCII letter", h+"."+p+"."+s[:100]+"\u00e9"+s[101:], ""),
		bad("full-width letter", h+"."+p+"."+s[:100]+"\uff41"+s[101:], ""),
		bad("byte order mark before", "\ufeff"+t, ""),
		bad("zero-width space inside", h+"."+p+"."+s[:100]+"\u200b"+s[100:], ""),
		bad("header of one character", "e."+p+"."+s, "no whole byte: length 1 modulo 4"),
		refuse("signature_invalid", "form: signature with one character more", t+"A", "well formed: 257 bytes"),
		bad("signature with one character less, length 1 modulo 4", t[:len(t)-1], ""),
		bad("comma inside", h+"."+p+"."+s[:100]+","+s[101:], ""),
		bad("semicolon inside", h+"."+p+"."+s[:100]+";"+s[101:], ""),
		bad("tilde inside", h+"."+p+"."+s[:100]+"~"+s[101:], ""),
		bad("backslash inside", h+"."+p+"."+s[:100]+"\\"+s[101:], ""),
	}

	// White space and control characters: line breaks are skipped silently by
	// many decoders, which makes as many spellings of one token as one likes.
	for _, c := range []struct{ name, s string }{
		{"line feed", "\n"}, {"carriage return", "\r"}, {"CR LF", "\r\n"}, {"space", " "}, {"tab", "\t"}, {"NUL", "\x00"}, {"DEL", "\x7f"},
		{"vertical tab", "\v"}, {"no-break space", "\u00a0"}, {"line separator", "\u2028"},
	} {
		list = append(list,
			bad(c.name+" before", c.s+t, ""),
			bad(c.name+" after", t+c.s, ""),
			bad(c.name+" inside the signature", h+"."+p+"."+s[:76]+c.s+s[76:], ""),
		)
	}
	list = append(list,
		bad("line feed inside the header", h[:8]+"\n"+h[8:]+"."+p+"."+s, ""),
		bad("line feed inside the payload", h+"."+p[:8]+"\n"+p[8:]+"."+s, ""),
		bad("line feeds every 76 characters", strings.Join(chunks(t, 76), "\n"), "MIME line breaks"),
	)

	// Padding and the other alphabet.
	list = append(list,
		bad("signature padded", t+"==", "342 characters ask for two"),
		bad("signature padded with one", t+"=", ""),
		bad("signature padded with three", t+"===", ""),
		bad("header padded", padded(goodHeader)+"."+p+"."+s, ""),
		bad("all parts padded", padded(goodHeader)+"."+padded(goodPayload)+"."+s+"==", ""),
		bad("padding inside", h+"."+p+"."+s[:100]+"="+s[100:], ""),
		bad("standard alphabet in the signature", h+"."+p+"."+strings.NewReplacer("-", "+", "_", "/").Replace(s), "+ and / for - and _"),
	)
	if !strings.ContainsAny(s, "-_") {
		panic("the signature has no character in which the alphabets differ")
	}
	// A payload whose encoding has - and _, well signed over the other alphabet.
	in := h + "." + base64.RawStdEncoding.EncodeToString([]byte(payload(`"x":">>>???~~~"`)))
	if !strings.ContainsAny(in, "+/") {
		panic("the payload has no character in which the alphabets differ")
	}
	list = append(list, bad("standard alphabet in the payload, signed as it stands", in+"."+b64(string(rs256(keya, in))), ""))

	// A last character may carry bits that stand for nothing: sixteen spellings
	// of a signature of 256 bytes, four of a part that ends in two bytes.
	last := strings.IndexByte(alphabet, s[len(s)-1])
	for i := 1; i < 16; i++ {
		list = append(list, bad(fmt.Sprintf("signature spelled otherwise, %d", i), t[:len(t)-1]+string(alphabet[last&^15|(last+i)&15]),
			"unused bits of the last character set"))
	}
	for _, trail := range []string{"x", "xy"} {
		in := spelledOtherwise(goodHeader+strings.Repeat(" ", 3-len(goodHeader)%3)+trail[1:]+" ") + "." + p
		list = append(list, bad("header spelled otherwise, "+trail, in+"."+b64(string(rs256(keya, in))), "signed as it stands"))
		pay := goodPayload + strings.Repeat(" ", (3-len(goodPayload)%3)%3) + strings.Repeat(" ", len(trail))
		in = h + "." + spelledOtherwise(pay)
		list = append(list, bad("payload spelled otherwise, "+trail, in+"."+b64(string(rs256(keya, in))), "signed as it stands"))
	}
	in = h + "." + p + "A"
	if len(p)%4 == 0 {
		list = append(list, bad("payload with a character to spare, signed as it stands", in+"."+b64(string(rs256(keya, in))), ""))
	}

	// Size. 8192 bytes pass, whatever they hold; one more is judged by that alone.
	full := sized(8192)
	list = append(list,
		allow("form: 8192 bytes", full, "the greatest size"),
		refuse("token_too_large", "form: 8193 bytes", full+"A", "no longer good either, and not looked at"),
		refuse("token_too_large", "form: 8196 bytes, well signed", sized(8196), ""),
		refuse("token_too_large", "form: 8193 dots", strings.Repeat(".", 8193), ""),
		refuse("token_too_large", "form: 8193 letters", strings.Repeat("a", 8193), ""),
		refuse("token_too_large", "form: large signature", h+"."+p+"."+strings.Repeat("A", 9000), ""),
		bad("8192 dots", strings.Repeat(".", 8192), ""),
		bad("8192 letters", strings.Repeat("a", 8192), ""),
	)
	return list
}

// padded is base64url with its padding.
func padded(data string) string {
	s := base64.URLEncoding.EncodeToString([]byte(data))
	if !strings.HasSuffix(s, "=") {
		s += "="
	}
	return s
}

// spelledOtherwise encodes data, whose length is no multiple of three, with an
// unused bit set.
func spelledOtherwise(data string) string {
	if len(data)%3 == 0 {
		data += " "
	}
	s := b64(data)
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

// sized is a good token of exactly n bytes: a claim that nobody knows fills it,
// and a header member makes up for the lengths that base64url cannot have.
func sized(n int) string {
	for more := range 4 {
		h := goodHeader
		if more > 0 {
			h = strings.TrimSuffix(h, "}") + `,"x":"` + strings.Repeat("x", more) + `"}`
		}
		rest := n - len(b64(h)) - 2 - 342
		if rest%4 == 1 {
			continue
		}
		bytes := rest * 3 / 4
		p := payload(`"x":""`)
		p = payload(`"x":"` + strings.Repeat("x", bytes-len(p)) + `"`)
		if t := token(h, p); len(t) == n {
			return t
		}
	}
	panic("no token of this size")
}

func chunks(s string, n int) []string {
	var list []string
	for len(s) > n {
		list, s = append(list, s[:n]), s[n:]
	}
	return append(list, s)
}
