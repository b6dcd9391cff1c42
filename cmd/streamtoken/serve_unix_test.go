//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// A key whose file goes away stops verifying, a new one begins to, and SIGHUP makes it now.
func TestServeFollowsKeys(t *testing.T) {
	keys := t.TempDir()
	put := func(name string) {
		data, err := os.ReadFile(filepath.Join("../../testdata/keys", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(keys, name+".new"), data, 0o644))
		require.NoError(t, os.Rename(filepath.Join(keys, name+".new"), filepath.Join(keys, name)))
	}
	put("a.jwks.json")
	put("b.jwks.json")
	base, stderr, _ := startServe(t, "--keys", keys, "--root", mediaRoot(t))
	a := base + "/" + tokenOf(t, "a.json", streamtoken.Claims{}) + "/video.m3u8"
	b := base + "/" + tokenOf(t, "b.json", streamtoken.Claims{}) + "/video.m3u8"
	status := func(url string) int { s, _ := fetch(t, url); return s }
	require.Equal(t, 200, status(a))
	require.Equal(t, 200, status(b))

	require.NoError(t, os.Remove(filepath.Join(keys, "b.jwks.json")))
	hangup(t)
	eventually(t, func() bool { return status(b) == 401 })
	require.Equal(t, 200, status(a))

	put("b.jwks.json")
	hangup(t)
	eventually(t, func() bool { return status(b) == 200 })

	// A private key in their place is refused, and those in force stay.
	put("c.jwk")
	hangup(t)
	eventually(t, func() bool { return strings.Contains(stderr.String(), "its old version stays") })
	require.Equal(t, 200, status(a))
	require.Equal(t, 200, status(b))
}

// A SIGHUP that comes while the server starts, as from a deployment in a hurry, does not end it.
func TestServeHangupWhileStarting(t *testing.T) {
	var out lockedBuffer
	once := sync.OnceFunc(func() { hangup(t) })
	env := testEnvironment("")
	env.stderr = writerFunc(func(p []byte) (int, error) { once(); return out.Write(p) })
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--keys", "../../testdata/keys/a.jwks.json", "--root", mediaRoot(t)}, env)
	}()
	eventually(t, func() bool { return strings.Contains(out.String(), `msg="read again"`) })
	cancel()
	require.Equal(t, exitOK, <-code)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func hangup(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	require.NoError(t, self.Signal(syscall.SIGHUP))
}
