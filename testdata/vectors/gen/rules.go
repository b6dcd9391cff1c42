package main

import "fmt"

// Viewers by name.
func from(ip string) *viewer        { return &viewer{IP: ip} }
func in(ip, country string) *viewer { return &viewer{IP: ip, Country: country} }
func ipRule(action, ip string) string {
	return fmt.Sprintf(`{"type":"ip.src","action":%q,"ip":[%s]}`, action, ip)
}
func countryRule(action, list string) string {
	return fmt.Sprintf(`{"type":"ip.geoip.country","action":%q,"country":[%s]}`, action, list)
}

const anyBlock, anyAllow = `{"type":"any","action":"block"}`, `{"type":"any","action":"allow"}`

func rules() []vector {
	rule := func(expect string, decided int, name string, v *viewer, comment string, rules ...string) vector {
		list := "["
		for i, r := range rules {
			if i > 0 {
				list += ","
			}
			list += r
		}
		vec := refuse(expect, "rules: "+name, withRules(list+"]"), comment)
		vec.Viewer, vec.Rule = v, &decided
		return vec
	}
	const block, noIP, noCountry = "rule_blocked", "client_ip_unavailable", "country_unavailable"
	const none = -1
	us, mx := in("192.0.2.9", "US"), in("198.51.100.9", "MX")
	nobody := &viewer{}
	lock := []string{ipRule("allow", `"192.0.2.9/32","2001:db8:1:2::/64"`), anyBlock}
	list := []vector{
		rule("allow", none, "no rules", nobody, ""),
		rule("allow", 0, "any allows", nobody, "", anyAllow),
		rule(block, 0, "any blocks", nobody, "an any rule needs nothing of the viewer", anyBlock),
		rule("allow", 0, "the first match decides, allow", us, "", anyAllow, anyBlock),
		rule(block, 0, "the first match decides, block", us, "", anyBlock, anyAllow),
		rule("allow", none, "no match allows", us, "Stream's documented behaviour", countryRule("allow", `"MX"`)),
		rule("allow", none, "no match allows, addresses", us, "an allow rule alone restricts nobody", ipRule("allow", `"198.51.100.0/24"`)),

		// Countries.
		rule(block, 0, "country blocked", us, "", countryRule("block", `"US"`)),
		rule(block, 0, "country blocked, second of the list", mx, "", countryRule("block", `"US","MX"`)),
		rule("allow", 0, "country allowed", us, "", countryRule("allow", `"US"`), anyBlock),
		rule(block, 1, "country not allowed", mx, "", countryRule("allow", `"US"`), anyBlock),
		rule(block, 0, "country in lower case in the rule", us, "", countryRule("block", `"us"`)),
		rule(block, 0, "country in mixed case in the rule", us, "", countryRule("block", `"uS"`)),
		rule(block, 0, "country of the viewer in lower case", in("192.0.2.9", "us"), "", countryRule("block", `"US"`)),
		rule("allow", none, "country unknown, XX", in("192.0.2.9", "XX"), "the source answered that it does not know: no match", countryRule("block", `"US"`)),
		rule("allow", none, "country unknown, T1", in("192.0.2.9", "T1"), "Tor", countryRule("block", `"US"`)),
		rule("allow", none, "XX in a rule matches nobody", in("192.0.2.9", "XX"), "", countryRule("block", `"XX"`)),
		rule("allow", none, "T1 in a rule matches nobody", in("192.0.2.9", "T1"), "", countryRule("block", `"T1","XX"`)),
		rule(block, 1, "unknown country, closed by any", in("192.0.2.9", "XX"), "", countryRule("allow", `"US"`), anyBlock),
		rule(noCountry, 0, "no country, block rule", from("192.0.2.9"), "", countryRule("block", `"US"`)),
		rule(noCountry, 0, "no country, allow rule", from("192.0.2.9"), "not skipped: it cannot be told", countryRule("allow", `"US"`), anyAllow),
		rule(noCountry, 1, "no country, second rule", from("192.0.2.9"), "", ipRule("allow", `"198.51.100.0/24"`), countryRule("block", `"US"`), anyAllow),
		rule("allow", 0, "no country, not needed", from("192.0.2.9"), "decided before the country is asked for", ipRule("allow", `"192.0.2.0/24"`), countryRule("block", `"US"`)),
		rule(noCountry, 0, "country three letters", in("192.0.2.9", "USA"), "neither two letters nor unknown: the source cannot be relied on", countryRule("block", `"US"`)),
		rule(noCountry, 0, "country a digit", in("192.0.2.9", "U1"), "", countryRule("block", `"US"`)),
		rule(noCountry, 0, "country a space more", in("192.0.2.9", "US "), "", countryRule("block", `"US"`)),
		rule("allow", none, "country that nobody has assigned", in("192.0.2.9", "ZZ"), "two letters are a country", countryRule("block", `"US"`)),
		rule(block, 0, "country, no address", &viewer{Country: "US"}, "a country rule needs no address if the country is known", countryRule("block", `"US"`)),

		// Addresses.
		rule(noIP, 0, "no address, block rule", nobody, "", ipRule("block", `"192.0.2.0/24"`)),
		rule(noIP, 0, "no address, allow rule", &viewer{Country: "US"}, "", ipRule("allow", `"0.0.0.0/0","::/0"`), anyAllow),
		rule(noIP, 1, "no address, second rule", &viewer{Country: "MX"}, "", countryRule("block", `"US"`), ipRule("block", `"192.0.2.0/24"`)),
		rule("allow", 0, "no address, not needed", &viewer{Country: "US"}, "", countryRule("allow", `"US"`), ipRule("block", `"192.0.2.0/24"`)),
		rule(block, 0, "single address", from("192.0.2.9"), "", ipRule("block", `"192.0.2.9"`)),
		rule("allow", none, "single address, next one", from("192.0.2.10"), "", ipRule("block", `"192.0.2.9"`)),
		rule(block, 0, "range, first", from("192.0.2.0"), "", ipRule("block", `"192.0.2.0/24"`)),
		rule(block, 0, "range, last", from("192.0.2.255"), "", ipRule("block", `"192.0.2.0/24"`)),
		rule("allow", none, "range, before", from("192.0.1.255"), "", ipRule("block", `"192.0.2.0/24"`)),
		rule("allow", none, "range, after", from("192.0.3.0"), "", ipRule("block", `"192.0.2.0/24"`)),
		rule(block, 0, "range of odd length", from("203.0.113.191"), "", ipRule("block", `"203.0.113.160/27"`)),
		rule("allow", none, "range of odd length, after", from("203.0.113.192"), "", ipRule("block", `"203.0.113.160/27"`)),
		rule(block, 0, "host bits are masked", from("192.0.2.200"), "", ipRule("block", `"192.0.2.77/24"`)),
		rule(block, 0, "host bits are masked, IPv6", from("2001:db8::1"), "", ipRule("block", `"2001:db8:ffff::1/32"`)),
		rule(block, 0, "second entry", from("198.51.100.1"), "", ipRule("block", `"192.0.2.0/24","198.51.100.0/24"`)),
		rule(block, 0, "all of IPv4", from("192.0.2.9"), "", ipRule("block", `"0.0.0.0/0"`)),
		rule("allow", none, "all of IPv4, IPv6 viewer", from("2001:db8::1"), "a family never matches the other", ipRule("block", `"0.0.0.0/0"`)),
		rule("allow", none, "all of IPv6, IPv4 viewer", from("192.0.2.9"), "", ipRule("block", `"::/0"`)),
		rule(block, 0, "all of both", from("192.0.2.9"), "", ipRule("block", `"::/0","0.0.0.0/0"`)),
		rule(block, 1, "IPv4 entry allowed, IPv6 viewer", from("2001:db8::1"), "", ipRule("allow", `"192.0.2.0/24"`), anyBlock),
		rule(block, 0, "IPv6, long form", from("2001:db8::1"), "", ipRule("block", `"2001:0db8:0000:0000:0000:0000:0000:0001"`)),
		rule(block, 0, "IPv6, upper case", from("2001:db8::abcd"), "", ipRule("block", `"2001:DB8::ABCD"`)),
		rule(block, 0, "IPv6 viewer in long form", from("2001:0DB8:0:0:0:0:0:1"), "", ipRule("block", `"2001:db8::/32"`)),
		rule(block, 0, "IPv6 /64, last", from("2001:db8:1:2:ffff:ffff:ffff:ffff"), "", ipRule("block", `"2001:db8:1:2::/64"`)),
		rule("allow", none, "IPv6 /64, after", from("2001:db8:1:3::"), "", ipRule("block", `"2001:db8:1:2::/64"`)),
		rule(block, 0, "IPv6 /65, upper half", from("2001:db8:1:2:8000::1"), "", ipRule("block", `"2001:db8:1:2:8000::/65"`)),
		rule("allow", none, "IPv6 /65, lower half", from("2001:db8:1:2:7fff::1"), "", ipRule("block", `"2001:db8:1:2:8000::/65"`)),

		// IPv4 in IPv6: CVE-2026-27624 and its like.
		rule(block, 0, "mapped viewer", from("::ffff:192.0.2.9"), "IPv4 by another name", ipRule("block", `"192.0.2.0/24"`)),
		rule(block, 0, "mapped viewer in hexadecimal", from("::ffff:c000:209"), "", ipRule("block", `"192.0.2.9"`)),
		rule(block, 0, "mapped entry", from("192.0.2.9"), "", ipRule("block", `"::ffff:192.0.2.9"`)),
		rule(block, 0, "mapped entry, mapped viewer", from("::ffff:192.0.2.9"), "", ipRule("block", `"::ffff:192.0.2.9"`)),
		rule(block, 0, "mapped range /120", from("192.0.2.200"), "", ipRule("block", `"::ffff:192.0.2.0/120"`)),
		rule("allow", none, "mapped range /120, after", from("192.0.3.0"), "", ipRule("block", `"::ffff:192.0.2.0/120"`)),
		rule(block, 0, "mapped range /96 is all of IPv4", from("203.0.113.1"), "", ipRule("block", `"::ffff:0.0.0.0/96"`)),
		rule("allow", none, "mapped range /95 is IPv6", from("203.0.113.1"), "", ipRule("block", `"::ffff:0.0.0.0/95"`)),
		rule("allow", none, "mapped viewer, all of IPv6", from("::ffff:192.0.2.9"), "", ipRule("block", `"::/0"`)),
		rule("allow", none, "compatible address is IPv6", from("::192.0.2.9"), "the deprecated form is not unmapped", ipRule("block", `"192.0.2.0/24"`)),
		rule("allow", none, "NAT64 is IPv6", from("64:ff9b::192.0.2.9"), "", ipRule("block", `"192.0.2.0/24"`)),
		rule("allow", none, "6to4 is IPv6", from("2002:c000:209::"), "", ipRule("block", `"192.0.2.0/24"`)),

		// Zones.
		rule(block, 0, "zone of the viewer", from("fe80::1%eth0"), "dropped: a zone must not walk around a block", ipRule("block", `"fe80::/10"`)),
		rule(block, 0, "zone of the viewer, single address", from("fe80::1%25eth0"), "", ipRule("block", `"fe80::1"`)),
		rule(block, 0, "zone in the rule", from("fe80::1"), "", ipRule("block", `"fe80::1%eth0"`)),
		rule(block, 0, "zone in the rule, every character of one", from("fe80::1"), "", ipRule("block", `"fe80::1%aZ09._~:@-"`)),
		rule(block, 0, "different zones", from("fe80::1%eth1"), "", ipRule("block", `"fe80::1%eth0"`)),
		rule(block, 0, "mapped viewer with a zone", from("::ffff:192.0.2.9%x"), "", ipRule("block", `"192.0.2.9"`)),

		// Together.
		rule("allow", 0, "lock, IPv4", from("192.0.2.9"), "", lock...),
		rule("allow", 0, "lock, IPv6", from("2001:db8:1:2::77"), "", lock...),
		rule(block, 1, "lock, another", from("192.0.2.10"), "", lock...),
		rule(block, 1, "lock, another IPv6", from("2001:db8:1:3::77"), "", lock...),
		rule(noIP, 0, "lock, no address", nobody, "", lock...),
		rule("allow", 3, "fourth rule", in("203.0.113.5", "DE"), "", countryRule("block", `"US","MX"`), ipRule("block", `"192.0.2.0/24"`), ipRule("block", `"2001:db8::/32"`), ipRule("allow", `"203.0.113.0/24"`), anyBlock),
		rule(block, 4, "fifth rule", in("203.0.114.5", "DE"), "", countryRule("block", `"US","MX"`), ipRule("block", `"192.0.2.0/24"`), ipRule("block", `"2001:db8::/32"`), ipRule("allow", `"203.0.113.0/24"`), anyBlock),
		rule(block, 0, "country list irrelevant to ip.src", in("192.0.2.9", "DE"), "", `{"type":"ip.src","action":"block","ip":["192.0.2.0/24"],"country":["US"]}`),
		rule("allow", none, "ip list irrelevant to a country rule", in("192.0.2.9", "DE"), "", `{"type":"ip.geoip.country","action":"block","country":["US"],"ip":["192.0.2.0/24"]}`),
		rule(block, 0, "lists irrelevant to any", in("203.0.113.1", "DE"), "", `{"type":"any","action":"block","ip":["192.0.2.0/24"],"country":["US"]}`),
		rule(block, 0, "irrelevant list not well formed", from("192.0.2.9"), "ignored unread", `{"type":"ip.src","action":"block","ip":["192.0.2.9"],"country":"x"}`),
		rule(block, 0, "members in another order", us, "", `{"country":["US"],"action":"block","type":"ip.geoip.country"}`),
	}
	return list
}

