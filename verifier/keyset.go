package verifier

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	streamtoken "github.com/streamtoken/streamtoken"
)

// KeySet finds a key by its id. Implementations are safe for concurrent use
// and answer from memory: Key is called for every token a stranger sends, with
// an id nobody vouches for, which must not become part of a path, a URL or an
// error's text.
type KeySet interface {
	// Key gives the key with this very id. Otherwise the error matches
	// streamtoken.ReasonKeyUnknown (there is no such key) or
	// streamtoken.ReasonKeysUnavailable (there is no current set to look in)
	// with errors.Is; Verify takes any other for the latter.
	Key(id string) (*Key, error)
}

// StaticKeys is a KeySet that never changes. The zero value holds no key.
// Safe for concurrent use.
type StaticKeys struct {
	byID map[string]*Key
}

var _ KeySet = (*StaticKeys)(nil)

// NewStaticKeys makes a set of keys. None, a nil one, or one id twice is an error.
func NewStaticKeys(keys ...*Key) (*StaticKeys, error) {
	if len(keys) == 0 {
		return nil, errors.New("verifier: a set of no keys would refuse every token")
	}
	byID := make(map[string]*Key, len(keys))
	for _, k := range keys {
		if k == nil || k.pub == nil {
			return nil, errors.New("verifier: a key that NewKey did not make")
		}
		if byID[k.id] != nil {
			return nil, fmt.Errorf("verifier: two keys with the id %s", k.id)
		}
		byID[k.id] = k
	}
	return &StaticKeys{byID: byID}, nil
}

// Key gives the key with this id, or streamtoken.ReasonKeyUnknown.
func (s *StaticKeys) Key(id string) (*Key, error) {
	if k := s.byID[id]; k != nil {
		return k, nil
	}
	return nil, streamtoken.ReasonKeyUnknown
}

// IDs lists the ids of the keys, sorted.
func (s *StaticKeys) IDs() []string { return slices.Sorted(maps.Keys(s.byID)) }
