package turn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

// BenchmarkCredential: at most 3 us. "key at hand" is a program that makes many with one key; "key of a request" one whose
// callers bring their key with each, as to the control API.
func BenchmarkCredential(b *testing.B) {
	b.Run("key at hand", func(b *testing.B) {
		key := newKey(b, secret)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := key.Credential(turn.DefaultTTL, "user4523958", now); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("key of a request", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			key, err := turn.NewKey(uid, secret)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := key.Credential(turn.DefaultTTL, "user4523958", now); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCredentialParallel: many who share a key do not wait for each other.
func BenchmarkCredentialParallel(b *testing.B) {
	key := newKey(b, secret)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := key.Credential(turn.DefaultTTL, "user4523958", now); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	key := newKey(b, secret)
	c, err := key.Credential(turn.DefaultTTL, "user4523958", now)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Check(c.Username, c.Password, now); err != nil {
			b.Fatal(err)
		}
	}
}

// A credential is its two texts, a check nothing.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		return // it allocates by itself, and empties pools
	}
	key := newKey(t, secret)
	c, err := key.Credential(turn.DefaultTTL, "alice", now)
	require.NoError(t, err)
	require.Equal(t, 2.0, testing.AllocsPerRun(1000, func() { _, _ = key.Credential(turn.DefaultTTL, "alice", now) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = key.Check(c.Username, c.Password, now) }))
}
