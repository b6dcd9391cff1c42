package middleware_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/middleware"
)

func TestStatus(t *testing.T) {
	for status, reasons := range map[int]string{
		400: "request_invalid token_ambiguous",
		401: "token_missing token_malformed token_too_large header_invalid alg_not_allowed key_unknown signature_invalid claims_invalid " +
			"token_expired token_not_yet_valid lifetime_too_long token_revoked",
		403: "subject_mismatch not_downloadable rule_blocked client_ip_unavailable operation_not_allowed no_such_reason",
		405: "method_not_allowed",
		503: "keys_unavailable revocations_unavailable country_unavailable verifier_busy",
	} {
		for reason := range strings.FieldsSeq(reasons) {
			require.Equal(t, status, middleware.Status(streamtoken.Reason(reason)), reason)
		}
	}
	require.Equal(t, 403, middleware.Status(""))
}

func TestRefusalOverTheWire(t *testing.T) {
	expired := mint(t, streamtoken.Claims{Subject: video, Expires: now})
	var log logs
	addr := serve(t, middleware.Config{Log: log.logger(slog.LevelInfo)}, http.HandlerFunc(echo))
	instance := regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, c := range []struct {
		method, target, token, reason string
		status                        int
		header                        map[string]string
	}{
		{"GET", "/{T}/x", expired, "token_expired", 401, map[string]string{"Www-Authenticate": `Bearer realm="stream", error="invalid_token", error_description="token_expired"`}},
		{"GET", "/" + video, "", "token_missing", 401, map[string]string{"Www-Authenticate": `Bearer realm="stream"`}},
		{"GET", "/a.b.c", "", "token_malformed", 401, map[string]string{"Www-Authenticate": `Bearer realm="stream", error="invalid_token", error_description="token_malformed"`}},
		{"GET", "//", "", "request_invalid", 400, nil},
		{"PUT", "/{T}/x", open(t), "method_not_allowed", 405, map[string]string{"Allow": "GET, HEAD"}},
		{"GET", "/{T}/x", ruled(t, "block any"), "rule_blocked", 403, nil},
		{"GET", "/{T}/x", ruled(t, "block country US"), "country_unavailable", 503, map[string]string{"Retry-After": "5"}},
		{"HEAD", "/{T}/x", expired, "token_expired", 401, nil},
	} {
		a := send(t, addr, c.method, c.target, c.token)
		require.Equal(t, c.status, a.status)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
		require.Equal(t, "no-store", a.header.Get("Cache-Control"))
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"))
		require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
		for _, name := range []string{"Www-Authenticate", "Allow", "Retry-After"} {
			if c.method != "HEAD" {
				require.Equal(t, c.header[name], a.header.Get(name), c.reason)
			}
		}
		if c.method == "HEAD" {
			require.Empty(t, a.body)
			continue
		}
		var body map[string]any
		require.NoError(t, json.Unmarshal([]byte(a.body), &body))
		id, _ := body["instance"].(string)
		require.Regexp(t, instance, id)
		require.False(t, seen[id])
		seen[id] = true
		require.Equal(t, map[string]any{"type": "about:blank", "title": http.StatusText(c.status), "status": float64(c.status), "reason": c.reason, "instance": id}, body)
		require.Equal(t, 1, strings.Count(log.String(), id), "the log line repeats the instance")
	}
	require.Equal(t, 8, strings.Count(log.String(), "msg=refused"), "one line per refusal")
}

// What a handler before this one said of caching does not hold for a refusal, and HEAD has no body under any server.
func TestRefusalStandsAlone(t *testing.T) {
	w := httptest.NewRecorder()
	w.Header().Set("Expires", now.Add(time.Hour).Format(http.TimeFormat))
	w.Header().Set("CDN-Cache-Control", "max-age=3600")
	wrap(t, middleware.Config{}, http.HandlerFunc(echo)).ServeHTTP(w, httptest.NewRequest("HEAD", "/", nil))
	require.Equal(t, 401, w.Code)
	require.Empty(t, w.Header().Get("Expires"))
	require.Empty(t, w.Header().Get("CDN-Cache-Control"))
	require.Empty(t, w.Body.String())
	require.NotEmpty(t, w.Header().Get("Content-Length"))
}

