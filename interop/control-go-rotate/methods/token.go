//go:build integration

package methods

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/stream"
	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// The ids of a video and of a live input: to the call they are the same.
const (
	Video = "ea95132c15732412d22c1476fa83f27a"
	Live  = "66be4bf738797e01e1fca35a7bdecdcd"
)

func rule(kind stream.TokenNewParamsAccessRulesType, action stream.TokenNewParamsAccessRulesAction, country, ip []string) stream.TokenNewParamsAccessRule {
	r := stream.TokenNewParamsAccessRule{Type: cloudflare.F(kind), Action: cloudflare.F(action)}
	if country != nil {
		r.Country = cloudflare.F(country)
	}
	if ip != nil {
		r.IP = cloudflare.F(ip)
	}
	return r
}

// StreamToken creates tokens with every field the call has.
func StreamToken(t *testing.T, api *apitest.API) {
	c, ctx, account := New(api), t.Context(), cloudflare.F(api.Account)
	create := func(t *testing.T, id string, params stream.TokenNewParams) string {
		t.Helper()
		params.AccountID = account
		res, err := c.Stream.Token.New(ctx, id, params)
		require.NoError(t, err)
		require.Equal(t, []string{"token"}, apitest.Members(t, res.JSON.RawJSON()))
		return res.Token
	}
	const (
		anybody = stream.TokenNewParamsAccessRulesTypeAny
		address = stream.TokenNewParamsAccessRulesTypeIPSrc
		country = stream.TokenNewParamsAccessRulesTypeIPGeoipCountry
		allow   = stream.TokenNewParamsAccessRulesActionAllow
		block   = stream.TokenNewParamsAccessRulesActionBlock
	)

	t.Run("defaults", func(t *testing.T) {
		for _, id := range []string{Video, Live} {
			claims := api.StreamToken(t, create(t, id, stream.TokenNewParams{}))
			require.Equal(t, id, claims.Subject)
			require.Contains(t, api.KeyIDs(t), claims.KeyID)
			require.EqualValues(t, 7200, claims.Expires-claims.NotBefore)
			apitest.Near(t, time.Now().Add(time.Hour), time.Unix(claims.Expires, 0))
			require.False(t, claims.Downloadable)
			require.Empty(t, claims.AccessRules)
		}
	})
	t.Run("every field", func(t *testing.T) {
		exp, nbf := time.Now().Add(12*time.Hour).Unix(), time.Now().Add(-time.Minute).Unix()
		claims := api.StreamToken(t, create(t, Video, stream.TokenNewParams{
			Exp: cloudflare.F(exp), Nbf: cloudflare.F(nbf), Downloadable: cloudflare.F(true),
			Flags: cloudflare.F(stream.TokenNewParamsFlags{Original: cloudflare.F(true)}),
			AccessRules: cloudflare.F([]stream.TokenNewParamsAccessRule{
				rule(country, block, []string{"US", "MX"}, nil),
				rule(address, allow, nil, []string{"93.184.216.0/24", "2400:cb00::/32"}),
				rule(anybody, block, nil, nil),
			}),
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
	t.Run("each type with each action", func(t *testing.T) {
		for _, action := range []stream.TokenNewParamsAccessRulesAction{allow, block} {
			claims := api.StreamToken(t, create(t, Video, stream.TokenNewParams{AccessRules: cloudflare.F([]stream.TokenNewParamsAccessRule{
				rule(address, action, nil, []string{"203.0.113.7"}),
				rule(country, action, []string{"DE"}, nil),
				rule(anybody, action, nil, nil),
			})}))
			require.Equal(t, []apitest.StreamRule{
				{Type: "ip.src", Action: string(action), IP: []string{"203.0.113.7"}},
				{Type: "ip.geoip.country", Action: string(action), Country: []string{"DE"}},
				{Type: "any", Action: string(action)},
			}, claims.AccessRules)
		}
	})
	t.Run("irrelevant lists", func(t *testing.T) { // the SDK's own tests send them
		claims := api.StreamToken(t, create(t, Video, stream.TokenNewParams{AccessRules: cloudflare.F([]stream.TokenNewParamsAccessRule{
			rule(anybody, allow, []string{"US"}, []string{"203.0.113.0/24"}),
			rule(address, allow, []string{"US"}, []string{"203.0.113.0/24"}),
		})}))
		require.Equal(t, []apitest.StreamRule{{Type: "any", Action: "allow"}, {Type: "ip.src", Action: "allow", IP: []string{"203.0.113.0/24"}}}, claims.AccessRules)
	})
	t.Run("no body at all", func(t *testing.T) {
		r := api.Do(t, api.Bearer, "POST", "/client/v4/accounts/"+api.Account+"/stream/"+Video+"/token", nil)
		require.Equal(t, 200, r.Status, "%s", r.Body)
		require.ElementsMatch(t, []string{"result", "success", "errors", "messages"}, apitest.Members(t, string(r.Body)))
		var envelope struct{ Result struct{ Token string } }
		r.Into(t, &envelope)
		require.Equal(t, Video, api.StreamToken(t, envelope.Result.Token).Subject)
	})
	t.Run("a key of the account", func(t *testing.T) {
		key, err := c.Stream.Keys.New(ctx, stream.KeyNewParams{AccountID: account, Body: map[string]any{}})
		require.NoError(t, err)
		claims := api.StreamToken(t, create(t, Video, stream.TokenNewParams{ID: cloudflare.F(key.ID), Pem: cloudflare.F(key.Pem)}))
		require.Equal(t, key.ID, claims.KeyID)
	})
	t.Run("a key of the caller", func(t *testing.T) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(t, err)
		wrapped := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
		token := create(t, Video, stream.TokenNewParams{ID: cloudflare.F("callers-key"), Pem: cloudflare.F(wrapped)})
		jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "callers-key", Algorithm: "RS256", Use: "sig"}}})
		require.NoError(t, err)
		require.Equal(t, "callers-key", apitest.VerifyStreamToken(t, token, jwks).KeyID)
		require.NotContains(t, api.KeyIDs(t), "callers-key")
	})
}

