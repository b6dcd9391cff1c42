package edge

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/tokentest"
)

// originHeaders sends the header lines through an edge and gives what arrived, keyed as it was spelled on the wire.
func originHeaders(t *testing.T, change func(*Config), headers string) map[string]string {
	t.Helper()
	origin := startOrigin(t, ok("served"))
	edge := startEdge(t, func(c *Config, _ *limits) {
		c.Origin = origin.URL
		if change != nil {
			change(c)
		}
	})
	res := get(t, edge.addr, "/"+token(t)+"/x", headers)
	require.Equal(t, http.StatusOK, res.StatusCode, res.body)
	got := map[string]string{}
	head, _, _ := strings.Cut(origin.received.String(), "\r\n\r\n")
	for _, line := range strings.Split(head, "\r\n")[1:] {
		name, value, _ := strings.Cut(line, ": ")
		require.NotContains(t, got, name, "twice")
		got[name] = value
	}
	return got
}

func trustLoopback(c *Config) {
	c.Middleware.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
}

func TestIdentityReachesTheOrigin(t *testing.T) {
	got := originHeaders(t, nil, "")
	require.Equal(t, "video", got["X-Streamtoken-Subject"])
	require.Equal(t, tokentest.KeyIDA, got["X-Streamtoken-Key-Id"])
	require.Equal(t, "1893459600", got["X-Streamtoken-Expires"]) // an hour after tokentest.Start
}

// Each of these is tried by a client that wants the origin to see another identity, or none.
func TestIdentityCannotBeForgedOrRemoved(t *testing.T) {
	attacks := []string{
		"X-Streamtoken-Subject: forged\n",
		"x-streamtoken-subject: forged\n",
		"X_Streamtoken_Subject: forged\n",
		"X-Streamtoken_Subject: forged\n",
		"X.Streamtoken.Subject: forged\n",
		"X-STREAMTOKEN-EXPIRES: forged\n",
		"X-Streamtoken-Anything: forged\n",
		"Connection: X-Streamtoken-Subject, X-Streamtoken-Key-Id, X-Streamtoken-Expires\n",
		"Connection: x-streamtoken-subject\nX-Streamtoken-Subject: forged\n",
		"Connection: close, X-Streamtoken-Subject\n",
		"Keep-Alive: X-Streamtoken-Subject\n",
		"TE: trailers\nTrailer: X-Streamtoken-Subject\n",
	}
	for _, attack := range attacks {
		t.Run(strings.TrimSpace(attack), func(t *testing.T) {
			got := originHeaders(t, nil, attack)
			require.Equal(t, "video", got["X-Streamtoken-Subject"])
			require.Equal(t, tokentest.KeyIDA, got["X-Streamtoken-Key-Id"])
			require.Equal(t, "1893459600", got["X-Streamtoken-Expires"])
			for name, value := range got {
				require.NotContains(t, value, "forged", name)
			}
		})
	}
}

