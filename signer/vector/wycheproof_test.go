package vector

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"slices"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/stretchr/testify/require"
)

// TestWycheproofSignatures: PKCS#1 v1.5 is deterministic, so batches give the signatures of the vectors, byte for byte. The
// keys with e = 3 are refused.
func TestWycheproofSignatures(t *testing.T) {
	data, err := fs.ReadFile(wycheproof.TestVectors, "rsa_pkcs1_2048_sig_gen_test.json")
	require.NoError(t, err)
	var file struct {
		TestGroups []struct {
			Sha           string
			PrivateKeyPem string
			Tests         []struct{ Msg, Sig, Result string }
		}
	}
	require.NoError(t, json.Unmarshal(data, &file))
	e, refused := New(), 0
	for _, group := range file.TestGroups {
		if group.Sha != "SHA-256" {
			continue
		}
		b, err := e.prepare(fromPEM(t, []byte(group.PrivateKeyPem)))
		for batch := range slices.Chunk(group.Tests, 8) {
			if batch[0].Result != "valid" { // SmallPublicKey
				require.Error(t, err)
				refused += len(batch)
				continue
			}
			require.NoError(t, err)
			in, out := make([][sha256.Size]byte, len(batch)), blank(len(batch))
			for i, test := range batch {
				message, err := hex.DecodeString(test.Msg)
				require.NoError(t, err)
				in[i] = sha256.Sum256(message)
			}
			require.NoError(t, b.Sign(out, in))
			for i, test := range batch {
				require.Equal(t, test.Sig, hex.EncodeToString(out[i]))
			}
		}
	}
	require.Equal(t, 2, refused)
	require.Equal(t, Stats{Signatures: 8, Batches: 1}, e.Stats())
}
