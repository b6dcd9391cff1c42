//go:build integration

package sdk

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

//go:embed jobs.mjs
var jobs string

// object is a JSON object: the params of a method.
type object = map[string]any

// SDK is a client of the SDK in a process of its own.
type SDK struct {
	API     *apitest.API
	options object
	in      io.Writer
	out     *bufio.Reader
	stderr  *bytes.Buffer
}

// New starts node in the working directory, and makes clients for api that send its bearer token, in the older
// headers if api says so.
func New(t testing.TB, api *apitest.API) *SDK {
	t.Helper()
	cmd := exec.Command("node", "--input-type=module", "-e", jobs)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	options := object{"baseURL": api.BaseURL(), "apiToken": api.Bearer}
	if api.Legacy {
		options = object{"baseURL": api.BaseURL(), "apiToken": nil, "apiEmail": "user@example.com", "apiKey": api.Bearer}
	}
	s := &SDK{API: api, options: options, in: in, out: bufio.NewReader(out), stderr: &bytes.Buffer{}}
	cmd.Stderr = s.stderr
	require.NoError(t, cmd.Start(), "node is needed, and the packages of package-lock.json (npm ci)")
	t.Cleanup(func() {
		require.NoError(t, in.Close())
		require.NoError(t, cmd.Wait(), "%s", s.stderr)
	})
	return s
}

// With gives an SDK that makes its clients with other options.
func (s *SDK) With(options object) *SDK {
	other := *s
	other.options = options
	return &other
}

// Error is an error as the SDK throws it.
type Error struct {
	Type    string
	Status  int
	Message string
	Errors  []struct {
		Code    int
		Message string
		Source  struct{ Pointer string }
	}
}

type reply struct {
	Value    json.RawMessage
	Error    *Error
	Requests int
}

func (s *SDK) ask(t testing.TB, job object) (r reply) {
	t.Helper()
	data, err := json.Marshal(job)
	require.NoError(t, err)
	_, err = s.in.Write(append(data, '\n'))
	require.NoError(t, err)
	line, err := s.out.ReadBytes('\n')
	require.NoError(t, err, "node (are the packages of package-lock.json there, by npm ci?) said: %s", s.stderr)
	require.NoError(t, json.Unmarshal(line, &r), "%s", line)
	return r
}

// Call calls a method, decodes its value into v, and gives it as it was.
func (s *SDK) Call(t testing.TB, v any, method string, args ...any) string {
	t.Helper()
	r := s.ask(t, object{"options": s.options, "method": method, "args": args})
	require.Nil(t, r.Error, "%s: %+v", method, r.Error)
	require.Equal(t, 1, r.Requests)
	if v != nil {
		require.NoError(t, json.Unmarshal(r.Value, v), "%s: %s", method, r.Value)
	}
	return string(r.Value)
}

// List calls a method that gives a page, decodes its items into v, gives them as they were, and wants the SDK's iteration
// over all pages to give the same.
func (s *SDK) List(t testing.TB, v any, method string, args ...any) string {
	t.Helper()
	var page struct {
		Result json.RawMessage
		Next   bool
	}
	s.Call(t, &page, method, args...)
	require.False(t, page.Next)
	r := s.ask(t, object{"options": s.options, "method": method, "args": args, "all": true})
	require.Nil(t, r.Error, "%s: %+v", method, r.Error)
	require.JSONEq(t, string(page.Result), string(r.Value))
	require.NoError(t, json.Unmarshal(page.Result, v), "%s", page.Result)
	return string(page.Result)
}

// The classes of the SDK's errors, by status.
var classes = map[int]string{400: "BadRequestError", 401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError"}

// Fails wants a call to throw the SDK's error for that status, with that code (0: any), after a single request, and gives
// its pointer.
func (s *SDK) Fails(t testing.TB, status, code int, method string, args ...any) string {
	t.Helper()
	r := s.ask(t, object{"options": s.options, "method": method, "args": args})
	require.NotNil(t, r.Error, "%s: %s", method, r.Value)
	require.Equal(t, classes[status], r.Error.Type, "%+v", r.Error)
	require.Equal(t, status, r.Error.Status, "%+v", r.Error)
	require.NotEmpty(t, r.Error.Errors, "%+v", r.Error)
	if code != 0 {
		require.Equal(t, code, r.Error.Errors[0].Code, "%+v", r.Error)
	}
	require.NotZero(t, r.Error.Errors[0].Code)
	require.NotEmpty(t, r.Error.Errors[0].Message)
	require.Equal(t, 1, r.Requests, "retried: %+v", r.Error)
	return r.Error.Errors[0].Source.Pointer
}

// jose verifies a token with npm jose, which fetches the keys itself, and decodes the claims.
func (s *SDK) jose(t testing.TB, algorithm, token string, claims any) *Error {
	t.Helper()
	r := s.ask(t, object{"jwks": s.API.URL + "/.well-known/jwks.json", "bearer": s.API.Bearer, "token": token, "algorithm": algorithm})
	if r.Error == nil {
		var held struct {
			Header object
			Claims json.RawMessage
		}
		require.NoError(t, json.Unmarshal(r.Value, &held))
		require.Equal(t, algorithm, held.Header["alg"])
		require.NoError(t, json.Unmarshal(held.Claims, claims))
	}
	return r.Error
}

// StreamToken verifies a Stream token with npm jose, and as [apitest.API.StreamToken] does.
func (s *SDK) StreamToken(t testing.TB, token string) apitest.StreamClaims {
	t.Helper()
	var claims apitest.StreamClaims
	require.Nil(t, s.jose(t, "RS256", token, &claims))
	require.Equal(t, s.API.StreamToken(t, token), claims)
	return claims
}

// RelayToken verifies a relay token with npm jose, and as [apitest.API.AcceptedRelayToken] does.
func (s *SDK) RelayToken(t testing.TB, relay, token string, operations []string) apitest.RelayClaims {
	t.Helper()
	var claims apitest.RelayClaims
	require.Nil(t, s.jose(t, "Ed25519", token, &claims))
	require.Equal(t, s.API.AcceptedRelayToken(t, relay, token, operations), claims)
	return claims
}

// Codes of errors, as Cloudflare's own API gives them.
const (
	CodeBadRequest     = 10005
	CodeNotFound       = 10003
	CodeAuthentication = 10000
	CodeUpstreamURL    = 21013
)

// params gives the params of a method for the API's account.
func (s *SDK) params(pairs ...any) object {
	o := object{"account_id": s.API.Account}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}
