package api

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/streamtoken/streamtoken/store"
)

// Config says what a control API works on. Store, Node and Tokens are required.
type Config struct {
	Store  store.Store
	Node   Node          // a *store.Node that joined Store
	Tokens Authenticator // who may call; NewTokens reads a list

	TURNHost string           // the host in the URLs of ICE servers; "": localhost
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // one line a request, without secrets; nil: silent
	Rand     io.Reader        // for ids, relay and TURN keys; nil: crypto/rand. Anything else is for tests
}

// Node is what this package asks of a *store.Node.
type Node interface {
	Live() error
}

// New checks cfg and gives its handler.
func New(cfg Config) (http.Handler, error) {
	switch {
	case cfg.Store == nil:
		return nil, errors.New("api: Config.Store is required")
	case cfg.Node == nil:
		return nil, errors.New("api: Config.Node is required")
	case cfg.Tokens == nil:
		return nil, errors.New("api: Config.Tokens is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	return http.NotFoundHandler(), nil
}
