package signer_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// pair is what SignAll gives.
type pair struct {
	token string
	err   error
}

// gather has SignAll do all of claims.
func gather(s *signer.Signer, claims iter.Seq[streamtoken.Claims]) (list []pair) {
	for token, err := range s.SignAll(context.Background(), claims) {
		list = append(list, pair{token, err})
	}
	return list
}

// engines runs a test with an engine and without, neither of which takes time. Each leaves no goroutine: synctest would not
// let it end.
func engines(t *testing.T, test func(t *testing.T, s *signer.Signer)) {
	fast, _ := cheapSigner(t)
	key := parse(t, read(t, "a.json"), "")
	key.SignWith(func(digest []byte) ([]byte, error) {
		sig := make([]byte, 256)
		return sig, cheap([][]byte{sig}, [][sha256.Size]byte{[sha256.Size]byte(digest)})
	})
	plain := newSigner(t, key, clock)
	t.Run("engine", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { test(t, fast) }) })
	t.Run("none", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { test(t, plain) }) })
}

func TestSignAllOrder(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		for _, n := range []int{0, 1, 7, 8, 9, 200} {
			list := gather(s, videos(n))
			require.Len(t, list, n)
			i := 0
			for c := range videos(n) {
				want, _ := s.Sign(c)
				require.Equal(t, pair{want, nil}, list[i], i)
				i++
			}
		}
	})
}

// TestSignAllErrors: what cannot be minted is an error in its place, as from Sign, and takes nothing from the others.
func TestSignAllErrors(t *testing.T) {
	for _, every := range []int{1, 2, 3, 10} {
		claims := func(yield func(streamtoken.Claims) bool) {
			i := 0
			for c := range videos(200) {
				if i%every == 0 {
					c.Subject = "../" + c.Subject
				}
				if i++; !yield(c) {
					return
				}
			}
		}
		engines(t, func(t *testing.T, s *signer.Signer) {
			list := gather(s, claims)
			require.Len(t, list, 200)
			i := 0
			for c := range claims {
				token, err := s.Sign(c)
				require.Equal(t, pair{token, err}, list[i], i)
				require.Equal(t, i%every == 0, err != nil)
				i++
			}
		})
	}
}

// TestSignAllLeft: a loop that is left, wherever, stops the sequence.
func TestSignAllLeft(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		for _, stop := range []int{0, 1, 7, 8, 9, 64, 140, 149} {
			told, returned, n := false, false, 0
			claims := func(yield func(streamtoken.Claims) bool) {
				defer func() { returned = true }()
				for c := range videos(150) {
					if !yield(c) {
						told = true
						require.False(t, yield(c)) // and once more, against the rules
						return
					}
				}
			}
			for range s.SignAll(t.Context(), claims) {
				if n == stop {
					break
				}
				n++
			}
			require.Equal(t, stop, n)
			require.True(t, returned)
			if stop == 0 && runtime.GOMAXPROCS(0)*signer.InFlight < 150 {
				require.True(t, told)
			}
		}
	})
}

// TestSignAllEnded: the end of ctx is the last pair, wherever it comes.
func TestSignAllEnded(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		for _, at := range []int{1, 2, 8, 9, 99, 100} {
			ctx, cancel := context.WithCancel(t.Context())
			var list []pair
			for token, err := range s.SignAll(ctx, videos(100)) {
				if list = append(list, pair{token, err}); len(list) == at {
					cancel()
				}
			}
			cancel()
			require.Len(t, list, at+1)
			for _, p := range list[:at] {
				require.NoError(t, p.err)
			}
			require.Equal(t, pair{"", context.Canceled}, list[at])
		}

		// Before the first: the sequence is not even asked.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n := 0
		for token, err := range s.SignAll(ctx, func(func(streamtoken.Claims) bool) { panic("asked") }) {
			require.Equal(t, pair{"", context.Canceled}, pair{token, err})
			n++
		}
		require.Equal(t, 1, n)

		// While everybody waits for a sequence that heeds ctx.
		ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var list []pair
		for token, err := range s.SignAll(ctx, func(yield func(streamtoken.Claims) bool) {
			yield(streamtoken.Claims{Subject: uid})
			<-ctx.Done()
		}) {
			list = append(list, pair{token, err})
		}
		require.Len(t, list, 2)
		require.Equal(t, pair{"", context.DeadlineExceeded}, list[1])
	})
}

