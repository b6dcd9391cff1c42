package tokencache

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// All tokens have one hash, and so lie in one chain of one shard, which many goroutines change while others read it: a
// value is never another token's, the bound holds at every moment, and in the end the accounts agree with what is there.
func TestOneChain(t *testing.T) {
	for _, size := range []int64{2 << 10, 12 << 10, 600 << 10} {
		c := New[string](size)
		tokens := make([]string, 300)
		for i := range tokens {
			tokens[i] = fmt.Sprintf("%03d", i) + strings.Repeat("x", i%50) + strings.Repeat("s", minToken)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 4000 {
					token := tokens[rand.IntN(len(tokens))]
					switch rand.IntN(6) {
					case 0:
						c.Add(NewEntry(token, []byte("tail"), func(text string) string { return text }), rand.IntN(100))
					case 1:
						c.Drop(token, c.Get(token))
					case 2:
						if s := c.Stats(); s.Bytes > size {
							t.Errorf("%d bytes of %d", s.Bytes, size)
						}
					default:
						if v := c.Get(token); v != nil && *v != token+"tail" {
							t.Errorf("%q for %q", *v, token)
						}
					}
				}
			})
		}
		wg.Wait()
		for i := range c.shards {
			requireAccounts(t, &c.shards[i])
		}
	}
}

// requireAccounts compares what a shard has noted with what is in its table and queues.
func requireAccounts(t *testing.T, s *shard[string]) {
	t.Helper()
	reached, queued, bytes := 0, 0, int64(len(s.ghost))*placeBytes
	if table := s.table.Load(); table != nil {
		for range table.all() {
			reached++
		}
	}
	for _, q := range []*queue[string]{&s.small, &s.main} {
		sum := int64(0)
		for e := q.oldest; e != nil; e = e.newer {
			queued++
			sum += e.bytes()
		}
		require.Equal(t, q.bytes, sum)
		bytes += sum
	}
	require.Equal(t, []int{s.count, s.count}, []int{reached, queued})
	require.Equal(t, s.bytes, bytes)
}
