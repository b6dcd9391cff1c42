package moq

import "crypto/ed25519"

// KeySet finds a public key by its id. Implementations are safe for concurrent use and answer from memory: Key is called
// for every token, remembered or not, and first with an id that nobody vouches for, which must not become part of a path,
// a URL or an error's text.
type KeySet interface {
	// Key gives the key with this very id; nobody changes it afterwards. Otherwise the error matches
	// streamtoken.ReasonKeyUnknown (there is no such key) or streamtoken.ReasonKeysUnavailable (there is no current set to
	// look in) with errors.Is; Verify takes any other for the latter.
	Key(kid string) (ed25519.PublicKey, error)
}

// Accepted says which tokens a relay takes. Acceptance is positive: a token that is not in its relay's set is refused,
// however good its signature. Implementations are safe for concurrent use and answer from memory: Accepts is called for
// every token at every check.
type Accepted interface {
	// Accepts tells whether the token named jti is in the set of relay at this moment. Both are 32 lower-case hexadecimal
	// digits. Any error means that it is not known, and refuses.
	Accepts(relay, jti string) (bool, error)

	// Changed gives a channel that is closed at the next change after the call: of what Accepts answers, or of whether it
	// can answer. It may close for nothing. Ask for another one after it closed. A nil channel is one that never closes.
	Changed() <-chan struct{}
}

// AcceptAll accepts every token whose signature, claims and time hold. It is for looking at tokens, away from the relay:
// nothing can be taken back.
type AcceptAll struct{}

var _ Accepted = AcceptAll{}

// Accepts gives true.
func (AcceptAll) Accepts(string, string) (bool, error) { return true, nil }

// Changed gives nil.
func (AcceptAll) Changed() <-chan struct{} { return nil }
