// Package methods calls a control API through cloudflare-go, by every method that is the same in v7.7.0 and later: what it
// imports is the version of the module whose tests run it. It needs the build tag integration.
package methods
