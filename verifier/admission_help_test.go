package verifier

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// queue is wait for somebody whom nobody else can spare it. It gives nil when let in.
func (a *admission) queue(ctx context.Context, sender uint64) *streamtoken.Refusal {
	let, refusal := a.wait(ctx, sender, nil)
	if let == (refusal != nil) {
		panic("let in and refused, or neither")
	}
	return refusal
}

// Whoever has had enough leaves the queue without a refusal, or with the place, if that came first.
func TestAdmissionEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(1)
		require.True(t, a.try())
		enough := make(chan struct{})
		type answer struct {
			let     bool
			refusal *streamtoken.Refusal
		}
		answers := make(chan answer, 3)
		for sender := range uint64(3) {
			go func() {
				let, refusal := a.wait(t.Context(), sender, enough)
				answers <- answer{let, refusal}
			}()
		}
		synctest.Wait()
		require.Equal(t, 3, a.waiting)
		close(enough)
		for range 3 {
			require.Equal(t, answer{}, <-answers)
		}
		requireSound(t, a, 1, 1)
		require.Zero(t, a.turnedAway)
		a.done()

		let, refusal := a.wait(t.Context(), 1, enough)
		require.Nil(t, refusal)
		require.True(t, let, "there was a place")
		a.done()
		requireSound(t, a, 1, 0)
	})
}
