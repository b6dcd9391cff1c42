package main

import "fmt"

func times() []vector {
	const late, early, long = "token_expired", "token_not_yet_valid", "lifetime_too_long"
	at := func(expect, name string, exp, nbf, leeway int64, comment string) vector {
		n := ""
		if nbf >= 0 {
			n = fmt.Sprint(nbf)
		}
		v := refuse(expect, "time: "+name, withTimes(fmt.Sprint(exp), n), comment)
		v.Leeway = leeway
		return v
	}
	const absent = -1
	list := []vector{
		at("allow", "one second left", now+1, absent, 0, "now < exp"),
		at(late, "exp is now", now, absent, 0, "not valid at exp itself (RFC 7519, section 4.1.4)"),
		at(late, "one second ago", now-1, absent, 0, ""),
		at(late, "exp 0", 0, absent, 0, "0 is a time, not absence"),
		at(late, "exp 1", 1, absent, 0, ""),
		at("allow", "one second ago, leeway 2", now-1, absent, 2, ""),
		at("allow", "59 seconds ago, leeway 60", now-59, absent, 60, ""),
		at(late, "60 seconds ago, leeway 60", now-60, absent, 60, ""),
		at(late, "one second ago, leeway 1", now-1, absent, 1, ""),
		at("allow", "exp is now, leeway 1", now, absent, 1, ""),
		at("allow", "nbf is now", now+1, now, 0, "now >= nbf"),
		at(early, "nbf in one second", now+3600, now+1, 0, ""),
		at(early, "nbf in a year", now+3600, now+31536000, 0, ""),
		at(early, "nbf at the end of time", now+3600, 253402300799, 0, ""),
		at(early, "nbf after exp", now+10, now+20, 0, "never valid"),
		at("allow", "nbf in one second, leeway 1", now+3600, now+1, 1, ""),
		at("allow", "nbf in 60 seconds, leeway 60", now+3600, now+60, 60, ""),
		at(early, "nbf in 61 seconds, leeway 60", now+3600, now+61, 60, ""),
		at("allow", "nbf 0", now+3600, 0, 0, ""),
		at("allow", "24 hours", now+86400, absent, 0, ""),
		at("allow", "24 hours and 5 minutes", now+86700, absent, 0, "the issuer's clock may run ahead"),
		at(long, "24 hours, 5 minutes, 1 second", now+86701, absent, 0, ""),
		at(long, "24 hours, 5 minutes, 1 second, leeway 60", now+86701, absent, 60, "leeway is for exp and nbf alone"),
		at("allow", "24 hours and 5 minutes, leeway 60", now+86700, absent, 60, ""),
		at(long, "a year", now+31536000, now-60, 0, ""),
		at(long, "the end of time", 253402300799, absent, 0, ""),
		at(late, "expired, and nbf to come", now-1, now+1, 0, "exp is judged first"),
		at(early, "nbf to come, and too long", now+86701, now+1, 0, "nbf is judged before the lifetime"),
	}
	for _, v := range []struct{ expect, exp, nbf string }{
		{"allow", `"2000000001"`, `"2000000000"`}, {late, `"2000000000"`, ``}, {late, `"0"`, ``}, {early, `"2000000100"`, `"2000000001"`}, {long, `"2000086701"`, ``}, {"allow", `"2000086700"`, `"0"`},
		{early, `2000000100`, `"253402300799"`},
	} {
		list = append(list, refuse(v.expect, "time: strings, exp "+v.exp+" nbf "+v.nbf, withTimes(v.exp, v.nbf), ""))
	}
	moved := func(expect, name string, at int64) vector {
		v := refuse(expect, "time: the good token "+name, good(), "")
		v.Now = at
		return v
	}
	return append(list,
		moved(early, "before its nbf", now-3601), moved("allow", "at its nbf", now-3600), moved("allow", "in its last second", now+3599), moved(late, "at its exp", now+3600),
		moved(early, "in 1970", 0), moved(late, "in 9999", 253402300799),
	)
}

