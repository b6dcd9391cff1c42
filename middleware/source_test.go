package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/middleware"
)

func TestSources(t *testing.T) {
	token := open(t)
	other := mint(t, streamtoken.Claims{Subject: video, Expires: now.Add(2 * time.Hour)})
	next := http.HandlerFunc(echo)
	off := serve(t, middleware.Config{}, next)
	on := serve(t, middleware.Config{QueryParam: "token", Cookie: "stream", Bearer: true}, next)
	bearer := serve(t, middleware.Config{Bearer: true}, next)
	for name, c := range map[string]struct {
		addr, target string
		lines        []string
		reason       string // "": passed
	}{
		"sources are off unless named: query":       {addr: off, target: "/{S}/x?token={T}", reason: "token_missing"},
		"sources are off unless named: cookie":      {addr: off, target: "/{S}/x", lines: []string{"Cookie: stream={T}"}, reason: "token_missing"},
		"sources are off unless named: bearer":      {addr: off, target: "/{S}/x", lines: []string{"Authorization: Bearer {T}"}, reason: "token_missing"},
		"an unnamed source cannot clash":            {addr: bearer, target: "/{T}/x?token={O}", lines: []string{"Cookie: stream={O}"}},
		"query":                                     {addr: on, target: "/{S}/x?token={T}"},
		"query among others":                        {addr: on, target: "/{S}/x?a=b&token={T}&c=d"},
		"query, escaped name":                       {addr: on, target: "/{S}/x?%74oken={T}"},
		"query, name in other case":                 {addr: on, target: "/{S}/x?Token={T}", reason: "token_missing"},
		"query, empty":                              {addr: on, target: "/{S}/x?token=", reason: "token_missing"},
		"query, the same twice":                     {addr: on, target: "/{S}/x?token={T}&token={T}"},
		"query, two":                                {addr: on, target: "/{S}/x?token={T}&token={O}", reason: "token_ambiguous"},
		"query, one empty":                          {addr: on, target: "/{S}/x?token=&token={T}", reason: "token_ambiguous"},
		"query, two by escape":                      {addr: on, target: "/{S}/x?token={T}&%74oken={O}", reason: "token_ambiguous"},
		"query, with a semicolon":                   {addr: on, target: "/{S}/x?token={T};x=1", reason: "token_malformed"},
		"query, after a semicolon":                  {addr: on, target: "/{S}/x?x=1;token={T}", reason: "token_missing"},
		"bearer":                                    {addr: on, target: "/{S}/x", lines: []string{"Authorization: Bearer {T}"}},
		"bearer in lower case":                      {addr: on, target: "/{S}/x", lines: []string{"authorization: bearer  {T} "}},
		"bearer twice":                              {addr: on, target: "/{S}/x", lines: []string{"Authorization: Bearer {T}", "Authorization: Bearer {T}"}},
		"bearer, two":                               {addr: on, target: "/{S}/x", lines: []string{"Authorization: Bearer {T}", "Authorization: Bearer {O}"}, reason: "token_ambiguous"},
		"bearer and basic":                          {addr: on, target: "/{S}/x", lines: []string{"Authorization: Bearer {T}", "Authorization: Basic YTpi"}, reason: "token_ambiguous"},
		"bearer, list":                              {addr: on, target: "/{S}/x", lines: []string{"Authorization: Bearer {T}, Bearer {T}"}, reason: "token_malformed"},
		"bearer, empty":                             {addr: on, target: "/{S}/x", lines: []string{"Authorization: Bearer"}, reason: "token_missing"},
		"basic is no token":                         {addr: on, target: "/{T}/x", lines: []string{"Authorization: Basic YTpi"}},
		"cookie":                                    {addr: on, target: "/{S}/x", lines: []string{"Cookie: a=b; stream={T}; c=d"}},
		"cookie in quotes":                          {addr: on, target: "/{S}/x", lines: []string{`Cookie: stream="{T}"`}},
		"cookie twice":                              {addr: on, target: "/{S}/x", lines: []string{"Cookie: stream={T}; stream={T}"}},
		"cookie, two":                               {addr: on, target: "/{S}/x", lines: []string{"Cookie: stream={T}; stream={O}"}, reason: "token_ambiguous"},
		"cookie, two in two lines":                  {addr: on, target: "/{S}/x", lines: []string{"Cookie: stream={T}", "Cookie: stream={O}"}, reason: "token_ambiguous"},
		"cookie in other case":                      {addr: on, target: "/{S}/x", lines: []string{"Cookie: Stream={T}"}, reason: "token_missing"},
		"the same from all":                         {addr: on, target: "/{T}/x?token={T}", lines: []string{"Authorization: Bearer {T}", "Cookie: stream={T}"}},
		"path and query differ":                     {addr: on, target: "/{T}/x?token={O}", reason: "token_ambiguous"},
		"path and bearer differ":                    {addr: on, target: "/{T}/x", lines: []string{"Authorization: Bearer {O}"}, reason: "token_ambiguous"},
		"path and cookie differ":                    {addr: on, target: "/{T}/x", lines: []string{"Cookie: stream={O}"}, reason: "token_ambiguous"},
		"query and cookie differ":                   {addr: on, target: "/{S}/x?token={T}", lines: []string{"Cookie: stream={O}"}, reason: "token_ambiguous"},
		"a dotted segment is a token":               {addr: on, target: "/video.mp4?token={T}", reason: "token_ambiguous"},
		"another subject":                           {addr: on, target: "/other/x?token={T}", reason: "subject_mismatch"},
		"a subject in other case":                   {addr: on, target: "/EA95132c15732412d22c1476fa83f27a/x?token={T}", reason: "subject_mismatch"},
		"no subject":                                {addr: on, target: "/?token={T}", reason: "subject_mismatch"},
		"a longer subject":                          {addr: on, target: "/{S}x/x?token={T}", reason: "subject_mismatch"},
		"subject escaped":                           {addr: on, target: "/%65a95132c15732412d22c1476fa83f27a/x?token={T}", reason: "request_invalid"},
		"subject and the token of a further source": {addr: on, target: "/{S}/{T}/x?token={T}", reason: "request_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			replace := strings.NewReplacer("{S}", video, "{O}", other).Replace
			var lines []string
			for _, line := range c.lines {
				lines = append(lines, replace(strings.ReplaceAll(line, "{T}", token)))
			}
			a := get(t, c.addr, replace(c.target), token, lines...)
			require.Equal(t, c.reason == "", a.reached(), a.body)
			if c.reason != "" {
				require.Contains(t, a.body, `"reason":"`+c.reason+`"`)
				return
			}
			require.NotContains(t, a.body, token)
			require.Contains(t, a.body, "\npath \"/"+video+"/x\"\n")
			if !strings.Contains(c.target, "/{T}/") { // came outside the path
				require.Equal(t, "private", a.header.Get("Cache-Control"))
			}
		})
	}
}

