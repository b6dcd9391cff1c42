package edge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/tokentest"
)

// tree writes files below a new directory: names ending in a slash are directories.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return dir
}

func edgeBeforeFiles(t *testing.T, dir string) *running {
	return startEdge(t, func(c *Config, _ *limits) { c.Root = dir })
}

func TestFilesAreServed(t *testing.T) {
	dir := tree(t, map[string]string{"root/video/hls/seg1.ts": "0123456789", "root/other/seg1.ts": "secret"})
	modified := time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(filepath.Join(dir, "root/video/hls/seg1.ts"), modified, modified))
	edge := edgeBeforeFiles(t, filepath.Join(dir, "root"))
	target := "/" + token(t) + "/hls/seg1.ts"

	res := get(t, edge.addr, target, "")
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "0123456789", res.body)
	require.Equal(t, "video/mp2t", res.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"))
	require.Equal(t, "Mon, 01 Jan 2029 00:00:00 GMT", res.Header.Get("Last-Modified"))
	require.Equal(t, "bytes", res.Header.Get("Accept-Ranges"))
	require.NotContains(t, res.Header.Get("Cache-Control"), "max-age")
	etag := res.Header.Get("Etag")
	require.NotEmpty(t, etag)

	res = get(t, edge.addr, target, "If-None-Match: "+etag+"\n")
	require.Equal(t, 304, res.StatusCode)
	res = get(t, edge.addr, target, "If-Modified-Since: Mon, 01 Jan 2029 00:00:00 GMT\n")
	require.Equal(t, 304, res.StatusCode)
	res = get(t, edge.addr, target, "Range: bytes=-3\n")
	require.Equal(t, 206, res.StatusCode)
	require.Equal(t, "789", res.body)
	res = get(t, edge.addr, target, "Range: bytes=2-4\nIf-Range: "+etag+"\n")
	require.Equal(t, 206, res.StatusCode)
	res = get(t, edge.addr, target, "Range: bytes=99-\n")
	require.Equal(t, 416, res.StatusCode)
	res = raw(t, edge.addr, "HEAD "+target+" HTTP/1.1\nHost: h\nConnection: close\n\n")
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "10", res.Header.Get("Content-Length"))
	require.Empty(t, res.body)
	res = raw(t, edge.addr, "POST /"+token(t)+"/webRTC/play HTTP/1.1\nHost: h\nContent-Length: 0\nConnection: close\n\n")
	require.Equal(t, 405, res.StatusCode)

	// A changed file is another version.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "root/video/hls/seg1.ts"), []byte("9876543210"), 0o644))
	res = get(t, edge.addr, target, "If-None-Match: "+etag+"\n")
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "9876543210", res.body)
}

// Longer than the chunks in which a file goes out.
func TestLargeFile(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 3*sendChunk/16) + "end"
	edge := edgeBeforeFiles(t, tree(t, map[string]string{"video/large.mp4": content}))
	target := "/" + token(t) + "/large.mp4"
	res := get(t, edge.addr, target, "")
	require.Equal(t, int64(len(content)), res.ContentLength)
	require.True(t, res.body == content)
	res = get(t, edge.addr, target, "Range: bytes=16-\n")
	require.Equal(t, 206, res.StatusCode)
	require.True(t, res.body == content[16:])
}

func TestFilesThatAreNot(t *testing.T) {
	dir := tree(t, map[string]string{
		"root/video/ok.txt":        "ok",
		"root/video/.hidden":       "secret",
		"root/video/.git/config":   "secret",
		"root/video/sub/index.htm": "ok",
		"root/video/empty/":        "",
		"root/other/x.txt":         "secret",
		"outside.txt":              "secret",
		"rooted/x.txt":             "secret",
	})
	root := filepath.Join(dir, "root")
	link := func(target, name string) {
		require.NoError(t, os.Symlink(target, filepath.Join(root, filepath.FromSlash(name))))
	}
	link("../../outside.txt", "video/relative.txt")
	link(filepath.Join(dir, "outside.txt"), "video/absolute.txt")
	link("/etc/passwd", "video/passwd")
	link("../other/x.txt", "video/sideways.txt")
	link("../other", "video/sidedir")
	link("loop.txt", "video/loop.txt")
	link("ok.txt", "video/inside.txt")
	link("../rooted", "escaped")
	link("video", "alias")
	edge := edgeBeforeFiles(t, root)

	tests := []struct {
		subject, path string
		status        int
	}{
		{"video", "/ok.txt", 200},
		{"video", "/inside.txt", 200}, // a link within the subject's own folder
		{"alias", "/ok.txt", 200},     // the folder itself may be a link inside the root

		{"video", "", 404},
		{"video", "/", 404},
		{"video", "/sub", 404},
		{"video", "/sub/", 404},
		{"video", "/empty", 404},
		{"video", "/ok.txt/", 404},
		{"video", "/ok.txt/x", 404},
		{"video", "/gone.txt", 404},
		{"video", "/.hidden", 404},
		{"video", "/.git/config", 404},
		{"video", "/sub/.x", 404},
		{"video", "/relative.txt", 404},
		{"video", "/absolute.txt", 404},
		{"video", "/passwd", 404},
		{"video", "/sideways.txt", 404},
		{"video", "/sidedir/x.txt", 404},
		{"video", "/loop.txt", 404},
		{"video", "/" + strings.Repeat("n", 300), 404},
		{"escaped", "/x.txt", 404},
		{"nobody", "/x.txt", 404},
		{"video", "/../other/x.txt", 400},
		{"video", "/%2e%2e/other/x.txt", 400},
		{"video", "/..%2fother/x.txt", 400},
		{"video", "/a%00b", 400},
	}
	for _, test := range tests {
		t.Run(test.subject+test.path, func(t *testing.T) {
			res := get(t, edge.addr, "/"+tokentest.Token(t, streamtoken.Claims{Subject: test.subject})+test.path, "")
			require.Equal(t, test.status, res.StatusCode, res.body)
			require.NotContains(t, res.body, "secret")
			if test.status != 200 {
				require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
				require.NotContains(t, res.body, dir)
			}
		})
	}
}

