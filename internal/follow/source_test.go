package follow

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// The bound holds whatever size the file claimed: procfs files claim none, a growing file claims too little.
func TestReadBounded(t *testing.T) {
	data := bytes.Repeat([]byte("x"), 1000)
	for _, size := range []int64{0, 1, 999, 1000, 5000} {
		got, err := readBounded(t.Context(), iotest.HalfReader(bytes.NewReader(data)), size, 5000)
		require.NoError(t, err)
		require.Equal(t, data, got)
	}
	_, err := readBounded(t.Context(), bytes.NewReader(data), 0, 999)
	require.ErrorIs(t, err, errTooLarge)
	_, err = readBounded(t.Context(), nil, 1000, 999)
	require.ErrorIs(t, err, errTooLarge, "refused before anything is read or allocated")
	_, err = readBounded(t.Context(), iotest.ErrReader(io.ErrUnexpectedEOF), 0, 999)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = readBounded(ctx, bytes.NewReader(data), 1000, 5000)
	require.ErrorIs(t, err, context.Canceled)
}

// A large file that has settled is not read again, and any change of it is.
func TestUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	old := time.Now().Add(-time.Hour)
	put := func(size int, at time.Time) {
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("x"), size), 0o600))
		require.NoError(t, os.Chtimes(path, at, at))
	}
	s := FileSource(path, 1<<30).(*fileSource)
	require.False(t, s.Unchanged(), "never read")
	read := func() {
		_, err := s.Read(t.Context())
		require.NoError(t, err)
	}

	put(alwaysRead, old)
	read()
	require.False(t, s.Unchanged(), "a small file is always read")

	put(alwaysRead+1, time.Now())
	read()
	require.False(t, s.Unchanged(), "just written: the next write may carry the same times")

	s.last = fresh(t, path) // as if settled: the change time cannot be set back
	require.True(t, s.Unchanged())
	put(alwaysRead+2, time.Now())
	require.False(t, s.Unchanged(), "another size")
	s.last = fresh(t, path)
	require.NoError(t, os.Chtimes(path, old, old))
	require.False(t, s.Unchanged(), "another time")
	s.last = fresh(t, path)
	require.NoError(t, os.Remove(path))
	require.False(t, s.Unchanged(), "gone")
	_, err := s.Read(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.False(t, s.Unchanged())
}

func fresh(t *testing.T, path string) mark {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return newMark(info)
}

// counter is a source that knows itself unchanged.
type counter struct {
	reads, asked int
	text         string
	err          error
}

func (c *counter) String() string { return "counter" }
func (c *counter) Read(context.Context) (Snapshot, error) {
	c.reads++
	return Snapshot{Version: c.text}, c.err
}
func (c *counter) Watch(context.Context) (<-chan struct{}, error) { return nil, nil }
func (c *counter) Unchanged() bool                                { c.asked++; return true }

// A routine look spares the read, a forced one never does, and a refusal is not forgotten by sparing it.
func TestLookSparesTheRead(t *testing.T) {
	src := &counter{text: "one"}
	refuse := errors.New("refused")
	var answer error
	f, err := Start(Config{Source: src, Accept: func(Snapshot) error { return answer }, Poll: time.Hour})
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, 1, src.reads)
	require.NoError(t, f.look(false))
	require.Equal(t, 1, src.reads)
	require.Equal(t, 1, src.asked)

	src.text, answer = "two", refuse
	require.ErrorIs(t, f.Check(), refuse)
	require.Equal(t, 2, src.reads)
	require.ErrorIs(t, f.look(false), refuse)
	require.Equal(t, 2, src.reads)
	require.ErrorIs(t, f.Status().LastError, refuse)

	src.err = io.ErrUnexpectedEOF
	require.ErrorIs(t, f.Check(), io.ErrUnexpectedEOF)
	require.ErrorIs(t, f.look(false), io.ErrUnexpectedEOF, "after a failed read there is nothing to be unchanged from")
	require.Equal(t, 4, src.reads)
}

func TestTrail(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	at := func(elem ...string) string { return filepath.Join(append([]string{root}, elem...)...) }
	require.NoError(t, os.MkdirAll(at("real", "sub"), 0o700))
	require.NoError(t, os.WriteFile(at("real", "sub", "f"), nil, 0o600))
	require.NoError(t, os.Symlink("real", at("rel")))
	require.NoError(t, os.Symlink(at("real", "sub"), at("abs")))
	require.NoError(t, os.Symlink("../../rel/sub/f", at("real", "sub", "up")))
	require.NoError(t, os.Symlink("loop", at("loop")))
	one := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	cases := map[string]struct {
		path  string
		whole bool
		want  trail
	}{
		"plain":         {at("real", "sub", "f"), false, trail{at("real", "sub"): one("f")}},
		"relative link": {at("rel", "sub", "f"), false, trail{root: one("rel"), at("real", "sub"): one("f")}},
		"absolute link": {at("abs", "f"), false, trail{root: one("abs"), at("real", "sub"): one("f")}},
		"links in links": {at("abs", "up"), false,
			trail{root: one("abs", "rel"), at("real", "sub"): one("up", "f")}},
		"directory":        {at("real", "sub"), true, trail{at("real"): one("sub"), at("real", "sub"): nil}},
		"linked directory": {at("abs"), true, trail{root: one("abs"), at("real"): one("sub"), at("real", "sub"): nil}},
		"missing":          {at("real", "none"), false, trail{at("real"): one("none")}},
		"loop":             {at("loop"), false, trail{root: one("loop")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := newTrail(c.path, c.whole)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.True(t, got.equal(c.want))
		})
	}
	whole, err := newTrail(at("real", "sub"), true)
	require.NoError(t, err)
	require.True(t, whole.concerns(at("real", "sub", "anything")))
	require.True(t, whole.concerns(at("real", "sub")))
	require.False(t, whole.concerns(at("real", "other")))
	require.False(t, whole.equal(trail{at("real"): one("sub")}))
}

// A name for this machine that a resolver leads elsewhere is not followed there.
func TestLoopbackOnly(t *testing.T) {
	src, err := URLSource(URLConfig{URL: "http://localhost/k", MaxBytes: 1})
	require.NoError(t, err)
	_, err = src.(*urlSource).transport.DialContext(t.Context(), "tcp", "192.0.2.1:80")
	require.ErrorContains(t, err, "beyond this machine")
	require.NoError(t, loopbackOnly("tcp6", "[::1]:80", nil))
	require.Error(t, loopbackOnly("tcp", "", nil))
}
