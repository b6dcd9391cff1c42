package signer

import (
	"context"
	"iter"

	streamtoken "github.com/streamtoken/streamtoken"
)

// SignAll mints a token of each of claims and gives tokens or errors in the same order.
func (s *Signer) SignAll(ctx context.Context, claims iter.Seq[streamtoken.Claims]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for c := range claims {
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			if !yield(s.Sign(c)) {
				return
			}
		}
	}
}
