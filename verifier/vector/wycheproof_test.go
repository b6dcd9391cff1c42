package vector

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"math/big"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/stretchr/testify/require"
)

// TestWycheproof is the file of the keys that fit, as the check alone judges it.
// A verifier with this engine is given all files in package verifier.
func TestWycheproof(t *testing.T) {
	data, err := fs.ReadFile(wycheproof.TestVectors, "rsa_signature_2048_sha256_test.json")
	require.NoError(t, err)
	var file struct {
		TestGroups []struct {
			PublicKey struct {
				Modulus        string
				PublicExponent string
			}
			Tests []struct {
				ID               int `json:"tcId"`
				Msg, Sig, Result string
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &file))
	ran, valid, other := 0, 0, 0
	for _, g := range file.TestGroups {
		n, ok := new(big.Int).SetString(g.PublicKey.Modulus, 16)
		require.True(t, ok)
		e, ok := new(big.Int).SetString(g.PublicKey.PublicExponent, 16)
		require.True(t, ok)
		c, err := newCheck(&rsa.PublicKey{N: n, E: int(e.Int64())})
		if e.Int64() != 65537 {
			require.Error(t, err)
			other += len(g.Tests)
			continue
		}
		require.NoError(t, err)
		for _, tc := range g.Tests {
			ran++
			msg, err := hex.DecodeString(tc.Msg)
			require.NoError(t, err)
			sig, err := hex.DecodeString(tc.Sig)
			require.NoError(t, err)
			digest := sha256.Sum256(msg)
			require.Equal(t, tc.Result == "valid", c.Verify(&digest, sig), "tcId %d", tc.ID)
			if tc.Result == "valid" {
				valid++
			}
		}
	}
	require.Equal(t, 259, ran+other)
	require.Equal(t, 2, other, "with e = 3")
	require.Equal(t, 7, valid)
}