func TestFilesBelowAMount(t *testing.T) {
	dir := tree(t, map[string]string{"video/x.txt": "served", "media/video/x.txt": "wrong"})
	edge := startEdge(t, func(c *Config, _ *limits) { c.Root, c.Middleware.Mount = dir, "/media/" })
	res := get(t, edge.addr, "/media/"+token(t)+"/x.txt", "")
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "served", res.body)
}

func TestMIMETypes(t *testing.T) {
	for name, want := range map[string]string{
		"video.m3u8":   "application/vnd.apple.mpegurl",
		"video.MPD":    "application/dash+xml",
		"seg.ts":       "video/mp2t",
		"seg.m4s":      "video/iso.segment",
		"video.mp4":    "video/mp4",
		"audio.m4a":    "audio/mp4",
		"en.vtt":       "text/vtt; charset=utf-8",
		"unknown.blob": "application/octet-stream",
		"none":         "application/octet-stream",
	} {
		require.Equal(t, want, mimeType(name), name)
	}
}

// No cache keeps a file beyond the token on a guess of its own: not a playlist, not a segment, not a 304.
func TestFilesAreAskedForAgain(t *testing.T) {
	edge := edgeBeforeFiles(t, tree(t, map[string]string{"video/live.m3u8": "#EXTM3U\n", "video/a.ts": "a"}))
	for _, name := range []string{"live.m3u8", "a.ts"} {
		target := "/" + token(t) + "/" + name
		res := get(t, edge.addr, target, "")
		require.Equal(t, 200, res.StatusCode)
		require.Equal(t, "no-cache", res.Header.Get("Cache-Control"))
		res = get(t, edge.addr, target, "If-None-Match: "+res.Header.Get("Etag")+"\n")
		require.Equal(t, 304, res.StatusCode)
		require.Equal(t, "no-cache", res.Header.Get("Cache-Control"))
	}
}

func TestManyRangesAreTheWholeFile(t *testing.T) {
	edge := edgeBeforeFiles(t, tree(t, map[string]string{"video/a.ts": strings.Repeat("0123456789", 100)}))
	target := "/" + token(t) + "/a.ts"
	ranges := func(n int) string { return "Range: bytes=0-0" + strings.Repeat(",0-0", n-1) + "\n" }
	require.Equal(t, 206, get(t, edge.addr, target, ranges(maxRanges)).StatusCode)
	res := get(t, edge.addr, target, ranges(maxRanges+1))
	require.Equal(t, 200, res.StatusCode)
	require.Len(t, res.body, 1000)
}

func TestRootMustBeADirectory(t *testing.T) {
	dir := tree(t, map[string]string{"file": ""})
	for _, root := range []string{filepath.Join(dir, "file"), filepath.Join(dir, "gone")} {
		_, err := New(Config{Root: root})
		require.Error(t, err)
	}
}

// The names that reach the file system hold no dot name, no empty segment and nothing but the subject's own folder.
func FuzzFileName(f *testing.F) {
	for _, seed := range []string{"/video/a", "/video/", "/video/.a", "/video/a/../b", "/video//a", "/video/a\\b", "/video/a\x00", "/other/a", "/videox/a", "/video/C:/x"} {
		f.Add(seed)
	}
	files := &files{}
	f.Fuzz(func(t *testing.T, path string) {
		name, good := files.name(path, "video")
		if !good {
			return
		}
		if path != "/video/"+name || !filepath.IsLocal(name) {
			t.Fatalf("%q gave %q", path, name)
		}
		for _, s := range strings.Split(name, "/") {
			if s == "" || strings.HasPrefix(s, ".") || strings.ContainsAny(s, "\\\x00") {
				t.Fatalf("%q gave %q", path, name)
			}
		}
	})
}
