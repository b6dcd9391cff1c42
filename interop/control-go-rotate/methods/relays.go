//go:build integration

package methods

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/moq"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// Relays creates relays and lists, gets, changes and deletes them. asMade gives what the generation's type holds of a new
// one.
func Relays(t *testing.T, api *apitest.API, asMade func(*moq.RelayNewResponse) apitest.Relay) {
	c, ctx, account := New(api), t.Context(), cloudflare.F(api.Account)
	names := []string{"relay-0", "relay-1", "relay-2", "relay-3", "relay-4"}
	made := make([]apitest.Relay, len(names)) // oldest first
	for i, name := range names {
		res, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F(name)})
		require.NoError(t, err)
		made[i] = asMade(res)
		api.NewRelay(t, name, made[i])
		require.Subset(t, apitest.Members(t, res.JSON.RawJSON()), []string{"uid", "name", "created", "modified", "config", "token_publish_subscribe", "token_subscribe", "issuers"})
		require.False(t, res.Config.Upstreams.Enabled)
		require.Empty(t, res.Config.Upstreams.Upstreams)
		if i > 0 {
			require.True(t, made[i].Created.After(made[i-1].Created))
		}
	}
	t.Run("list", func(t *testing.T) { relayList(t, c, api, made) })

	relay := made[2]
	get := func(t *testing.T) *moq.RelayGetResponse {
		t.Helper()
		res, err := c.MoQ.Relays.Get(ctx, relay.UID, moq.RelayGetParams{AccountID: account})
		require.NoError(t, err)
		apitest.Secretless(t, res.JSON.RawJSON())
		require.Equal(t, relay.UID, res.UID)
		require.Equal(t, relay.Created, res.Created)
		require.Empty(t, res.Status)
		return res
	}
	update := func(t *testing.T, params moq.RelayUpdateParams) *moq.RelayUpdateResponse {
		t.Helper()
		params.AccountID = account
		res, err := c.MoQ.Relays.Update(ctx, relay.UID, params)
		require.NoError(t, err)
		apitest.Secretless(t, res.JSON.RawJSON())
		require.Equal(t, relay.UID, res.UID)
		require.Equal(t, relay.Created, res.Created)
		require.True(t, res.Modified.After(relay.Created))
		return res
	}
	t.Run("get", func(t *testing.T) {
		res := get(t)
		require.Equal(t, relay.Name, res.Name)
		require.Equal(t, relay.Modified, res.Modified)
		require.False(t, res.Config.Upstreams.Enabled)
	})
	t.Run("update", func(t *testing.T) {
		upstreams := moq.RelayUpdateParamsConfig{Upstreams: cloudflare.F(moq.RelayUpdateParamsConfigUpstreams{
			Enabled: cloudflare.F(true),
			Upstreams: cloudflare.F([]moq.RelayUpdateParamsConfigUpstreamsUpstream{
				{URL: cloudflare.F("https://origin.example.com/moq")}, {URL: cloudflare.F("moqt://origin.example.net:4443")},
			}),
		})}
		res := update(t, moq.RelayUpdateParams{Config: cloudflare.F(upstreams)})
		require.Equal(t, relay.Name, res.Name, "a field left out is kept")
		require.True(t, res.Config.Upstreams.Enabled)
		require.Len(t, res.Config.Upstreams.Upstreams, 2)
		require.Equal(t, "https://origin.example.com/moq", res.Config.Upstreams.Upstreams[0].URL)
		require.Equal(t, "moqt://origin.example.net:4443", res.Config.Upstreams.Upstreams[1].URL)

		named := update(t, moq.RelayUpdateParams{Name: cloudflare.F("another name")})
		require.Equal(t, "another name", named.Name)
		require.Equal(t, res.Config.JSON.RawJSON(), named.Config.JSON.RawJSON(), "config left out is kept")
		require.True(t, named.Modified.After(res.Modified))
		again := get(t)
		require.Equal(t, "another name", again.Name)
		require.Equal(t, named.Modified, again.Modified)
		require.Equal(t, named.Config.JSON.RawJSON(), again.Config.JSON.RawJSON())

		replaced := update(t, moq.RelayUpdateParams{Config: cloudflare.F(moq.RelayUpdateParamsConfig{
			Upstreams: cloudflare.F(moq.RelayUpdateParamsConfigUpstreams{Enabled: cloudflare.F(false)}),
		})})
		require.False(t, replaced.Config.Upstreams.Enabled)
		require.Empty(t, replaced.Config.Upstreams.Upstreams, "a sub-object replaces as a whole")
	})
	t.Run("refused", func(t *testing.T) { relayRefused(t, c, api, relay) })
	t.Run("delete", func(t *testing.T) {
		before := api.Accepted(t, relay.UID)
		require.Len(t, before, 2)
		_, err := c.MoQ.Relays.Delete(ctx, relay.UID, moq.RelayDeleteParams{AccountID: account})
		require.NoError(t, err)
		require.Equal(t, 404, api.Do(t, api.Bearer, "GET", "/-/relays/"+relay.UID+"/accepted", nil).Status)
		page, err := c.MoQ.Relays.List(ctx, moq.RelayListParams{AccountID: account})
		require.NoError(t, err)
		for _, r := range page.Result {
			require.NotEqual(t, relay.UID, r.UID)
		}
		for _, call := range []func() error{
			func() error {
				_, err := c.MoQ.Relays.Get(ctx, relay.UID, moq.RelayGetParams{AccountID: account})
				return err
			},
			func() error {
				_, err := c.MoQ.Relays.Update(ctx, relay.UID, moq.RelayUpdateParams{AccountID: account, Name: cloudflare.F("x")})
				return err
			},
			func() error {
				_, err := c.MoQ.Relays.Delete(ctx, relay.UID, moq.RelayDeleteParams{AccountID: account})
				return err
			},
		} {
			c.Fails(t, 404, CodeNotFound, call)
		}
	})
}