// A refused viewer's cause can be named from the one log line.
func TestRefusalIsExplainedByItsLogLine(t *testing.T) {
	locate := func(a netip.Addr) accessrules.Country {
		if a == netip.MustParseAddr("198.51.100.9") {
			return accessrules.ParseCountry("DE")
		}
		return accessrules.CountryUnknown
	}
	proxied := middleware.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Locate: locate}
	named := proxied
	named.ClientIPHeader, named.LogIP = "CF-Connecting-IP", true
	headed := middleware.Config{TrustedProxies: proxied.TrustedProxies, CountryHeader: "X-Country"}
	strange := middleware.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}, CountryHeader: "X-Country"}
	failing := proxied
	failing.Locate = func(netip.Addr) accessrules.Country { return accessrules.CountryUnavailable }
	good := ruled(t, "allow ip 203.0.113.0/24", "block country DE")
	for name, c := range map[string]struct {
		cfg    middleware.Config
		target string
		lines  []string
		want   []string
		not    []string
	}{
		"blocked by a country rule": {cfg: proxied, target: "/{T}/manifest/video.m3u8", lines: []string{"X-Forwarded-For: 198.51.100.9"},
			want: []string{"reason=rule_blocked", `detail="rule 1 (block ip.geoip.country) blocks the viewer: no rule before it matches"`, "rule=1", "country=DE", "ip=198.51.100.0/24",
				"subject=" + video, "key_id=" + keyID, "token_sha256=", "path=/[token]/manifest/video.m3u8", "method=GET", "status=403"},
			not: []string{"198.51.100.9"}},
		"with whole addresses": {cfg: named, target: "/{T}/x", lines: []string{"CF-Connecting-IP: 198.51.100.9"},
			want: []string{"reason=rule_blocked", "ip=198.51.100.9", "country=DE"}},
		"address unavailable": {cfg: proxied, target: "/{T}/x", lines: []string{"X-Forwarded-For: 198.51.100.9, unknown"},
			want: []string{"reason=client_ip_unavailable", "rule=0", "ip=unavailable", `ip_detail="X-Forwarded-For holds an empty or unreadable hop"`, "country=unavailable"}},
		"a network of IPv6": {cfg: proxied, target: "/{T}/x/../y", lines: []string{"X-Forwarded-For: 2001:db8:1:2::3"},
			want: []string{"reason=request_invalid", `detail="a dot segment"`, "ip=2001:db8:1::/48", "country=unknown"}},
		"no source for the country": {target: "/{T}/x", lines: []string{"X-Forwarded-For: 198.51.100.9"},
			want: []string{"reason=country_unavailable", "level=WARN", "ip=127.0.0.0/24", "country=unavailable", `country_detail="no country source is configured"`}},
		"no country from the proxy": {cfg: headed, target: "/{T}/x", lines: []string{"X-Forwarded-For: 198.51.100.9"},
			want: []string{"reason=country_unavailable", `country_detail="the trusted proxy sent no X-Country"`}},
		"no country in the field": {cfg: headed, target: "/{T}/x", lines: []string{"X-Forwarded-For: 198.51.100.9", "X-Country: SECRET"},
			want: []string{"reason=country_unavailable", `country_detail="X-Country holds no country code"`}, not: []string{"SECRET"}},
		"several countries": {cfg: headed, target: "/{T}/x", lines: []string{"X-Forwarded-For: 198.51.100.9", "X-Country: DE", "X-Country: FR"},
			want: []string{"reason=country_unavailable", `country_detail="the trusted proxy sent several X-Country"`}},
		"a country from anybody": {cfg: strange, target: "/{T}/x", lines: []string{"X-Country: FR"},
			want: []string{"reason=country_unavailable", `country_detail="the peer is not a trusted proxy"`}},
		"a country source that fails": {cfg: failing, target: "/{T}/x", lines: []string{"X-Forwarded-For: 198.51.100.9"},
			want: []string{"reason=country_unavailable", `country_detail="the country source could not tell"`}},
		"another subject": {cfg: middleware.Config{Bearer: true}, target: "/other/x", lines: []string{"Authorization: Bearer {T}"},
			want: []string{"reason=subject_mismatch", "path=/other/x", "subject=" + video}},
		"forged, no claim is told": {target: "/{T}A/x", want: []string{"reason=signature_invalid", `detail="key ` + keyID + `, which the token names, did not sign it"`},
			not: []string{video, "subject=", "key_id="}},
		"a method of a stranger's": {cfg: proxied, target: "/{T}/x", want: []string{"reason="}},
		"a part of a token":        {target: "/x/eyJhbGciOiJSUzI1NiJ9/%65yJh/y", want: []string{"path=/x/[redacted]/[redacted]/y"}},
		"no token at all":          {target: "/favicon.ico", want: []string{"reason=token_malformed", "path=/favicon.ico"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log logs
			c.cfg.Log = log.logger(slog.LevelInfo)
			addr := serve(t, c.cfg, http.HandlerFunc(echo))
			var lines []string
			for _, line := range c.lines {
				lines = append(lines, strings.ReplaceAll(line, "{T}", good))
			}
			a := get(t, addr, c.target, good, lines...)
			require.False(t, a.reached())
			text := log.String()
			require.Equal(t, 1, strings.Count(text, "\n"), text)
			for _, want := range c.want {
				require.Contains(t, text, want)
			}
			for _, not := range append(c.not, good) {
				require.NotContains(t, text, not)
			}
		})
	}
}

