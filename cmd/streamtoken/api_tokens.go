package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/internal/follow"
)

// callers is the list of who may call, as its file has it.
type callers struct {
	current  atomic.Pointer[api.Tokens]
	follower *follow.Follower
}

var _ api.Authenticator = (*callers)(nil)

// followCallers reads the list and keeps up with its file. A version that cannot be used, or that others can read, changes
// nothing: the one before stays in force.
func followCallers(path string, log *slog.Logger) (*callers, error) {
	c := &callers{}
	if err := checkPrivate(path, "token file"); err != nil { // here for its advice
		return nil, err
	}
	source := privateSource{follow.FileSource(path, api.MaxTokensBytes), path}
	f, err := follow.Start(follow.Config{Source: source, Accept: c.accept, Log: log, Secret: true})
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	c.follower = f
	return c, nil
}

// privateSource gives nothing of a token file that others can read. That is not for accept to judge, which sees a content once:
// the mode can be put right without a change of it.
type privateSource struct {
	follow.Source
	path string
}

// Read is that of the file.
func (s privateSource) Read(ctx context.Context) (follow.Snapshot, error) {
	snap, err := s.Source.Read(ctx)
	if err != nil {
		return follow.Snapshot{}, err
	}
	if err := checkPrivate(s.path, "token file"); err != nil {
		return follow.Snapshot{}, err
	}
	return snap, nil
}

func (c *callers) accept(s follow.Snapshot) error {
	if len(s.Files) != 1 {
		return errors.New("one file is needed")
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
