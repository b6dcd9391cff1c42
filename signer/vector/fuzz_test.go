package vector

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
)

// PROPERTY: whatever is signed, in a batch of whatever size, the bytes are those of crypto/rsa and no check fails.
func FuzzSameBytes(f *testing.F) {
	header := "eyJhbGciOiJSUzI1NiIsImtpZCI6IjhmOTI2YjJiMDFmMzgzNTE3MDAyNWE3OGE0ZGNiZjZhIn0."
	for n, message := range []string{
		"", "a signing input",
		header + "eyJzdWIiOiJlYTk1MTMyYzE1NzMyNDEyZDIyYzE0NzZmYTgzZjI3YSJ9",
		header + "eyJzdWIiOiI1ZDViYzM3ZmZjZjU0YzliODJlOTk2ODIzYmZmYmI4MSIsImV4cCI6MTc5NTM1MjQwMH0",
	} {
		f.Add([]byte(message), uint8(2*n))
	}
	key, e := testKey(f, "a"), New()
	b, err := e.prepare(key)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, message []byte, size uint8) {
		in := make([][sha256.Size]byte, 1+size%8)
		for i := range in {
			in[i] = sha256.Sum256(append(message, byte(i)))
		}
		out := blank(len(in))
		require.NoError(t, b.Sign(out, in))
		require.Equal(t, plain(t, key, in), out)
		require.Zero(t, e.Stats().Faults)
	})
}