// TestSignAllBlocked: a sequence that does not heed ctx keeps neither what it gave nor the end of ctx from the consumer, and
// the loop waits for it.
func TestSignAllBlocked(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		ctx, cancel := context.WithCancel(t.Context())
		free, ended, pairs := make(chan struct{}), make(chan struct{}), make(chan pair, 100)
		go func() {
			defer close(ended)
			for token, err := range s.SignAll(ctx, func(yield func(streamtoken.Claims) bool) {
				yield(streamtoken.Claims{Subject: uid})
				<-free
			}) {
				pairs <- pair{token, err}
			}
		}()
		require.NoError(t, (<-pairs).err)
		cancel()
		require.Equal(t, pair{"", context.Canceled}, <-pairs)
		synctest.Wait()
		select {
		case <-ended:
			t.Error("the loop ended before its sequence")
		default:
		}
		close(free)
		<-ended
		require.Empty(t, pairs)
	})
}

// TestSignAllBroken: a panic or an exit of the sequence comes out of the loop, after what the sequence gave before.
func TestSignAllBroken(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		for _, at := range []int{0, 1, 8, 64, 150} {
			failing := func(yield func(streamtoken.Claims) bool) {
				for c := range videos(at) {
					yield(c)
				}
				panic("sequence")
			}
			n := 0
			require.PanicsWithValue(t, "sequence", func() {
				for _, err := range s.SignAll(t.Context(), failing) {
					require.NoError(t, err)
					n++
				}
			})
			require.Equal(t, at, n)
		}
		require.Panics(t, func() {
			for range s.SignAll(t.Context(), nil) {
				t.Error("a pair of nothing")
			}
		})

		// On its way out, of a loop that is left.
		require.PanicsWithValue(t, "cleanup", func() {
			for range s.SignAll(t.Context(), func(yield func(streamtoken.Claims) bool) {
				defer func() { panic("cleanup") }()
				for yield(streamtoken.Claims{Subject: uid}) {
				}
			}) {
				break
			}
		})

		// In the body of the loop.
		stopped := false
		require.PanicsWithValue(t, "body", func() {
			for range s.SignAll(t.Context(), func(yield func(streamtoken.Claims) bool) {
				for yield(streamtoken.Claims{Subject: uid}) {
				}
				stopped = true
			}) {
				panic("body")
			}
		})
		require.True(t, stopped)

		// As a test's FailNow leaves it.
		n, after := 0, false
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for range s.SignAll(t.Context(), func(yield func(streamtoken.Claims) bool) {
				yield(streamtoken.Claims{Subject: uid})
				runtime.Goexit()
			}) {
				n++
			}
			after = true
		}()
		<-gone
		require.Equal(t, 1, n)
		require.False(t, after)
	})

	key := parse(t, read(t, "a.json"), "")
	s, err := signer.New(signer.Config{Key: key, Now: func() time.Time { panic("clock") }})
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		require.PanicsWithValue(t, "clock", func() { gather(s, videos(100)) })
	})
}

// TestSignAllSlowConsumer: no more is taken from the sequence than InFlight allows, and signed in full batches.
func TestSignAllSlowConsumer(t *testing.T) {
	processors(t, 2)
	s, f := cheapSigner(t)
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		asked, given := atomic.Int32{}, 0
		for range s.SignAll(t.Context(), func(yield func(streamtoken.Claims) bool) {
			for c := range videos(n) {
				asked.Add(1)
				if !yield(c) {
					return
				}
			}
		}) {
			given++
			synctest.Wait() // all that can be done without us is done
			require.LessOrEqual(t, int(asked.Load())-given, 2*signer.InFlight+1)
			if given == 1 {
				require.GreaterOrEqual(t, int(asked.Load()), 2*signer.InFlight, "it was not read ahead")
			}
		}
		require.Equal(t, n, given)
	})
	total := 0
	for _, size := range f.batches() {
		total += size
	}
	require.Equal(t, 1000, total)
	require.Less(t, len(f.batches()), 1000/4, "batches of few")
}

