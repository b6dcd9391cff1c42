package apitest

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Examples runs the examples of an SDK against an API that was started as on a new machine, and wants their results to work.
// command gives the command line for an example by name: token, relay, turn, and rotate or replace.
func Examples(t *testing.T, rotate string, command func(example, argument string) []string) {
	api := StartFresh(t)
	run := func(v any, example, argument string) {
		t.Helper()
		args := command(example, argument)
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "CLOUDFLARE_BASE_URL="+api.BaseURL(), "CLOUDFLARE_API_TOKEN="+api.Bearer, "CLOUDFLARE_ACCOUNT_ID="+api.Account)
		out, err := cmd.Output()
		if failed, ok := err.(*exec.ExitError); ok {
			require.NoError(t, err, "%v: %s", args, failed.Stderr)
		}
		require.NoError(t, err, "%v", args)
		require.NoError(t, json.Unmarshal(out, v), "%s", out)
	}

	const video = "ea95132c15732412d22c1476fa83f27a"
	var made struct{ Token string }
	run(&made, "token", video)
	claims := api.StreamToken(t, made.Token)
	require.Equal(t, video, claims.Subject)
	require.True(t, claims.Downloadable)
	require.Equal(t, []StreamRule{{Type: "ip.geoip.country", Action: "allow", Country: []string{"DE", "FR"}}, {Type: "any", Action: "block"}}, claims.AccessRules)

	var relay Relay
	run(&relay, "relay", "stage")
	api.NewRelay(t, "stage", relay)

	old := api.RelayToken(t, relay.UID, relay.PublishSubscribe)
	if rotate == "rotate" {
		var rotated struct{ Token, Type string }
		run(&rotated, "rotate", relay.UID)
		require.Equal(t, "publish_subscribe", rotated.Type)
		api.AcceptedRelayToken(t, relay.UID, rotated.Token, Both)
		require.Len(t, api.Accepted(t, relay.UID), 2)
	} else {
		var replaced Relay
		run(&replaced, rotate, relay.UID)
		api.Issued(t, relay.UID, replaced.Issuers)
		require.Len(t, api.Accepted(t, relay.UID), 1)
	}
	require.NotContains(t, api.Accepted(t, relay.UID), old.ID)

	var key TURNKey
	run(&key, "turn", "my-turn-key")
	NewTURNKey(t, "my-turn-key", key)
	api.TURNCredentials(t, key)
}
