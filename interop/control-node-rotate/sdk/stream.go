//go:build integration

package sdk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// The ids of a video and of a live input: to the call they are the same.
const (
	Video = "ea95132c15732412d22c1476fa83f27a"
	Live  = "66be4bf738797e01e1fca35a7bdecdcd"
)

// StreamKeys creates keys, lists them, signs with one and deletes it.
func StreamKeys(t *testing.T, api *apitest.API) {
	s := New(t, api)
	var older, newer apitest.Key
	for _, key := range []*apitest.Key{&older, &newer} {
		s.Call(t, key, "stream.keys.create", s.params()) // no body, no content type
		key.KeyID = ""
		apitest.NewKey(t, *key)
	}
	var list []apitest.Key
	apitest.Secretless(t, s.List(t, &list, "stream.keys.get", s.params()))
	require.Len(t, list, 2)
	apitest.ListedKey(t, newer, list[0])
	apitest.ListedKey(t, older, list[1])
	require.Subset(t, api.KeyIDs(t), []string{older.ID, newer.ID})

	var made struct{ Token string }
	s.Call(t, &made, "stream.token.create", Video, s.params("id", older.ID, "pem", older.PEM))
	require.Equal(t, older.ID, s.StreamToken(t, made.Token).KeyID)

	var said string
	s.Call(t, &said, "stream.keys.delete", older.ID, s.params())
	require.Equal(t, "Revoked", said)
	require.NotContains(t, api.KeyIDs(t), older.ID)
	require.Contains(t, api.KeyIDs(t), newer.ID)
	require.Equal(t, "JWKSNoMatchingKey", s.jose(t, "RS256", made.Token, &object{}).Type)
	require.Contains(t, api.Revocations(t), older.ID)
	s.List(t, &list, "stream.keys.get", s.params())
	require.Len(t, list, 1)
	s.Fails(t, 404, CodeNotFound, "stream.keys.delete", older.ID, s.params())
}

// StreamToken creates tokens with every field the call has.
func StreamToken(t *testing.T, api *apitest.API) {
	s := New(t, api)
	create := func(t *testing.T, id string, pairs ...any) string {
		t.Helper()
		var made struct{ Token string }
		answer := s.Call(t, &made, "stream.token.create", id, s.params(pairs...))
		require.Equal(t, []string{"token"}, apitest.Members(t, answer))
		return made.Token
	}
	t.Run("defaults", func(t *testing.T) {
		for _, id := range []string{Video, Live} {
			claims := s.StreamToken(t, create(t, id))
			require.Equal(t, id, claims.Subject)
			require.EqualValues(t, 7200, claims.Expires-claims.NotBefore)
			apitest.Near(t, time.Now().Add(time.Hour), time.Unix(claims.Expires, 0))
			require.False(t, claims.Downloadable)
			require.Empty(t, claims.AccessRules)
		}
	})
	t.Run("every field", func(t *testing.T) {
		exp, nbf := time.Now().Add(12*time.Hour).Unix(), time.Now().Add(-time.Minute).Unix()
		claims := s.StreamToken(t, create(t, Video, "exp", exp, "nbf", nbf, "downloadable", true, "flags", object{"original": true}, "accessRules", []object{
			{"type": "ip.geoip.country", "action": "block", "country": []string{"US", "MX"}, "ip": []string{"203.0.113.0/24"}},
			{"type": "ip.src", "action": "allow", "ip": []string{"93.184.216.0/24", "2400:cb00::/32"}},
			{"type": "any", "action": "block", "country": []string{"US"}},
		}))
		require.Equal(t, apitest.StreamClaims{
			Subject: Video, KeyID: claims.KeyID, Expires: exp, NotBefore: nbf, Downloadable: true,
			AccessRules: []apitest.StreamRule{
				{Type: "ip.geoip.country", Action: "block", Country: []string{"US", "MX"}},
				{Type: "ip.src", Action: "allow", IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
				{Type: "any", Action: "block"},
			},
		}, claims)
	})
	anybody := object{"type": "any", "action": "allow"}
	for name, wrong := range map[string]struct {
		pointer string
		pairs   []any
	}{
		"exp beyond 24 hours": {"/exp", []any{"exp", time.Now().Add(25 * time.Hour).Unix()}},
		"exp as a string":     {"/exp", []any{"exp", "1780000000"}},
		"nbf as a fraction":   {"/nbf", []any{"nbf", 1780000000.5}},
		"downloadable, a 1":   {"/downloadable", []any{"downloadable", 1}},
		"id without pem":      {"/pem", []any{"id", Video}},
		"pem without id":      {"/id", []any{"pem", "LS0tLS1"}},
		"6 rules":             {"/accessRules", []any{"accessRules", []object{anybody, anybody, anybody, anybody, anybody, anybody}}},
		"rules as an object":  {"/accessRules", []any{"accessRules", anybody}},
		"a rule of no type":   {"/accessRules/1", []any{"accessRules", []object{anybody, {"action": "allow"}}}},
		"an unknown type":     {"/accessRules/0", []any{"accessRules", []object{{"type": "ip.dst", "action": "allow"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			pointer := s.Fails(t, 400, CodeBadRequest, "stream.token.create", Video, s.params(wrong.pairs...))
			require.True(t, strings.HasPrefix(pointer, wrong.pointer), pointer)
		})
	}
	t.Run("unknown fields are no errors", func(t *testing.T) { s.StreamToken(t, create(t, Video, "new_in_2027", true)) })
}
