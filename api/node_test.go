package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/store"
)

// oddNode is a node that answers otherwise where a test says so.
type oddNode struct {
	api.Node
	live  func() error
	await func(context.Context, int64) (store.Invalidation, error)
	epoch int64 // of all public keys, if it is not zero
}

func (n *oddNode) PublicKeys(account string) ([]store.PublicKey, int64, error) {
	keys, epoch, err := n.Node.PublicKeys(account)
	if n.epoch != 0 {
		epoch = n.epoch
	}
	return keys, epoch, err
}

func (n *oddNode) Live() error {
	if n.live != nil {
		return n.live()
	}
	return n.Node.Live()
}

func (n *oddNode) Await(ctx context.Context, epoch int64) (store.Invalidation, error) {
	if n.await != nil {
		return n.await(ctx, epoch)
	}
	return n.Node.Await(ctx, epoch)
}

func pathOf(pattern string) string {
	return strings.NewReplacer("{account_id}", accountA, "{identifier}", video, "{key_id}", "k", "{relay_id}", "r", "{jti}", "j").Replace(pattern)
}

// A node without a lease does not know what holds. Whoever asks is told to come again, and nothing is read or changed.
func TestWithoutLeaseEverythingIsRefused(t *testing.T) {
	var node *oddNode
	w := newWorld(t, func(c *api.Config) { node = &oddNode{Node: c.Node}; c.Node = node })
	node.live = func() error { return store.ErrLease }
	for _, r := range api.ControlRoutes() {
		a := w.do(r.Method, pathOf(r.Pattern), `{"name":"x"}`)
		switch r.Pattern {
		case "/-/openapi.json":
			require.Equal(t, 200, a.status)
		case "/healthz":
			require.Equal(t, 503, a.status)
			require.JSONEq(t, `{"status":"lease over"}`, a.body)
		default:
			a.refused(503, 90005, "")
			require.Equal(t, "1", a.header.Get("Retry-After"))
		}
	}
	node.live = nil
	require.JSONEq(t, `{"status":"ok"}`, w.do("GET", "/healthz", "").body)
	require.Equal(t, "[]", string(w.do("GET", in(accountA)+"/moq/relays", "").ok(nil).Result))
}

// takingAway are the calls that promise that something is no longer accepted.
func takingAway(w *world) map[string]func() reply {
	k, r, tk := w.newStreamKey(accountA), w.newRelay(accountA, "r"), w.newTURNKey(accountA, "k")
	relayPath := in(accountA) + "/moq/relays/" + r.UID
	return map[string]func() reply{
		"1 delete stream key": func() reply { return w.do("DELETE", in(accountA)+"/stream/keys/"+k.ID, "") },
		"2 rotate":            func() reply { return w.do("POST", relayPath+"/tokens/rotate", `{"type":"subscribe"}`) },
		"3 delete token":      func() reply { return w.do("DELETE", relayPath+"/tokens/"+r.Issuers[0].Tokens[0].JTI, "") },
		"4 delete relay":      func() reply { return w.do("DELETE", relayPath, "") },
		"5 delete TURN key":   func() reply { return w.do("DELETE", in(accountA)+"/calls/turn_keys/"+tk.UID, "") },
	}
}

func adding(w *world) map[string]func() reply {
	r, tk := w.newRelay(accountA, "r"), w.newTURNKey(accountA, "k")
	relayPath := in(accountA) + "/moq/relays/" + r.UID
	return map[string]func() reply{
		"1 create stream key": func() reply { return w.do("POST", in(accountA)+"/stream/keys", "") },
		"2 create relay":      func() reply { return w.do("POST", in(accountA)+"/moq/relays", `{"name":"x"}`) },
		"3 update relay":      func() reply { return w.do("PUT", relayPath, `{"name":"y"}`) },
		"4 create token":      func() reply { return w.do("POST", relayPath+"/tokens", `{"operations":["publish"]}`) },
		"5 create TURN key":   func() reply { return w.do("POST", in(accountA)+"/calls/turn_keys", "") },
		"6 rename TURN key":   func() reply { return w.do("PUT", in(accountA)+"/calls/turn_keys/"+tk.UID, `{"name":"y"}`) },
	}
}