func TestForwardedHeaders(t *testing.T) {
	tests := []struct {
		name             string
		change           func(*Config)
		headers          string
		xff, host, proto string
	}{
		{"plain", nil, "", "127.0.0.1", "media.example", "http"},
		{"spoofed", nil, "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Host: evil.example\nX-Forwarded-Proto: https\n", "127.0.0.1", "media.example", "http"},
		{"removed", nil, "Connection: X-Forwarded-For, x-forwarded-proto\n", "127.0.0.1", "media.example", "http"},

		{"trusted", trustLoopback, "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Host: video.example\nX-Forwarded-Proto: https\n", "203.0.113.9, 127.0.0.1", "video.example", "https"},
		{"trusted, removed", trustLoopback, "X-Forwarded-For: 203.0.113.9\nConnection: X-Forwarded-For, X-Forwarded-Proto\nX-Forwarded-Proto: https\n", "203.0.113.9, 127.0.0.1", "media.example", "https"},
		{"trusted, spoofed in front", trustLoopback, "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.1\n", "203.0.113.9, 10.0.0.1, 127.0.0.1", "media.example", "http"},
		{"trusted, over two lines", trustLoopback, "X-Forwarded-For: 198.51.100.1\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-For: 10.0.0.1\n", "203.0.113.9, 10.0.0.1, 127.0.0.1", "media.example", "http"},
		{"trusted, with ports", trustLoopback, "X-Forwarded-For: [2001:db8::1]:443\n", "2001:db8::1, 127.0.0.1", "media.example", "http"},
		{"trusted, mapped", trustLoopback, "X-Forwarded-For: ::ffff:203.0.113.9\n", "203.0.113.9, 127.0.0.1", "media.example", "http"},
		{"trusted, garbage hop", trustLoopback, "X-Forwarded-For: 203.0.113.9, unknown, 10.0.0.1\n", "10.0.0.1, 127.0.0.1", "media.example", "http"},
		{"trusted, empty hop", trustLoopback, "X-Forwarded-For: 203.0.113.9,\n", "127.0.0.1", "media.example", "http"},
		{"trusted, odd values", trustLoopback, "X-Forwarded-Host: a b\nX-Forwarded-Proto: https, http\n", "127.0.0.1", "media.example", "http"},
		{"trusted, twice", trustLoopback, "X-Forwarded-Host: a\nX-Forwarded-Host: b\nX-Forwarded-Proto: https\nX-Forwarded-Proto: https\n", "127.0.0.1", "media.example", "http"},
		{"named header", func(c *Config) { trustLoopback(c); c.Middleware.ClientIPHeader = "X-Viewer" }, "X-Viewer: 203.0.113.9\nX-Forwarded-For: 198.51.100.1\n", "203.0.113.9, 127.0.0.1", "media.example", "http"},
		{"named header, garbage", func(c *Config) { trustLoopback(c); c.Middleware.ClientIPHeader = "X-Viewer" }, "X-Viewer: me\nX-Forwarded-For: 198.51.100.1\n", "127.0.0.1", "media.example", "http"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := originHeaders(t, test.change, test.headers)
			require.Equal(t, test.xff, got["X-Forwarded-For"])
			require.Equal(t, test.host, got["X-Forwarded-Host"])
			require.Equal(t, test.proto, got["X-Forwarded-Proto"])
		})
	}
}

// A Host that can be none, because it is as long as a token or holds other bytes, is not passed on.
func TestForwardedHost(t *testing.T) {
	for host, want := range map[string]string{
		"media.example:8443":        "media.example:8443",
		"[2001:db8::1]:443":         "[2001:db8::1]:443",
		"":                          "",
		"a b":                       "",
		strings.Repeat("long.", 60): "",
	} {
		out := http.Header{}
		setForwarded(out, &http.Request{Host: host}, middleware.Route{})
		require.Equal(t, want, out.Get("X-Forwarded-Host"), host)
		require.Empty(t, out.Get("X-Forwarded-For"), "a peer without an address")
	}
}

func TestClaimsOfTheClientAreDropped(t *testing.T) {
	named := func(c *Config) {
		trustLoopback(c)
		c.Middleware.ClientIPHeader, c.Middleware.CountryHeader = "X-Viewer", "X-Land"
	}
	tests := []struct {
		header                      string
		fromAnyone, fromTrustedPeer bool
	}{
		{"Forwarded", false, false},
		{"X-Forwarded-Port", false, false},
		{"X-Forwarded-Prefix", false, false},
		{"X_Forwarded_For", false, false},
		{"X-Original-URL", false, false},
		{"X_Original-URI", false, false},
		{"X-Rewrite-Url", false, false},
		{"X-HTTP-Method-Override", false, false},
		{"Proxy", false, false},
		{"Proxy-Authorization", false, false},
		{"Proxy-Connection", false, false},
		{"X-Real-Ip", false, true},
		{"X_Real_Ip", false, false},
		{"Cf-Connecting-Ip", false, true},
		{"Cf-Ipcountry", false, true},
		{"X-Land", true, true}, // an ordinary header where no one named it
		{"X-Anything", true, true},
		{"Accept-Language", true, true},
	}
	for _, test := range tests {
		t.Run(test.header, func(t *testing.T) {
			has := func(got map[string]string) bool {
				for _, v := range got {
					if v == "203.0.113.9" {
						return true
					}
				}
				return false
			}
			line := test.header + ": 203.0.113.9\n"
			require.Equal(t, test.fromAnyone, has(originHeaders(t, nil, line)))
			got := originHeaders(t, named, line)
			delete(got, "X-Forwarded-For")
			require.Equal(t, test.fromTrustedPeer, has(got))
		})
	}
	t.Run("named headers from a stranger", func(t *testing.T) {
		got := originHeaders(t, func(c *Config) {
			c.Middleware.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			c.Middleware.ClientIPHeader, c.Middleware.CountryHeader = "X-Viewer", "X-Land"
		}, "X-Viewer: 203.0.113.9\nX-Land: CH\nX_land: CH\n")
		require.NotContains(t, got, "X-Viewer")
		require.NotContains(t, got, "X-Land")
		require.NotContains(t, got, "X_land")
	})
}

