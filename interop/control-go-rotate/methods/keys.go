//go:build integration

package methods

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/stream"
	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/apitest"
	"github.com/streamtoken/streamtoken/signer"
)

func made(t testing.TB, k *stream.Keys) apitest.Key {
	t.Helper()
	key := apitest.Key{ID: k.ID, PEM: k.Pem, JWK: k.Jwk, Created: k.Created}
	apitest.NewKey(t, key)
	return key
}

// StreamKeys creates keys, lists them, signs with one and deletes it.
func StreamKeys(t *testing.T, api *apitest.API) {
	c, ctx, account := New(api), t.Context(), cloudflare.F(api.Account)

	first, err := c.Stream.Keys.New(ctx, stream.KeyNewParams{AccountID: account, Body: map[string]any{}})
	require.NoError(t, err)
	second, err := c.Stream.Keys.New(ctx, stream.KeyNewParams{AccountID: account}) // an empty body, chunked
	require.NoError(t, err)
	older, newer := made(t, first), made(t, second)
	require.NotEqual(t, older.ID, newer.ID)

	page, err := c.Stream.Keys.Get(ctx, stream.KeyGetParams{AccountID: account})
	require.NoError(t, err)
	require.Len(t, page.Result, 2)
	apitest.Secretless(t, page.JSON.RawJSON())
	for i, want := range []apitest.Key{newer, older} {
		got := page.Result[i]
		apitest.ListedKey(t, want, apitest.Key{ID: got.ID, KeyID: got.KeyID, Created: got.Created})
	}
	pages := c.Stream.Keys.GetAutoPaging(ctx, stream.KeyGetParams{AccountID: account})
	ids := []string{}
	for pages.Next() {
		ids = append(ids, pages.Current().ID)
	}
	require.NoError(t, pages.Err())
	require.Equal(t, []string{newer.ID, older.ID}, ids)
	require.Subset(t, api.KeyIDs(t), ids)

	token := sign(t, older)
	require.Equal(t, older.ID, api.StreamToken(t, token).KeyID)
	said, err := c.Stream.Keys.Delete(ctx, older.ID, stream.KeyDeleteParams{AccountID: account})
	require.NoError(t, err)
	require.Equal(t, "Revoked", *said)
	require.NotContains(t, api.KeyIDs(t), older.ID)
	require.Contains(t, api.KeyIDs(t), newer.ID)
	require.ErrorIs(t, api.RefusedStreamToken(t, token), streamtoken.ReasonKeyUnknown)
	require.Contains(t, api.Revocations(t), older.ID)
	page, err = c.Stream.Keys.Get(ctx, stream.KeyGetParams{AccountID: account})
	require.NoError(t, err)
	require.Len(t, page.Result, 1)

	c.Fails(t, 404, CodeNotFound, func() error {
		_, err := c.Stream.Keys.Delete(ctx, older.ID, stream.KeyDeleteParams{AccountID: account})
		return err
	})
}

// sign mints a token with a key as it was handed out, without the API.
func sign(t testing.TB, k apitest.Key) string {
	t.Helper()
	pem, err := base64.StdEncoding.DecodeString(k.PEM)
	require.NoError(t, err)
	key, err := signer.ParseKey(pem, k.ID)
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: key})
	require.NoError(t, err)
	token, err := s.Sign(streamtoken.Claims{Subject: Video, Expires: time.Now().Add(time.Minute)})
	require.NoError(t, err)
	return token
}
