package verifier_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
	"github.com/streamtoken/streamtoken/verifier/vector"
)

// TestEngineWycheproof: 1,034 RSASSA-PKCS1-v1_5 signatures with SHA-256, judged as
// a verifier with the vector engine judges a token's, without one, by crypto/rsa,
// and by the file. Keys of more than 2048 bits are crypto/rsa's in either.
func TestEngineWycheproof(t *testing.T) {
	with, without := newVerifier(t, withVector), newVerifier(t)
	total, judged := 0, 0
	for _, c := range []struct {
		file         string
		suits        bool
		tests, valid int
	}{
		{"rsa_signature_2048_sha256_test.json", true, 259, 9},
		{"rsa_signature_3072_sha256_test.json", false, 259, 8},
		{"rsa_signature_4096_sha256_test.json", false, 258, 7},
		{"rsa_signature_8192_sha256_test.json", false, 258, 7},
	} {
		t.Run(c.file, func(t *testing.T) {
			data, err := fs.ReadFile(wycheproof.TestVectors, c.file)
			require.NoError(t, err)
			var file struct {
				TestGroups []struct {
					PublicKeyPEM string `json:"publicKeyPem"`
					Tests        []struct {
						ID               int `json:"tcId"`
						Msg, Sig, Result string
					}
				}
			}
			require.NoError(t, json.Unmarshal(data, &file))
			ran, valid := 0, 0
			for _, g := range file.TestGroups {
				block, _ := pem.Decode([]byte(g.PublicKeyPEM))
				require.NotNil(t, block)
				parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
				require.NoError(t, err)
				pub := parsed.(*rsa.PublicKey)
				key, err := verifier.NewKey("k", pub)
				require.Equal(t, pub.E == 65537, err == nil)
				if _, err := vector.New().Prepare(pub); !c.suits || pub.E != 65537 || vector.Available() != nil {
					require.Error(t, err)
				}
				name, why := with.Engine(key)
				if c.suits && key != nil && vector.Available() == nil {
					require.Equal(t, "vector", name)
				} else {
					require.Equal(t, "crypto/rsa", name)
					require.Equal(t, key == nil, why == "")
				}
				for _, tc := range g.Tests {
					ran++
					msg, err := hex.DecodeString(tc.Msg)
					require.NoError(t, err)
					sig, err := hex.DecodeString(tc.Sig)
					require.NoError(t, err)
					digest := sha256.Sum256(msg)
					want := tc.Result == "valid"
					require.Equal(t, want, rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], sig) == nil, "crypto/rsa, tcId %d", tc.ID)
					if key != nil {
						judged++
						require.Equal(t, want, with.Signed(key, digest, sig), "tcId %d", tc.ID)
						require.Equal(t, want, without.Signed(key, digest, sig), "without an engine, tcId %d", tc.ID)
					}
					if want {
						valid++
					}
				}
			}
			require.Equal(t, c.tests, ran)
			require.Equal(t, c.valid, valid)
			total += ran
		})
	}
	require.Equal(t, 1034, total)
	require.Equal(t, 1031, judged)
}
