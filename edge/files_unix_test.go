//go:build unix

package edge

import (
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is neither a file nor a directory is not there. To open a pipe must not wait for somebody to write into it.
func TestSpecialFiles(t *testing.T) {
	root := tree(t, map[string]string{"video/x.txt": "served"})
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "video", "pipe.ts"), 0o644))
	ln, err := net.Listen("unix", filepath.Join(root, "video", "socket.ts"))
	require.NoError(t, err)
	defer ln.Close()
	edge := edgeBeforeFiles(t, root)
	require.Equal(t, 404, get(t, edge.addr, "/"+token(t)+"/pipe.ts", "").StatusCode)
	require.Equal(t, 404, get(t, edge.addr, "/"+token(t)+"/socket.ts", "").StatusCode)
	require.Equal(t, 200, get(t, edge.addr, "/"+token(t)+"/x.txt", "").StatusCode)
}
