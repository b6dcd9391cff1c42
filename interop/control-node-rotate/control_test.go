//go:build integration

package control

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
	"github.com/streamtoken/streamtoken/interop/control-node-rotate/sdk"
)

func TestMain(m *testing.M) { os.Exit(apitest.Main(m)) }

func TestStreamKeys(t *testing.T)  { sdk.StreamKeys(t, apitest.Start(t)) }
func TestStreamToken(t *testing.T) { sdk.StreamToken(t, apitest.Start(t)) }
func TestRelays(t *testing.T)      { sdk.Relays(t, apitest.Start(t)) }
func TestTURNKeys(t *testing.T)    { sdk.TURNKeys(t, apitest.Start(t)) }
func TestAuth(t *testing.T)        { sdk.Auth(t, apitest.Start(t)) }
func TestLegacy(t *testing.T)      { sdk.Legacy(t, apitest.Start(t)) }

type object = map[string]any

// TestRotate: "The old token is immediately invalidated", and nothing else is.
func TestRotate(t *testing.T) {
	api := apitest.Start(t)
	s := sdk.New(t, api)
	made := s.NewRelay(t, "stage")
	now := map[string]string{"publish_subscribe": made.PublishSubscribe, "subscribe": made.Subscribe}
	operations := map[string][]string{"publish_subscribe": apitest.Both, "subscribe": apitest.One}
	edge := api.Follow(t, made.UID)
	for range 3 {
		for kind := range operations {
			before := now[kind]
			edge.Admits(t, before)
			old := s.RelayToken(t, made.UID, now[kind], operations[kind])
			var rotated struct{ Token, Type string }
			answer := s.Call(t, &rotated, "moq.relays.tokens.rotate", made.UID, object{"account_id": api.Account, "type": kind})
			require.ElementsMatch(t, []string{"token", "type"}, apitest.Members(t, answer))
			require.Equal(t, kind, rotated.Type)
			require.NotEqual(t, before, rotated.Token)
			now[kind] = rotated.Token
			require.NotContains(t, api.Accepted(t, made.UID), old.ID)
			require.Len(t, api.Accepted(t, made.UID), 2)
			edge.Refuses(t, before)
			for kind, token := range now {
				edge.Admits(t, token)
				apitest.OneYear(t, s.RelayToken(t, made.UID, token, operations[kind]))
			}
		}
	}
	require.Equal(t, "/type", s.Fails(t, 400, sdk.CodeBadRequest, "moq.relays.tokens.rotate", made.UID, object{"account_id": api.Account, "type": "publish"}))
	require.Equal(t, "/type", s.Fails(t, 400, sdk.CodeBadRequest, "moq.relays.tokens.rotate", made.UID, object{"account_id": api.Account}))
	s.Fails(t, 404, sdk.CodeNotFound, "moq.relays.tokens.rotate", sdk.Video, object{"account_id": api.Account, "type": "subscribe"})
	require.Len(t, api.Accepted(t, made.UID), 2)
}

// TestConfig: the parts of a relay's configuration that are in this generation alone.
func TestConfig(t *testing.T) {
	api := apitest.Start(t)
	s := sdk.New(t, api)
	made := s.NewRelay(t, "stage")
	var got struct{ Config object }
	s.Call(t, &got, "moq.relays.get", made.UID, object{"account_id": api.Account})
	require.Equal(t, object{"enabled": true, "max_timeout_ms": 30000.0}, got.Config["lingering_subscribe"], "the default")

	config := s.Configure(t, made.UID, object{"lingering_subscribe": object{"enabled": true, "max_timeout_ms": 5000}})
	require.JSONEq(t, `{"enabled":true,"max_timeout_ms":5000}`, string(config["lingering_subscribe"]))
	fallback := object{"enabled": true, "origins": []object{{"url": "https://origin.example.com/moq"}}}
	config = s.Configure(t, made.UID, object{"lingering_subscribe": object{"enabled": false}, "origin_fallback": fallback})
	require.JSONEq(t, `{"enabled":true,"origins":[{"url":"https://origin.example.com/moq"}]}`, string(config["origin_fallback"]))
	both := object{"lingering_subscribe": object{"enabled": true, "max_timeout_ms": 5000}, "origin_fallback": fallback}
	require.Contains(t, s.Fails(t, 400, sdk.CodeBadRequest, "moq.relays.update", made.UID, object{"account_id": api.Account, "config": both}), "/config")
}
