package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func compiledViewers(tb testing.TB, cfg Config) viewers {
	v, err := compileViewers(cfg)
	require.NoError(tb, err)
	return v
}

func TestViewerAddress(t *testing.T) {
	nobody := Config{}
	proxies := Config{TrustedProxies: prefixes("10.0.0.0/8", "2001:db8:ffff::/48", "::ffff:172.16.0.0/108")}
	named := proxies
	named.ClientIPHeader = "cf-connecting-ip"
	xff := func(lines ...string) http.Header { return http.Header{"X-Forwarded-For": lines} }
	cf := func(lines ...string) http.Header { return http.Header{"Cf-Connecting-Ip": lines} }
	for _, c := range []struct {
		cfg    Config
		peer   string
		header http.Header
		want   string // "": unavailable
	}{
		// Without a trusted proxy headers mean nothing.
		{nobody, "192.0.2.1:5", nil, "192.0.2.1"},
		{nobody, "192.0.2.1:5", xff("198.51.100.9"), "192.0.2.1"},
		{nobody, "[::ffff:192.0.2.1]:5", nil, "192.0.2.1"},
		{nobody, "[fe80::1%eth0]:5", nil, "fe80::1"},
		{nobody, "[2001:db8::1]:5", nil, "2001:db8::1"},
		{nobody, "@", nil, ""},
		{nobody, "", nil, ""},
		{proxies, "192.0.2.1:5", xff("198.51.100.9"), "192.0.2.1"},
		{named, "192.0.2.1:5", cf("198.51.100.9"), "192.0.2.1"},
		// X-Forwarded-For: the rightmost hop that is not ours, over all lines.
		{proxies, "10.1.1.1:5", xff("198.51.100.9"), "198.51.100.9"},
		{proxies, "[::ffff:10.1.1.1]:5", xff("198.51.100.9"), "198.51.100.9"},
		{proxies, "172.16.1.1:5", xff("198.51.100.9"), "198.51.100.9"},
		{proxies, "[2001:db8:ffff::1]:5", xff("198.51.100.9"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("203.0.113.1, 198.51.100.9"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("203.0.113.1", "198.51.100.9"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("203.0.113.1, 198.51.100.9, 10.2.2.2"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("203.0.113.1, 198.51.100.9", "10.2.2.2,10.3.3.3"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("garbage, 198.51.100.9"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("", "198.51.100.9"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff(" \t198.51.100.9\t "), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("198.51.100.9:1234"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("[2001:db8::9]"), "2001:db8::9"},
		{proxies, "10.1.1.1:5", xff("[2001:db8::9]:1234"), "2001:db8::9"},
		{proxies, "10.1.1.1:5", xff("2001:db8::9"), "2001:db8::9"},
		{proxies, "10.1.1.1:5", xff("2001:db8::9:1234"), "2001:db8::9:1234"},
		{proxies, "10.1.1.1:5", xff("::ffff:198.51.100.9"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("[::ffff:198.51.100.9]:1"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("fe80::9%eth0"), "fe80::9"},
		{proxies, "10.1.1.1:5", xff("198.51.100.9, ::ffff:10.2.2.2"), "198.51.100.9"},
		{proxies, "10.1.1.1:5", xff("198.51.100.9, 10.2.2.2:80"), "198.51.100.9"},
		// Unavailable, and never the proxy's own.
		{proxies, "10.1.1.1:5", nil, ""},
		{proxies, "10.1.1.1:5", xff(""), ""},
		{proxies, "10.1.1.1:5", xff("10.2.2.2"), ""},
		{proxies, "10.1.1.1:5", xff("10.2.2.2, 10.3.3.3"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9,"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9", ""), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9, , 10.2.2.2"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9, unknown"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9, _hidden, 10.2.2.2"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9 10.2.2.2"), ""},
		{proxies, "10.1.1.1:5", xff(`"198.51.100.9"`), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.009"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9:"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9:x"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9:65536"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9:000080"), ""},
		{proxies, "10.1.1.1:5", xff("[198.51.100.9]"), ""},
		{proxies, "10.1.1.1:5", xff("[198.51.100.9]:80"), ""},
		{proxies, "10.1.1.1:5", xff("[2001:db8::9"), ""},
		{proxies, "10.1.1.1:5", xff("[2001:db8::9]x"), ""},
		{proxies, "10.1.1.1:5", xff("[2001:db8::9]:"), ""},
		{proxies, "10.1.1.1:5", xff("[2001:db8::9]]"), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.0/24"), ""},
		{proxies, "10.1.1.1:5", xff("\uff11.2.3.4"), ""},
		{proxies, "10.1.1.1:5", xff("fe80::9%" + strings.Repeat("z", 100)), ""},
		{proxies, "10.1.1.1:5", xff("198.51.100.9" + strings.Repeat(",10.2.2.2", 100)), ""},
		// One header with one address.
		{named, "10.1.1.1:5", cf("198.51.100.9"), "198.51.100.9"},
		{named, "10.1.1.1:5", cf("[2001:db8::9]:443"), "2001:db8::9"},
		{named, "10.1.1.1:5", xff("198.51.100.9"), ""},
		{named, "10.1.1.1:5", cf("198.51.100.9", "198.51.100.9"), ""},
		{named, "10.1.1.1:5", cf("198.51.100.9, 198.51.100.9"), ""},
		{named, "10.1.1.1:5", cf(""), ""},
		{named, "10.1.1.1:5", cf("10.2.2.2"), ""},
	} {
		v := compiledViewers(t, c.cfg)
		got, why := v.of(&http.Request{RemoteAddr: c.peer, Header: c.header})
		want, _ := netip.ParseAddr(c.want)
		require.Equal(t, want, got.Addr, "%s %v", c.peer, c.header)
		require.Equal(t, c.want == "", why != "", "%s %v", c.peer, c.header)
	}
}

func TestViewerCountry(t *testing.T) {
	v := compiledViewers(t, Config{TrustedProxies: prefixes("10.0.0.0/8"), CountryHeader: "cf-ipcountry"})
	for _, c := range []struct {
		peer  string
		lines []string
		want  accessrules.Country
	}{
		{"10.1.1.1:5", []string{"DE"}, accessrules.ParseCountry("DE")},
		{"10.1.1.1:5", []string{"XX"}, accessrules.CountryUnknown},
		{"10.1.1.1:5", []string{"Germany"}, accessrules.CountryUnavailable},
		{"10.1.1.1:5", []string{"DE", "DE"}, accessrules.CountryUnavailable},
		{"10.1.1.1:5", nil, accessrules.CountryUnavailable},
		{"192.0.2.1:5", []string{"DE"}, accessrules.CountryUnavailable},
	} {
		got, _ := v.of(&http.Request{RemoteAddr: c.peer, Header: http.Header{"Cf-Ipcountry": c.lines}})
		require.Equal(t, c.want, got.Country, "%s %v", c.peer, c.lines)
		require.Nil(t, got.Locate)
	}
}

// A megabyte of hops costs no more than the few that are read.
func TestHugeForwardedForIsBounded(t *testing.T) {
	v := compiledViewers(t, Config{TrustedProxies: prefixes("10.0.0.0/8")})
	asked := 0
	line := strings.Repeat("10.0.0.1,", 100_000)
	r := &http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"X-Forwarded-For": {line + "198.51.100.9"}}}
	got, _ := v.of(r)
	require.Equal(t, "198.51.100.9", got.Addr.String())
	r.Header = http.Header{"X-Forwarded-For": make([]string, 100_000)}
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = v.of(r); asked++ }))
	require.NotZero(t, asked)
}

// slowViewer is what viewers.of should say, written for the reader: all hops from all lines, in order, parsed with the
// help of package net.
func slowViewer(trusted []netip.Prefix, peer netip.Addr, lines []string) netip.Addr {
	isTrusted := func(a netip.Addr) bool {
		for _, p := range trusted {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	if !isTrusted(peer) {
		return peer
	}
	if len(lines) == 0 {
		return netip.Addr{}
	}
	hops := strings.Split(strings.Join(lines, ","), ",")
	for i := len(hops) - 1; i >= 0 && i >= len(hops)-maxHops; i-- {
		hop := strings.Trim(hops[i], " \t")
		if len(hop) > maxHopBytes {
			return netip.Addr{}
		}
		addr, err := netip.ParseAddr(hop)
		if err != nil && strings.HasPrefix(hop, "[") && strings.HasSuffix(hop, "]") {
			inside := hop[1 : len(hop)-1]
			addr, err = netip.ParseAddr(inside)
			if err == nil && (!addr.Is6() || strings.Contains(inside, "]")) { // a zone may hold one, for package netip
				return netip.Addr{}
			}
		} else if err != nil {
			if strings.HasPrefix(hop, "[") { // a zone may hold another, for package netip and not for package net
				hop = "[" + strings.ReplaceAll(hop[1:], "[", "x")
			}
			host, port, splitErr := net.SplitHostPort(hop)
			if _, portErr := strconv.ParseUint(port, 10, 16); splitErr != nil || portErr != nil || len(port) > 5 {
				return netip.Addr{}
			}
			addr, err = netip.ParseAddr(host)
			if err == nil && strings.HasPrefix(hop, "[") != addr.Is6() {
				return netip.Addr{}
			}
		}
		if err != nil {
			return netip.Addr{}
		}
		if addr = addr.WithZone("").Unmap(); !isTrusted(addr) {
			return addr
		}
	}
	return netip.Addr{}
}

func FuzzClientIP(f *testing.F) {
	for _, seed := range []string{
		"198.51.100.9", "203.0.113.1, 198.51.100.9, 10.2.2.2", "198.51.100.9:80", "[2001:db8::9]:80", "[2001:db8::9]", "::ffff:10.0.0.1", "fe80::1%z, 10.0.0.1",
		"a\n10.0.0.1", ",", " , ", "10.0.0.1:", "[10.0.0.1]:1", "1.2.3.4:+80", "[::1]:", "[::1", "::1]", "1.2.3.4:80:80", "[[::1]]", "[::ffff:10.0.0.1]:1\n1.1.1.1",
		"10.0.0.1,10.0.0.1,10.0.0.1", "\t1.2.3.4 \n\t10.0.0.1 ", "01.2.3.4", "fe80::1%a:1", "[fe80::1%a]:1", "1.2.3.4%a", "fe80::1%a]:1", "[::%a]0::1%a]",
		"[fe80::1%a[b]:1", "[[::1]:1", "[::[]:1",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	trusted := prefixes("10.0.0.0/8", "2001:db8:ffff::/48")
	v := viewers{trusted: trusted}
	f.Fuzz(func(t *testing.T, value string, proxied bool) {
		peer := netip.MustParseAddr("192.0.2.77")
		if proxied {
			peer = netip.MustParseAddr("10.9.9.9")
		}
		lines := strings.Split(value, "\n")
		got, why := v.of(&http.Request{RemoteAddr: netip.AddrPortFrom(peer, 99).String(), Header: http.Header{"X-Forwarded-For": lines}})
		require.Equal(t, slowViewer(trusted, peer, lines), got.Addr, "%q", lines)
		require.Equal(t, got.Addr.IsValid(), why == "")
		require.False(t, proxied && v.trusts(got.Addr))
		require.Empty(t, got.Addr.Zone())
		require.False(t, got.Addr.Is4In6())
	})
}

func TestConfigRefused(t *testing.T) {
	some := prefixes("10.0.0.0/8")
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"no gate":                     {Config{}, "Gate is required"},
		"mount without slash":         {Config{Mount: "media"}, "does not begin with a slash"},
		"mount with dots":             {Config{Mount: "/a/../b"}, "Mount"},
		"mount with empty segment":    {Config{Mount: "/a//b"}, "Mount"},
		"mount with escape":           {Config{Mount: "/a%20b"}, "Mount"},
		"query parameter":             {Config{QueryParam: "a b"}, "QueryParam"},
		"cookie":                      {Config{Cookie: "a;b"}, "Cookie"},
		"client IP without proxies":   {Config{ClientIPHeader: "X-Real-IP"}, "ClientIPHeader needs TrustedProxies"},
		"country without proxies":     {Config{CountryHeader: "CF-IPCountry"}, "CountryHeader needs TrustedProxies"},
		"client IP header name":       {Config{ClientIPHeader: "X Real IP", TrustedProxies: some}, "not a header name"},
		"country header name":         {Config{CountryHeader: "a:b", TrustedProxies: some}, "not a header name"},
		"forwarded":                   {Config{ClientIPHeader: "forwarded", TrustedProxies: some}, "RFC 7239"},
		"invalid prefix":              {Config{TrustedProxies: []netip.Prefix{{}}}, "invalid prefix"},
		"two sources of the country":  {Config{CountryHeader: "a", TrustedProxies: some, Locate: func(netip.Addr) accessrules.Country { return 0 }}, "choose one"},
		"method in lower case":        {Config{Methods: []string{"put"}}, "upper-case"},
		"method with space":           {Config{Methods: []string{"PUT "}}, "upper-case"},
		"empty method":                {Config{Methods: []string{""}}, "upper-case"},
		"connect":                     {Config{Methods: []string{"CONNECT"}}, "CONNECT"},
		"absolute download path":      {Config{DownloadPaths: []string{"/downloads"}}, "DownloadPaths"},
		"empty download path":         {Config{DownloadPaths: []string{""}}, "DownloadPaths"},
		"download path with dots":     {Config{DownloadPaths: []string{"a/../b"}}, "DownloadPaths"},
		"download path of dots":       {Config{DownloadPaths: []string{"..."}}, "DownloadPaths"},
		"** in the middle":            {Config{DownloadPaths: []string{"a/**/b"}}, "last segment"},
		"** in a segment":             {Config{DownloadPaths: []string{"a**"}}, "DownloadPaths"},
		"origin with a path":          {Config{AllowedOrigins: []string{"https://example.com/a"}}, "AllowedOrigins"},
		"origin with another scheme":  {Config{AllowedOrigins: []string{"ftp://example.com"}}, "AllowedOrigins"},
		"origin with a star within":   {Config{AllowedOrigins: []string{"a.*.example.com"}}, "AllowedOrigins"},
		"origin with a star for port": {Config{AllowedOrigins: []string{"example.com:*"}}, "AllowedOrigins"},
		"empty origin":                {Config{AllowedOrigins: []string{""}}, "AllowedOrigins"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "no gate" {
				c.cfg.Gate = &gate.Gate{}
			}
			m, err := New(c.cfg)
			require.Nil(t, m)
			require.ErrorContains(t, err, c.want)
		})
	}
	m, err := New(Config{Gate: &gate.Gate{}, ClientIPHeader: "x-forwarded-for", TrustedProxies: some, Now: time.Now})
	require.NoError(t, err)
	require.PanicsWithValue(t, "middleware: the next handler is nil", func() { m(nil) })
}

func BenchmarkViewer(b *testing.B) {
	v := viewers{trusted: prefixes("10.0.0.0/8", "2001:db8:ffff::/48")}
	r := &http.Request{RemoteAddr: "10.0.0.1:1234", Header: http.Header{"X-Forwarded-For": {"203.0.113.1, 198.51.100.9, 10.2.2.2"}}}
	b.ReportAllocs()
	for b.Loop() {
		v.of(r)
	}
}