func revocations() []vector {
	t, payloadDigest := good(), digest(goodPayload)
	with := func(expect, name, token string, list ...revocation) vector {
		v := refuse(expect, "revocation: "+name, token, "")
		v.Revocations = list
		return v
	}
	fault := func(expect, name, token string) vector {
		v := refuse(expect, "revocation: "+name, token, "")
		v.Faults = []string{"revocations"}
		return v
	}
	const taken = "token_revoked"
	byB := tokenBy(keyb, `{"alg":"RS256","kid":"`+idb+`"}`, `{"sub":"`+sub+`","exp":2000003600}`)
	noKid := token(goodHeader, `{"sub":"`+sub+`","exp":2000003600}`)
	return []vector{
		with(taken, "key", t, revocation{KeyID: ida}),
		with(taken, "subject", t, revocation{Subject: sub}),
		with(taken, "token", t, revocation{Digest: digest(t)}),
		with(taken, "key, payload without kid", noKid, revocation{KeyID: ida}),
		with(taken, "key, still", t, revocation{KeyID: ida, Until: now + 1}),
		with(taken, "subject, still", t, revocation{Subject: sub, Until: now + 1}),
		with(taken, "token, still", t, revocation{Digest: digest(t), Until: now + 3600}),
		with("allow", "key, until now", t, revocation{KeyID: ida, Until: now}),
		with("allow", "subject, no longer", t, revocation{Subject: sub, Until: now - 1}),
		with("allow", "token, until now", t, revocation{Digest: digest(t), Until: now}),
		with(taken, "one entry over, another not", t, revocation{Subject: sub, Until: now - 1}, revocation{KeyID: ida}),
		with(taken, "one entry of many", t, revocation{KeyID: idb}, revocation{Subject: "x"}, revocation{Digest: digest("x")}, revocation{Digest: digest(t)}),
		with("allow", "another key", t, revocation{KeyID: idb}),
		with(taken, "key b", byB, revocation{KeyID: idb}),
		with("allow", "another subject", t, revocation{Subject: sub[:31]}),
		with("allow", "subject in upper case", t, revocation{Subject: "EA95132C15732412D22C1476FA83F27A"}),
		with("allow", "another token", t, revocation{Digest: digest(noKid)}),
		with("allow", "digest of the payload", t, revocation{Digest: payloadDigest}),
		with("allow", "key id as a subject", t, revocation{Subject: ida}),
		with("allow", "none", t),
		fault("revocations_unavailable", "no current list", t),
		fault("revocations_unavailable", "no current list, key b", byB),
		fault("revocations_unavailable", "no current list, a rule that blocks", withRules(`[{"type":"any","action":"block"}]`)),
		fault("token_expired", "no current list, expired", withTimes("1999999999", "")),
		fault("claims_invalid", "no current list, exp missing", token(goodHeader, `{"sub":"v"}`)),
		fault("signature_invalid", "no current list, forged", tokenBy(keyc, goodHeader, goodPayload)),
	}
}

