package verifier

import (
	"fmt"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// Revocations answers whether something is taken back. Implementations are
// safe for concurrent use and answer from memory.
type Revocations interface {
	// Revoked is asked after the signature, the claims and the time held, with
	// the header's key id, sub, and the lower-case hex SHA-256 of the token's
	// bytes. An error, whichever it is, means there is no current list: Verify
	// refuses with streamtoken.ReasonRevocationsUnavailable.
	Revoked(keyID, subject, digest string, now time.Time) (bool, error)
}

// NewRevocations makes a list that never changes. An empty one revokes
// nothing. An entry that is not valid (streamtoken.Revocation.Validate) is an
// error that gives its index. Of entries that name the same the longest holds.
func NewRevocations(list ...streamtoken.Revocation) (Revocations, error) {
	r := &revocationList{keyIDs: untils{}, subjects: untils{}, digests: untils{}}
	for i, entry := range list {
		if err := entry.Validate(); err != nil {
			return nil, fmt.Errorf("verifier: revocation %d: %w", i, err)
		}
		switch {
		case entry.KeyID != "":
			r.keyIDs.add(entry.KeyID, entry.Until)
		case entry.Subject != "":
			r.subjects.add(entry.Subject, entry.Until)
		default:
			r.digests.add(entry.Digest, entry.Until)
		}
	}
	return r, nil
}

type revocationList struct{ keyIDs, subjects, digests untils }

func (r *revocationList) Revoked(keyID, subject, digest string, now time.Time) (bool, error) {
	return r.keyIDs.has(keyID, now) || r.subjects.has(subject, now) || r.digests.has(digest, now), nil
}

// untils says until when each name is revoked; the zero time: for good.
type untils map[string]time.Time

func (u untils) add(name string, until time.Time) {
	if old, ok := u[name]; ok && (old.IsZero() || !until.IsZero() && until.Before(old)) {
		return
	}
	u[name] = until
}

func (u untils) has(name string, now time.Time) bool {
	until, ok := u[name]
	return ok && (until.IsZero() || now.Before(until))
}