func cloudflare() []vector {
	const apiSample = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImU5ZGI5OTBhODI2NjZkZDU3MWM3N2Y5NDRhNWM1YzhkIn0." +
		"eyJzdWIiOiJlYTk1MTMyYzE1NzMyNDEyZDIyYzE0NzZmYTgzZjI3YSIsImtpZCI6ImU5ZGI5OTBhODI2NjZkZDU3MWM3N2Y5NDRhNWM1YzhkIiwiZXhwIjoiMTUzNzQ2MDM2NSIsIm5iZiI6IjE1Mzc0NTMxNjUifQ." +
		"OZhqOARADn1iubK6GKcn25hN3nU-hCFF5q9w2C4yup0C4diG7aMIowiRpP-eDod8dbAJubsiFuTKrqPcmyCKWYsiv0TQueukqbQlF7HCO1TV-oF6El5-7ldJ46eD-ZQ0XgcIYEKrQOYFF8iDQbqPm3REWd6BnjKZdeVrLzuRaiSnZ9qqFpGu5dfxIY9-nZKDubJHqCr3Imtb211VIG_b9MdtO92JjvkDS-rxT_pkEfTZSafl1OU-98A7KBGtPSJHz2dHORIrUiTA6on4eIXTj9aFhGiir4rSn-rn0OjPRTtJMWIDMoQyE_fwrSYzB7MPuzL2t82BWaEbHZTfixBm5A"
	headerB := `{"alg":"RS256","kid":"` + idb + `"}`
	issued := `{"sub":"ea95132c15732412d22c1476fa83f27a","kid":"` + idb + `","exp":"1537460365","nbf":"1537453165"}`
	at := func(v vector, when int64) vector { v.Now = when; return v }
	only := func(v vector, keys ...string) vector { v.Keys = keys; return v }
	says := func(v vector, claims string) vector { v.Claims = claims; return v }
	sees := func(v vector, viewer *viewer, rule int) vector { v.Viewer, v.Rule = viewer, &rule; return v }
	minted := `{"sub":"ea95132c15732412d22c1476fa83f27a","kid":"` + idb + `","exp":1537460365,"nbf":1537453165}`
	reference := `"accessRules":[{"type":"ip.geoip.country","action":"block","country":["US","MX"]},{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32"]},{"type":"any","action":"block"}]`
	sdk := `"accessRules":[{"action":"allow","country":["US"],"ip":["192.0.2.0/24"],"type":"any"}]`
	list := []vector{
		at(refuse("signature_invalid", "cloudflare: the API reference's sample", apiSample, "its key is Cloudflare's; key b of the vectors has the same id"), 1537460000),
		at(only(refuse("key_unknown", "cloudflare: the API reference's sample, its key not held", apiSample, ""), "a.jwks.json"), 1537460000),
		at(says(allow("cloudflare: the sample's payload, signed by b", tokenBy(keyb, headerB, issued), "exp and nbf are strings"), minted), 1537460000),
		at(allow("cloudflare: the sample's payload, in its first second", tokenBy(keyb, headerB, issued), ""), 1537453165),
		at(refuse("token_not_yet_valid", "cloudflare: the sample's payload, a second early", tokenBy(keyb, headerB, issued), ""), 1537453164),
		at(refuse("token_expired", "cloudflare: the sample's payload, at its end", tokenBy(keyb, headerB, issued), ""), 1537460365),
		at(says(allow("cloudflare: the download page's payload", tokenBy(keyb, headerB, minted), "the same with numbers"), minted), 1537460000),
		at(refuse("claims_invalid", "cloudflare: the docs' sample, signed by b", tokenBy(keyb, headerB, `{"kid":"`+idb+`","exp":"1621889657","nbf":"1621882457"}`), "it has no sub"), 1621883000),
		says(allow("cloudflare: as the docs' Worker signs", token(`{"alg":"RS256","kid":"`+ida+`"}`, `{"sub":"`+sub+`","kid":"`+ida+`","exp":2000003600,"accessRules":[{"type":"any","action":"allow"}]}`), "no typ, no nbf"),
			`{"sub":"`+sub+`","kid":"`+ida+`","exp":2000003600,"accessRules":[{"type":"any","action":"allow"}]}`),
		allow("cloudflare: members in another order", token(`{"kid":"`+ida+`","alg":"RS256"}`, `{"exp":2000003600,"kid":"`+ida+`","sub":"`+sub+`"}`), "as seen from several signers"),
		at(says(allow("cloudflare: issued with downloadable", token(goodHeader, `{"sub":"`+sub+`","kid":"`+ida+`","exp":"1701419008","nbf":"1701372209","downloadable":true}`), "13 hours"),
			`{"sub":"`+sub+`","kid":"`+ida+`","exp":1701419008,"nbf":1701372209,"downloadable":true}`), 1701400000),
		allow("cloudflare: typ JWT, as most libraries add", token(`{"typ":"JWT","alg":"RS256","kid":"`+ida+`"}`, goodPayload), ""),
		allow("cloudflare: iat, as most libraries add", withClaims(`"iat":2000000000`), ""),
		refuse("token_malformed", "cloudflare: Miniflare's local token", "eyJzdWIiOiJ2Iiwia2lkIjoibG9jYWwtbW9kZS1rZXkiLCJleHAiOjIwMDAwMjE2MDB9", "base64 of JSON, not signed at all"),
		refuse("claims_invalid", "cloudflare: accessRules an object, as one snippet has it", withClaims(`"accessRules":{"type":"any","action":"allow"}`), ""),
		sees(refuse("rule_blocked", "cloudflare: the reference's rules, blocked country", withClaims(reference), ""), in("93.184.216.34", "US"), 0),
		sees(allow("cloudflare: the reference's rules, allowed range", withClaims(reference), ""), in("93.184.216.34", "DE"), 1),
		sees(allow("cloudflare: the reference's rules, allowed IPv6 range", withClaims(reference), ""), in("2400:cb00::1", "DE"), 1),
		sees(refuse("rule_blocked", "cloudflare: the reference's rules, anybody else", withClaims(reference), ""), in("192.0.2.1", "DE"), 2),
		sees(allow("cloudflare: both lists in an any rule, as the SDKs' tests send", withClaims(sdk), ""), in("203.0.113.1", "DE"), 0),
		at(refuse("lifetime_too_long", "cloudflare: three days, as one cookbook has it", withTimes("1537719565", ""), ""), 1537460365),
	}
	return list
}