// TestSignAllSlowSequence: a token is given without waiting for further claims.
func TestSignAllSlowSequence(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		next := make(chan struct{}, 1)
		next <- struct{}{}
		n := 0
		for _, err := range s.SignAll(t.Context(), func(yield func(streamtoken.Claims) bool) {
			for c := range videos(50) {
				<-next
				if !yield(c) {
					return
				}
			}
		}) {
			require.NoError(t, err)
			n++
			next <- struct{}{}
		}
		require.Equal(t, 50, n)
	})
}

// TestSignAllFullBatches: while there is enough to sign, batches are full, even if every other item cannot be minted.
func TestSignAllFullBatches(t *testing.T) {
	for _, n := range []int{1, 2, 4} {
		processors(t, n)
		s, f := cheapSigner(t)
		synctest.Test(t, func(t *testing.T) {
			slow := func(sigs [][]byte, digests [][sha256.Size]byte) error {
				time.Sleep(time.Millisecond) // the bubble's time: all others do what they can
				return cheap(sigs, digests)
			}
			f.set(slow)
			require.Len(t, gather(s, videos(8000)), 8000)
			require.LessOrEqual(t, len(f.batches()), 1000+2*n)

			f.set(slow)
			require.Len(t, gather(s, func(yield func(streamtoken.Claims) bool) {
				for c := range videos(4000) {
					if !yield(c) || !yield(streamtoken.Claims{}) {
						return
					}
				}
			}), 8000)
			require.LessOrEqual(t, len(f.batches()), 500+2*n)
		})
	}
}

// TestSignAllBusy: on a busy processor, too, a worker does not go on with the rest of what is there before the sequence has
// had its turn.
func TestSignAllBusy(t *testing.T) {
	processors(t, 1)
	s, f := cheapSigner(t)
	i := 0
	gather(s, func(yield func(streamtoken.Claims) bool) {
		for c := range videos(2000) {
			if i++; i%5 == 0 {
				c.Subject = "" // so that the ring does not hold whole batches
			}
			if !yield(c) {
				return
			}
		}
	})
	require.LessOrEqual(t, len(f.batches()), 2000*4/5/8+10)
}

// TestSignAllAgain: each loop runs the sequence anew, and loops do not disturb each other.
func TestSignAllAgain(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		all := s.SignAll(t.Context(), videos(8))
		want := gather(s, videos(8))
		for range 2 {
			i := 0
			for token, err := range all {
				require.Equal(t, want[i], pair{token, err})
				for inner := range all {
					require.Equal(t, want[0].token, inner)
					break
				}
				i++
			}
		}
	})
}

// TestSignAllKeptYield: a sequence that keeps its yield can do nothing with it once it has returned.
func TestSignAllKeptYield(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		var kept func(streamtoken.Claims) bool
		n := 0
		for range s.SignAll(t.Context(), func(yield func(streamtoken.Claims) bool) {
			kept = yield
			yield(streamtoken.Claims{Subject: uid})
		}) {
			synctest.Wait()
			require.False(t, kept(streamtoken.Claims{Subject: uid}))
			n++
		}
		require.Equal(t, 1, n)
		require.False(t, kept(streamtoken.Claims{Subject: uid}))
	})
}

// TestSignAllFailingBatches: the error of a batch is that of its own items.
func TestSignAllFailingBatches(t *testing.T) {
	processors(t, 1)
	s, f := cheapSigner(t)
	failed, n := errors.New("out of order"), 0
	f.set(func(sigs [][]byte, digests [][sha256.Size]byte) error {
		if n++; n%2 == 0 {
			return failed
		}
		return cheap(sigs, digests)
	})
	list := gather(s, videos(100))
	require.Len(t, list, 100)
	sizes, i := f.batches(), 0
	for batch, size := range sizes {
		for ; size > 0; size-- {
			require.Equal(t, batch%2 == 1, errors.Is(list[i].err, failed), i)
			require.Equal(t, batch%2 == 1, list[i].token == "", i)
			i++
		}
	}
	require.Equal(t, 100, i)
	require.True(t, slices.ContainsFunc(list, func(p pair) bool { return p.err != nil }))
}
