package main

import "strings"

// request is one request vector; ../README.md says what each field means.
type request struct {
	Name    string   `json:"name"`
	Comment string   `json:"comment,omitempty"`
	Now     int64    `json:"now"`
	Keys    []string `json:"keys"`
	Faults  []string `json:"faults,omitempty"`
	Config  *config  `json:"config,omitempty"`
	Country string   `json:"country,omitempty"`
	Peer    string   `json:"peer"`
	Method  string   `json:"method"`
	Target  string   `json:"target"`
	Headers []string `json:"headers"`
	Expect  string   `json:"expect"`
	Status  int      `json:"status"`
	Path    string   `json:"path,omitempty"`
}

type config struct {
	Mount          string   `json:"mount,omitempty"`
	QueryParam     string   `json:"queryParam,omitempty"`
	Cookie         string   `json:"cookie,omitempty"`
	Bearer         bool     `json:"bearer,omitempty"`
	Methods        []string `json:"methods,omitempty"`
	DownloadPaths  []string `json:"downloadPaths,omitempty"`
	TrustedProxies []string `json:"trustedProxies,omitempty"`
	ClientIPHeader string   `json:"clientIPHeader,omitempty"`
	CountryHeader  string   `json:"countryHeader,omitempty"`
}

// statuses of the reasons that request vectors expect.
var statuses = map[string]int{
	"allow": 200, "preflight": 204,
	"request_invalid": 400, "token_ambiguous": 400,
	"token_missing": 401, "token_malformed": 401, "token_too_large": 401, "header_invalid": 401, "alg_not_allowed": 401, "key_unknown": 401,
	"signature_invalid": 401, "claims_invalid": 401, "token_expired": 401, "token_not_yet_valid": 401, "lifetime_too_long": 401, "token_revoked": 401,
	"subject_mismatch": 403, "not_downloadable": 403, "rule_blocked": 403, "client_ip_unavailable": 403,
	"method_not_allowed": 405, "keys_unavailable": 503, "revocations_unavailable": 503, "country_unavailable": 503,
}

