//go:build integration

package sdk

import (
	"testing"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// Legacy makes the calls that are in every generation with the older headers and a base URL without a path.
func Legacy(t *testing.T, api *apitest.API) {
	legacy := api.AsLegacy()
	t.Run("keys", func(t *testing.T) { StreamKeys(t, legacy) })
	t.Run("tokens", func(t *testing.T) { StreamToken(t, legacy) })
	t.Run("relays", func(t *testing.T) { Relays(t, legacy) })
	t.Run("TURN keys", func(t *testing.T) { TURNKeys(t, legacy) })
}

// Auth calls with every kind of credentials the SDK sends, good and bad, and with either base URL.
func Auth(t *testing.T, api *apitest.API) {
	s := New(t, api)
	for name, options := range map[string]object{
		"token":                       {"baseURL": api.BaseURL(), "apiToken": api.Bearer},
		"base URL without /client/v4": {"baseURL": api.URL, "apiToken": api.Bearer},
		"a token of one account":      {"baseURL": api.BaseURL(), "apiToken": api.Bound},
	} {
		t.Run(name, func(t *testing.T) {
			var keys []apitest.TURNKey
			s.With(options).List(t, &keys, "calls.turn.list", s.params())
		})
	}
	wrong := s.With(object{"baseURL": api.BaseURL(), "apiToken": "Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY"})
	for _, method := range []string{"stream.keys.create", "stream.keys.get", "moq.relays.list", "calls.turn.create", "calls.turn.list"} {
		t.Run(method, func(t *testing.T) { wrong.Fails(t, 401, CodeAuthentication, method, s.params()) })
	}
	for _, method := range []string{
		"stream.keys.delete", "stream.token.create", "moq.relays.get", "moq.relays.update", "moq.relays.delete", "calls.turn.get", "calls.turn.update", "calls.turn.delete",
	} {
		t.Run(method, func(t *testing.T) { wrong.Fails(t, 401, CodeAuthentication, method, Video, s.params()) })
	}
	key := s.With(object{"baseURL": api.BaseURL(), "apiToken": nil, "apiEmail": "user@example.com", "apiKey": "144c9defac04969c7bfad8efaa8ea194"})
	t.Run("wrong key", func(t *testing.T) { key.Fails(t, 401, CodeAuthentication, "calls.turn.list", s.params()) })
}
