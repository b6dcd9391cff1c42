package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// A relay elsewhere follows the API: it lets in who holds a token of that relay, and not any more who holds one that was
// rotated; while the API is away it refuses everybody once the lease is over, and goes on when it is back.
func TestAPIFollowedByRelay(t *testing.T) {
	home := t.TempDir()
	a := startAPI(t, home, "--lease", "1s")
	address := a.address
	status, _, result := a.call(a.token(), "POST", "/accounts/acc/moq/relays", `{"name":"one"}`)
	require.Equal(t, 200, status)
	relay, first := result["uid"].(string), result["token_subscribe"].(string)

	cfg := moq.FollowConfig{URL: address, Relays: []string{relay}, Account: "acc", BearerFile: filepath.Join(a.state, "api-token")}
	accepted, err := moq.FollowAccepted(cfg)
	require.NoError(t, err)
	defer accepted.Close()
	keys, err := moq.FollowKeys(cfg)
	require.NoError(t, err)
	defer keys.Close()
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: keys, Accepted: accepted})
	require.NoError(t, err)
	reason := func(token string) streamtoken.Reason {
		_, err := v.Verify(t.Context(), token)
		if err == nil {
			return ""
		}
		var refusal *streamtoken.Refusal
		require.ErrorAs(t, err, &refusal)
		return refusal.Reason
	}
	require.Empty(t, reason(first))

	changed := accepted.Changed()
	status, _, result = a.call(a.token(), "POST", "/accounts/acc/moq/relays/"+relay+"/tokens/rotate", `{"type":"subscribe"}`)
	require.Equal(t, 200, status)
	second := result["token"].(string)
	<-changed
	eventually(t, func() bool { return reason(second) == "" })
	require.Equal(t, streamtoken.ReasonTokenRevoked, reason(first))

	require.Equal(t, exitOK, a.stop())
	eventually(t, func() bool { return reason(second) == streamtoken.ReasonRevocationsUnavailable })
	began := time.Now()
	startAPI(t, home, "--listen", address[len("http://"):])
	eventually(t, func() bool { return reason(second) == "" })
	t.Logf("back after %v", time.Since(began))
	require.Equal(t, streamtoken.ReasonTokenRevoked, reason(first))
}
