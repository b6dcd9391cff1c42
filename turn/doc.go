// Package turn makes TURN keys and, from a key and without asking anyone, credentials that end by themselves. It is the
// scheme of the TURN REST API (draft-uberti-behave-turn-rest-00) that coturn calls use-auth-secret and pion/turn
// LongTermTURNRESTAuthHandler: the username is the time at which the credential ends, a colon, and an identifier; the
// password is base64 of HMAC-SHA1 over the username. A TURN server that knows the key needs nothing else: no call, no list.
//
// Keys have the form in which Cloudflare's Realtime API hands them out, a uid and a key; the secret that coturn and pion/turn
// are given is the key's 64 characters as they stand. The credentials that Cloudflare itself issues have another, opaque form:
// ones made here work at TURN servers that hold the key, not at Cloudflare's.
//
// The server must look for the colon. A coturn whose rest-api-separator is another character, one that identifiers may hold,
// takes the end from behind that: who may choose an identifier would choose an end.
//
// What a credential is good for ends with its time only: this package keeps no list, so one that is out cannot be taken back.
// Delete the key, or make credentials short. This package is experimental: it may change between releases.
package turn
