//go:build integration

package control

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/moq"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
	"github.com/streamtoken/streamtoken/interop/control-go-rotate/methods"
)

func TestMain(m *testing.M) { os.Exit(apitest.Main(m)) }

func TestStreamKeys(t *testing.T)         { methods.StreamKeys(t, apitest.Start(t)) }
func TestStreamToken(t *testing.T)        { methods.StreamToken(t, apitest.Start(t)) }
func TestStreamTokenRefused(t *testing.T) { methods.StreamTokenRefused(t, apitest.Start(t)) }
func TestRelays(t *testing.T)             { methods.Relays(t, apitest.Start(t), relay) }
func TestTURNKeys(t *testing.T)           { methods.TURNKeys(t, apitest.Start(t)) }
func TestAuth(t *testing.T)               { methods.Auth(t, apitest.Start(t)) }
func TestLegacy(t *testing.T)             { methods.Legacy(t, apitest.Start(t), relay) }

func relay(r *moq.RelayNewResponse) apitest.Relay {
	return apitest.Relay{UID: r.UID, Name: r.Name, Created: r.Created, Modified: r.Modified, Issuers: issuers(r.Issuers)}
}

// issuers gives the issuers of any of the SDK's answers, which have a type of their own in each: what the SDK decoded, not
// what was sent.
func issuers[T any](typed []T) (list []apitest.Issuer) {
	data, err := json.Marshal(typed)
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		panic(err)
	}
	return list
}

func words[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

const (
	publish   = moq.RelayTokenNewParamsOperationPublish
	subscribe = moq.RelayTokenNewParamsOperationSubscribe
)

// TestRelayTokens creates, lists and deletes tokens of a relay.
func TestRelayTokens(t *testing.T) {
	api := apitest.Start(t)
	c, ctx, account := methods.New(api), t.Context(), cloudflare.F(api.Account)
	made, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F("stage")})
	require.NoError(t, err)
	want := api.Issued(t, made.UID, relay(made).Issuers) // what the list must show, secrets aside

	edge := api.Follow(t, made.UID)
	expires := time.Now().Add(90 * time.Minute).UTC().Truncate(time.Second)
	for name, params := range map[string]moq.RelayTokenNewParams{
		"subscribe":                {Operations: cloudflare.F([]moq.RelayTokenNewParamsOperation{subscribe})},
		"publish":                  {Operations: cloudflare.F([]moq.RelayTokenNewParamsOperation{publish})},
		"both, labelled, expiring": {Operations: cloudflare.F([]moq.RelayTokenNewParamsOperation{publish, subscribe}), Expires: cloudflare.F(expires), Label: cloudflare.F("encoder 7")},
	} {
		t.Run(name, func(t *testing.T) {
			params.AccountID = account
			res, err := c.MoQ.Relays.Tokens.New(ctx, made.UID, params)
			require.NoError(t, err)
			tokens := api.Issued(t, made.UID, issuers(res.Issuers))
			require.Len(t, tokens, 1)
			token := tokens[0]
			require.Equal(t, words(params.Operations.Value), token.Operations)
			require.Equal(t, params.Label.Value, token.Label)
			if params.Expires.Present {
				require.Equal(t, expires, token.Expires.UTC())
			} else {
				require.WithinDuration(t, token.Created.AddDate(1, 0, 0), token.Expires, 24*time.Hour+time.Second)
			}
			edge.Admits(t, token.Secret)
			want = append(want, token)
		})
	}
	secrets := map[string]string{}
	for i, token := range want {
		secrets[token.JTI], want[i].Secret = token.Secret, ""
	}
	list := func() []apitest.RelayToken {
		t.Helper()
		res, err := c.MoQ.Relays.Tokens.List(ctx, made.UID, moq.RelayTokenListParams{AccountID: account})
		require.NoError(t, err)
		apitest.Secretless(t, res.JSON.RawJSON())
		return apitest.Tokens(t, issuers(res.Issuers))
	}
	require.ElementsMatch(t, want, list())

	for n := len(want); n > 0; n-- {
		jti := want[n-1].JTI
		for range 2 { // "Revoking an unknown token succeeds"
			res, err := c.MoQ.Relays.Tokens.Delete(ctx, made.UID, jti, moq.RelayTokenDeleteParams{AccountID: account})
			require.NoError(t, err)
			require.True(t, res.Success)
			require.Empty(t, res.Errors)
			require.Subset(t, []string{"success", "errors", "messages", "result"}, apitest.Members(t, res.JSON.RawJSON()))
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
	c, ctx, account := methods.New(api), t.Context(), cloudflare.F(api.Account)
	made, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F("stage")})
	require.NoError(t, err)
	create := func(relay string, expires time.Time, operations ...moq.RelayTokenNewParamsOperation) func() error {
		params := moq.RelayTokenNewParams{AccountID: account, Operations: cloudflare.F(operations)}
		if !expires.IsZero() {
			params.Expires = cloudflare.F(expires)
		}
		return func() error {
			_, err := c.MoQ.Relays.Tokens.New(ctx, relay, params)
			return err
		}
	}
	const unknown = "a1b2c3d4e5f67890a1b2c3d4e5f67890"
	for name, wrong := range map[string]struct {
		status  int
		code    int64
		pointer string
		call    func() error
	}{
		"no operation":         {400, methods.CodeBadRequest, "/operations", create(made.UID, time.Time{})},
		"an unknown operation": {400, methods.CodeBadRequest, "/operations", create(made.UID, time.Time{}, publish, "fetch")},
		"one operation twice":  {400, methods.CodeBadRequest, "/operations", create(made.UID, time.Time{}, publish, publish)},
		"beyond a year":        {400, methods.CodeBadRequest, "/expires", create(made.UID, time.Now().AddDate(1, 0, 2), subscribe)},
		"in the past":          {400, methods.CodeBadRequest, "/expires", create(made.UID, time.Now().Add(-time.Hour), subscribe)},
		"an unknown relay":     {404, methods.CodeNotFound, "", create(unknown, time.Time{}, subscribe)},
		"its list": {404, methods.CodeNotFound, "", func() error {
			_, err := c.MoQ.Relays.Tokens.List(ctx, unknown, moq.RelayTokenListParams{AccountID: account})
			return err
		}},
		"its deletion": {404, methods.CodeNotFound, "", func() error {
			_, err := c.MoQ.Relays.Tokens.Delete(ctx, unknown, unknown, moq.RelayTokenDeleteParams{AccountID: account})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, c.Fails(t, wrong.status, wrong.code, wrong.call), wrong.pointer)
		})
	}
	for range 8 {
		require.NoError(t, create(made.UID, time.Time{}, subscribe)())
	}
	require.Len(t, api.Accepted(t, made.UID), 10)
	t.Run("an 11th token", func(t *testing.T) {
		c.Fails(t, 400, 0, create(made.UID, time.Time{}, subscribe))
		err := create(made.UID, time.Time{}, subscribe)()
		require.Regexp(t, "maximum|token limit", err.Error(), "what programs look for")
	})
	require.Len(t, api.Accepted(t, made.UID), 10)
}
