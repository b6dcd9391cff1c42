//go:build integration

package webtransport

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

const (
	relayID = "24d5e5f9ac8a4fc2a35a5dd01ff7cfde"
	otherID = "9f1c0a6f5a7f4a4aa0c6d4e3b2a19087"
	tokenID = "0f8d64a5b21c4d6fb2f4c6d6e7a81b3c"
)

// relays holds the keys and the accepted tokens of some relays, as an authority would tell them.
type relays struct {
	key  *moq.Key
	most int // sessions at once; 0: as many as moq lets

	mu       sync.Mutex          // guards what follows
	accepted map[string][]string // nil: it is not known
	changed  chan struct{}
}

func newRelays(t *testing.T) *relays {
	t.Helper()
	key, err := moq.GenerateKey("")
	require.NoError(t, err)
	return &relays{
		key:      key,
		accepted: map[string][]string{relayID: {tokenID}, otherID: {}},
		changed:  make(chan struct{}),
	}
}

func (r *relays) Key(kid string) (ed25519.PublicKey, error) {
	if kid != r.key.ID() {
		return nil, streamtoken.ReasonKeyUnknown
	}
	return r.key.Public(), nil
}

func (r *relays) Accepts(relay, jti string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.accepted == nil {
		return false, errors.New("the authority cannot be reached")
	}
	return slices.Contains(r.accepted[relay], jti), nil
}

func (r *relays) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// accept says which tokens a relay accepts from now on; none: all that it had are revoked.
func (r *relays) accept(relay string, tokens ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted[relay] = tokens
	r.tell()
}

// lose is what happens when the lease or the source of a relay's authority is gone.
func (r *relays) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted = nil
	r.tell()
}

func (r *relays) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// verifier is that of a relay which goes by r.
func (r *relays) verifier(t *testing.T) *moq.Verifier {
	t.Helper()
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: r, Accepted: r, MaxSessions: r.most})
	require.NoError(t, err)
	return v
}

// mint gives a token for relayID that both may be done with, good for an hour, changed as change says.
func (r *relays) mint(t *testing.T, change func(*moq.Config, *moq.Claims)) string {
	t.Helper()
	cfg := moq.Config{Key: r.key}
	now := time.Now()
	claims := moq.Claims{
		Relay: relayID, ID: tokenID, Operations: []moq.Operation{moq.Publish, moq.Subscribe},
		IssuedAt: now, Expires: now.Add(time.Hour),
	}
	if change != nil {
		change(&cfg, &claims)
	}
	s, err := moq.New(cfg)
	require.NoError(t, err)
	token, err := s.Sign(claims)
	require.NoError(t, err)
	return token
}
