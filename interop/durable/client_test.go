//go:build integration

package durable

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// client makes one request after the other.
type client struct {
	url  string
	http *http.Client
	tag  string // sent as User-Agent, if not empty

	// A GET that is answered 5xx is tried again: a database was lost, or on a busy machine a lease of a second.
	patient bool
}

// answer is a whole answer: one that was cut off is an error of call.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call is once, again where c is patient.
func (c *client) call(method, path string, body any) (answer, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(look) {
		a, err := c.once(method, path, body)
		again := c.patient && method == http.MethodGet && a.status >= http.StatusInternalServerError
		if err != nil || !again || time.Now().After(deadline) {
			return a, err
		}
	}
}

// once makes a request. body is sent as JSON, and not at all if nil.
func (c *client) once(method, path string, body any) (answer, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(data))
	if err != nil {
		return answer{}, err
	}
	req.GetBody = nil // never sent twice by the transport
	req.Header.Set("Authorization", "Bearer "+bearer)
	if c.tag != "" {
		req.Header.Set("User-Agent", c.tag)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	data, err = io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	return answer{res.StatusCode, res.Header, data}, nil
}

// change makes a call below the account, and reads its result into v unless that is nil. An answer other than 200 is an error,
// and so is one that is not a success.
func (c *client) change(method, path string, body, v any) (answer, error) {
	a, err := c.call(method, "/client/v4/accounts/"+account+path, body)
	if err != nil {
		return a, err
	}
	envelope := struct {
		Success bool
		Result  json.RawMessage
	}{}
	if err := json.Unmarshal(a.body, &envelope); err != nil {
		return a, fmt.Errorf("status %d: no envelope: %w", a.status, err)
	}
	if (a.status == http.StatusOK) != envelope.Success {
		return a, fmt.Errorf("status %d with success %v", a.status, envelope.Success)
	}
	if !envelope.Success {
		return a, fmt.Errorf("status %d: %s", a.status, a.body)
	}
	if v == nil {
		return a, nil
	}
	return a, json.Unmarshal(envelope.Result, v)
}

// The results of changes.
type (
	relay struct {
		UID     string
		Name    string
		Issuers []issuer
	}
	issuer struct {
		Tokens []token `json:"cloudflare_tokens"`
	}
	token struct {
		JTI        string
		Operations []string
		Secret     string
	}
	key struct {
		ID  string
		Key string
		UID string
	}
)

// tokens gives the ids of the two tokens a relay begins with.
func (r relay) tokens() (both, one string) {
	for _, t := range r.Issuers[0].Tokens {
		if len(t.Operations) == 2 {
			both = t.JTI
		} else {
			one = t.JTI
		}
	}
	return both, one
}

const (
	both = "publish_subscribe"
	one  = "subscribe"
)

func (c *client) createRelay(name string) (r relay, err error) {
	_, err = c.change(http.MethodPost, "/moq/relays", map[string]any{"name": name}, &r)
	return r, err
}

// rotate gives the id of the new token, and what the answer says of the other nodes.
func (c *client) rotate(relay, slot string) (jti, invalidated string, err error) {
	var v struct{ Token string }
	a, err := c.change(http.MethodPost, "/moq/relays/"+relay+"/tokens/rotate", map[string]any{"type": slot}, &v)
	if err != nil {
		return "", "", err
	}
	jti, err = member(v.Token, 1, "jti")
	return jti, a.header.Get("Streamtoken-Invalidated"), err
}

// member reads a member of one part of a token, which is not verified.
func member(token string, part int, name string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("no token")
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[part])
	if err != nil {
		return "", err
	}
	members := map[string]any{}
	if err := json.Unmarshal(data, &members); err != nil {
		return "", err
	}
	s, ok := members[name].(string)
	if !ok {
		return "", fmt.Errorf("the token has no %s", name)
	}
	return s, nil
}

// accepted gives the ids of the tokens that a relay accepts, sorted, and the status of the answer.
func (c *client) accepted(relay string) (jtis []string, status int, err error) {
	a, err := c.call(http.MethodGet, "/-/relays/"+relay+"/accepted", nil)
	if err != nil || a.status != http.StatusOK {
		return nil, a.status, err
	}
	var doc struct {
		Relay    string
		Accepted []token
	}
	if err := json.Unmarshal(a.body, &doc); err != nil {
		return nil, a.status, err
	}
	if doc.Relay != relay {
		return nil, a.status, fmt.Errorf("the document is of relay %s", doc.Relay)
	}
	jtis = []string{}
	for _, t := range doc.Accepted {
		jtis = append(jtis, t.JTI)
	}
	slices.Sort(jtis)
	return jtis, a.status, nil
}

// keys gives the ids of the public keys that are served, sorted, and the status of the answer.
func (c *client) keys() (ids []string, status int, err error) {
	a, err := c.call(http.MethodGet, "/.well-known/jwks.json?account_id="+account, nil)
	if err != nil || a.status != http.StatusOK {
		return nil, a.status, err
	}
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal(a.body, &set); err != nil {
		return nil, a.status, err
	}
	ids = []string{}
	for _, k := range set.Keys {
		ids = append(ids, k.Kid)
	}
	slices.Sort(ids)
	return ids, a.status, nil
}

// list gives one member of each object in a list, sorted.
func (c *client) list(t testing.TB, path, name string) []string {
	t.Helper()
	var objects []map[string]any
	_, err := c.change(http.MethodGet, path, nil, &objects)
	require.NoError(t, err)
	values := []string{}
	for _, o := range objects {
		values = append(values, o[name].(string))
	}
	slices.Sort(values)
	return values
}

// mustAccept wants a relay to accept these tokens and no other.
func (c *client) mustAccept(t testing.TB, relay string, jtis ...string) {
	t.Helper()
	got, status, err := c.accepted(relay)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.ElementsMatch(t, jtis, got)
}
