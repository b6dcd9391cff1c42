package verifier

import (
	"context"
	"fmt"
	"strings"
)

// LoadKeys reads files and directories of public keys once, as Follow does at its start: the same paths, key id, refusals
// (ErrPrivateKey among them) and conflicts. The warnings name the keys that were skipped, and why.
func LoadKeys(paths []string, keyID string) (keys *StaticKeys, warnings []string, err error) {
	sources, err := newKeySources(paths, keyID)
	if err != nil {
		return nil, nil, err
	}
	offers := make([][]offer, len(sources))
	for i, s := range sources {
		snap, err := s.source().Read(context.Background())
		if err != nil {
			return nil, nil, fmt.Errorf("verifier: public keys: %w", err)
		}
		list, warned, err := s.read(snap)
		if err != nil {
			return nil, nil, fmt.Errorf("verifier: public keys: %s: %w", s.path, err)
		}
		intern(list, offers...)
		offers[i] = list
		warnings = append(warnings, warned...)
	}
	table, conflicts := keyTable(nil).merge(offers)
	if len(conflicts) > 0 {
		return nil, nil, fmt.Errorf("verifier: one key id with different keys: %s", strings.Join(conflicts, "; "))
	}
	return &StaticKeys{byID: table}, warnings, nil
}
