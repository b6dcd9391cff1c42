package demo

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// batchTokens take a fraction of a second without an engine too.
const batchTokens = 200

// showBatch mints many tokens at once and prints a line: how long it took, what signed, and the edge's answer to the last.
func (s *stage) showBatch(ctx context.Context, w io.Writer, engine signer.Engine) error {
	many, err := signer.New(signer.Config{Key: s.mint.key, Engine: engine})
	if err != nil {
		return err
	}
	name, _ := many.Engine()
	last := ""
	start := time.Now()
	for token, err := range many.SignAll(ctx, sameClaims(batchTokens)) {
		if err != nil {
			return err
		}
		last = token
	}
	took := time.Since(start)
	a, err := s.ask(ctx, http.MethodGet, s.playlist(last), nil)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("the edge refuses the last token of a batch: %s", a)
	}
	_, err = fmt.Fprintf(w, "batch: %d tokens in %s, signed by %s; answer to the last: %s\n\n", batchTokens, took.Round(time.Millisecond), name, a)
	return err
}

func sameClaims(n int) iter.Seq[streamtoken.Claims] {
	return func(yield func(streamtoken.Claims) bool) {
		for range n {
			if !yield(streamtoken.Claims{Subject: subject}) {
				return
			}
		}
	}
}
