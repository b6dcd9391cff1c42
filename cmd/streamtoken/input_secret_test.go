package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLooksLikeSecret(t *testing.T) {
	for _, s := range []string{
		"-----BEGIN RSA PRIVATE KEY-----", `{"kty":"RSA"}`, `[{"kty":"RSA"}]`, "LS0tLS1CRUdJTg==", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
		"https://media.example.com/eyJhbGciOiJSUzI1NiJ9.e30.c2ln/manifest/video.m3u8", strings.Repeat("0123456789abcdef", 4), "a\nb",
	} {
		require.True(t, looksLikeSecret(s), "%q", s)
	}
	for _, s := range []string{
		"key.json", "/etc/streamtoken/keys", "127.0.0.1:8787", "[::1]:8787", "[2001:db8::1]:443", "localhost:8787", "unix:/run/mint.sock",
		"https://media.example.com/keys.json", strings.Repeat("0123456789abcdef", 2),
	} {
		require.False(t, looksLikeSecret(s), "%q", s)
	}
}
