// Package api is the control API as an http.Handler: the paths, bodies and answers of Cloudflare's own calls for Stream keys
// and tokens, MoQ relays and TURN keys, so that the official SDKs work with nothing but their base URL changed.
//
// This package is experimental: it may change in a minor version.
package api
