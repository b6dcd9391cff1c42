//go:build integration

package sdk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// TURNKeys creates TURN keys, makes credentials with them, lists, gets, renames and deletes them.
func TURNKeys(t *testing.T, api *apitest.API) {
	s := New(t, api)
	var older, newer, got apitest.TURNKey
	s.Call(t, &older, "calls.turn.create", s.params("name", "my-turn-key"))
	apitest.NewTURNKey(t, "my-turn-key", older)
	api.TURNCredentials(t, older)
	s.Call(t, &newer, "calls.turn.create", s.params())
	apitest.NewTURNKey(t, "", newer)
	secret := older.Key
	older.Key, newer.Key = "", "" // not told again

	var list []apitest.TURNKey
	apitest.Secretless(t, s.List(t, &list, "calls.turn.list", s.params()))
	require.Equal(t, []apitest.TURNKey{newer, older}, list)
	answer := s.Call(t, &got, "calls.turn.get", older.UID, s.params())
	apitest.Secretless(t, answer)
	require.ElementsMatch(t, []string{"uid", "name", "created", "modified"}, apitest.Members(t, answer))
	require.Equal(t, older, got)

	var renamed, gone apitest.TURNKey
	apitest.Secretless(t, s.Call(t, &renamed, "calls.turn.update", older.UID, s.params("name", "renamed")))
	require.True(t, renamed.Modified.After(older.Modified))
	require.Equal(t, apitest.TURNKey{UID: older.UID, Name: "renamed", Created: older.Created, Modified: renamed.Modified}, renamed)
	apitest.Secretless(t, s.Call(t, &gone, "calls.turn.delete", older.UID, s.params()))
	require.Equal(t, renamed, gone)
	api.NoTURNCredentials(t, older.UID, secret, 401, 404)
	for _, method := range []string{"get", "update", "delete"} {
		s.Fails(t, 404, CodeNotFound, "calls.turn."+method, older.UID, s.params())
	}
	require.Equal(t, "/name", s.Fails(t, 400, CodeBadRequest, "calls.turn.create", s.params("name", 7)))
}
