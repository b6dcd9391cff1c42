// Package streamtoken is the vocabulary of signed access to streamed media:
// what a token says, how large it may be, and why one is refused.
//
// The tokens are those of Cloudflare Stream's signed URLs: a JWT (RFC 7519) in
// compact form, signed with RS256, that stands in a URL where the video's id
// would stand. Claims is its content, Reason the closed list of refusals,
// Refusal the one error of a check, Revocation what takes a token back.
//
// This package neither signs nor checks a signature: package signer mints,
// package verifier tells whether a token is genuine and current, package
// accessrules whether a viewer may watch, and package gate gives the one
// answer of them all.
package streamtoken
