package tokencache

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Shards and chains fill evenly for signatures and, whatever the seed, for ends of some regularity.
func TestHashSpreads(t *testing.T) {
	if raceEnabled { // one goroutine, many steps
		return
	}
	const n, buckets = 8192, 512
	random := tokens(n, 3)
	for kind, token := range map[string]func(int) string{
		"random":  func(i int) string { return random[i] },
		"counted": named,
		"early":   func(i int) string { return fmt.Sprintf("%08d%s", i, "aaaaaaaaa") },
	} {
		t.Run(kind, func(t *testing.T) {
			r := rand.New(rand.NewPCG(9, 9))
			for range 100 {
				s := seed{r.Uint64() | 1, r.Uint64() | 1}
				var shards [maxShards]float64
				chains := map[uint64]float64{}
				for i := range n {
					h := s.hash(token(i))
					shards[h>>60]++
					chains[h>>60*buckets|h%buckets]++
				}
				chi, walked := 0.0, 0.0
				for _, got := range shards {
					chi += (got - n/maxShards) * (got - n/maxShards) / (n / maxShards)
				}
				for _, got := range chains {
					walked += got * (got + 1) / 2
				}
				require.Less(t, chi, 60.0) // 15 degrees of freedom: one in ten million
				require.InDelta(t, 1.5, walked/n, 0.1)
			}
		})
	}
}

// The last character takes no part, the sixteen before it all do, nothing else does.
func TestHashReadsTheSignature(t *testing.T) {
	s := seed{rand.Uint64() | 1, rand.Uint64() | 1}
	token := []byte("header.payload.0123456789abcdefg")
	h := s.hash(string(token))
	for i := range token {
		token[i] ^= 1
		if at := len(token) - i; at > 1 && at <= minToken {
			require.NotEqual(t, h, s.hash(string(token)), i)
		} else {
			require.Equal(t, h, s.hash(string(token)), i)
		}
		token[i] ^= 1
	}
}
