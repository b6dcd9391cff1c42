// Package moq mints and checks MoQ relay tokens: Ed25519 JWTs that name a relay and what may be done there ("Cloudflare MoQ:
// use the API").
//
// A Signer mints with a Key. A Verifier checks, by a KeySet and by the set of tokens that the relay accepts: a good signature
// alone lets nobody in. Handler stands before an HTTP or WebTransport upgrade at /{token}, and its Session tells the relay
// when a token it admitted is taken back. RelayConfig is how a relay is set up.
//
// What a token looks like is stated by Cloudflare (alg "Ed25519", jti, operations, the token as the path) or was read from
// its tokens by users (aud, sub); iat and exp as numbers are this package's own reading, since none of its pages shows them.
//
// This package is experimental: it may change in a minor version.
package moq
