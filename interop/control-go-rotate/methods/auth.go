//go:build integration

package methods

import (
	"strings"
	"testing"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/calls"
	"github.com/cloudflare/cloudflare-go/v7/moq"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/stream"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// Auth calls with every kind of credentials the SDK sends, good and bad, and with either base URL.
func Auth(t *testing.T, api *apitest.API) {
	base := option.WithBaseURL(api.BaseURL())
	email := option.WithAPIEmail("user@example.com")
	call := func(c *Client, account string) error {
		_, err := c.Calls.TURN.List(t.Context(), calls.TURNListParams{AccountID: cloudflare.F(account)})
		return err
	}
	other := strings.Repeat("9", 32)

	for name, c := range map[string]*Client{
		"token":                        newClient(base, option.WithAPIToken(api.Bearer)),
		"X-Auth-Email, X-Auth-Key":     newClient(base, email, option.WithAPIKey(api.Bearer)),
		"X-Auth-User-Service-Key":      newClient(base, option.WithUserServiceKey(api.Bearer)),
		"all at once":                  newClient(base, option.WithAPIToken(api.Bearer), email, option.WithAPIKey(api.Bearer)),
		"base URL without /client/v4":  newClient(option.WithBaseURL(api.URL), option.WithAPIToken(api.Bearer)),
		"base URL with a slash":        newClient(option.WithBaseURL(api.BaseURL()+"/"), option.WithAPIToken(api.Bearer)),
		"a token of one account alone": newClient(base, option.WithAPIToken(api.Bound)),
	} {
		t.Run(name, func(t *testing.T) { require.NoError(t, call(c, api.Account)) })
	}
	for name, c := range map[string]struct {
		status int
		code   int64
		client *Client
	}{
		"wrong token":            {401, CodeAuthentication, newClient(base, option.WithAPIToken("Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY"))},
		"wrong key":              {401, CodeAuthentication, newClient(base, email, option.WithAPIKey("144c9defac04969c7bfad8efaa8ea194"))},
		"nothing":                {400, CodeNoCredentials, newClient(base)},
		"a key without an email": {400, CodeNoCredentials, newClient(base, option.WithAPIKey(api.Bearer))},
		"another scheme":         {400, CodeBadHeaders, newClient(base, option.WithHeader("Authorization", "Basic "+api.Bearer))},
		"no scheme":              {400, CodeBadHeaders, newClient(base, option.WithHeader("Authorization", api.Bearer))},
	} {
		t.Run(name, func(t *testing.T) {
			c.client.Fails(t, c.status, c.code, func() error { return call(c.client, api.Account) })
		})
	}

	t.Run("every method wants credentials", func(t *testing.T) {
		c, ctx, account := newClient(base, option.WithAPIToken("Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY")), t.Context(), cloudflare.F(api.Account)
		for name, call := range map[string]func() error{
			"keys.New": func() error { _, err := c.Stream.Keys.New(ctx, stream.KeyNewParams{AccountID: account}); return err },
			"keys.Get": func() error { _, err := c.Stream.Keys.Get(ctx, stream.KeyGetParams{AccountID: account}); return err },
			"keys.Delete": func() error {
				_, err := c.Stream.Keys.Delete(ctx, Video, stream.KeyDeleteParams{AccountID: account})
				return err
			},
			"token.New": func() error {
				_, err := c.Stream.Token.New(ctx, Video, stream.TokenNewParams{AccountID: account})
				return err
			},
			"relay.New": func() error {
				_, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F("x")})
				return err
			},
			"relay.List": func() error { _, err := c.MoQ.Relays.List(ctx, moq.RelayListParams{AccountID: account}); return err },
			"relay.Get": func() error {
				_, err := c.MoQ.Relays.Get(ctx, Video, moq.RelayGetParams{AccountID: account})
				return err
			},
			"relay.Update": func() error {
				_, err := c.MoQ.Relays.Update(ctx, Video, moq.RelayUpdateParams{AccountID: account})
				return err
			},
			"relay.Delete": func() error {
				_, err := c.MoQ.Relays.Delete(ctx, Video, moq.RelayDeleteParams{AccountID: account})
				return err
			},
			"turn.New": func() error { _, err := c.Calls.TURN.New(ctx, calls.TURNNewParams{AccountID: account}); return err },
			"turn.Get": func() error {
				_, err := c.Calls.TURN.Get(ctx, Video, calls.TURNGetParams{AccountID: account})
				return err
			},
			"turn.Update": func() error {
				_, err := c.Calls.TURN.Update(ctx, Video, calls.TURNUpdateParams{AccountID: account})
				return err
			},
			"turn.Delete": func() error {
				_, err := c.Calls.TURN.Delete(ctx, Video, calls.TURNDeleteParams{AccountID: account})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) { c.Fails(t, 401, CodeAuthentication, call) })
		}
	})

	t.Run("accounts are apart", func(t *testing.T) {
		c := New(api)
		mine, err := c.Calls.TURN.New(t.Context(), calls.TURNNewParams{AccountID: cloudflare.F(api.Account)})
		require.NoError(t, err)
		c.Fails(t, 404, CodeNotFound, func() error {
			_, err := c.Calls.TURN.Get(t.Context(), mine.UID, calls.TURNGetParams{AccountID: cloudflare.F(other)})
			return err
		})
		page, err := c.Calls.TURN.List(t.Context(), calls.TURNListParams{AccountID: cloudflare.F(other)})
		require.NoError(t, err)
		require.Empty(t, page.Result)
		bound := newClient(base, option.WithAPIToken(api.Bound))
		bound.Fails(t, 403, CodeAuthentication, func() error { return call(bound, other) })
	})
	t.Run("no such route", func(t *testing.T) {
		c := New(api)
		c.Fails(t, 404, CodeNoRoute, func() error {
			return c.Get(t.Context(), "accounts/"+api.Account+"/stream/nothing/here", nil, nil)
		})
	})
}
