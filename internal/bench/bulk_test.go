package bench

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// All calls are made, shared evenly, and an error of any is given.
func TestOnAll(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	for _, n := range []int{1, 2, 7, 64} {
		var sum, callers atomic.Int64
		require.NoError(t, onAll(func(n int) error {
			sum.Add(int64(n))
			callers.Add(1)
			return nil
		})(n))
		require.EqualValues(t, n, sum.Load())
		require.EqualValues(t, procs, callers.Load())
	}
	failed := errors.New("failed")
	require.ErrorIs(t, onAll(func(n int) error { return failed })(3), failed)
}

// A side of n calls mints n tokens, and ends with the first that is refused.
func TestMintAll(t *testing.T) {
	f, err := newFixture("switched off")
	require.NoError(t, err)
	require.Nil(t, f.vector)
	require.Nil(t, f.coldVector)
	n := 0
	for range f.manyClaims(5) {
		n++
	}
	require.Equal(t, 5, n)
	require.NoError(t, f.mintAll(f.signer)(5))
	f.claims = streamtoken.Claims{Subject: "../x"}
	var refused *signer.FieldError
	require.ErrorAs(t, f.mintAll(f.signer)(5), &refused)
}