func TestAnswersSayWhatTheNodesSaid(t *testing.T) {
	for _, c := range []struct {
		name   string
		done   store.Invalidation
		header string
		code   int
	}{
		{"acknowledged", store.Invalidation{Acknowledged: 2}, "acknowledged", 90101},
		{"lease over", store.Invalidation{Acknowledged: 1, Expired: 1}, "lease-expired", 90102},
	} {
		for name, calls := range map[string]func(*world) map[string]func() reply{"adding": adding, "taking away": takingAway} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				var node *oddNode
				w := newWorld(t, func(c *api.Config) { node = &oddNode{Node: c.Node}; c.Node = node })
				list := calls(w)
				node.await = func(_ context.Context, epoch int64) (store.Invalidation, error) {
					require.Positive(t, epoch)
					return c.done, nil
				}
				for _, call := range inOrder(list) {
					a := call()
					require.Equal(t, 200, a.status, a.body)
					require.Equal(t, c.header, a.header.Get("Streamtoken-Invalidated"))
					require.Equal(t, c.code, a.envelope().Messages[0].Code)
				}
			})
		}
	}
}

// If it cannot be known that nobody accepts what was taken away, the call has not succeeded, though the change is made. What
// was added is there all the same.
func TestWhenTheNodesCannotBeAsked(t *testing.T) {
	var node *oddNode
	fail := func(context.Context, int64) (store.Invalidation, error) { return store.Invalidation{}, store.ErrLease }
	w := newWorld(t, func(c *api.Config) { node = &oddNode{Node: c.Node}; c.Node = node })
	away, added := takingAway(w), adding(w)
	node.await = fail
	for _, call := range inOrder(away) {
		a := call()
		n := a.refused(503, 90006, "")
		require.Contains(t, n.Message, "has been made")
		require.Equal(t, "1", a.header.Get("Retry-After"))
		require.Empty(t, a.header.Get("Streamtoken-Invalidated"))
	}
	for _, call := range inOrder(added) {
		a := call()
		require.Equal(t, 90103, a.ok(nil).Messages[0].Code)
		require.Empty(t, a.header.Get("Streamtoken-Invalidated"))
	}
}

// Who deletes again, because no answer came or it was 503, must not read "not found" while a node may still accept what is
// deleted: that reads as done.
func TestDeletingAgainWaitsForTheSame(t *testing.T) {
	var node *oddNode
	w := newWorld(t, func(c *api.Config) { node = &oddNode{Node: c.Node}; c.Node = node })
	k, r, tk := w.newStreamKey(accountA), w.newRelay(accountA, "r"), w.newTURNKey(accountA, "k")
	for _, path := range []string{"/stream/keys/" + k.ID, "/moq/relays/" + r.UID, "/moq/relays/" + r.UID + "/tokens/" + r.Issuers[0].Tokens[0].JTI, "/calls/turn_keys/" + tk.UID} {
		node.await = nil
		w.do("DELETE", in(accountA)+path, "")
		node.await = func(context.Context, int64) (store.Invalidation, error) {
			return store.Invalidation{}, store.ErrUnconfirmed
		}
		w.do("DELETE", in(accountA)+path, "").refused(503, 90006, "")
		var awaited int64
		node.await = func(ctx context.Context, epoch int64) (store.Invalidation, error) {
			awaited = epoch
			return node.Node.Await(ctx, epoch)
		}
		w.do("DELETE", in(accountA)+path, "").refused(404, 10003, "")
		log, err := w.store.Audit(t.Context(), "", 0, 1000)
		require.NoError(t, err)
		require.Equal(t, log[len(log)-1].Epoch, awaited, path)
	}
}

// Adding waits half a second at most, taking away for as long as the node says.
func TestHowLongCallsWait(t *testing.T) {
	var node *oddNode
	w := newWorld(t, func(c *api.Config) { node = &oddNode{Node: c.Node}; c.Node = node })
	away, added := takingAway(w), adding(w)
	node.await = func(ctx context.Context, _ int64) (store.Invalidation, error) {
		deadline, bounded := ctx.Deadline()
		require.True(t, bounded)
		require.LessOrEqual(t, time.Until(deadline), 500*time.Millisecond)
		return store.Invalidation{Acknowledged: 1}, nil
	}
	for _, call := range inOrder(added) {
		call().ok(nil)
	}
	node.await = func(ctx context.Context, _ int64) (store.Invalidation, error) {
		_, bounded := ctx.Deadline()
		require.False(t, bounded)
		return store.Invalidation{Acknowledged: 1}, nil
	}
	for _, call := range inOrder(away) {
		require.Equal(t, 200, call().status)
	}
}

