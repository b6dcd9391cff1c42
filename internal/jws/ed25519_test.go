package jws_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
	"github.com/streamtoken/streamtoken/internal/jws"
)

// RFC 8037, appendix A.4, and the same key and payload under the name of RFC 9864.
const (
	rfc8037X     = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	rfc8037Token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	rfc9864Token = "eyJhbGciOiJFZDI1NTE5In0.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
		"UxhIYLHGg39NVCLpQAVD_UcfOmnGSCzLFZoXYkLiIbFccmOb_qObsgjzLKsfJw-4NlccUgvYrEHrRbNV0HcZAQ"
)

func TestEd25519(t *testing.T) {
	key := ed25519.PublicKey(unb64(t, rfc8037X))
	for _, token := range []string{rfc8037Token, rfc9864Token} {
		c, err := jws.Parse(token, nil)
		require.NoError(t, err)
		require.Equal(t, "Example of Ed25519 signing", string(c.Payload))
		require.True(t, jws.VerifyEd25519(key, c.SigningInput, c.Signature))

		plus := func(b []byte, i int, n byte) []byte { b = bytes.Clone(b); b[i] += n; return b }
		for name, sig := range map[string][]byte{
			"none": nil, "cut": c.Signature[:63], "a zero more": append(bytes.Clone(c.Signature), 0), "R": plus(c.Signature, 0, 1),
			"S": plus(c.Signature, 32, 1), "zeros": make([]byte, 64), "the top bit of S": plus(c.Signature, 63, 0x80),
		} {
			require.False(t, jws.VerifyEd25519(key, c.SigningInput, sig), name)
		}
		require.False(t, jws.VerifyEd25519(key, c.SigningInput+"A", c.Signature))
		require.False(t, jws.VerifyEd25519(key, "", c.Signature))
		for _, k := range []ed25519.PublicKey{nil, key[:31], append(bytes.Clone(key), 0), plus(key, 0, 1)} {
			require.False(t, jws.VerifyEd25519(k, c.SigningInput, c.Signature), "no panic for a key that is none")
		}
	}
}

// TestWycheproofEd25519: each vector's message is a signing input here, and its key goes through the reader of keys.
func TestWycheproofEd25519(t *testing.T) {
	ran, valid := 0, 0
	for _, g := range loadWycheproof[struct {
		JWK   json.RawMessage `json:"publicKeyJwk"`
		Tests []struct {
			ID     int    `json:"tcId"`
			Msg    string `json:"msg"`
			Sig    string `json:"sig"`
			Result string `json:"result"`
		} `json:"tests"`
	}](t, "ed25519_test.json") {
		keys, skipped, err := jwk.ParsePublicEd25519(g.JWK)
		require.NoError(t, err)
		require.Empty(t, skipped)
		require.Len(t, keys, 1)
		for _, tc := range g.Tests {
			ran++
			msg, err := hex.DecodeString(tc.Msg)
			require.NoError(t, err)
			sig, err := hex.DecodeString(tc.Sig)
			require.NoError(t, err)
			ok := jws.VerifyEd25519(keys[0].Key, string(msg), sig)
			require.Equal(t, tc.Result == "valid", ok, "tcId %d", tc.ID)
			if ok {
				valid++
				// Neither does a token with another spelling of the signature parse.
				_, err := jws.Parse("AA.AA."+base64.URLEncoding.EncodeToString(sig), nil)
				require.ErrorIs(t, err, jws.ErrMalformed)
			}
		}
	}
	require.Equal(t, 151, ran)
	require.Equal(t, 88, valid)
}

// TestWeakKeysForge: why package jwk refuses keys of small order, and this package leaves it to it: under them a signature
// that nobody made holds, with R the neutral element and S 0.
func TestWeakKeysForge(t *testing.T) {
	neutral := append([]byte{1}, make([]byte, 31)...)
	forged := append(bytes.Clone(neutral), make([]byte, 32)...)
	require.True(t, jws.VerifyEd25519(neutral, "anything", forged))
	require.Error(t, jwk.CheckEd25519(neutral))
}
