package moq

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// KeyFollower is a KeySet that keeps up with the Ed25519 keys of a control API over HTTP. Safe for concurrent use.
//
// A set that could not be confirmed for its MaxAge, counted as an AcceptedFollower does, is not used any more:
// streamtoken.ReasonKeysUnavailable. An answer that is no key set, or has no Ed25519 key, changes nothing.
type KeyFollower struct {
	set     followed[*StaticKeys]
	changed changes
}

var _ KeySet = (*KeyFollower)(nil)

// FollowKeys reads the document "/.well-known/jwks.json", as ParseKeys does, and follows it until Close. It fails if the
// document cannot be read, or if cfg.MaxAge is less than two of cfg.Poll. cfg.Relays is not looked at.
func FollowKeys(cfg FollowConfig) (*KeyFollower, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	maxAge := cfg.MaxAge
	if maxAge == 0 {
		maxAge = defaultKeysMaxAge
	}
	poll := cfg.Poll
	if poll == 0 {
		poll = max(min(defaultFollowPoll, maxAge/4), minFollowPoll)
	}
	if 2*poll > maxAge { // there would be no keys between two looks
		return nil, fmt.Errorf("moq: FollowConfig.Poll of %v is too long: keys may be used for %v", poll, maxAge)
	}
	src, err := cfg.source("/.well-known/jwks.json", MaxKeySetBytes, poll)
	if err != nil {
		return nil, fromFollow(err)
	}
	k := &KeyFollower{}
	k.set.changed = &k.changed
	k.set.parse = func(data []byte, before **StaticKeys) (*StaticKeys, time.Duration, bool, error) {
		set, err := ParseKeys(data, "")
		if err != nil {
			return nil, 0, false, err
		}
		return set, maxAge, before != nil && maps.EqualFunc(set.byID, (*before).byID, func(a, b ed25519.PublicKey) bool { return a.Equal(b) }), nil
	}
	if err := k.set.start(src, poll, cfg.Log); err != nil {
		return nil, fromFollow(err)
	}
	return k, nil
}

// Key implements KeySet.
func (k *KeyFollower) Key(kid string) (ed25519.PublicKey, error) {
	set := k.set.get()
	if set == nil {
		return nil, streamtoken.ReasonKeysUnavailable
	}
	return (*set).Key(kid)
}

// IDs lists the ids of the keys in force, sorted; none if there are none that may be used.
func (k *KeyFollower) IDs() []string {
	set := k.set.get()
	if set == nil {
		return nil
	}
	return (*set).IDs()
}

// Err says what is wrong with the document at this moment: nil if the last look at it was good. With an error the keys are
// still used until their time is over.
func (k *KeyFollower) Err() error {
	if err := k.set.err(); err != nil {
		return fromFollow(err)
	}
	return nil
}

// Close stops following. From then on Key gives an error. The error is always nil.
func (k *KeyFollower) Close() error {
	k.set.close()
	return nil
}
