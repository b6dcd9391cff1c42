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
