//go:build integration

package control

import (
	"os"
	"testing"
	"time"

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

// TestRelayTokens creates, lists and deletes tokens of a relay.
func TestRelayTokens(t *testing.T) {
	api := apitest.Start(t)
	s := sdk.New(t, api)
	made := s.NewRelay(t, "stage")
	want := append([]apitest.RelayToken{}, apitest.Tokens(t, made.Issuers)...)
	edge := api.Follow(t, made.UID)
	expires := time.Now().Add(90 * time.Minute).UTC().Truncate(time.Second)
	for name, params := range map[string]object{
		"subscribe":                {"operations": []string{"subscribe"}},
		"publish":                  {"operations": []string{"publish"}},
		"both, labelled, expiring": {"operations": []string{"publish", "subscribe"}, "expires": expires.Format(time.RFC3339), "label": "encoder 7"},
	} {
		t.Run(name, func(t *testing.T) {
			params["account_id"] = api.Account
			var res apitest.Relay
			s.Call(t, &res, "moq.relays.tokens.create", made.UID, params)
			tokens := api.Issued(t, made.UID, res.Issuers)
			require.Len(t, tokens, 1)
			s.RelayToken(t, made.UID, tokens[0].Secret, params["operations"].([]string))
			if label, ok := params["label"]; ok {
				require.Equal(t, label, tokens[0].Label)
				require.Equal(t, expires, tokens[0].Expires.UTC())
			} else {
				require.Empty(t, tokens[0].Label)
				require.WithinDuration(t, tokens[0].Created.AddDate(1, 0, 0), tokens[0].Expires, 24*time.Hour+time.Second)
			}
			edge.Admits(t, tokens[0].Secret)
			want = append(want, tokens[0])
		})
	}
	secrets := map[string]string{}
	for i, token := range want {
		secrets[token.JTI], want[i].Secret = token.Secret, ""
	}
	list := func() []apitest.RelayToken {
		t.Helper()
		var res apitest.Relay
		apitest.Secretless(t, s.Call(t, &res, "moq.relays.tokens.list", made.UID, object{"account_id": api.Account}))
		return apitest.Tokens(t, res.Issuers)
	}
	require.ElementsMatch(t, want, list())
	for n := len(want); n > 0; n-- {
		jti := want[n-1].JTI
		for range 2 { // "Revoking an unknown token succeeds"
			var envelope struct {
				Success  bool
				Errors   []any
				Messages []any
			}
			s.Call(t, &envelope, "moq.relays.tokens.delete", jti, object{"account_id": api.Account, "relay_id": made.UID})
			require.True(t, envelope.Success)
			require.NotNil(t, envelope.Errors)
			require.Empty(t, envelope.Errors)
			require.NotNil(t, envelope.Messages)
			require.NotContains(t, api.Accepted(t, made.UID), jti)
			require.Len(t, api.Accepted(t, made.UID), n-1)
			edge.Refuses(t, secrets[jti])
		}
	}
	require.Empty(t, list())
}

// TestRelayTokensRefused asks for tokens that the call must not give.
func TestRelayTokensRefused(t *testing.T) {
	api := apitest.Start(t)
	s := sdk.New(t, api)
	made := s.NewRelay(t, "stage")
	with := func(name string, value any) object {
		params := object{"account_id": api.Account, "operations": []string{"subscribe"}}
		params[name] = value
		return params
	}
	for name, wrong := range map[string]struct {
		pointer string
		params  object
	}{
		"no operation":         {"/operations", with("operations", []string{})},
		"operations left out":  {"/operations", object{"account_id": api.Account}},
		"operations, a string": {"/operations", with("operations", "subscribe")},
		"an unknown operation": {"/operations", with("operations", []string{"fetch"})},
		"beyond a year":        {"/expires", with("expires", time.Now().AddDate(1, 0, 2).Format(time.RFC3339))},
		"not a date":           {"/expires", with("expires", "tomorrow")},
		"label, a number":      {"/label", with("label", 7)},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, s.Fails(t, 400, sdk.CodeBadRequest, "moq.relays.tokens.create", made.UID, wrong.params), wrong.pointer)
		})
	}
	s.Fails(t, 404, sdk.CodeNotFound, "moq.relays.tokens.create", sdk.Video, with("label", "x"))
	for range 8 {
		s.Call(t, nil, "moq.relays.tokens.create", made.UID, with("label", "x"))
	}
	s.Fails(t, 400, 0, "moq.relays.tokens.create", made.UID, with("label", "an 11th token"))
	require.Len(t, api.Accepted(t, made.UID), 10)
}

// TestUpstreams: the configuration of this generation.
func TestUpstreams(t *testing.T) {
	api := apitest.Start(t)
	s := sdk.New(t, api)
	made := s.NewRelay(t, "stage")
	config := s.Configure(t, made.UID, object{"upstreams": object{"enabled": true, "upstreams": []object{{"url": "https://origin.example.com/moq"}, {"url": "moqt://origin.example.net"}}}})
	require.JSONEq(t, `{"enabled":true,"upstreams":[{"url":"https://origin.example.com/moq"},{"url":"moqt://origin.example.net"}]}`, string(config["upstreams"]))
	config = s.Configure(t, made.UID, object{"upstreams": object{"enabled": false, "upstreams": []object{}}})
	require.JSONEq(t, `{"enabled":false,"upstreams":[]}`, string(config["upstreams"]))
}