// Wherever a client puts its token, it stays on this side.
func TestTokenNeverReachesTheOrigin(t *testing.T) {
	tok := token(t)
	requests := []string{
		"GET /{token}/x HTTP/1.1\nHost: media.example\nReferer: https://media.example/{token}/iframe\n",
		"GET /{token}/x?t={token}&u=1 HTTP/1.1\nHost: media.example\n",
		"GET /{token}/x?t=a{token}b HTTP/1.1\nHost: media.example\n",
		"GET /{token}/x?{token} HTTP/1.1\nHost: media.example\n",
		"GET /{token}/x?{token}=1;b HTTP/1.1\nHost: media.example\n",
		"GET /{token}/x?t=%65{token1} HTTP/1.1\nHost: media.example\n",
		"GET /{token}/x HTTP/1.1\nHost: media.example\nCookie: a=b; t={token}; c=d\n",
		"GET /{token}/x HTTP/1.1\nHost: media.example\nAuthorization: Bearer {token}\n",
		"GET /{token}/x HTTP/1.1\nHost: media.example\nX-Anything: {token}\n",
		"GET /{token}/x HTTP/1.1\nHost: media.example\nX-Original-Uri: /{token}/x\n",
		"GET /{token}/x HTTP/1.1\nHost: {token}.example\n",
		"GET /{token}/{token}/x HTTP/1.1\nHost: media.example\n",
		"GET /{token}/a{token}b/x HTTP/1.1\nHost: media.example\n",
		"GET /{token}/%65{token1}/x HTTP/1.1\nHost: media.example\n",
		"GET /video/x?token={token} HTTP/1.1\nHost: media.example\n",
		"GET /video/x HTTP/1.1\nHost: media.example\nCookie: session={token}; other=1\n",
		"GET /video/x HTTP/1.1\nHost: media.example\nAuthorization: Bearer {token}\n",
		"GET /video/x?token={token} HTTP/1.1\nHost: media.example\nReferer: https://media.example/video/page?token={token}\n",
	}
	for _, request := range requests {
		t.Run(request, func(t *testing.T) {
			origin := startOrigin(t, ok("served"))
			edge := startEdge(t, func(c *Config, _ *limits) {
				c.Origin = origin.URL
				c.Middleware.QueryParam, c.Middleware.Cookie, c.Middleware.Bearer = "token", "session", true
			})
			text := strings.NewReplacer("{token}", tok, "{token1}", tok[1:]).Replace(request)
			res := raw(t, edge.addr, text+"Connection: close\n\n")
			got := origin.received.String()
			signature := tok[strings.LastIndexByte(tok, '.')+1:]
			require.NotContains(t, got, signature[:32])
			require.NotContains(t, got, tok[1:40])
			require.NotContains(t, edge.log.String(), signature[:32])
			if res.StatusCode == http.StatusOK {
				require.Contains(t, got, "GET /video/x")
			} else {
				require.Empty(t, got)
			}
		})
	}
}

func TestHostIsTheOrigins(t *testing.T) {
	origin := startOrigin(t, ok("served"))
	edge := edgeBefore(t, origin)
	res := get(t, edge.addr, "/"+token(t)+"/x", "")
	require.Equal(t, 200, res.StatusCode)
	require.Contains(t, origin.received.String(), "\r\nHost: "+origin.URL.Host+"\r\n")

	res = get(t, edge.addr, "/"+token(t)+"/x", "Host: other.example\n")
	require.Equal(t, 400, res.StatusCode, "two Host lines")
}

func TestRequestBodyAndTrailers(t *testing.T) {
	tok := tokentest.Token(t, streamtoken.Claims{Subject: "video"})
	origin := startOrigin(t, ok("served"))
	edge := edgeBefore(t, origin)

	res := raw(t, edge.addr, "GET /"+tok+"/x HTTP/1.1\nHost: h\nContent-Length: 24\nConnection: close\n\nGET /other/x HTTP/1.1\n\n\n")
	require.Equal(t, 200, res.StatusCode)
	require.NotContains(t, origin.received.String(), "/other/x")

	res = raw(t, edge.addr, "POST /"+tok+"/webRTC/play HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nTrailer: X-Streamtoken-Subject\nConnection: close\n\n5\nhello\n0\nX-Streamtoken-Subject: forged\n\n")
	require.Equal(t, 200, res.StatusCode, res.body)
	require.Contains(t, origin.received.String(), "hello")
	require.NotContains(t, origin.received.String(), "forged")
	require.NotContains(t, origin.received.String(), "Trailer")
}