// The token never reaches the next handler, nor do a client's own identity fields, whatever their spelling.
func TestWhatTheNextHandlerSees(t *testing.T) {
	token := open(t)
	addr := serve(t, middleware.Config{QueryParam: "token", Cookie: "stream"}, http.HandlerFunc(echo))
	escaped := strings.ReplaceAll(token, "e", "%65")
	twice := strings.ReplaceAll(token, "e", "%2565")
	a := get(t, addr, "/{T}/x?a=b&token={T}&c=%2F&poster=https://edge.test/{T}/t.jpg&d="+escaped+"&e="+twice+"&{T}=f&g=;{T}&h", token,
		"Cookie: a=b; stream={T}; keep=1; x="+escaped+"; y=\"{T}\"",
		"Cookie: stream={T}",
		"Referer: https://edge.test/{T}/watch?x",
		"X-Forwarded-Uri: /{T}/x",
		"X-Original-URI: /"+escaped+"/x",
		"X-Kept: eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
		"{T}: 1",
		"X-Streamtoken-Subject: forged",
		"x-streamtoken-key-id: forged",
		"X_Streamtoken_Subject: forged",
		"X-Streamtoken_Expires: forged",
		"x.streamtoken.subject: forged",
		"X-Streamtoken: forged",
		"X-Streamtokens: kept",
		"X-Original-URL: /forged",
		"x_original_uri: /forged",
		"X-Rewrite-Url: /forged",
		"X_HTTP_Method_Override: forged",
		"X-HTTP-Method: forged",
		"X-Method-Override: forged",
		"Range: bytes=0-1",
		"If-None-Match: \"x\"",
	)
	require.Equal(t, 200, a.status, a.body)
	require.NotContains(t, a.body, token)
	require.NotContains(t, strings.ToLower(a.body), strings.ToLower(token))
	require.NotContains(t, a.body, "forged")
	require.NotContains(t, a.body, "%65")
	require.Contains(t, a.body, "query \"a=b&c=%2F&h\"\n")
	require.Contains(t, a.body, "uri \"/"+video+"/x?a=b&c=%2F&h\"\n")
	require.Contains(t, a.body, "Cookie: a=b; keep=1\r\n")
	require.Contains(t, a.body, "Referer: https://edge.test/\r\n")
	require.Contains(t, a.body, "X-Kept: eyJ")
	require.Contains(t, a.body, "X-Streamtokens: kept\r\n")
	require.Contains(t, a.body, "Range: bytes=0-1\r\n")
	require.Contains(t, a.body, "If-None-Match: \"x\"\r\n")
	require.Contains(t, a.body, "identity true "+video+" "+keyID)

	// A long parameter with escapes of its own is nobody's token.
	long := "q=" + strings.Repeat("%41%2F", 400)
	require.Contains(t, get(t, addr, "/{T}/x?"+long+"&z", token, "X-Long: "+long).body, "query \""+long+"&z\"\n")

	for referer, want := range map[string]string{
		"https://user:pw@edge.test:8443/a/b?c#d": "Referer: https://edge.test:8443/\r\n",
		"https://edge.test:8443/":                "Referer: https://edge.test:8443/\r\n",
		"http://a/b/":                            "Referer: http://a/\r\n",
		"https://":                               "",
		"http://edge.test":                       "Referer: http://edge.test/\r\n",
		"/{T}/watch":                             "",
		"javascript:alert(1)":                    "",
		"not a url%":                             "",
	} {
		a := get(t, addr, "/{T}/x", token, "Referer: "+strings.ReplaceAll(referer, "{T}", token))
		_, after, found := strings.Cut(a.body, "Referer: ")
		require.Equal(t, want != "", found, referer)
		if found {
			require.True(t, strings.HasPrefix("Referer: "+after, want), a.body)
		}
	}

	// In the Host field there is nothing to drop.
	a = raw(t, addr, "GET", "GET /{T}/x HTTP/1.1\r\nHost: {T}.edge.test\r\n\r\n", token)
	require.Equal(t, 400, a.status)

	// A trailer comes when the check is over.
	a = raw(t, addr, "POST", "POST /{T}/webRTC/play HTTP/1.1\r\nHost: edge.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n"+
		"3\r\nsdp\r\n0\r\nX-Late: {T}\r\n\r\n", token)
	require.Equal(t, 200, a.status, a.body)
	require.Contains(t, a.body, "body \"sdp\"\ntrailer map[]\n")
	require.NotContains(t, a.body, token)
}

