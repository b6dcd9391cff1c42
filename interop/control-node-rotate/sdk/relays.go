//go:build integration

package sdk

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// NewRelay creates a relay, wants the answer to be what either generation documents, and gives it.
func (s *SDK) NewRelay(t testing.TB, name string) apitest.Relay {
	t.Helper()
	var r apitest.Relay
	answer := s.Call(t, &r, "moq.relays.create", s.params("name", name))
	require.Subset(t, apitest.Members(t, answer), []string{"uid", "name", "created", "modified", "config", "token_publish_subscribe", "token_subscribe", "issuers"})
	s.RelayToken(t, r.UID, r.PublishSubscribe, apitest.Both)
	s.RelayToken(t, r.UID, r.Subscribe, apitest.One)
	s.API.NewRelay(t, name, r)
	for _, token := range r.Issuers[0].Tokens {
		require.Contains(t, []string{r.PublishSubscribe, r.Subscribe}, token.Secret, "the same tokens in both shapes")
	}
	return r
}

// Relays creates relays and lists, gets, renames and deletes them.
func Relays(t *testing.T, api *apitest.API) {
	s := New(t, api)
	made, bare := make([]apitest.Relay, 3), make([]apitest.Relay, 3)
	for i, name := range []string{"relay-0", "relay-1", "relay-2"} {
		made[i] = s.NewRelay(t, name)
		bare[i] = apitest.Relay{UID: made[i].UID, Name: name, Created: made[i].Created, Modified: made[i].Modified}
	}
	created := func(i int) string { // as it was sent
		var raw struct{ Created string }
		s.Call(t, &raw, "moq.relays.get", made[i].UID, s.params())
		return raw.Created
	}
	for name, c := range map[string]struct {
		pairs []any
		want  []apitest.Relay
	}{
		"newest first": {nil, []apitest.Relay{bare[2], bare[1], bare[0]}},
		"oldest first": {[]any{"asc", true}, bare},
		"a page":       {[]any{"per_page", 2}, []apitest.Relay{bare[2], bare[1]}},
		"before":       {[]any{"created_before", created(1)}, bare[:1]},
		"after":        {[]any{"created_after", created(1), "asc", true}, bare[2:]},
		"clamped":      {[]any{"per_page", 5000}, []apitest.Relay{bare[2], bare[1], bare[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			var list []apitest.Relay
			apitest.Secretless(t, s.List(t, &list, "moq.relays.list", s.params(c.pairs...)))
			require.Equal(t, c.want, list)
		})
	}

	relay := made[1]
	var got, renamed apitest.Relay
	answer := s.Call(t, &got, "moq.relays.get", relay.UID, s.params())
	apitest.Secretless(t, answer)
	require.ElementsMatch(t, []string{"uid", "name", "created", "modified", "config"}, apitest.Members(t, answer))
	require.Equal(t, bare[1], got)
	apitest.Secretless(t, s.Call(t, &renamed, "moq.relays.update", relay.UID, s.params("name", "another name")))
	require.Equal(t, "another name", renamed.Name)
	require.True(t, renamed.Modified.After(got.Modified))

	s.Fails(t, 400, CodeBadRequest, "moq.relays.create", s.params("name", ""))
	s.Fails(t, 400, CodeUpstreamURL, "moq.relays.update", relay.UID, s.params("config", object{"upstreams": object{"enabled": true, "upstreams": []object{{"url": "http://example.com"}}}}))
	require.Equal(t, "null", s.Call(t, nil, "moq.relays.delete", relay.UID, s.params()))
	require.Equal(t, 404, api.Do(t, api.Bearer, "GET", "/-/relays/"+relay.UID+"/accepted", nil).Status)
	for _, method := range []string{"get", "update", "delete"} {
		s.Fails(t, 404, CodeNotFound, "moq.relays."+method, relay.UID, s.params())
	}
}

// Configure updates the relay's configuration, and gives it as it is then, and as get gives it, which must be the same.
func (s *SDK) Configure(t testing.TB, relay string, config any) map[string]json.RawMessage {
	t.Helper()
	var updated, got struct{ Config map[string]json.RawMessage }
	s.Call(t, &updated, "moq.relays.update", relay, s.params("config", config))
	s.Call(t, &got, "moq.relays.get", relay, s.params())
	require.Equal(t, updated, got)
	return got.Config
}
