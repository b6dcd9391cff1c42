package signer_test

import (
	"crypto/sha256"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// gate is a hook that holds each batch until it is let through, and knows how many are in it.
type gate struct {
	through chan func() error // what a batch does after it was held
	inside  atomic.Int32
	most    atomic.Int32
	order   chan [sha256.Size]byte
}

func newGate() *gate {
	return &gate{through: make(chan func() error), order: make(chan [sha256.Size]byte, 1000)}
}

func (g *gate) hook(sigs [][]byte, digests [][sha256.Size]byte) error {
	g.most.Store(max(g.most.Load(), g.inside.Add(1)))
	defer g.inside.Add(-1)
	for _, d := range digests {
		g.order <- d
	}
	if err := (<-g.through)(); err != nil {
		return err
	}
	return cheap(sigs, digests)
}

// digests are those that came, in that order.
func (g *gate) digests() (list [][sha256.Size]byte) {
	for len(g.order) > 0 {
		list = append(list, <-g.order)
	}
	return list
}

func fine() error { return nil }

// calls has n goroutines call Sign, one after the other; each waits for its batch.
func calls(s *signer.Signer, n int) (tokens []string, errs []error, wait func()) {
	tokens, errs = make([]string, n), make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			errs[i] = errors.New("did not return")
			tokens[i], errs[i] = s.Sign(streamtoken.Claims{Subject: subject(i)})
		})
		synctest.Wait()
	}
	return tokens, errs, group.Wait
}

// TestSharedBatches: what comes while a batch runs forms the next, oldest first, full as long as there are enough; no more
// batches than processors run at once; and each caller gets its own token.
func TestSharedBatches(t *testing.T) {
	for _, c := range []struct {
		processors int
		sizes      []int
	}{
		{1, []int{1, 8, 8, 8, 8, 8, 8, 8, 7}},
		{2, []int{1, 1, 8, 8, 8, 8, 8, 8, 8, 6}},
		{3, []int{1, 1, 1, 8, 8, 8, 8, 8, 8, 8, 5}},
	} {
		processors(t, c.processors)
		s, f := cheapSigner(t)
		want := make([]string, 64)
		for i := range want {
			want[i], _ = s.Sign(streamtoken.Claims{Subject: subject(i)})
		}
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			f.set(g.hook)
			tokens, errs, wait := calls(s, 64)
			require.Len(t, f.batches(), c.processors)
			for range c.sizes {
				g.through <- fine
				synctest.Wait()
			}
			wait()
			require.Equal(t, c.sizes, f.batches())
			require.EqualValues(t, c.processors, g.most.Load())
			require.Equal(t, make([]error, 64), errs)
			require.Equal(t, want, tokens)
			for i, d := range g.digests() {
				require.Equal(t, digestOf(want[i]), d, i)
			}
		})
	}
}

// digestOf gives the digest of a token's signing input, which cheap left in the token.
func digestOf(token string) [sha256.Size]byte {
	return sha256.Sum256([]byte(token[:len(token)-1-342])) // 256 bytes
}

// TestBatchesGoneWrong: whatever becomes of a batch, its own callers learn of it, and nobody else waits for ever.
func TestBatchesGoneWrong(t *testing.T) {
	processors(t, 1)
	exit := func() error { runtime.Goexit(); return nil }
	failed := errors.New("out of order")
	for _, c := range []struct {
		name  string
		wrong func() error
		want  string
		first string // of who called the engine
	}{
		{"an error", func() error { return failed }, "signer: the engine failed: out of order", ""},
		{"a panic", func() error { panic("x") }, "signer: the engine panicked", ""},
		{"an exit", exit, "signer: the engine ended the goroutine that it was called on", "did not return"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f := cheapSigner(t)
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				f.set(g.hook)
				_, errs, wait := calls(s, 1+8+8+8+2)
				for _, do := range []func() error{c.wrong, fine, c.wrong, fine, c.wrong} {
					g.through <- do
					synctest.Wait()
				}
				wait()
				require.Equal(t, []int{1, 8, 8, 8, 2}, f.batches())
				for i, err := range errs {
					batch := (i + 7) / 8
					switch {
					case batch%2 == 1:
						require.NoError(t, err, i)
					case c.first != "" && (i == 0 || i%8 == 1):
						require.EqualError(t, err, c.first, i)
					default:
						require.EqualError(t, err, c.want, i)
					}
				}
				// The slot was not lost.
				f.set(cheap)
				_, err := s.Sign(streamtoken.Claims{Subject: uid})
				require.NoError(t, err)
			})
		})
	}
}

// TestFewerProcessors: slots that are one too many are given up, not handed on.
func TestFewerProcessors(t *testing.T) {
	processors(t, 2)
	s, f := cheapSigner(t)
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		f.set(g.hook)
		_, _, wait := calls(s, 18)
		runtime.GOMAXPROCS(1)
		for range 2 {
			g.through <- fine
			synctest.Wait()
		}
		require.EqualValues(t, 1, g.inside.Load())
		for range 2 {
			g.through <- fine
			synctest.Wait()
		}
		wait()
		require.Equal(t, []int{1, 1, 8, 8}, f.batches())
	})
}

// TestBatchesStayFull: on busy processors, too, whoever runs a batch lets those come first that the last one was for. Else
// they would come one by one.
func TestBatchesStayFull(t *testing.T) {
	processors(t, 1)
	s, f := cheapSigner(t)
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		f.set(g.hook)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 100 {
					_, _ = s.Sign(streamtoken.Claims{Subject: uid})
				}
			})
		}
		synctest.Wait()
		f.set(cheap) // from now on nothing waits but for its batch
		g.through <- fine
		group.Wait()
	})
	require.Less(t, len(f.batches()), 2*100) // of 8 each, more or less
}

// TestLoneCall starts at once, whatever was before it.
func TestLoneCall(t *testing.T) {
	s, f := cheapSigner(t)
	for range 100 {
		_, err := s.Sign(streamtoken.Claims{Subject: uid})
		require.NoError(t, err)
	}
	require.Equal(t, slices.Repeat([]int{1}, 100), f.batches())
}

// TestManyCalls: goroutines that call again and again all come to their end, each with its own tokens.
func TestManyCalls(t *testing.T) {
	s, f := cheapSigner(t)
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for i := range 200 {
				token, err := s.Sign(streamtoken.Claims{Subject: subject(i)})
				if err != nil || !validCheap(token) {
					t.Errorf("another's token, or %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	total := 0
	for _, n := range f.batches() {
		total += n
	}
	require.Equal(t, 64*200, total)
	t.Logf("%d batches for %d calls", len(f.batches()), total)
}

// validCheap reports whether cheap signed this very token.
func validCheap(token string) bool {
	digest := digestOf(token)
	return token[len(token)-342:len(token)-342+40] == base64url(string(digest[:30]))
}
