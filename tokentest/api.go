package tokentest

import (
	"context"
	"crypto/rand"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/moq"
	"github.com/streamtoken/streamtoken/store"
	"github.com/streamtoken/streamtoken/verifier"
)

// API is a control API on loopback, with a database of its own that is gone after the test. It answers as Cloudflare's does,
// so the program under test keeps its official SDK and is given these three:
//
//	BaseURL    option.WithBaseURL (Go), baseURL (TypeScript), or CLOUDFLARE_BASE_URL in the environment
//	APIToken   option.WithAPIToken, apiToken, or CLOUDFLARE_API_TOKEN
//	AccountID  account_id of every call
type API struct {
	*httptest.Server // its URL is BaseURL without the path; what is not in Cloudflare's API lies there

	BaseURL   string
	APIToken  string // good for AccountID alone
	AccountID string

	// Clock is what tokens are minted and checked by. It shows the present until it is moved.
	Clock *Clock

	node *store.Node
}

// ControlAPI starts a control API without keys, relays or tokens. It ends with the test.
func ControlAPI(t testing.TB) *API {
	t.Helper()
	a := &API{APIToken: rand.Text(), AccountID: "023e105f4ecef8ad9ca31a8372d0c353", Clock: &Clock{runs: true}}
	master := make([]byte, 32)
	rand.Read(master) // never fails
	path := filepath.Join(t.TempDir(), "state.db")
	ctx := context.Background() // a test's own ends before its cleanups, which still need the database
	state := must(store.Open(ctx, store.Config{URL: "sqlite:" + path, MasterKey: master, Now: a.Clock.Now}))(t)
	t.Cleanup(func() { must(0, state.Close())(t) })
	a.node = must(state.Join(ctx, store.NodeConfig{}))(t)
	t.Cleanup(func() { must(0, a.node.Close())(t) })
	tokens := must(api.NewTokens([]byte(a.APIToken + " " + a.AccountID)))(t)
	handler := must(api.New(api.Config{Store: state, Node: a.node, Tokens: tokens, Now: a.Clock.Now}))(t)
	a.Server = httptest.NewServer(handler)
	t.Cleanup(a.Server.Close)
	a.BaseURL = a.URL + "/client/v4"
	return a
}

// Gate is a gate that accepts the Stream tokens of the API: those it signed itself, and those signed with a key that was
// created through it. A key that is deleted is gone from it at once. Pass it to [EdgeConfig], with the API's Clock as Now.
func (a *API) Gate(t testing.TB) *gate.Gate {
	t.Helper()
	v := must(verifier.New(verifier.Config{Keys: streamKeys{a.node}, Now: a.Clock.Now}))(t)
	return must(gate.New(gate.Config{Verifier: v}))(t)
}

// Relay is a verifier that accepts the relay tokens of the API as its relays do: one that was rotated away or deleted is
// refused at once.
func (a *API) Relay(t testing.TB) *moq.Verifier {
	t.Helper()
	return must(moq.NewVerifier(moq.VerifierConfig{Keys: a.node, Accepted: a.node, Now: a.Clock.Now}))(t)
}
