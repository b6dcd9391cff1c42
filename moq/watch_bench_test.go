package moq_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

// allOf accepts every token of one relay, and never changes.
type allOf struct{ key ed25519.PublicKey }

func (a allOf) Key(string) (ed25519.PublicKey, error) { return a.key, nil }
func (allOf) Accepts(r, _ string) (bool, error)       { return r == relay, nil }
func (allOf) Changed() <-chan struct{}                { return nil }

// BenchmarkExamine is what one change costs while so many tokens are in use, each by ten sessions.
func BenchmarkExamine(b *testing.B) {
	const tokens = 2000
	world := allOf{public("a")}
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: world, Accepted: world})
	require.NoError(b, err)
	s, err := moq.New(moq.Config{Key: testKey(b, kidA, "a")})
	require.NoError(b, err)
	for i := range tokens {
		token, err := s.Sign(moq.Claims{Relay: relay, ID: fmt.Sprintf("%032x", i), Operations: moq.Operations()})
		require.NoError(b, err)
		for range 10 {
			session, err := v.Admit(context.Background(), token)
			require.NoError(b, err)
			defer session.Close()
		}
	}
	for b.Loop() {
		moq.Examine(v)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/tokens, "ns/token")
}
