//go:build integration

package methods

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/moq"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

// Client is the SDK's client, its base URL and credentials set and nothing else, and a count of the requests it makes.
type Client struct {
	*cloudflare.Client
	Requests atomic.Int64
}

// New gives a client for api that sends api's bearer token, in the older headers if api says so.
func New(api *apitest.API) *Client {
	if api.Legacy {
		return newClient(option.WithBaseURL(api.BaseURL()), option.WithAPIEmail("user@example.com"), option.WithAPIKey(api.Bearer))
	}
	return newClient(option.WithBaseURL(api.BaseURL()), option.WithAPIToken(api.Bearer))
}

func newClient(opts ...option.RequestOption) *Client {
	c := &Client{}
	count := func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		c.Requests.Add(1)
		return next(req)
	}
	c.Client = cloudflare.NewClient(append(opts, option.WithMiddleware(count))...)
	return c
}

// Legacy makes the calls that are in every generation with the older headers and a base URL without a path.
func Legacy(t *testing.T, api *apitest.API, asMade func(*moq.RelayNewResponse) apitest.Relay) {
	legacy := api.AsLegacy()
	t.Run("keys", func(t *testing.T) { StreamKeys(t, legacy) })
	t.Run("tokens", func(t *testing.T) { StreamToken(t, legacy) })
	t.Run("relays", func(t *testing.T) { Relays(t, legacy, asMade) })
	t.Run("TURN keys", func(t *testing.T) { TURNKeys(t, legacy) })
}

// Fails wants call to end in the SDK's error with that status and code (0: any), after a single request, and gives its pointer.
func (c *Client) Fails(t testing.TB, status int, code int64, call func() error) string {
	t.Helper()
	before := c.Requests.Load()
	err := call()
	var typed *cloudflare.Error
	require.True(t, errors.As(err, &typed), "%v", err)
	require.Equal(t, status, typed.StatusCode, "%v", err)
	require.NotEmpty(t, typed.Errors, "%v", err)
	if code != 0 {
		require.Equal(t, code, typed.Errors[0].Code, "%v", err)
	}
	require.NotZero(t, typed.Errors[0].Code)
	require.NotEmpty(t, typed.Errors[0].Message)
	require.EqualValues(t, 1, c.Requests.Load()-before, "retried: %v", err)
	return typed.Errors[0].Source.Pointer
}

// Codes of errors, as Cloudflare's own API gives them.
const (
	CodeBadRequest     = 10005
	CodeNotFound       = 10003
	CodeAuthentication = 10000
	CodeNoCredentials  = 9106
	CodeBadHeaders     = 6003
	CodeNoRoute        = 7003
	CodeUpstreamURL    = 21013
	CodeConfigOnCreate = 21014
)
