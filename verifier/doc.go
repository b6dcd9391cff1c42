// Package verifier tells whether a Stream token is genuine and current.
//
// Verify answers with a Token, or with the one reason why not. It judges the
// form, the header, the key, the signature, the claims, the time and the
// revocations, in this order. It does not know who is watching: access rules
// are compiled here and applied by package gate, for every request anew.
//
// Signatures are checked by crypto/rsa. A program that wants another to do it
// where it can, such as package verifier/vector, says so with Config.Engine.
//
// A verifier cannot mint. It holds public keys only and refuses to read private ones.
package verifier