func order() []vector {
	const blocked = `"accessRules":[{"type":"any","action":"block"}]`
	vec := func(expect, name, token string) vector { return refuse(expect, "order: "+name, token, "") }
	revoked := func(v vector) vector { v.Revocations = []revocation{{KeyID: ida}}; return v }
	asks := func(v vector, subject string, download bool) vector {
		v.Resource = &resource{Subject: subject, Download: download}
		return v
	}
	forge := func(h, p string) string { return tokenBy(keyc, h, p) }
	expired := `{"sub":"v","exp":1}`
	unknown := `{"alg":"RS256","kid":"x"}`
	long := fmt.Sprintf(`{"sub":"v","exp":%d,%s}`, now+86701, blocked)
	return []vector{
		vec("token_too_large", "size before form", forge(goodHeader, goodPayload)+fmt.Sprintf("%08200d", 0)+"\n"),
		vec("token_malformed", "form before alg", forge(`{"alg":"none","kid":"x"}`, goodPayload)+"="),
		vec("token_malformed", "form of the signature before the header", b64("x")+"."+b64(goodPayload)+".A"),
		vec("alg_not_allowed", "alg before kid", forge(`{"alg":"PS256","kid":""}`, expired)),
		vec("alg_not_allowed", "alg before an unknown key", forge(`{"alg":"HS256","kid":"x"}`, expired)),
		vec("header_invalid", "header before an unknown key", forge(`{"alg":"RS256","kid":"x","crit":["x"]}`, expired)),
		vec("header_invalid", "header before the signature", forge(`{"alg":"RS256","kid":"`+ida+`","typ":"x"}`, expired)),
		vec("key_unknown", "key before the signature", forge(unknown, expired)),
		vec("key_unknown", "key before the claims", forge(unknown, `x`)),
		vec("signature_invalid", "signature before the claims", forge(goodHeader, `{"sub":".."}`)),
		vec("signature_invalid", "signature before exp", forge(goodHeader, expired)),
		vec("signature_invalid", "signature before nbf", forge(goodHeader, `{"sub":"v","exp":2000000002,"nbf":2000000001}`)),
		revoked(vec("signature_invalid", "signature before revocation", forge(goodHeader, goodPayload))),
		vec("claims_invalid", "claims before exp", token(goodHeader, `{"sub":"..","exp":1}`)),
		vec("claims_invalid", "kid of the payload before exp", token(goodHeader, `{"sub":"v","kid":"`+idb+`","exp":1}`)),
		vec("claims_invalid", "rules before exp", token(goodHeader, `{"sub":"v","exp":1,"accessRules":[{}]}`)),
		vec("claims_invalid", "claims before nbf", token(goodHeader, `{"sub":"v","exp":2000003600,"nbf":2000000001,"downloadable":0}`)),
		revoked(vec("claims_invalid", "claims before revocation", token(goodHeader, `{"sub":"v"}`))),
		revoked(vec("token_expired", "exp before revocation", token(goodHeader, expired))),
		revoked(vec("token_not_yet_valid", "nbf before revocation", withTimes("2000003600", "2000000001"))),
		revoked(vec("lifetime_too_long", "lifetime before revocation", token(goodHeader, long))),
		vec("lifetime_too_long", "lifetime before rules", token(goodHeader, long)),
		asks(vec("token_expired", "exp before the subject", token(goodHeader, expired)), "w", true),
		asks(revoked(vec("token_revoked", "revocation before the subject", good())), "w", true),
		revoked(vec("token_revoked", "revocation before rules", withClaims(blocked))),
		asks(vec("subject_mismatch", "subject before downloads", good()), "w", true),
		asks(vec("subject_mismatch", "subject before rules", withClaims(blocked)), "w", false),
		asks(vec("not_downloadable", "downloads before rules", withClaims(blocked)), "", true),
		asks(vec("rule_blocked", "rules last", withClaims(`"downloadable":true,`+blocked)), sub, true),
	}
}

func resources() []vector {
	ask := func(expect, name, token, subject string, download bool, comment string) vector {
		v := refuse(expect, "resource: "+name, token, comment)
		if subject != "" || download {
			v.Resource = &resource{Subject: subject, Download: download}
		}
		return v
	}
	down, no := withClaims(`"downloadable":true`), withClaims(`"downloadable":false`)
	const other, still = "subject_mismatch", "not_downloadable"
	return []vector{
		ask("allow", "whatever the token names", good(), "", false, "the path shape"),
		ask("allow", "the subject", good(), sub, false, ""),
		ask(other, "another subject", good(), idb, false, ""),
		ask(other, "the subject cut short", good(), sub[:31], false, ""),
		ask(other, "the subject and more", good(), sub+"0", false, ""),
		ask(other, "the subject in upper case", good(), "EA95132C15732412D22C1476FA83F27A", false, "ids are compared byte for byte"),
		ask(other, "the subject and a slash", good(), sub+"/", false, ""),
		ask(other, "the token itself", good(), good(), false, ""),
		ask("allow", "download, downloadable", down, "", true, ""),
		ask("allow", "download of the subject, downloadable", down, sub, true, ""),
		ask("allow", "no download, downloadable", down, sub, false, ""),
		ask(still, "download, not said", good(), "", true, ""),
		ask(still, "download, false", no, "", true, ""),
		ask(still, "download of the subject, not said", good(), sub, true, ""),
	}
}
