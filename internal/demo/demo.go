// Package demo shows every part of streamtoken at work on loopback: a signing key, an origin with a short HLS video, an
// edge in front of it, and a page that plays the video with a signed URL; the control API with a Stream token, a MoQ relay
// and a TURN key. Nothing is left on disk (the control API's database lies in a directory of its own among the temporary
// files, which is removed), nothing but 127.0.0.1 is contacted, and what is opened is closed again.
package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/streamtoken/streamtoken/signer"
)

// Config says where the demonstration writes.
type Config struct {
	Out io.Writer // what is shown: URLs, requests and answers
	Log io.Writer // the edge's log lines while Run waits; nil: none

	// Engine signs the tokens that are minted many at once, where it suits the key; nil: crypto/rsa.
	Engine signer.Engine

	tamper func(*tokens) // for tests: spoils what was minted
	spoil  func(*issued) // for tests: what the control API handed out
}

// onceLimit bounds Once as a whole.
const onceLimit = time.Minute

// Run shows the four kinds of signed URL with the edge's answer to each, a batch of tokens, what the control API handed out, then the page's
// address, and serves until ctx ends. That is no error.
func Run(ctx context.Context, cfg Config) error {
	log := &laterWriter{w: cfg.Log}
	s, err := start(ctx, cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.showAll(ctx, cfg); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(cfg.Out, "open this page in a browser: %s\n", s.pageURL); err != nil {
		return err
	}
	log.start()
	select {
	case <-ctx.Done():
		return s.close()
	case err := <-s.failed:
		return err
	}
}

// laterWriter drops what is written before start: the demonstration's own requests, which would only stand between the
// lines that show them.
type laterWriter struct {
	w       io.Writer
	started atomic.Bool
}

func (l *laterWriter) start() { l.started.Store(true) }

func (l *laterWriter) Write(p []byte) (int, error) {
	if l.w == nil || !l.started.Load() {
		return len(p), nil
	}
	return l.w.Write(p)
}

// Once makes every request that a viewer, a player or a thief would, compares each answer with what it should be, and
// ends. The error counts the answers that were not; each has a line of its own on Out.
func Once(ctx context.Context, cfg Config) error {
	ctx, cancel := context.WithTimeout(ctx, onceLimit)
	defer cancel()
	s, err := start(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer s.close()
	minted, err := s.showAll(ctx, cfg)
	if err != nil {
		return err
	}
	checks := s.checks(minted)
	failed := 0
	for _, c := range checks {
		verdict := "ok  "
		note := ""
		if err := s.run(ctx, c); err != nil {
			verdict, note = "FAIL", ": "+err.Error()
			failed++
		}
		if _, err := fmt.Fprintf(cfg.Out, "%s  %s%s\n", verdict, c.name, note); err != nil {
			return err
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(checks))
	}
	_, err = fmt.Fprintf(cfg.Out, "all %d checks passed\n", len(checks))
	return err
}
