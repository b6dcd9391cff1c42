//go:build integration

package history

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/store"
)

// BenchmarkRotation is one rotation, from the call until the old token is refused on both nodes.
func BenchmarkRotation(b *testing.B) {
	for name, open := range engines {
		b.Run(name, func(b *testing.B) {
			url := open(b)
			first, second := enter(b, url, 10*time.Second), enter(b, url, 10*time.Second)
			relay, old := first.relay(b)
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				next, _, err := first.rotate(context.Background(), relay)
				took = append(took, time.Since(begun))
				if err != nil {
					b.Fatal(err)
				}
				for _, m := range []*member{first, second} {
					if accepted, err := m.node.Accepts(relay, old); accepted || err != nil {
						b.Fatal("the old token: ", accepted, err)
					}
				}
				old = next
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
			b.ReportMetric(took[len(took)-1].Seconds()*1e3, "max-ms")
		})
	}
}

// BenchmarkJoin is the start of a node on 10,000 relays with 10 tokens each.
func BenchmarkJoin(b *testing.B) {
	for name, open := range engines {
		b.Run(name, func(b *testing.B) {
			m := enter(b, open(b), time.Minute)
			now := time.Now()
			for range 10_000 {
				tokens := make([]store.RelayToken, store.MaxRelayTokens)
				for i := range tokens {
					tokens[i] = token()
					tokens[i].Slot = store.NoSlot
				}
				_, err := m.CreateRelay(b.Context(), by, store.Relay{UID: id(), Created: now, Modified: now}, tokens)
				require.NoError(b, err)
			}
			for b.Loop() {
				n, err := m.Join(b.Context(), store.NodeConfig{})
				require.NoError(b, err)
				require.NoError(b, n.Close())
			}
		})
	}
}
