package signer

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

// TestLongClaimsAreNotKept: of claims that make far more than a token nothing is left in what is used again.
func TestLongClaimsAreNotKept(t *testing.T) {
	key, err := GenerateKey("", 2048)
	require.NoError(t, err)
	s, err := New(Config{Key: key})
	require.NoError(t, err)
	w := new(work)
	require.NoError(t, s.build(w, streamtoken.Claims{Subject: "a"}))
	require.NotNil(t, w.payload)
	long := accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: make([]string, 100_000)}
	for i := range long.Country {
		long.Country[i] = "DE"
	}
	require.Error(t, s.build(w, streamtoken.Claims{Subject: "a", AccessRules: []accessrules.Rule{long}}))
	require.LessOrEqual(t, cap(w.payload), 2*streamtoken.MaxTokenBytes)
	require.LessOrEqual(t, cap(w.token), 2*streamtoken.MaxTokenBytes)
}

// TestManyItems: a loop may go on beyond what 32 bits count, on processors of 32 bits too.
func TestManyItems(t *testing.T) {
	for _, before := range []uint64{math.MaxInt32 - 100, math.MaxUint32 - 100} {
		r := newRing(3)
		r.filled, r.taken, r.given = before, before, before
		for range 500 {
			require.True(t, r.fill(streamtoken.Claims{Subject: "a"}))
			list := r.take(nil, 8)
			require.Len(t, list, 1)
			require.Equal(t, "a", list[0].claims.Subject)
			list[0].token = "b"
			r.finish(list)
			it, ok := r.next(context.Background())
			require.True(t, ok)
			require.Equal(t, "b", it.token)
		}
	}
}
