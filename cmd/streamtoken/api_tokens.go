package main

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/internal/follow"
)

// callers is the list of who may call, as its file has it.
type callers struct {
	path     string
	current  atomic.Pointer[api.Tokens]
	follower *follow.Follower
}

var _ api.Authenticator = (*callers)(nil)

// followCallers reads the list and keeps up with its file. A version that cannot be used, or that others can read, changes
// nothing: the one before stays in force.
func followCallers(path string, log *slog.Logger) (*callers, error) {
	c := &callers{path: path}
	if err := checkPrivate(path, "token file"); err != nil { // here for its advice
		return nil, err
	}
	f, err := follow.Start(follow.Config{Source: follow.FileSource(path, api.MaxTokensBytes), Accept: c.accept, Log: log, Secret: true})
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	c.follower = f
	return c, nil
}

func (c *callers) accept(s follow.Snapshot) error {
	if len(s.Files) != 1 {
		return errors.New("one file is needed")
	}
	if err := checkPrivate(c.path, "token file"); err != nil {
		return err
	}
	tokens, err := api.NewTokens(s.Files[0].Data)
	clear(s.Files[0].Data)
	if err != nil {
		return err
	}
	c.current.Store(tokens)
	return nil
}

func (c *callers) Authenticate(bearer string) (api.Principal, bool) {
	return c.current.Load().Authenticate(bearer)
}

func (c *callers) Check() error { return c.follower.Check() }
func (c *callers) Close() error { return c.follower.Close() }
