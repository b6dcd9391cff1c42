package signer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/stretchr/testify/require"
)

// TestWycheproofSignatures: PKCS#1 v1.5 is deterministic, so our signatures are those of the vectors, byte for byte. Keys
// with e = 3 are refused.
func TestWycheproofSignatures(t *testing.T) {
	signed, refused := 0, 0
	for _, bits := range []int{2048, 3072, 4096} {
		data, err := fs.ReadFile(wycheproof.TestVectors, fmt.Sprintf("rsa_pkcs1_%d_sig_gen_test.json", bits))
		require.NoError(t, err)
		var file struct {
			TestGroups []struct {
				Sha           string
				PrivateKeyPem string
				Tests         []struct{ Msg, Sig, Result string }
			}
		}
		require.NoError(t, json.Unmarshal(data, &file))
		for _, group := range file.TestGroups {
			if group.Sha != "SHA-256" {
				continue
			}
			key, err := ParseKey([]byte(group.PrivateKeyPem), "wycheproof")
			for _, test := range group.Tests {
				if test.Result != "valid" { // SmallPublicKey
					require.Error(t, err)
					refused++
					continue
				}
				require.NoError(t, err)
				message, err := hex.DecodeString(test.Msg)
				require.NoError(t, err)
				digest := sha256.Sum256(message)
				sig, err := key.sign(digest[:])
				require.NoError(t, err)
				require.Equal(t, test.Sig, hex.EncodeToString(sig))
				signed++
			}
		}
	}
	require.Equal(t, 24, signed)
	require.Equal(t, 3, refused)
}