// No token, nor any long part of one, in any log line, wherever it stood.
func TestNoTokenInTheLog(t *testing.T) {
	var log logs
	good, blocked := open(t), ruled(t, "block any")
	addr := serve(t, middleware.Config{Log: log.logger(slog.LevelDebug), QueryParam: "token", Bearer: true, Cookie: "c", LogIP: true}, http.HandlerFunc(echo))
	requests := 0
	for _, token := range []string{good, blocked, good[:len(good)-9] + "AAAAAAAAA"} {
		parts := strings.Split(token, ".")
		for _, target := range []string{
			"/{T}/x", "/{T}/x/{T}", "//{T}/x", "/x/{T}", "/{T}%2fx", "/%65" + token[1:] + "/x", "/%2565" + token[1:] + "/x", "/" + strings.Join(parts, "/"), "/{T}/../x", "/{T};x", "/{T}x/y",
			"/x?token={T}", "/" + video + "/x?token={T}", "/" + video + "/{T}?token={T}", "/{T}?token={T}", "/{T}/x?token=" + strings.Repeat("a", 9000), "/{T}" + strings.Repeat("a", 9000),
			"/" + parts[0] + "/" + parts[2], "/x/" + parts[2], "/{T}/" + strings.Repeat("%25", 400) + "x",
		} {
			for _, method := range []string{"GET", "PUT", parts[0]} {
				send(t, addr, method, target, token, "Authorization: Bearer "+token, "Cookie: c="+token, "Referer: http://x/"+token)
				send(t, addr, method, target, token)
				requests += 2
			}
		}
		require.Eventually(t, func() bool { return strings.Count(log.String(), "\n") == requests }, 10*time.Second, time.Millisecond)
		for _, line := range strings.Split(log.String(), "\n") {
			require.NotContains(t, line, token)
			for _, part := range parts {
				require.NotContains(t, line, part)
				require.NotContains(t, line, part[2:], "even with its first letters escaped")
			}
			require.Less(t, len(line), 1500)
		}
	}
	require.Contains(t, log.String(), "level=DEBUG msg=allowed")
	require.Contains(t, log.String(), "method=other")
}
