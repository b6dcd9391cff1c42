//go:build unix

package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// socketDir is short: the name of a socket has 108 bytes at most.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "st")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// The list is followed: what is added may call, what is removed may not, and a list that is broken or open to others changes
// nothing.
func TestAPIFollowsTokens(t *testing.T) {
	a := startAPI(t, t.TempDir())
	path := filepath.Join(a.state, "api-token")
	first := a.token()
	put := func(text string, mode os.FileMode) {
		require.NoError(t, os.WriteFile(path+".new", []byte(text), mode))
		require.NoError(t, os.Chmod(path+".new", mode))
		require.NoError(t, os.Rename(path+".new", path))
		hangup(t)
	}
	status := func(token, account string) int {
		s, _, _ := a.call(token, "GET", "/accounts/"+account+"/stream/keys", "")
		return s
	}
	require.Equal(t, 200, status(first, "acc"))
	const second = "second-token-0123456789"
	put(second+" acc\n", 0o600)
	eventually(t, func() bool { return status(second, "acc") == 200 })
	require.Equal(t, 401, status(first, "acc"))
	require.NotEqual(t, 200, status(second, "other"), "bound to an account")

	put(first+"\n", 0o644)
	eventually(t, func() bool { return strings.Contains(a.stderr.String(), "can be read or written by other users") })
	require.Equal(t, 401, status(first, "acc"))
	require.Equal(t, 200, status(second, "acc"))
	require.NoError(t, os.Chmod(path, 0o600)) // as the log advises
	hangup(t)
	eventually(t, func() bool { return status(first, "acc") == 200 })
	put(second+" acc\n", 0o600)
	eventually(t, func() bool { return status(second, "acc") == 200 })
	put("short\n", 0o600)
	eventually(t, func() bool { return strings.Contains(a.stderr.String(), "line 1: the token must be") })
	require.Equal(t, 200, status(second, "acc"))
	put(first+"\n", 0o600)
	eventually(t, func() bool { return status(first, "acc") == 200 })
	require.Equal(t, 401, status(second, "acc"))
	require.NotContains(t, a.stderr.String(), second)
}

func TestAPISocket(t *testing.T) {
	path := filepath.Join(socketDir(t), "s")
	a := startAPI(t, t.TempDir(), "--listen", "unix:"+path)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	status, _, _ := a.call("", "GET", "/accounts/acc/stream/keys", "")
	require.Equal(t, 400, status, "a socket is no credential")
	status, _, _ = a.call(a.token(), "GET", "/accounts/acc/stream/keys", "")
	require.Equal(t, 200, status)
	require.Equal(t, exitOK, a.stop())
	require.NoFileExists(t, path)
}

// A minter needs a key and nothing else.
func TestAPIMinter(t *testing.T) {
	path := filepath.Join(socketDir(t), "s")
	home := t.TempDir()
	a := startAPI(t, home, "--listen", "unix:"+path, "--key", "../../testdata/keys/a.json")
	status, text, result := a.call("", "POST", "/accounts/any/stream/video/token", `{"downloadable":true}`)
	require.Equal(t, 200, status, text)
	jwks, err := os.ReadFile("../../testdata/keys/a.jwks.json")
	require.NoError(t, err)
	token, err := verifierOf(t, jwks).Verify(t.Context(), result["token"].(string))
	require.NoError(t, err)
	require.True(t, token.Downloadable())
	status, _, _ = a.call("", "POST", "/accounts/any/moq/relays", `{"name":"x"}`)
	require.Equal(t, 404, status)
	require.NoDirExists(t, filepath.Join(home, "streamtoken"))
	require.NotContains(t, a.stderr.String(), "eyJ")
	require.Equal(t, exitOK, a.stop())
}

// The socket of a server that was killed is taken over, that of one that lives is not, and nothing else is touched.
func TestListenSocket(t *testing.T) {
	dir := socketDir(t)
	path := filepath.Join(dir, "s")
	for round := range 30 {
		old, err := net.Listen("unix", path)
		require.NoError(t, err)
		if round == 0 {
			_, err = listenSocket(path)
			require.ErrorContains(t, err, "another server listens there")
		}
		old.(*net.UnixListener).SetUnlinkOnClose(false)
		require.NoError(t, old.Close())
		require.FileExists(t, path)

		var wg sync.WaitGroup
		listeners := make([]net.Listener, 8)
		for i := range listeners { // of many at once one gets it
			wg.Go(func() { listeners[i], _ = listenSocket(path) })
		}
		wg.Wait()
		conn, err := net.Dial("unix", path)
		require.NoError(t, err)
		conn.Close()
		n := 0
		for _, ln := range listeners {
			if ln != nil {
				n++
				require.NoError(t, ln.Close())
			}
		}
		require.Equal(t, 1, n)
	}
	ln, err := listenSocket(path)
	require.NoError(t, err)
	defer ln.Close()

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink("s", link))
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for _, name := range []string{file, link, fifo, dir} {
		_, err := listenSocket(name)
		require.ErrorContains(t, err, "something that is no socket is there")
		_, err = os.Lstat(name)
		require.NoError(t, err)
	}
	_, err = listenSocket(filepath.Join(dir, strings.Repeat("x", 200)))
	require.ErrorContains(t, err, "cannot listen on unix:")
}

// Any user may lock a directory that all may read, such as /run: that keeps no server from saying why it does not start.
func TestLockDirGivesUp(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockDir(dir, time.Minute)
	require.NoError(t, err)
	_, err = lockDir(dir, time.Millisecond)
	require.ErrorContains(t, err, "keeps its directory locked")
	unlock()
	unlock, err = lockDir(dir, time.Minute)
	require.NoError(t, err)
	unlock()
}

// Of two who begin at once one makes the file, whole, and both go by it.
func TestCreatePrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	var wg sync.WaitGroup
	keys := make([][]byte, 8)
	made := make([]bool, len(keys))
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], made[i], err = ensureMasterKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	for i := range keys {
		require.True(t, bytes.Equal(keys[0], keys[i]))
		if made[i] {
			n++
		}
	}
	require.Equal(t, 1, n)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)

	for name, mode := range map[string]os.FileMode{"group": 0o640, "all": 0o604, "write": 0o602} {
		open := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(open, bytes.Repeat([]byte("0"), 64), 0o600))
		require.NoError(t, os.Chmod(open, mode))
		_, _, err := ensureMasterKey(open)
		require.ErrorContains(t, err, "other users")
	}
	dangling := filepath.Join(dir, "dangling")
	require.NoError(t, os.Symlink("nowhere", dangling))
	_, _, err = ensureMasterKey(dangling)
	require.ErrorContains(t, err, "no such file")
	require.NoFileExists(t, filepath.Join(dir, "nowhere"))
}
