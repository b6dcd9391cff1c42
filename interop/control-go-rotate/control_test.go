//go:build integration

package control

import (
	"os"
	"testing"

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
	return apitest.Relay{
		UID: r.UID, Name: r.Name, Created: r.Created, Modified: r.Modified,
		PublishSubscribe: r.TokenPublishSubscribe, Subscribe: r.TokenSubscribe,
	}
}

// TestRotate: "The old token is immediately invalidated", and nothing else is.
func TestRotate(t *testing.T) {
	api := apitest.Start(t)
	c, ctx, account := methods.New(api), t.Context(), cloudflare.F(api.Account)
	made, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F("stage")})
	require.NoError(t, err)
	now := map[moq.RelayTokenRotateParamsType]string{
		moq.RelayTokenRotateParamsTypePublishSubscribe: made.TokenPublishSubscribe,
		moq.RelayTokenRotateParamsTypeSubscribe:        made.TokenSubscribe,
	}
	operations := map[moq.RelayTokenRotateParamsType][]string{
		moq.RelayTokenRotateParamsTypePublishSubscribe: apitest.Both,
		moq.RelayTokenRotateParamsTypeSubscribe:        apitest.One,
	}
	edge := api.Follow(t, made.UID)
	for range 3 {
		for kind := range operations {
			before := now[kind]
			edge.Admits(t, before)
			old := api.AcceptedRelayToken(t, made.UID, now[kind], operations[kind])
			res, err := c.MoQ.Relays.Tokens.Rotate(ctx, made.UID, moq.RelayTokenRotateParams{AccountID: account, Type: cloudflare.F(kind)})
			require.NoError(t, err)
			require.EqualValues(t, kind, res.Type)
			require.ElementsMatch(t, []string{"token", "type"}, apitest.Members(t, res.JSON.RawJSON()))
			require.NotEqual(t, before, res.Token)
			now[kind] = res.Token

			require.NotContains(t, api.Accepted(t, made.UID), old.ID)
			require.Len(t, api.Accepted(t, made.UID), 2)
			edge.Refuses(t, before)
			for kind, token := range now {
				edge.Admits(t, token)
				apitest.OneYear(t, api.AcceptedRelayToken(t, made.UID, token, operations[kind]))
			}
		}
	}
	for name, wrong := range map[string]struct {
		status int
		code   int64
		relay  string
		kind   moq.RelayTokenRotateParamsType
	}{
		"another type":     {400, methods.CodeBadRequest, made.UID, "publish"},
		"an unknown relay": {404, methods.CodeNotFound, "a1b2c3d4e5f67890a1b2c3d4e5f67890", moq.RelayTokenRotateParamsTypeSubscribe},
	} {
		t.Run(name, func(t *testing.T) {
			c.Fails(t, wrong.status, wrong.code, func() error {
				_, err := c.MoQ.Relays.Tokens.Rotate(ctx, wrong.relay, moq.RelayTokenRotateParams{AccountID: account, Type: cloudflare.F(wrong.kind)})
				return err
			})
		})
	}
	require.Len(t, api.Accepted(t, made.UID), 2)
}

// TestRotateWithASilentNode: one of two nodes does not answer. The call returns all the same, after a single request, and
// that node never accepts the old token again.
func TestRotateWithASilentNode(t *testing.T) {
	api := apitest.Start(t, "--lease", "2s")
	second := api.Second(t)
	c, ctx, account := methods.New(api), t.Context(), cloudflare.F(api.Account)
	made, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F("stage")})
	require.NoError(t, err)
	old := second.AcceptedRelayToken(t, made.UID, made.TokenPublishSubscribe, apitest.Both)

	resume := second.Pause(t)
	before := c.Requests.Load()
	res, err := c.MoQ.Relays.Tokens.Rotate(ctx, made.UID, moq.RelayTokenRotateParams{
		AccountID: account, Type: cloudflare.F(moq.RelayTokenRotateParamsTypePublishSubscribe),
	})
	require.NoError(t, err)
	require.EqualValues(t, 1, c.Requests.Load()-before)
	resume()
	second.NeverAccepts(t, made.UID, old.ID)
	second.AcceptedRelayToken(t, made.UID, res.Token, apitest.Both)
}

// TestLingeringSubscribe: the part of a relay's configuration that is in this generation alone.
func TestLingeringSubscribe(t *testing.T) {
	api := apitest.Start(t)
	c, ctx, account := methods.New(api), t.Context(), cloudflare.F(api.Account)
	made, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F("stage")})
	require.NoError(t, err)
	require.True(t, made.Config.LingeringSubscribe.Enabled, "the default")
	require.EqualValues(t, 30000, made.Config.LingeringSubscribe.MaxTimeoutMs, "the default")

	lingering := func(enabled bool, ms int64) moq.RelayUpdateParams {
		return moq.RelayUpdateParams{AccountID: account, Config: cloudflare.F(moq.RelayUpdateParamsConfig{
			LingeringSubscribe: cloudflare.F(moq.RelayUpdateParamsConfigLingeringSubscribe{Enabled: cloudflare.F(enabled), MaxTimeoutMs: cloudflare.F(ms)}),
		})}
	}
	for _, ms := range []int64{0, 1, 300000} {
		res, err := c.MoQ.Relays.Update(ctx, made.UID, lingering(true, ms))
		require.NoError(t, err)
		require.True(t, res.Config.LingeringSubscribe.Enabled)
		require.Equal(t, ms, res.Config.LingeringSubscribe.MaxTimeoutMs)
	}
	for _, ms := range []int64{-1, 300001} {
		require.Contains(t, c.Fails(t, 400, methods.CodeBadRequest, func() error {
			_, err := c.MoQ.Relays.Update(ctx, made.UID, lingering(true, ms))
			return err
		}), "/config")
	}
	res, err := c.MoQ.Relays.Get(ctx, made.UID, moq.RelayGetParams{AccountID: account})
	require.NoError(t, err)
	require.EqualValues(t, 300000, res.Config.LingeringSubscribe.MaxTimeoutMs, "what was refused changed nothing")
}
