package moq_test

import (
	"context"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// still is a world that never changes and takes no lock.
type still struct{ key ed25519.PublicKey }

func (s still) Key(kid string) (ed25519.PublicKey, error) {
	if kid == kidA {
		return s.key, nil
	}
	return nil, streamtoken.ReasonKeyUnknown
}
func (still) Accepts(r, id string) (bool, error) { return r == relay && id == jti, nil }
func (still) Changed() <-chan struct{}           { return nil }

// TestAllocations: a remembered token costs none, and what a stranger can send without a key next to nothing, however long
// it is.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		return // the race detector allocates
	}
	world := still{public("a")}
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: world, Accepted: world, Now: clock})
	require.NoError(t, err)
	good := raw(private("a"), header, payload)
	cut := strings.LastIndexByte(good, '.')
	for _, c := range []struct {
		name, token string
		most        float64
	}{
		{"remembered", good, 0},
		{"forged", good[:cut+1] + "AAAA" + good[cut+5:], 5},
		{"a megabyte of dots", strings.Repeat(".", 1<<20), 1},
		{"unknown key", raw(private("a"), `{"alg":"Ed25519","kid":"x"}`, payload), 2},
	} {
		_, _ = v.Verify(context.Background(), c.token)
		got := testing.AllocsPerRun(100, func() { _, _ = v.Verify(context.Background(), c.token) })
		require.LessOrEqual(t, got, c.most, c.name)
	}
}

func BenchmarkVerify(b *testing.B) {
	world := still{public("a")}
	good := raw(private("a"), header, payload)
	for name, bytes := range map[string]int64{"warm": 0, "cold": -1} {
		b.Run(name, func(b *testing.B) {
			v, err := moq.NewVerifier(moq.VerifierConfig{Keys: world, Accepted: world, CacheBytes: bytes})
			require.NoError(b, err)
			s, err := moq.New(moq.Config{Key: testKey(b, kidA, "a")})
			require.NoError(b, err)
			good, err = s.Sign(moq.Claims{Relay: relay, ID: jti, Operations: moq.Operations()})
			require.NoError(b, err)
			_ = holds(b, v, good)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(context.Background(), good); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("forged", func(b *testing.B) {
		v, err := moq.NewVerifier(moq.VerifierConfig{Keys: world, Accepted: world})
		require.NoError(b, err)
		forged := good[:len(good)-20] + "AAAA" + good[len(good)-16:]
		b.ReportAllocs()
		for b.Loop() {
			_, _ = v.Verify(context.Background(), forged)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s, err := moq.New(moq.Config{Key: testKey(b, kidA, "a")})
	require.NoError(b, err)
	c := moq.Claims{Relay: relay, ID: jti, Operations: moq.Operations()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sign(c); err != nil {
			b.Fatal(err)
		}
	}
}
