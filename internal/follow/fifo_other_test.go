//go:build !unix

package follow_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// mkfifo makes the nearest thing there is to something that is no regular file.
func mkfifo(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.Mkdir(path, 0o700))
}