// relayList wants every parameter of the list to do what its documentation says.
func relayList(t *testing.T, c *Client, api *apitest.API, made []apitest.Relay) {
	account := cloudflare.F(api.Account)
	list := func(t *testing.T, params moq.RelayListParams, opts ...option.RequestOption) (uids []string, count, total int) {
		t.Helper()
		params.AccountID = account
		page, err := c.MoQ.Relays.List(t.Context(), params, opts...)
		require.NoError(t, err)
		apitest.Secretless(t, page.JSON.RawJSON())
		var info struct {
			Result     []json.RawMessage
			ResultInfo struct{ Count, Total int } `json:"result_info"`
		}
		require.NoError(t, json.Unmarshal([]byte(page.JSON.RawJSON()), &info))
		for i, r := range page.Result {
			require.ElementsMatch(t, []string{"uid", "name", "created", "modified"}, apitest.Members(t, string(info.Result[i])))
			require.False(t, r.Created.IsZero())
			require.False(t, r.Modified.IsZero())
			require.NotEmpty(t, r.Name)
			uids = append(uids, r.UID)
		}
		return uids, info.ResultInfo.Count, info.ResultInfo.Total
	}
	oldest := []string{}
	for _, r := range made {
		oldest = append(oldest, r.UID)
	}
	newest := []string{oldest[4], oldest[3], oldest[2], oldest[1], oldest[0]}
	exactly := func(name string, at time.Time) option.RequestOption { // the SDK itself sends whole seconds
		return option.WithQuery(name, at.Format(time.RFC3339Nano))
	}
	for name, c := range map[string]struct {
		params moq.RelayListParams
		opts   []option.RequestOption
		uids   []string
		total  int
	}{
		"newest first":       {moq.RelayListParams{}, nil, newest, 5},
		"asc false":          {moq.RelayListParams{Asc: cloudflare.F(false)}, nil, newest, 5},
		"oldest first":       {moq.RelayListParams{Asc: cloudflare.F(true)}, nil, oldest, 5},
		"a page":             {moq.RelayListParams{PerPage: cloudflare.F(int64(2))}, nil, newest[:2], 5},
		"the next page":      {moq.RelayListParams{PerPage: cloudflare.F(int64(2))}, []option.RequestOption{exactly("created_before", made[3].Created)}, newest[2:4], 3},
		"ascending, a page":  {moq.RelayListParams{PerPage: cloudflare.F(int64(2)), Asc: cloudflare.F(true)}, []option.RequestOption{exactly("created_after", made[1].Created)}, oldest[2:4], 3},
		"between":            {moq.RelayListParams{}, []option.RequestOption{exactly("created_after", made[0].Created), exactly("created_before", made[4].Created)}, newest[1:4], 3},
		"more than there is": {moq.RelayListParams{PerPage: cloudflare.F(int64(100_000))}, nil, newest, 5},
		"whole seconds": {moq.RelayListParams{CreatedAfter: cloudflare.F(made[0].Created.Add(-time.Second)), CreatedBefore: cloudflare.F(made[4].Created.Add(time.Second))},
			nil, newest, 5},
		"of yesterday": {moq.RelayListParams{CreatedBefore: cloudflare.F(made[0].Created.Add(-24 * time.Hour))}, nil, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			uids, count, total := list(t, c.params, c.opts...)
			require.Equal(t, c.uids, uids)
			require.Equal(t, len(c.uids), count)
			require.Equal(t, c.total, total)
		})
	}
	t.Run("auto paging", func(t *testing.T) {
		pages, uids := c.MoQ.Relays.ListAutoPaging(t.Context(), moq.RelayListParams{AccountID: account}), []string{}
		for pages.Next() {
			uids = append(uids, pages.Current().UID)
		}
		require.NoError(t, pages.Err())
		require.Equal(t, newest, uids)
	})
	t.Run("wrong parameters", func(t *testing.T) {
		for name, value := range map[string]string{"created_after": "yesterday", "per_page": "many", "asc": "perhaps"} {
			c.Fails(t, 400, CodeBadRequest, func() error {
				_, err := c.MoQ.Relays.List(t.Context(), moq.RelayListParams{AccountID: account}, option.WithQuery(name, value))
				return err
			})
		}
	})
}

