package signer

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBase64: every length, every 12 bits, and whatever was there before.
func TestBase64(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	src := make([]byte, 600)
	_, _ = random.Read(src)
	for n := range src {
		want := base64.RawURLEncoding.AppendEncode([]byte("head."), src[:n])
		require.Equal(t, string(want), string(appendBase64([]byte("head."), src[:n])), n)
	}
	for bits := range 1 << 12 {
		src := bytes.Repeat([]byte{byte(bits >> 4), byte(bits<<4 | bits>>8), byte(bits)}, 5)
		require.Equal(t, base64.RawURLEncoding.EncodeToString(src), string(appendBase64(nil, src)))
	}
}

func BenchmarkBase64(b *testing.B) {
	src, dst := make([]byte, 320), make([]byte, 0, 1000)
	b.Run("here", func(b *testing.B) {
		for b.Loop() {
			dst = appendBase64(dst[:0], src)
		}
	})
	b.Run("std", func(b *testing.B) {
		for b.Loop() {
			dst = base64.RawURLEncoding.AppendEncode(dst[:0], src)
		}
	})
}
