package main

import (
	"strconv"
	"strings"
)

const bad = "claims_invalid"

func contents() []vector {
	p := func(name, expect string, changes ...string) vector {
		v := payload("claims: "+name, expect, claims(changes...))
		if expect == allow {
			v.Claims = claims()
		}
		return v
	}
	raw := func(name, text string) vector { return payload("claims: "+name, bad, text) }
	good := claims()
	list := []vector{
		p("unknown claims", allow, `iss="x"`, `name={"a":[1,2.5e3,null]}`, `scope="*"`),
		payload("claims: another order", allow, `{"exp":`+strconv.Itoa(now+3600)+`,"iat":`+strconv.Itoa(now-60)+`,"operations":["subscribe","publish"],"jti":"`+jti+
			`","sub":"`+relay+`","aud":"`+aud+`"}`, mints(claims())),
		payload("claims: white space", allow, strings.ReplaceAll(good, ",", " ,\r\n\t")+"\n", mints(claims())),
		payload("claims: escapes in a name and a value", allow, strings.NewReplacer(`"sub"`, `"s\u0075b"`, aud, `moq.cloud\u0066lare.com`).Replace(good), mints(claims())),
		payload("claims: another audience as configured", allow, claims(`aud="relay.example"`), audience("relay.example"), mints(claims(`aud="relay.example"`))),
		payload("claims: Cloudflare's audience where another is configured", bad, good, audience("relay.example")),
		raw("no JSON", "x"), raw("array", "["+good+"]"), raw("a string", `"x"`), raw("null", "null"), raw("empty object", "{}"),
		raw("data after", good+"{}"), raw("NUL after", good+"\x00"), raw("byte order mark", "\xef\xbb\xbf"+good),
		raw("cut", good[:len(good)-1]), raw("a comma too many", good[:len(good)-1]+",}"),
		raw("bad UTF-8", good[:len(good)-1]+",\"x\":\"\xff\"}"), raw("a lone surrogate", good[:len(good)-1]+`,"x":"\ud800"}`),
		raw("depth 17", good[:len(good)-1]+`,"x":`+strings.Repeat("[", 16)+strings.Repeat("]", 16)+"}"),
		raw("a name twice inside", good[:len(good)-1]+`,"x":{"a":1,"a":1}}`),
		p("audience: another", bad, `aud="moq.cloudflare.com.example"`),
		p("audience: another case", bad, `aud="MoQ.cloudflare.com"`),
		p("audience: a final blank", bad, `aud="moq.cloudflare.com "`),
		p("audience: an array of it", bad, `aud=["moq.cloudflare.com"]`),
		p("audience: an array of two", bad, `aud=["moq.cloudflare.com","x"]`),
		p("audience: an empty array", bad, `aud=[]`),
		p("nbf a string", bad, `nbf="1"`), p("nbf null", bad, `nbf=null`), p("nbf negative", bad, `nbf=-1`),
	}
	for _, name := range []string{"aud", "sub", "jti", "operations", "iat", "exp"} {
		list = append(list, p(name+" missing", bad, name+"="))
		for _, v := range []string{"null", "true", "{}", `""`} {
			list = append(list, p(name+" "+v, bad, name+"="+v))
		}
		first := strconv.Quote(name) + ":" + usual()[name]
		list = append(list,
			raw(name+" twice", good[:len(good)-1]+","+first+"}"),
			raw(name+" in another case beside it", good[:len(good)-1]+","+strings.Replace(first, name, strings.ToUpper(name), 1)+"}"),
			raw(name+" in another case alone", strings.Replace(good, `"`+name+`":`, `"`+strings.ToUpper(name[:1])+name[1:]+`":`, 1)))
	}
	for _, name := range []string{"sub", "jti"} {
		for _, v := range []string{relay[:31], relay + "a", strings.ToUpper(relay), "../" + relay[3:], relay[:31] + "g", relay[:30] + `\u0000`, relay[:31] + " ", "1"} {
			list = append(list, p(name+" "+v, bad, name+`="`+v+`"`))
		}
		list = append(list, p(name+" a number", bad, name+"=1"), p(name+" an array", bad, name+`=["`+relay+`"]`))
	}
	for _, name := range []string{"iat", "exp"} {
		for _, v := range []string{
			strconv.Quote(strconv.Itoa(now)), "-1", "-0", "1.5", strconv.Itoa(now) + ".0", "1e9", "2E9", "253402300800", "9999999999999999999999",
			"01", "+1", "0x10", "NaN", "[" + strconv.Itoa(now) + "]",
		} {
			list = append(list, p(name+" is "+v, bad, name+"="+v))
		}
	}
	return list
}

func operations() []vector {
	p := func(value, expect string) vector {
		v := payload("operations: "+value, expect, claims("operations="+value))
		if expect == allow {
			v.Claims = v.Token
		}
		return v
	}
	good := func(value, minted string) vector {
		return payload("operations: "+value, allow, claims("operations="+value), mints(claims("operations="+minted)))
	}
	return []vector{
		good(`["publish"]`, `["publish"]`),
		good(`["subscribe"]`, `["subscribe"]`),
		good(`["publish","subscribe"]`, `["publish","subscribe"]`),
		good(`["subscribe","publish"]`, `["publish","subscribe"]`),
		good(` [ "subscribe" ] `, `["subscribe"]`),
		good(`["subscr\u0069be"]`, `["subscribe"]`),
		p(`[]`, bad), p(`["publish","publish"]`, bad), p(`["publish","subscribe","publish"]`, bad),
		p(`["Publish"]`, bad), p(`["publish "]`, bad), p(`["fetch"]`, bad), p(`["publish","announce"]`, bad), p(`["*"]`, bad),
		p(`[""]`, bad), p(`[null]`, bad), p(`[["publish"]]`, bad), p(`[1]`, bad), p(`{"publish":true}`, bad), p(`"publish"`, bad), p(`"publish,subscribe"`, bad),
	}
}