// relayRefused asks for relays that there cannot be.
func relayRefused(t *testing.T, c *Client, api *apitest.API, relay apitest.Relay) {
	ctx, account := t.Context(), cloudflare.F(api.Account)
	create := func(name string, opts ...option.RequestOption) func() error {
		return func() error {
			_, err := c.MoQ.Relays.New(ctx, moq.RelayNewParams{AccountID: account, Name: cloudflare.F(name)}, opts...)
			return err
		}
	}
	require.Equal(t, "/name", c.Fails(t, 400, CodeBadRequest, create("")))
	require.Equal(t, "/name", c.Fails(t, 400, CodeBadRequest, create("x", option.WithJSONSet("name", 7))))
	c.Fails(t, 400, CodeConfigOnCreate, create("x", option.WithJSONSet("config", map[string]any{"upstreams": map[string]any{"enabled": false}})))
	require.NoError(t, create("config null", option.WithJSONSet("config", nil))())
	require.NoError(t, create("config {}", option.WithJSONSet("config", map[string]any{}))())

	config := func(config string) func() error {
		return func() error {
			_, err := c.MoQ.Relays.Update(ctx, relay.UID, moq.RelayUpdateParams{AccountID: account}, option.WithJSONSet("config", json.RawMessage(config)))
			return err
		}
	}
	for _, url := range []string{"http://example.com", "example.com", "https://", "/moq", "ftp://example.com", ""} {
		c.Fails(t, 400, CodeUpstreamURL, config(fmt.Sprintf(`{"upstreams":{"enabled":true,"upstreams":[{"url":%q}]}}`, url)))
	}
	for _, wrong := range []string{
		`{"lingering_subscribe":{"enabled":true,"max_timeout_ms":300001}}`,
		`{"lingering_subscribe":{"enabled":true,"max_timeout_ms":-1}}`,
		`{"lingering_subscribe":{"enabled":"yes"}}`,
		`{"lingering_subscribe":{"enabled":true},"origin_fallback":{"enabled":true,"origins":[{"url":"https://example.com"}]}}`,
	} {
		require.Contains(t, c.Fails(t, 400, CodeBadRequest, config(wrong)), "/config")
	}
}
