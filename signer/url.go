package signer

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/streamtoken/streamtoken/internal/jws"
)

// Asset is one thing a token opens. The zero value is none.
type Asset string

// The assets, in the shapes in which Stream serves them (Cloudflare Stream: securing your stream, use your own player,
// download videos, display thumbnails, WebRTC, watch a live stream, live clipping).
const (
	AssetHLS       Asset = "hls"       // manifest/video.m3u8
	AssetDASH      Asset = "dash"      // manifest/video.mpd
	AssetIframe    Asset = "iframe"    // iframe
	AssetWatch     Asset = "watch"     // watch
	AssetThumbnail Asset = "thumbnail" // thumbnails/thumbnail.jpg
	AssetGIF       Asset = "gif"       // thumbnails/thumbnail.gif
	AssetMP4       Asset = "mp4"       // downloads/default.mp4
	AssetAudio     Asset = "audio"     // downloads/audio.m4a
	AssetClip      Asset = "clip"      // clip.mp4
	AssetWebRTC    Asset = "webrtc"    // webRTC/play
	AssetLifecycle Asset = "lifecycle" // lifecycle
)

var assetPaths = []struct {
	asset        Asset
	path         string
	downloadable bool
}{
	{AssetHLS, "manifest/video.m3u8", false},
	{AssetDASH, "manifest/video.mpd", false},
	{AssetIframe, "iframe", false},
	{AssetWatch, "watch", false},
	{AssetThumbnail, "thumbnails/thumbnail.jpg", false},
	{AssetGIF, "thumbnails/thumbnail.gif", false},
	{AssetMP4, "downloads/default.mp4", true},
	{AssetAudio, "downloads/audio.m4a", true},
	{AssetClip, "clip.mp4", true},
	{AssetWebRTC, "webRTC/play", false},
	{AssetLifecycle, "lifecycle", false},
}

// Assets lists all assets, in the order above.
func Assets() []Asset {
	list := make([]Asset, 0, len(assetPaths))
	for _, a := range assetPaths {
		list = append(list, a.asset)
	}
	return list
}

// NeedsDownloadable tells whether the asset is a download, which only a token with Downloadable opens; false for an
// unknown asset.
func (a Asset) NeedsDownloadable() bool {
	for _, known := range assetPaths {
		if known.asset == a {
			return known.downloadable
		}
	}
	return false
}

// URL gives the address of asset with token in the place of the video's id: base "/" token "/" the asset's path.
//
// base is where the videos are served, https://customer-CODE.cloudflarestream.com or an edge of your own: http or https, a
// host of ASCII letters (punycode for others), an optional port, an optional path prefix, an optional final slash. User
// information, a query, a fragment, and empty or dot segments are refused. token must have the form of a token; nothing of
// it is verified, and whether it opens a download is not checked: see NeedsDownloadable. Errors quote neither.
func URL(base, token string, asset Asset) (string, error) {
	path := ""
	for _, known := range assetPaths {
		if known.asset == asset {
			path = known.path
		}
	}
	if path == "" {
		return "", errors.New("signer: unknown asset: it must be one of hls, dash, iframe, watch, thumbnail, gif, mp4, audio, clip, webrtc, lifecycle")
	}
	if _, err := jws.Parse(token, nil); err != nil {
		return "", errors.New("signer: not a token: it must be three base64url parts with dots between them, without line breaks")
	}
	prefix, err := parseBase(base)
	if err != nil {
		return "", err
	}
	return prefix + "/" + token + "/" + path, nil
}

// parseBase gives base without its final slash.
func parseBase(base string) (string, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return "", errors.New("signer: base URL: not a URL") // url.Error would quote it, user information and all
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("signer: base URL: must begin with https:// or http://")
	case u.User != nil:
		return "", errors.New("signer: base URL: must not hold a user or password")
	case strings.Contains(base, "?"):
		return "", errors.New("signer: base URL: must not hold a query")
	case strings.Contains(base, "#"):
		return "", errors.New("signer: base URL: must not hold a fragment")
	case u.Opaque != "" || !validHost(u):
		return "", errors.New("signer: base URL: must hold a host name or address after the scheme")
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if path == "" {
		return u.Scheme + "://" + u.Host, nil
	}
	for _, segment := range strings.Split(path[1:], "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, `/\`) {
			return "", errors.New("signer: base URL: its path must not hold empty or dot segments, or escaped slashes")
		}
	}
	return u.Scheme + "://" + u.Host + path, nil
}

// validHost is narrower than url.Parse, which lets quotes and angle brackets pass: the result ends up in web pages.
func validHost(u *url.URL) bool {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is6() && addr.Zone() == ""
	}
	for i := range len(host) {
		c := host[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return host != ""
}
