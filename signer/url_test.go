package signer_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

const customer = "https://customer-m033z5x00ks6nunl.cloudflarestream.com"

// tokenForm is a string of a token's form, which is all that URL looks at.
const tokenForm = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"

func TestURLShapes(t *testing.T) {
	want := map[signer.Asset]string{
		signer.AssetHLS:       "manifest/video.m3u8",
		signer.AssetDASH:      "manifest/video.mpd",
		signer.AssetIframe:    "iframe",
		signer.AssetWatch:     "watch",
		signer.AssetThumbnail: "thumbnails/thumbnail.jpg",
		signer.AssetGIF:       "thumbnails/thumbnail.gif",
		signer.AssetMP4:       "downloads/default.mp4",
		signer.AssetAudio:     "downloads/audio.m4a",
		signer.AssetClip:      "clip.mp4",
		signer.AssetWebRTC:    "webRTC/play",
		signer.AssetLifecycle: "lifecycle",
	}
	require.Len(t, signer.Assets(), len(want))
	for _, asset := range signer.Assets() {
		got, err := signer.URL(customer, tokenForm, asset)
		require.NoError(t, err)
		require.Equal(t, customer+"/"+tokenForm+"/"+want[asset], got)
		require.Equal(t, asset == "mp4" || asset == "audio" || asset == "clip", asset.NeedsDownloadable(), asset)
	}
	require.False(t, signer.Asset("other").NeedsDownloadable())
	signer.Assets()[0] = "changed"
	require.Equal(t, signer.AssetHLS, signer.Assets()[0])
}

func TestURLOfASignedToken(t *testing.T) {
	token := sign(t, parse(t, read(t, "a.json"), ""), streamtoken.Claims{Subject: uid})
	got, err := signer.URL(customer, token, signer.AssetHLS)
	require.NoError(t, err)
	u, err := url.Parse(got)
	require.NoError(t, err)
	require.Equal(t, token, strings.Split(u.Path, "/")[1])
}

func TestURLBases(t *testing.T) {
	for base, want := range map[string]string{
		customer:                           customer,
		customer + "/":                     customer,
		"http://127.0.0.1:8787":            "http://127.0.0.1:8787",
		"http://[2001:db8::1]:8787/":       "http://[2001:db8::1]:8787",
		"HTTPS://Example.com":              "https://Example.com",
		"https://example.com/media":        "https://example.com/media",
		"https://example.com/media/v1/":    "https://example.com/media/v1",
		"https://example.com/a%20b/":       "https://example.com/a%20b",
		"https://xn--bcher-kva.example":    "https://xn--bcher-kva.example",
		"https://under_score.example:443/": "https://under_score.example:443",
	} {
		got, err := signer.URL(base, tokenForm, signer.AssetIframe)
		require.NoError(t, err, base)
		require.Equal(t, want+"/"+tokenForm+"/iframe", got)
	}
}

func TestURLRefuses(t *testing.T) {
	for _, c := range []struct{ base, message string }{
		{"", "must begin with https"},
		{"customer-x.cloudflarestream.com", "must begin with https"},
		{"//example.com", "must begin with https"},
		{"/media", "must begin with https"},
		{"ftp://example.com", "must begin with https"},
		{"javascript:alert(1)", "must begin with https"},
		{"file:///etc", "must begin with https"},
		{"https://", "must hold a host"},
		{"https:example.com", "must hold a host"},
		{"https:///media", "must hold a host"},
		{"https://:443", "must hold a host"},
		{"https://user@example.com", "user or password"},
		{"https://user:password@example.com", "user or password"},
		{"https://@example.com", "user or password"},
		{"https://example.com?x=1", "query"},
		{"https://example.com/?", "query"},
		{"https://example.com/#top", "fragment"},
		{"https://example.com#", "fragment"},
		{"https://example.com:port", "not a URL"},
		{" https://example.com", "not a URL"},
		{"https://example.com\n", "not a URL"},
		{"https://exa mple.com", "not a URL"},
		{"https://exa\"mple.com", "must hold a host"},
		{"https://<script>.example", "must hold a host"},
		{"https://b\u00fccher.example", "must hold a host"},
		{"https://[fe80::1%25eth0]/", "must hold a host"},
		{"https://example.com//media", "empty or dot segments"},
		{"https://example.com//", "empty or dot segments"},
		{"https://example.com/media//", "empty or dot segments"},
		{"https://example.com/../media", "empty or dot segments"},
		{"https://example.com/%2e%2e/media", "empty or dot segments"},
		{"https://example.com/a%2Fb", "escaped slashes"},
		{"https://example.com/a\\b", "escaped slashes"},
		{"https://example.com/%zz", "not a URL"},
	} {
		got, err := signer.URL(c.base, tokenForm, signer.AssetHLS)
		require.ErrorContains(t, err, c.message, c.base)
		require.Empty(t, got)
	}
	for _, token := range []string{
		"", uid, "a.b", "..", "a.b.c", "e30.e30.", "e30.e30.AAAA.AAAA", "e30.e30.AA/A", "e30.e30.AAA=", tokenForm + "\n", " " + tokenForm,
		"e30." + strings.Repeat("AAAA", 2048) + ".AAAA",
	} {
		got, err := signer.URL(customer, token, signer.AssetHLS)
		require.ErrorContains(t, err, "not a token")
		require.Empty(t, got)
	}
	for _, asset := range []signer.Asset{"", "HLS", "all", "../x"} {
		got, err := signer.URL(customer, tokenForm, asset)
		require.ErrorContains(t, err, "unknown asset")
		require.Empty(t, got)
	}
}