// The caller's request is its own: a logger around the middleware reads it afterwards.
func TestRequestIsNotChanged(t *testing.T) {
	token := open(t)
	var got *http.Request
	mux := http.NewServeMux()
	mux.Handle("/{anything...}", wrap(t, middleware.Config{QueryParam: "token"}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		r.Header.Set("X-Late", "1")
	})))
	r := httptest.NewRequest("GET", "/"+token+"/%61?token="+token+"&a=b", nil)
	r.Header.Set("Referer", "https://edge.test/"+token)
	r.Header.Set("X-Streamtoken-Subject", "forged")
	require.NoError(t, r.ParseForm())
	before, header := *r.URL, r.Header.Clone()
	mux.ServeHTTP(httptest.NewRecorder(), r)
	require.NotNil(t, got)
	require.Equal(t, before, *r.URL)
	require.Equal(t, header, r.Header)
	require.Equal(t, "/"+token+"/%61?token="+token+"&a=b", r.RequestURI)
	require.Equal(t, token, r.Form.Get("token"))

	require.Nil(t, got.Form)
	require.Empty(t, got.PathValue("anything"), "a router's path values hold the token")
	require.Empty(t, got.FormValue("token"))
	require.Equal(t, "b", got.FormValue("a"))
}

func TestIdentity(t *testing.T) {
	_, ok := middleware.IdentityFrom(t.Context())
	require.False(t, ok)
	expires := now.Add(time.Hour)
	token := mint(t, streamtoken.Claims{Subject: video, Expires: expires, Downloadable: true})
	r := httptest.NewRequest("GET", "/"+token+"/downloads/default.mp4", nil)
	type key struct{}
	wrap(t, middleware.Config{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id, found := middleware.IdentityFrom(r.Context())
		ok = found
		require.Equal(t, middleware.Identity{Subject: video, KeyID: keyID, Expires: expires, Downloadable: true}, id)
		require.Nil(t, r.Context().Value(key{}))
		require.NotNil(t, r.Context().Done())
	})).ServeHTTP(httptest.NewRecorder(), r.WithContext(t.Context()))
	require.True(t, ok)
}
