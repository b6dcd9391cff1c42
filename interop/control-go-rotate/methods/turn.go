//go:build integration

package methods

import (
	"testing"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/calls"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// TURNKeys creates TURN keys, makes credentials with them, lists, gets, renames and deletes them.
func TURNKeys(t *testing.T, api *apitest.API) {
	c, ctx, account := New(api), t.Context(), cloudflare.F(api.Account)

	first, err := c.Calls.TURN.New(ctx, calls.TURNNewParams{AccountID: account, Name: cloudflare.F("my-turn-key")})
	require.NoError(t, err)
	older := apitest.TURNKey{UID: first.UID, Key: first.Key, Name: first.Name, Created: first.Created, Modified: first.Modified}
	apitest.NewTURNKey(t, "my-turn-key", older)
	api.TURNCredentials(t, older)
	second, err := c.Calls.TURN.New(ctx, calls.TURNNewParams{AccountID: account}) // {}
	require.NoError(t, err)
	newer := apitest.TURNKey{UID: second.UID, Key: second.Key, Name: second.Name, Created: second.Created, Modified: second.Modified}
	apitest.NewTURNKey(t, "", newer)
	api.TURNCredentials(t, newer)
	api.NoTURNCredentials(t, newer.UID, older.Key, 401)
	older.Key, newer.Key = "", "" // not told again

	page, err := c.Calls.TURN.List(ctx, calls.TURNListParams{AccountID: account})
	require.NoError(t, err)
	apitest.Secretless(t, page.JSON.RawJSON())
	listed := []apitest.TURNKey{}
	for _, k := range page.Result {
		listed = append(listed, apitest.TURNKey{UID: k.UID, Name: k.Name, Created: k.Created, Modified: k.Modified})
	}
	require.Equal(t, []apitest.TURNKey{newer, older}, listed)
	pages, n := c.Calls.TURN.ListAutoPaging(ctx, calls.TURNListParams{AccountID: account}), 0
	for ; pages.Next(); n++ {
	}
	require.NoError(t, pages.Err())
	require.Equal(t, 2, n)

	got, err := c.Calls.TURN.Get(ctx, older.UID, calls.TURNGetParams{AccountID: account})
	require.NoError(t, err)
	apitest.Secretless(t, got.JSON.RawJSON())
	require.Equal(t, older, apitest.TURNKey{UID: got.UID, Name: got.Name, Created: got.Created, Modified: got.Modified})

	renamed, err := c.Calls.TURN.Update(ctx, older.UID, calls.TURNUpdateParams{AccountID: account, Name: cloudflare.F("renamed")})
	require.NoError(t, err)
	apitest.Secretless(t, renamed.JSON.RawJSON())
	require.Equal(t, older.UID, renamed.UID)
	require.Equal(t, "renamed", renamed.Name)
	require.Equal(t, older.Created, renamed.Created)
	require.True(t, renamed.Modified.After(older.Modified))
	api.TURNCredentials(t, apitest.TURNKey{UID: first.UID, Key: first.Key})

	gone, err := c.Calls.TURN.Delete(ctx, older.UID, calls.TURNDeleteParams{AccountID: account})
	require.NoError(t, err)
	apitest.Secretless(t, gone.JSON.RawJSON())
	require.Equal(t, []string{older.UID, "renamed"}, []string{gone.UID, gone.Name})
	require.Equal(t, renamed.Modified, gone.Modified)
	api.NoTURNCredentials(t, first.UID, first.Key, 401, 404)
	for name, call := range map[string]func() error{
		"get": func() error {
			_, err := c.Calls.TURN.Get(ctx, older.UID, calls.TURNGetParams{AccountID: account})
			return err
		},
		"delete": func() error {
			_, err := c.Calls.TURN.Delete(ctx, older.UID, calls.TURNDeleteParams{AccountID: account})
			return err
		},
		"update": func() error {
			_, err := c.Calls.TURN.Update(ctx, older.UID, calls.TURNUpdateParams{AccountID: account, Name: cloudflare.F("x")})
			return err
		},
	} {
		t.Run(name+" after delete", func(t *testing.T) { c.Fails(t, 404, CodeNotFound, call) })
	}
}
