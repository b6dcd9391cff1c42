package signer_test

import (
	"crypto"
	"crypto/rsa"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// TestSignAllocations: beside the signature itself, minting takes the token alone.
func TestSignAllocations(t *testing.T) {
	if raceEnabled {
		return
	}
	raw, s := rawKey(t, "a"), newSigner(t, parse(t, read(t, "a.json"), ""), clock)
	claims := streamtoken.Claims{Subject: uid, AccessRules: fiveRules()}
	digest := make([]byte, 32)
	alone := testing.AllocsPerRun(20, func() { _, _ = rsa.SignPKCS1v15(nil, raw, crypto.SHA256, digest) })
	minted := testing.AllocsPerRun(20, func() { _, _ = s.Sign(claims) })
	require.LessOrEqual(t, minted, alone+1)
}

// TestEngineAllocations: in a shared batch or in bulk too, a token is all that is allocated for it.
func TestEngineAllocations(t *testing.T) {
	if raceEnabled {
		return
	}
	s, _ := cheapSigner(t)
	claims := streamtoken.Claims{Subject: uid, AccessRules: fiveRules()}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = s.Sign(claims) }), 1.0)

	processors(t, 2)
	const many = 10_000
	bulk := testing.AllocsPerRun(1, func() {
		n := 0
		for _, err := range s.SignAll(t.Context(), func(yield func(streamtoken.Claims) bool) {
			for n < many && yield(claims) {
				n++
			}
		}) {
			require.NoError(t, err)
		}
	})
	require.LessOrEqual(t, bulk, 1.05*many)
}
