//go:build integration

package durable

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// onSmallDisk serves with the state on a file system of one megabyte, in a mount namespace of its own, and gives where that is
// as seen from here. Without root it takes a user namespace besides.
func (p place) onSmallDisk(t testing.TB) (s *server, state string) {
	t.Helper()
	require.NoError(t, os.Mkdir(p.state(), 0o700))
	flags := "-m"
	if os.Geteuid() != 0 {
		flags = "-rm"
	}
	s = p.serve(t, "unshare", flags, "sh", "-c", `mount -t tmpfs -o size=1m,mode=0700 tmpfs "$0" && exec "$@"`, p.state())
	state = fmt.Sprintf("/proc/%d/root%s", s.pid, p.state())
	var fs unix.Statfs_t
	require.NoError(t, unix.Statfs(state, &fs))
	require.Equal(t, uint64(1<<20), fs.Blocks*uint64(fs.Bsize))
	return s, state
}

// fill takes all the space there is in a directory, and gives what frees it.
func fill(t testing.TB, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "filling")
	f, err := os.Create(name)
	require.NoError(t, err)
	defer f.Close()
	for size := 64 << 10; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		require.True(t, errors.Is(err, unix.ENOSPC), "%v", err)
	}
	return func() { require.NoError(t, os.Remove(name)) }
}

// TestDiskFull: on a full disk changes are refused, what was acknowledged is there and is served, and when there is space
// again, changes are made, without a restart.
func TestDiskFull(t *testing.T) {
	p := newPlace(t, "--lease", "60s")
	s, state := p.onSmallDisk(t)
	c := s.api(t)
	r, err := c.createRelay("stage")
	require.NoError(t, err)
	first, second := r.tokens()
	var k key
	_, err = c.change(http.MethodPost, "/stream/keys", nil, &k)
	require.NoError(t, err)

	for range 3 {
		free := fill(t, state)
		// What fits into the last pages of the log is still acknowledged, and counts.
		refused := 0
		for tries := 0; refused < 10; tries++ {
			require.Less(t, tries, 1000, "the disk is not full")
			jti, _, err := c.rotate(r.UID, both)
			if err == nil {
				require.Zero(t, refused)
				first = jti
				continue
			}
			refused++
			require.Regexp(t, `^status 50[03]: `, err.Error())
			_, err = c.createRelay("another")
			require.ErrorContains(t, err, "status 50")
			_, err = c.change(http.MethodDelete, "/stream/keys/"+k.ID, nil, nil)
			require.ErrorContains(t, err, "status 50")

			c.mustAccept(t, r.UID, first, second)
			keys, _, err := c.keys()
			require.NoError(t, err)
			require.Contains(t, keys, k.ID)
			require.Equal(t, []string{r.UID}, c.list(t, "/moq/relays", "uid"))
		}
		free()
		first, _, err = c.rotate(r.UID, both)
		require.NoError(t, err)
		c.mustAccept(t, r.UID, first, second)
	}
	_, err = c.change(http.MethodDelete, "/stream/keys/"+k.ID, nil, nil)
	require.NoError(t, err)
	keys, _, err := c.keys()
	require.NoError(t, err)
	require.NotContains(t, keys, k.ID)
	require.NotContains(t, s.said.String(), "panic")
	copyState(t, state, p.state())
	p.mustBeSound(t)
}

// TestDiskFullForLong: a server that cannot renew its lease because the disk is full answers nothing any more that a change
// could have overtaken, and goes on by itself when there is space again.
func TestDiskFullForLong(t *testing.T) {
	const lease = 4 * time.Second
	p := newPlace(t, "--lease", lease.String())
	s, state := p.onSmallDisk(t)
	c := s.api(t)
	r, err := c.createRelay("stage")
	require.NoError(t, err)
	first, second := r.tokens()
	free := fill(t, state)
	eventually(t, "the lease is over", func() bool {
		jtis, status, err := c.accepted(r.UID)
		require.NoError(t, err)
		if status == http.StatusServiceUnavailable {
			return true
		}
		require.Len(t, jtis, 2)
		require.Contains(t, jtis, first)
		return false
	})
	_, _, err = c.rotate(r.UID, both)
	require.ErrorContains(t, err, "status 503")
	free()
	eventually(t, "it answers again", func() bool {
		_, status, err := c.accepted(r.UID)
		return err == nil && status == http.StatusOK
	})
	c.mustAccept(t, r.UID, first, second)
	first, _, err = c.rotate(r.UID, both)
	require.NoError(t, err)
	c.mustAccept(t, r.UID, first, second)
}

// copyState copies the files of a state to where its place says they are.
func copyState(t testing.TB, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "-shm") {
			continue // of the processes that use it
		}
		data, err := os.ReadFile(filepath.Join(from, f.Name()))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, f.Name()), data, 0o600))
	}
}