// StreamTokenRefused asks for tokens that the call must not give.
func StreamTokenRefused(t *testing.T, api *apitest.API) {
	c, ctx, account := New(api), t.Context(), cloudflare.F(api.Account)
	now := time.Now()
	anybody := rule(stream.TokenNewParamsAccessRulesTypeAny, stream.TokenNewParamsAccessRulesActionAllow, nil, nil)
	rules := func(list ...stream.TokenNewParamsAccessRule) stream.TokenNewParams {
		return stream.TokenNewParams{AccessRules: cloudflare.F(list)}
	}
	key, err := c.Stream.Keys.New(ctx, stream.KeyNewParams{AccountID: account, Body: map[string]any{}})
	require.NoError(t, err)
	for name, wrong := range map[string]struct {
		pointer string
		params  stream.TokenNewParams
		with    []option.RequestOption
	}{
		"exp beyond 24 hours":      {"/exp", stream.TokenNewParams{Exp: cloudflare.F(now.Add(25 * time.Hour).Unix())}, nil},
		"exp in the past":          {"/exp", stream.TokenNewParams{Exp: cloudflare.F(now.Add(-time.Hour).Unix())}, nil},
		"id without pem":           {"/pem", stream.TokenNewParams{ID: cloudflare.F(key.ID)}, nil},
		"pem without id":           {"/id", stream.TokenNewParams{Pem: cloudflare.F(key.Pem)}, nil},
		"pem that is none":         {"/pem", stream.TokenNewParams{ID: cloudflare.F(key.ID), Pem: cloudflare.F("bm90IGEga2V5")}, nil},
		"6 rules":                  {"/accessRules", rules(anybody, anybody, anybody, anybody, anybody, anybody), nil},
		"a rule without a type":    {"/accessRules/1/type", rules(anybody, stream.TokenNewParamsAccessRule{Action: anybody.Action}), nil},
		"a rule without an action": {"/accessRules/0/action", rules(stream.TokenNewParamsAccessRule{Type: anybody.Type}), nil},
		"an address that is none": {"/accessRules/0/ip/1", rules(rule(stream.TokenNewParamsAccessRulesTypeIPSrc, stream.TokenNewParamsAccessRulesActionAllow,
			nil, []string{"203.0.113.0/24", "example.com"})), nil},
		"exp as a string":      {"/exp", stream.TokenNewParams{}, []option.RequestOption{option.WithJSONSet("exp", "tomorrow")}},
		"downloadable, a word": {"/downloadable", stream.TokenNewParams{}, []option.RequestOption{option.WithJSONSet("downloadable", "yes")}},
	} {
		t.Run(name, func(t *testing.T) {
			wrong.params.AccountID = account
			pointer := c.Fails(t, 400, CodeBadRequest, func() error {
				_, err := c.Stream.Token.New(ctx, Video, wrong.params, wrong.with...)
				return err
			})
			require.True(t, strings.HasPrefix(pointer, wrong.pointer) || strings.HasPrefix(wrong.pointer, pointer) && pointer != "", "pointer %q, not %q", pointer, wrong.pointer)
		})
	}
	t.Run("unknown fields are no errors", func(t *testing.T) {
		res, err := c.Stream.Token.New(ctx, Video, stream.TokenNewParams{AccountID: account}, option.WithJSONSet("new_in_2027", true))
		require.NoError(t, err)
		require.Equal(t, Video, api.StreamToken(t, res.Token).Subject)
	})
}
