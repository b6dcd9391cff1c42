package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Answer is what came back from a request made without an SDK.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Into decodes the body.
func (r Answer) Into(t testing.TB, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(r.Body, v), "%s", r.Body)
}

// Do makes one request with a bearer token, none if it is empty. body is sent as it is if it is a string, as JSON otherwise,
// and not at all if nil.
func (a *API) Do(t testing.TB, bearer, method, path string, body any) Answer {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = bytes.NewBufferString(b)
	default:
		data, err := json.Marshal(b)
		require.NoError(t, err)
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, reader)
	require.NoError(t, err)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return Answer{res.StatusCode, res.Header, data}
}

// document gives one of the documents that followers read.
func (a *API) document(t testing.TB, path string) Answer {
	t.Helper()
	r := a.Do(t, a.Bearer, http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, r.Status, "GET %s: %s", path, r.Body)
	require.NotEmpty(t, r.Header.Get("ETag"), "GET %s", path)
	return r
}

// JWKS gives the account's public keys as they are served.
func (a *API) JWKS(t testing.TB) []byte {
	t.Helper()
	return a.document(t, "/.well-known/jwks.json?account_id="+a.Account).Body
}

// KeyIDs gives the ids of the account's public keys. No member of any may be private.
func (a *API) KeyIDs(t testing.TB) []string {
	t.Helper()
	var set struct{ Keys []map[string]any }
	require.NoError(t, json.Unmarshal(a.JWKS(t), &set))
	ids := []string{}
	for _, key := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			require.NotContains(t, key, private)
		}
		ids = append(ids, key["kid"].(string))
	}
	return ids
}

// Revocations gives the revocation list as it is served.
func (a *API) Revocations(t testing.TB) string {
	t.Helper()
	return string(a.document(t, "/-/revocations?account_id="+a.Account).Body)
}

// AcceptedToken is a token that a relay accepts.
type AcceptedToken struct {
	JTI        string
	Operations []string
	Expires    time.Time
}

// Accepted gives the tokens the relay accepts by their jti.
func (a *API) Accepted(t testing.TB, relay string) map[string]AcceptedToken {
	t.Helper()
	var doc struct {
		Relay    string
		Accepted []struct {
			JTI        string
			Operations []string
			Expires    json.RawMessage
		}
	}
	a.document(t, "/-/relays/"+relay+"/accepted").Into(t, &doc)
	require.Equal(t, relay, doc.Relay)
	tokens := map[string]AcceptedToken{}
	for _, token := range doc.Accepted {
		tokens[token.JTI] = AcceptedToken{token.JTI, token.Operations, moment(t, token.Expires)}
	}
	require.Len(t, tokens, len(doc.Accepted))
	return tokens
}

// moment reads a time as unix seconds or RFC 3339.
func moment(t testing.TB, data json.RawMessage) time.Time {
	t.Helper()
	var seconds int64
	if json.Unmarshal(data, &seconds) == nil {
		return time.Unix(seconds, 0).UTC()
	}
	var at time.Time
	require.NoError(t, json.Unmarshal(data, &at))
	return at
}