func inOrder(calls map[string]func() reply) (list []func() reply) {
	for _, digit := range "123456" {
		for name, call := range calls {
			if strings.HasPrefix(name, string(digit)) {
				list = append(list, call)
			}
		}
	}
	return list
}

// oddStore fails where a test says so. Its errors hold what no answer may.
type oddStore struct {
	store.Store
	err   error
	panic any
}

func (s *oddStore) StreamKeys(context.Context, string) ([]store.StreamKey, error) {
	if s.panic != nil {
		panic(s.panic)
	}
	return nil, s.err
}

func (s *oddStore) CreateStreamKey(context.Context, store.By, store.StreamKey) (int64, error) {
	return 0, s.err
}

func (s *oddStore) CreateTURNKey(context.Context, store.By, store.TURNKey) (int64, error) {
	return 0, s.err
}

func (s *oddStore) CreateRelay(context.Context, store.By, store.Relay, []store.RelayToken) (int64, error) {
	return 0, s.err
}

func TestStoreErrors(t *testing.T) {
	odd := &oddStore{}
	w := newWorld(t, func(c *api.Config) { odd.Store = c.Store; c.Store = odd })
	path := in(accountA) + "/stream/keys"

	odd.err = errors.New("secret-of-the-database")
	for _, method := range []string{"GET", "POST"} {
		a := w.do(method, path, "")
		a.refused(500, 90007, "")
		require.NotContains(t, a.body, "secret-of-the-database")
		require.Contains(t, w.log.String(), a.header.Get(api.RequestIDHeader))
	}
	for err, code := range map[error]int{
		context.DeadlineExceeded: 90008, context.Canceled: 90008, store.ErrUnknown: 90008, store.ErrLease: 90005, store.ErrClosed: 90005,
	} {
		odd.err = fmt.Errorf("wrapped: %w", err)
		a := w.do("POST", path, "")
		a.refused(503, code, "")
		require.Equal(t, "1", a.header.Get("Retry-After"))
		// A create that may have been made is not to be sent again unasked; a list is.
		require.Equal(t, code == 90008, a.header.Get("X-Should-Retry") == "false")
		require.Empty(t, w.do("GET", path, "").header.Get("X-Should-Retry"))
	}

	// Limits are no 409 and no 429: SDKs would try again, in vain.
	odd.err = store.ErrLimit
	require.Contains(t, w.do("POST", path, "").refused(400, 90001, "").Message, "maximum of 1000")
	require.Contains(t, w.do("POST", in(accountA)+"/calls/turn_keys", "").refused(400, 90001, "").Message, "maximum of 1000")
	require.Contains(t, w.do("POST", in(accountA)+"/moq/relays", `{"name":"x"}`).refused(400, 90001, "").Message, "maximum")

	for _, value := range []any{"secret-in-a-panic", errors.New("secret-in-a-panic"), 7} {
		odd.panic = value
		a := w.do("GET", path, "")
		a.refused(500, 90007, "")
		require.NotContains(t, a.body, "secret-in-a-panic")
	}
	require.NotContains(t, w.log.String(), "secret-in-a-panic")
	require.Contains(t, w.log.String(), "api: panic")
	odd.panic = http.ErrAbortHandler
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { w.do("GET", path, "") })
}

func TestNewRefuses(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*api.Config){
		"Store":    func(c *api.Config) { c.Store = nil },
		"Node":     func(c *api.Config) { c.Node = nil },
		"Tokens":   func(c *api.Config) { c.Tokens = nil },
		"Lease":    func(c *api.Config) { c.Lease = -1 },
		"TURNHost": func(c *api.Config) { c.TURNHost = "example.com:3478" },
	} {
		cfg := w.config
		change(&cfg)
		h, err := api.New(cfg)
		require.ErrorContains(t, err, "Config."+name)
		require.Nil(t, h)
	}
	cfg := w.config
	cfg.TURNHost, cfg.Log, cfg.Now, cfg.Lease = "", nil, nil, 0
	h, err := api.New(cfg)
	require.NoError(t, err)
	serve(t, h, "GET", "/healthz", "")
}
