package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/moq"
	"github.com/streamtoken/streamtoken/store"
)

// account is the one account of the demonstration.
const account = "d3305ec0a3b94d6c8b1f6f2a7c9e4d10"

// control is the control API and what goes by it.
type control struct {
	token string       // its bearer
	api   http.Handler // the calls
	relay http.Handler // stands for a MoQ relay, as far as its door
	close func() error
}

// newControl makes a control API with a database of its own, which is removed by close.
func newControl(ctx context.Context) (_ *control, err error) {
	var closers []func() error
	c := &control{token: rand.Text()}
	c.close = func() error {
		var errs []error
		for len(closers) > 0 {
			last := len(closers) - 1
			errs = append(errs, closers[last]())
			closers = closers[:last]
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()

	dir, err := os.MkdirTemp("", "streamtoken-demo-") // for its owner only
	if err != nil {
		return nil, err
	}
	closers = append(closers, func() error { return os.RemoveAll(dir) })
	master := make([]byte, 32)
	rand.Read(master) // never fails
	state, err := store.Open(ctx, store.Config{URL: "sqlite:" + filepath.Join(dir, "state.db"), MasterKey: master})
	if err != nil {
		return nil, err
	}
	closers = append(closers, state.Close)
	node, err := state.Join(ctx, store.NodeConfig{})
	if err != nil {
		return nil, err
	}
	closers = append(closers, node.Close)
	tokens, err := api.NewTokens([]byte(c.token + " " + account))
	if err != nil {
		return nil, err
	}
	if c.api, err = api.New(api.Config{Store: state, Node: node, Tokens: tokens}); err != nil {
		return nil, err
	}
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: node, Accepted: node})
	if err != nil {
		return nil, err
	}
	c.relay = moq.Handler(v, http.HandlerFunc(greet))
	return c, nil
}

// greet is what the relay says instead of opening a session.
func greet(w http.ResponseWriter, r *http.Request) {
	session := moq.SessionFrom(r.Context())
	if session == nil {
		http.Error(w, "no session", http.StatusInternalServerError)
		return
	}
	var may []string
	for _, op := range []moq.Operation{moq.Publish, moq.Subscribe} {
		if session.Allows(op) {
			may = append(may, string(op))
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, "%s: %s\n", session.Relay, strings.Join(may, ", "))
}
