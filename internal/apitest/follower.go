package apitest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// Follower is what a relay has that runs elsewhere: our verifier, with keys and accepted set followed over HTTP.
type Follower struct{ verifier *moq.Verifier }

// Follow follows the documents of a relay, with the bearer token of its account.
func (a *API) Follow(t testing.TB, relay string) Follower {
	t.Helper()
	cfg := moq.FollowConfig{
		URL: a.URL, Relays: []string{relay}, Account: a.Account,
		Bearer: func() (string, error) { return a.Bearer, nil }, Poll: 50 * time.Millisecond,
	}
	keys, err := moq.FollowKeys(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, keys.Close()) })
	accepted, err := moq.FollowAccepted(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, accepted.Close()) })
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: keys, Accepted: accepted})
	require.NoError(t, err)
	return Follower{v}
}

// Admits wants the relay to let a token in, at the latest when it has asked again.
func (f Follower) Admits(t testing.TB, token string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := f.verifier.Verify(context.Background(), token)
		return err == nil
	}, patience, tick)
}

// Refuses wants the relay to refuse a token as revoked, at the latest when it has asked again.
func (f Follower) Refuses(t testing.TB, token string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := f.verifier.Verify(context.Background(), token)
		return errors.Is(err, streamtoken.ReasonTokenRevoked)
	}, patience, tick)
}
