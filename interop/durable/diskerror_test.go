//go:build integration

package durable

import (
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestSyncFails: a change is not acknowledged whose sync has failed, though it was written; and when the disk is well again,
// changes are.
func TestSyncFails(t *testing.T) {
	p := newPlace(t, "--lease", "60s")
	s := p.serve(t)
	c := s.api(t)
	r, err := c.createRelay("stage")
	require.NoError(t, err)
	first, second := r.tokens()

	heal := failSyncs(t, s.pid)
	for range 5 {
		_, _, err = c.rotate(r.UID, both)
		require.ErrorContains(t, err, "status 503")
		_, err = c.createRelay("another")
		require.ErrorContains(t, err, "status 503")
	}
	c.mustAccept(t, r.UID, first, second)
	heal()
	next, _, err := c.rotate(r.UID, both)
	require.NoError(t, err)
	c.mustAccept(t, r.UID, next, second)
	s.kill()

	c = p.serve(t).api(t)
	c.mustAccept(t, r.UID, next, second)
	p.mustBeSound(t)
}

// failSyncs lets every sync of a process fail until heal is called.
func failSyncs(t *testing.T, pid int) (heal func()) {
	t.Helper()
	cmd := exec.Command("strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "signal=none",
		"-e", "inject=fsync,fdatasync:error=EIO", "-p", strconv.Itoa(pid))
	words := &words{}
	cmd.Stderr = words
	require.NoError(t, cmd.Start())
	heal = func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		_ = cmd.Wait()
	}
	t.Cleanup(heal)
	eventually(t, "strace is attached", func() bool { return words.has("attached") })
	return heal
}
