package vector

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
)

// fromPEM reads a private key, precomputed.
func fromPEM(t testing.TB, data []byte) *rsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(data)
	require.NotNil(t, block)
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key.(*rsa.PrivateKey)
}
