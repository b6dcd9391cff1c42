// Package tokentest helps to test programs that stand behind Stream tokens: fixed keys, a fixed clock, a signer, and a
// handler behind the middleware; and programs that call Cloudflare's API for Stream tokens, MoQ relays and TURN keys: a
// control API of their own.
//
// Everything in it is TEST ONLY. The private keys are published with this source, so a token it makes proves nothing,
// and a verifier that knows its keys lets everybody in. Import it from _test.go files alone.
//
// The clock stands still at [Start] until a test moves it, so tokens are the same in every run, byte for byte, and
// nothing expires by itself. The control API is the exception: it has keys of its own, new in each test, and goes by the
// time of day, as the programs do that call it. Helpers take a [testing.TB] and fail the test instead of returning an
// error; what they start ends with the test.
//
// This package is experimental: it may change in a minor version.
package tokentest