func times() []vector {
	const (
		year = 365 * 24 * 3600 // from now, 2033-05-18, no leap day lies within
		leap = 2066688000      // 2035-06-29T00:00:00Z: a leap day lies within the year after
	)
	p := func(name, expect string, changes ...string) vector {
		v := payload("time: "+name, expect, claims(changes...))
		if expect == allow {
			v.Claims = claims(changes...)
		}
		return v
	}
	sec := func(name string, n int64) string { return name + "=" + strconv.FormatInt(n, 10) }
	list := []vector{
		p("one second left", allow, sec("exp", now+1)),
		p("exp is now", "token_expired", sec("exp", now)),
		p("a second ago", "token_expired", sec("exp", now-1)),
		p("exp 0", "token_expired", sec("exp", 0), sec("iat", 0)),
		p("exp before iat", "token_expired", sec("exp", now-100)),
		p("issued now", allow, sec("iat", now)),
		p("issued in 5 minutes", allow, sec("iat", now+300)),
		p("issued in 5 minutes and a second", "token_not_yet_valid", sec("iat", now+301)),
		p("issued in a day", "token_not_yet_valid", sec("iat", now+86400), sec("exp", now+2*86400)),
		p("a year", allow, sec("iat", now), sec("exp", now+year)),
		p("a year and 5 minutes", allow, sec("iat", now), sec("exp", now+year+300)),
		p("a year, 5 minutes and a second", "lifetime_too_long", sec("iat", now), sec("exp", now+year+301)),
		p("two years", "lifetime_too_long", sec("iat", now), sec("exp", now+2*year)),
		p("two years, one of them past", "lifetime_too_long", sec("iat", now-year), sec("exp", now+year)),
		p("until the year 9999", "lifetime_too_long", "exp=253402300799"),
		p("issued in 1970", "lifetime_too_long", "iat=0"),
		payload("time: a year with a leap day", allow, claims(sec("iat", leap), sec("exp", leap+year+86400)), at(leap), mints(claims(sec("iat", leap), sec("exp", leap+year+86400)))),
		payload("time: a year with a leap day and more", "lifetime_too_long", claims(sec("iat", leap), sec("exp", leap+year+86400+301)), at(leap)),
	}
	nbf := func(name, expect string, n int64) vector {
		v := payload("time: "+name, expect, claims(sec("nbf", n)))
		if expect == allow {
			v.Claims = claims()
		}
		return v
	}
	return append(list,
		nbf("nbf is now", allow, now), nbf("nbf 0", allow, 0), nbf("nbf in a second", "token_not_yet_valid", now+1),
		nbf("nbf after exp", "token_not_yet_valid", now+7200))
}

func acceptance() []vector {
	good := claims()
	p := func(name, expect string, changes ...func(*vector)) vector {
		v := payload("acceptance: "+name, expect, good, changes...)
		if expect == allow {
			v.Claims = good
		}
		return v
	}
	other := strings.Repeat("f", 32)
	return []vector{
		p("one of several", allow, accepts(pair{other, jti}, pair{relay, jti}, pair{relay, other})),
		p("none", "token_revoked", accepts()),
		p("another token of the relay", "token_revoked", accepts(pair{relay, other})),
		p("this token of another relay", "token_revoked", accepts(pair{other, jti})),
		p("changed round", "token_revoked", accepts(pair{jti, relay})),
		p("not known", "revocations_unavailable", faults("accepted")),
		payload("acceptance: not known, of another relay", "revocations_unavailable", claims("sub="+strconv.Quote(other)), faults("accepted")),
		payload("acceptance: not known, subscribe alone", "revocations_unavailable", claims(`operations=["subscribe"]`), faults("accepted")),
	}
}

// order has two faults each: the earlier check is the one reported.
func order() []vector {
	revoked := accepts()
	expired := claims("exp=" + strconv.Itoa(now))
	return []vector{
		token("order: malformed before header", "token_malformed", sign("a", "{}", claims())+"=", revoked),
		token("order: alg before kid", "alg_not_allowed", sign("a", `{"alg":"none","kid":"/"}`, claims())),
		token("order: JSON before alg", "header_invalid", sign("a", `{"alg":"none","alg":"none"}`, claims())),
		token("order: alg before crit", "alg_not_allowed", sign("a", `{"crit":[],"alg":"none","kid":"a"}`, claims())),
		token("order: header before key", "header_invalid", sign("a", `{"alg":"Ed25519","kid":"unknown","zip":"DEF"}`, claims())),
		token("order: key before signature", "key_unknown", sign("a", `{"alg":"Ed25519","kid":"unknown"}`, "x")),
		token("order: signature before claims", "signature_invalid", sign("b", header, "x")),
		token("order: signature before time", "signature_invalid", sign("b", header, expired)),
		payload("order: claims before time", bad, claims("exp="+strconv.Itoa(now), `aud="x"`)),
		payload("order: time before acceptance", "token_expired", expired, revoked),
		payload("order: not yet valid before acceptance", "token_not_yet_valid", claims("iat="+strconv.Itoa(now+400)), revoked),
		payload("order: lifetime before acceptance", "lifetime_too_long", claims("iat=0"), revoked),
		payload("order: expired before an unknown acceptance", "token_expired", expired, faults("accepted")),
		payload("order: expired before too long", "token_expired", claims("iat=0", "exp="+strconv.Itoa(now))),
		payload("order: not yet valid before too long", "token_not_yet_valid", claims("iat="+strconv.Itoa(now+400), "exp=253402300799")),
	}
}