func (r request) with(c config) request    { r.Config = &c; return r }
func (r request) by(method string) request { r.Method = method; return r }
func (r request) sees(path string) request { r.Path = path; return r }
func (r request) saying(headers ...string) request {
	r.Headers = append(r.Headers, headers...)
	return r
}
func (r request) peer(addr string) request       { r.Peer = addr; return r }
func (r request) in(country string) request      { r.Country = country; return r }
func (r request) fault(faults ...string) request { r.Faults = faults; return r }
func (r request) because(comment string) request { r.Comment = comment; return r }
func requests() []request {
	t := good()
	get := func(expect, name, target string) request {
		return request{
			Name: "request: " + name, Now: now, Keys: []string{"a.jwks.json", "b.jwks.json"}, Peer: "192.0.2.9:40000",
			Method: "GET", Target: target, Headers: []string{"Host: edge.example"}, Expect: expect, Status: statuses[expect],
		}
	}
	const bad, missing, malformed = "request_invalid", "token_missing", "token_malformed"
	hls := "/" + t + "/manifest/video.m3u8"
	list := []request{
		get("allow", "the path shape", hls).sees("/" + sub + "/manifest/video.m3u8"),
		get("allow", "HEAD", hls).by("HEAD").sees("/" + sub + "/manifest/video.m3u8"),
		get("allow", "query", hls+"?clientBandwidthHint=1.8").sees("/" + sub + "/manifest/video.m3u8"),
		get("allow", "nothing after the token", "/"+t).sees("/" + sub),
		get("allow", "final slash", "/"+t+"/").sees("/" + sub + "/"),
		get("allow", "final slash further on", "/"+t+"/a/").sees("/" + sub + "/a/"),
		get("allow", "dots in a segment", "/"+t+"/a..b/...").sees("/" + sub + "/a..b/..."),
		get("allow", "escaped letters", "/"+t+"/%61%20b").sees("/" + sub + "/a b"),
		get("allow", "escaped question mark and hash", "/"+t+"/a%3fb%23c").sees("/" + sub + "/a?b#c"),
		get("allow", "escaped UTF-8", "/"+t+"/caf%C3%A9").sees("/" + sub + "/caf\u00e9"),
		get("allow", "mount", "/media"+hls).with(config{Mount: "/media"}).sees("/media/" + sub + "/manifest/video.m3u8"),

		// Targets with two readings.
		get(bad, "empty segment", "/"+t+"//x"), get(bad, "empty segment first", "//"+t+"/x"), get(bad, "two slashes last", "/"+t+"/x//"),
		get(bad, "dot segment", "/"+t+"/./x"), get(bad, "dot segment last", "/"+t+"/x/."), get(bad, "dot-dot segment", "/"+t+"/../other/x"), get(bad, "dot-dot segment last", "/"+t+"/.."),
		get(bad, "dot-dot escaped", "/"+t+"/%2e%2e/other/x"), get(bad, "dot-dot half escaped", "/"+t+"/.%2E/other/x"), get(bad, "dot escaped in a name", "/"+t+"/a%2eb"),
		get(bad, "slash escaped", "/"+t+"/v%2Fother"), get(bad, "slash escaped after the token", "/"+t+"%2fmanifest/video.m3u8"), get(bad, "backslash", "/"+t+"/a\\b"), get(bad, "backslash escaped", "/"+t+"/..%5cother"),
		get(bad, "percent escaped", "/"+t+"/%252e%252e/x").because("decoded twice by somebody"), get(bad, "semicolon", "/"+t+"/a;b"), get(bad, "semicolon escaped", "/"+t+"/a%3bb"), get(bad, "semicolon after a dot segment", "/"+t+"/..;/x"),
		get(bad, "NUL escaped", "/"+t+"/a%00.mp4"), get(bad, "line feed escaped", "/"+t+"/a%0ab"), get(bad, "DEL escaped", "/"+t+"/a%7f"), get(bad, "control byte", "/"+t+"/a\x01b"), get(bad, "hash", "/"+t+"/a#b"),
		get(bad, "invalid escape", "/"+t+"/a%zz"), get(bad, "escape cut off", "/"+t+"/a%2"), get(bad, "percent alone", "/"+t+"/100%"), get(bad, "overlong slash", "/"+t+"/a%c0%afb"), get(bad, "not UTF-8", "/"+t+"/a%ff"),
		get(bad, "escape in the token", "/%65"+t[1:]+"/x"), get(bad, "escaped dot in the token", "/"+strings.Replace(t, ".", "%2e", 1)+"/x"), get(bad, "escape in a first segment without dots", "/a%62c/x"),
		get(bad, "hash in the query", hls+"?a#b"), get(bad, "invalid escape in the query", hls+"?a=%zz"),
		get(bad, "the token again", "/"+t+"/x/"+t), get(bad, "the token again within a name", "/"+t+"/x-"+t+".ts"),
		get(bad, "absolute form", "http://other.example"+hls), get(bad, "asterisk", "*").by("OPTIONS"), get(bad, "authority form", "edge.example:443").by("CONNECT"),
		get(bad, "outside the mount", hls).with(config{Mount: "/media"}), get(bad, "beside the mount", "/mediax"+hls).with(config{Mount: "/media"}), get(bad, "mount in another case", "/Media"+hls).with(config{Mount: "/media"}), get(bad, "escape in the mount", "/m%65dia"+hls).with(config{Mount: "/media"}),
		get(bad, "target before the method", "/"+t+"/../x").by("PUT"), get(bad, "target before the token", "/"+strings.TrimSuffix(t, t[400:])+"/../x"),

		// No token, no such token.
		get(missing, "root", "/"), get(missing, "a video's id", "/"+sub+"/manifest/video.m3u8"), get(missing, "favicon without a dot", "/favicon"), get(missing, "mount alone", "/media").with(config{Mount: "/media"}), get(missing, "mount and slash", "/media/").with(config{Mount: "/media"}),
		get(missing, "query parameter not named in the configuration", "/"+sub+"/x?token="+t), get(missing, "bearer not named in the configuration", "/"+sub+"/x").saying("Authorization: Bearer " + t), get(missing, "cookie not named in the configuration", "/"+sub+"/x").saying("Cookie: token=" + t),
		get(malformed, "favicon", "/favicon.ico"), get(malformed, "robots", "/robots.txt"), get(malformed, "two dots", "/a.b.c/x"), get(malformed, "padding in the path", "/"+t+"==/x"), get(malformed, "cut off", "/"+t[:len(t)-1]+"/x"),
		get("token_too_large", "8193 bytes", "/"+sized(8192)+"A/x"), get("token_too_large", "9000 bytes and a dot", "/"+strings.Repeat("a", 9000)+"./x"),
		get("allow", "8192 bytes", "/"+sized(8192)+"/x").sees("/" + sub + "/x"),
		get("alg_not_allowed", "alg none", "/"+token(`{"alg":"none","kid":"`+ida+`"}`, goodPayload)+"/x"),
		get("header_invalid", "jku", "/"+token(`{"alg":"RS256","kid":"`+ida+`","jku":"http://192.0.2.1/"}`, goodPayload)+"/x"),
		get("key_unknown", "key c", "/"+tokenBy(keyc, `{"alg":"RS256","kid":"`+idc+`"}`, `{"sub":"v","exp":2000003600}`)+"/x"),
		get("signature_invalid", "forged", "/"+tokenBy(keyc, goodHeader, goodPayload)+"/x"),
		get("claims_invalid", "no exp", "/"+token(goodHeader, `{"sub":"v"}`)+"/x"),
		get("token_expired", "expired", "/"+withTimes("2000000000", "")+"/x"),
		get("token_not_yet_valid", "early", "/"+withTimes("2000003600", "2000000001")+"/x"),
		get("lifetime_too_long", "two days", "/"+withTimes("2000172800", "")+"/x"),
		get("keys_unavailable", "no current set of keys", hls).fault("keys"),
		get("revocations_unavailable", "no current list of revocations", hls).fault("revocations"),
	}

	// Further sources.
	q, c, b := config{QueryParam: "token"}, config{Cookie: "token"}, config{Bearer: true}
	all := config{QueryParam: "token", Cookie: "token", Bearer: true}
	id := "/" + sub + "/manifest/video.m3u8"
	other := withClaims(`"x":1`)
	const two, mismatch = "token_ambiguous", "subject_mismatch"
	list = append(list,
		get("allow", "query parameter", id+"?token="+t).with(q).sees(id), get("allow", "query parameter among others", id+"?a=1&token="+t+"&b=2").with(q).sees(id), get("allow", "query parameter, name escaped", id+"?t%6fken="+t).with(q).sees(id),
		get("allow", "query parameter, the same twice", id+"?token="+t+"&token="+t).with(q).sees(id),
		get("allow", "bearer", id).with(b).saying("Authorization: Bearer "+t).sees(id), get("allow", "bearer in lower case", id).with(b).saying("Authorization: bearer "+t).sees(id),
		get("allow", "cookie", id).with(c).saying("Cookie: a=1; token="+t+"; b=2").sees(id),
		get("allow", "all sources, one token", id+"?token="+t).with(all).saying("Authorization: Bearer "+t, "Cookie: token="+t).sees(id),
		get("allow", "path and query, one token", hls+"?token="+t).with(q).sees(id),
		get("allow", "mount and query", "/media"+id+"?token="+t).with(config{Mount: "/media", QueryParam: "token"}).sees("/media"+id),
		get(two, "query parameter twice", id+"?token="+t+"&token="+other).with(q), get(two, "query parameter twice, one escaped", id+"?token="+t+"&%74oken="+other).with(q), get(two, "query and bearer", id+"?token="+t).with(all).saying("Authorization: Bearer "+other),
		get(two, "bearer and cookie", id).with(all).saying("Authorization: Bearer "+t, "Cookie: token="+other), get(two, "path and query", hls+"?token="+other).with(q), get(two, "path and cookie", hls).with(c).saying("Cookie: token="+other),
		get(two, "two cookies", id).with(c).saying("Cookie: token="+t+"; token="+other), get(two, "two Cookie fields", id).with(c).saying("Cookie: token="+t, "Cookie: token="+other), get(two, "two Authorization fields", id).with(b).saying("Authorization: Bearer "+t, "Authorization: Bearer "+other),
		get(two, "path and a query parameter that is no token", hls+"?token=x").with(q),
		get(mismatch, "another video by query", "/"+idb+"/x?token="+t).with(q), get(mismatch, "another video by bearer", "/"+idb+"/x").with(b).saying("Authorization: Bearer "+t), get(mismatch, "another video by cookie", "/"+idb+"/x").with(c).saying("Cookie: token="+t),
		get(mismatch, "id in upper case", strings.ToUpper("/"+sub)+"/x?token="+t).with(q), get(mismatch, "no video", "/?token="+t).with(q),
		get(missing, "empty query parameter", id+"?token=").with(q), get(missing, "another scheme", id).with(b).saying("Authorization: Basic dTpw"), get(missing, "query parameter in another case", id+"?Token="+t).with(q), get(missing, "cookie in another case", id).with(c).saying("Cookie: Token="+t),
		get(malformed, "query parameter, no token", id+"?token=x").with(q), get(malformed, "bearer, no token", id).with(b).saying("Authorization: Bearer x"), get(malformed, "query parameter with a plus sign", id+"?token=+"+t).with(q).because("a plus sign is a space"),
		get(bad, "the query's token in the path too", "/"+sub+"/x/"+t+"?token="+t).with(q),
	)

	// Methods.
	const method = "method_not_allowed"
	rtc := "/" + t + "/webRTC/play"
	list = append(list,
		get(method, "POST", hls).by("POST"), get(method, "PUT", hls).by("PUT"), get(method, "DELETE", hls).by("DELETE"), get(method, "PATCH", hls).by("PATCH"), get(method, "TRACE", hls).by("TRACE"), get(method, "PROPFIND", hls).by("PROPFIND"),
		get(method, "get in lower case", hls).by("get"), get(method, "PUT under webRTC", rtc).by("PUT"), get(method, "POST under webrtc in lower case", "/"+t+"/webrtc/play").by("POST"), get(method, "POST under webRTC further on", "/"+t+"/x/webRTC/play").by("POST"),
		get("allow", "POST under webRTC", rtc).by("POST").sees("/"+sub+"/webRTC/play"), get("allow", "PATCH under webRTC", rtc).by("PATCH").sees("/"+sub+"/webRTC/play"), get("allow", "DELETE under webRTC", rtc).by("DELETE").sees("/"+sub+"/webRTC/play"),
		get("allow", "PUT, named", hls).by("PUT").with(config{Methods: []string{"PUT"}}).sees(id),
		get(method, "upgrade", hls).saying("Connection: Upgrade", "Upgrade: websocket"), get(method, "upgrade without Connection", hls).saying("Upgrade: h2c"), get("allow", "upgrade, named", hls).saying("Connection: Upgrade", "Upgrade: websocket").with(config{Methods: []string{"UPGRADE"}}).sees(id),
		get(method, "OPTIONS", hls).by("OPTIONS"), get(method, "OPTIONS with Origin alone", hls).by("OPTIONS").saying("Origin: https://player.example"), get(method, "OPTIONS with a method alone", hls).by("OPTIONS").saying("Access-Control-Request-Method: GET"),
		get("preflight", "preflight", hls).by("OPTIONS").saying("Origin: https://player.example", "Access-Control-Request-Method: GET"), get("preflight", "preflight without a token", id).by("OPTIONS").saying("Origin: https://player.example", "Access-Control-Request-Method: GET"),
		get(bad, "preflight with a dot segment", "/"+t+"/../x").by("OPTIONS").saying("Origin: https://player.example", "Access-Control-Request-Method: GET"),
		get(method, "method before the token", "/a.b.c/x").by("PUT"),
	)

	// Downloads.
	down := withClaims(`"downloadable":true`)
	const still = "not_downloadable"
	list = append(list,
		get("allow", "download", "/"+down+"/downloads/default.mp4").sees("/"+sub+"/downloads/default.mp4"), get("allow", "clip", "/"+down+"/clip.mp4?time=1s").sees("/"+sub+"/clip.mp4"),
		get(still, "download, not downloadable", "/"+t+"/downloads/default.mp4"), get(still, "audio, not downloadable", "/"+t+"/downloads/audio.m4a"), get(still, "download by HEAD", "/"+t+"/downloads/default.mp4").by("HEAD"), get(still, "download in another case", "/"+t+"/DownLoads/default.mp4"),
		get(still, "download, escaped letters", "/"+t+"/d%6fwnloads/default.mp4"), get(still, "further down", "/"+t+"/downloads/a/b/c"), get(still, "clip, not downloadable", "/"+t+"/clip.mp4"), get(still, "clip in another case", "/"+t+"/Clip.MP4"),
		get("allow", "thumbnail is none", "/"+t+"/thumbnails/thumbnail.jpg").sees("/"+sub+"/thumbnails/thumbnail.jpg"), get("allow", "downloads in a name", "/"+t+"/downloads2/x").sees("/"+sub+"/downloads2/x"), get("allow", "clip further down", "/"+t+"/x/clip.mp4").sees("/"+sub+"/x/clip.mp4"),
		get(still, "paths of the configuration", "/"+t+"/raw/x.mov").with(config{DownloadPaths: []string{"raw/**"}}), get("allow", "paths of the configuration replace", "/"+t+"/downloads/x").with(config{DownloadPaths: []string{"raw/**"}}).sees("/"+sub+"/downloads/x"),
		get(still, "downloads before rules", "/"+withRules("["+anyBlock+"]")+"/downloads/x"),
	)

	// Viewers.
	lock := "/" + withRules("["+ipRule("allow", `"203.0.113.0/24","2001:db8:1:2::/64"`)+","+anyBlock+"]") + "/x"
	seen := "/" + sub + "/x"
	const block, noIP, noCountry = "rule_blocked", "client_ip_unavailable", "country_unavailable"
	proxy := config{TrustedProxies: []string{"10.0.0.0/8", "2001:db8:ffff::/48"}}
	named := config{TrustedProxies: []string{"10.0.0.0/8"}, ClientIPHeader: "CF-Connecting-IP"}
	behind := func(expect, name string, hops ...string) request {
		r := get(expect, name, lock).with(proxy).peer("10.0.0.1:443")
		for _, h := range hops {
			r = r.saying("X-Forwarded-For: " + h)
		}
		if expect == "allow" {
			r = r.sees(seen)
		}
		return r
	}
	list = append(list,
		get("allow", "TCP peer", lock).peer("203.0.113.9:1").sees(seen), get("allow", "TCP peer, mapped", lock).peer("[::ffff:203.0.113.9]:1").sees(seen), get("allow", "TCP peer, IPv6", lock).peer("[2001:db8:1:2::9]:1").sees(seen),
		get(block, "TCP peer, another", lock).peer("198.51.100.9:1"), get(block, "X-Forwarded-For from anybody", lock).peer("198.51.100.9:1").saying("X-Forwarded-For: 203.0.113.9").because("only a trusted proxy is believed"),
		get(block, "X-Forwarded-For from a peer that is not the proxy", lock).with(proxy).peer("198.51.100.9:1").saying("X-Forwarded-For: 203.0.113.9"),
		get(noIP, "no address of the peer", lock).peer("@"),
		behind("allow", "one hop", "203.0.113.9"), behind("allow", "a trusted hop to the right", "203.0.113.9, 10.1.2.3"), behind("allow", "two fields", "198.51.100.1", "203.0.113.9"), behind("allow", "garbage to the left is not read", "%%%, , 203.0.113.9"),
		behind("allow", "IPv4 and port", "203.0.113.9:4711"), behind("allow", "IPv6 in brackets", "[2001:db8:1:2::9]"), behind("allow", "IPv6 and port", "[2001:db8:1:2::9]:4711"), behind("allow", "IPv6", "2001:db8:1:2::9"), behind("allow", "mapped", "::ffff:203.0.113.9"),
		behind(block, "spoofed hop to the left", "203.0.113.9, 198.51.100.9"), behind(block, "spoofed field before", "203.0.113.9", "198.51.100.9"),
		behind(noIP, "no field"), behind(noIP, "empty field", ""), behind(noIP, "empty hop last", "203.0.113.9,"), behind(noIP, "empty hop behind a proxy", "203.0.113.9, , 10.1.2.3"), behind(noIP, "only trusted hops", "10.1.2.3, 10.4.5.6"), behind(noIP, "trusted hop, mapped", "::ffff:10.1.2.3"), behind(noIP, "garbage", "unknown"), behind(noIP, "a name", "viewer.example"),
		behind(noIP, "leading zeros", "203.0.113.009"), behind(noIP, "bad port", "203.0.113.9:x"), behind(noIP, "brackets around IPv4", "[203.0.113.9"),
		get("allow", "header with the address", lock).with(named).peer("10.0.0.1:1").saying("CF-Connecting-IP: 203.0.113.9", "X-Forwarded-For: 198.51.100.9").sees(seen), get(noIP, "header with the address missing", lock).with(named).peer("10.0.0.1:1").saying("X-Forwarded-For: 203.0.113.9"),
		get(noIP, "header with the address twice", lock).with(named).peer("10.0.0.1:1").saying("CF-Connecting-IP: 203.0.113.9", "CF-Connecting-IP: 203.0.113.9"), get(noIP, "header with two addresses", lock).with(named).peer("10.0.0.1:1").saying("CF-Connecting-IP: 203.0.113.9, 203.0.113.9"),
		get(block, "header with the address from anybody", lock).with(named).peer("198.51.100.9:1").saying("CF-Connecting-IP: 203.0.113.9"),
	)

	// Countries.
	usOnly := "/" + withRules("["+countryRule("allow", `"US"`)+","+anyBlock+"]") + "/x"
	header := config{TrustedProxies: []string{"10.0.0.0/8"}, CountryHeader: "CF-IPCountry"}
	at := func(expect, name string, headers ...string) request {
		r := get(expect, name, usOnly).with(header).peer("10.0.0.1:1").saying("X-Forwarded-For: 203.0.113.9").saying(headers...)
		if expect == "allow" {
			r = r.sees(seen)
		}
		return r
	}
	list = append(list,
		get("allow", "country by the edge's own source", usOnly).in("US").sees(seen), get(block, "another country", usOnly).in("DE"), get(block, "country unknown", usOnly).in("XX"), get(noCountry, "country source fails", usOnly).fault("country"), get(noCountry, "no country source", usOnly),
		get("allow", "country source fails, not needed", hls).fault("country").sees(id),
		at("allow", "country header", "CF-IPCountry: US"), at("allow", "country header in lower case", "CF-IPCountry: us"), at(block, "country header, another", "CF-IPCountry: DE"), at(block, "country header XX", "CF-IPCountry: XX"), at(block, "country header T1", "CF-IPCountry: T1"),
		at(noCountry, "country header missing"), at(noCountry, "country header empty", "CF-IPCountry:"), at(noCountry, "country header garbage", "CF-IPCountry: United States"), at(noCountry, "country header twice", "CF-IPCountry: US", "CF-IPCountry: US"),
		get(noCountry, "country header from anybody", usOnly).with(header).saying("CF-IPCountry: US").because("only a trusted proxy is believed"),
	)
	return list
}
