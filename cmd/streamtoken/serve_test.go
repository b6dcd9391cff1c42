package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// lockedBuffer is standard error that a test reads while the server writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// eventually polls cond; a test that passes does not wait it out.
func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, 20*time.Second, 5*time.Millisecond)
}

// startServe runs the command on a free port until stop is called, which gives its exit status.
func startServe(t *testing.T, args ...string) (base string, stderr *lockedBuffer, stop func() int) {
	t.Helper()
	stderr = &lockedBuffer{}
	env := testEnvironment("")
	env.stderr, env.now = stderr, time.Now
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), env) }()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { stop() })
	listening := regexp.MustCompile(`msg=listening address=(\S+) scheme=http`)
	eventually(t, func() bool {
		m := listening.FindStringSubmatch(stderr.String())
		if m != nil {
			base = "http://" + m[1]
		}
		return m != nil
	})
	require.Empty(t, env.stdout.(*bytes.Buffer).String())
	return base, stderr, stop
}

// tokenOf signs for "video" with one of the test keys, now.
func tokenOf(t *testing.T, key string, c streamtoken.Claims) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata/keys", key))
	require.NoError(t, err)
	k, err := signer.ParseKey(data, "")
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: k})
	require.NoError(t, err)
	c.Subject = "video"
	token, err := s.Sign(c)
	require.NoError(t, err)
	return token
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

func mediaRoot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "video"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "video", "video.m3u8"), []byte("#EXTM3U\n"), 0o644))
	return dir
}

func TestServeFiles(t *testing.T) {
	base, stderr, stop := startServe(t, "--keys", "../../testdata/keys/a.jwks.json", "--root", mediaRoot(t))
	token := tokenOf(t, "a.json", streamtoken.Claims{})
	status, body := fetch(t, base+"/"+token+"/video.m3u8")
	require.Equal(t, 200, status)
	require.Equal(t, "#EXTM3U\n", body)

	status, body = fetch(t, base+"/"+tokenOf(t, "b.json", streamtoken.Claims{})+"/video.m3u8")
	require.Equal(t, 401, status)
	require.Contains(t, body, string(streamtoken.ReasonKeyUnknown))
	require.Contains(t, stderr.String(), "reason=key_unknown")

	require.Equal(t, exitOK, stop())
	require.NotContains(t, stderr.String(), "eyJ")
}

func TestServePortInUse(t *testing.T) {
	base, _, _ := startServe(t, "--keys", "../../testdata/keys/a.jwks.json", "--root", mediaRoot(t))
	env := testEnvironment("")
	code := run(t.Context(), []string{"serve", "--listen", base[len("http://"):], "--keys", "../../testdata/keys/a.jwks.json", "--root", mediaRoot(t)}, env)
	require.Equal(t, exitFailed, code)
	require.Contains(t, env.stderr.(*bytes.Buffer).String(), "another program has that port")
}

func TestDownloadPathFlag(t *testing.T) {
	require.Nil(t, downloadPaths(nil))
	require.Equal(t, []string{"raw/**"}, downloadPaths([]string{"raw/**"}))
	require.Equal(t, []string{"raw/**", "downloads/**", "clip.mp4"}, downloadPaths([]string{"+raw/**"}))
	require.Equal(t, []string{"raw/**", "clip.mp4"}, downloadPaths([]string{"raw/**", "+clip.mp4"}))
}
