// Package tokentest helps to test programs that stand behind Stream tokens: fixed keys, a fixed clock, a signer, and a
// handler behind the middleware.
//
// Everything in it is TEST ONLY. The private keys are published with this source, so a token it makes proves nothing,
// and a verifier that knows its keys lets everybody in. Import it from _test.go files alone.
//
// The clock stands still at [Start] until a test moves it, so tokens are the same in every run, byte for byte, and
// nothing expires by itself. Helpers take a [testing.TB] and fail the test instead of returning an error; what they start
// ends with the test.
//
// This package is experimental: it may change in a minor version.
package tokentest
