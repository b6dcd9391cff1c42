// Package moq mints and checks MoQ relay tokens: Ed25519 JWTs that name a relay and what may be done there.
//
// This package is experimental: it may change in a minor version.
package moq
