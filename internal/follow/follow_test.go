package follow_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/follow"
)

const (
	deadline = 10 * time.Second
	never    = time.Hour // a poll interval no test waits for: only events or Check can have done it
)

// taker accepts everything that does not begin with "bad".
type taker struct {
	mu    sync.Mutex
	calls int
	now   []follow.File
}

func (a *taker) accept(s follow.Snapshot) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	for _, f := range s.Files {
		if bytes.HasPrefix(f.Data, []byte("bad")) {
			return errors.New("it is bad")
		}
	}
	a.now = s.Files
	return nil
}

func (a *taker) text() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var parts []string
	for _, f := range a.now {
		parts = append(parts, f.Name+"="+string(f.Data))
	}
	return strings.Join(parts, " ")
}

func (a *taker) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls
}

func (a *taker) becomes(t *testing.T, want string) {
	t.Helper()
	require.Eventually(t, func() bool { return a.text() == want }, deadline, 5*time.Millisecond, "want %q, have %q", want, a.text())
}

// logBuffer is a log the test may read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// replace renames a new file over path, as deployments do.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	require.NoError(t, os.Rename(path+".new", path))
}

// goroutines counts those that this package or its watcher started.
func goroutines() int {
	buf := make([]byte, 1<<20)
	n := 0
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "created by github.com/streamtoken/streamtoken/internal/follow.") ||
			strings.Contains(stack, "created by github.com/fsnotify/") {
			n++
		}
	}
	return n
}

// noneLeft waits for the last instructions of goroutines whose end Close has already seen.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(deadline); goroutines() > before; time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(end), "goroutines left behind")
	}
}

func start(t *testing.T, src follow.Source, poll time.Duration) (*follow.Follower, *taker, *logBuffer) {
	t.Helper()
	before := goroutines()
	a, log := &taker{}, &logBuffer{}
	f, err := follow.Start(follow.Config{Source: src, Accept: a.accept, Poll: poll, Log: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, f.Close())
		require.NoError(t, f.Close(), "closing twice")
		require.ErrorIs(t, f.Check(), follow.ErrClosed)
		noneLeft(t, before)
	})
	return f, a, log
}

// pollOnly hides what a source can watch.
type pollOnly struct{ follow.Source }

func (pollOnly) Watch(context.Context) (<-chan struct{}, error) { return nil, nil }

// noWatch is a source whose watch cannot be set up.
type noWatch struct{ follow.Source }

func (noWatch) Watch(context.Context) (<-chan struct{}, error) {
	return nil, errors.New("no more watches")
}

// Every way in which a file gets new content, by events alone and by polling alone.
func TestFileChanges(t *testing.T) {
	changes := map[string]func(t *testing.T, path string){
		"rename over":       func(t *testing.T, path string) { replace(t, path, "two") },
		"rewrite in place":  func(t *testing.T, path string) { write(t, path, "two") },
		"delete and create": func(t *testing.T, path string) { require.NoError(t, os.Remove(path)); write(t, path, "two") },
		"write then rename": func(t *testing.T, path string) { write(t, path, ""); replace(t, path, "two") },
		"backup, new, unlink": func(t *testing.T, path string) { // how some editors save
			require.NoError(t, os.Rename(path, path+"~"))
			write(t, path, "two")
			require.NoError(t, os.Remove(path+"~"))
		},
		"becomes a link": func(t *testing.T, path string) {
			write(t, path+".target", "two")
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Symlink(filepath.Base(path)+".target", path))
		},
		"directory replaced": func(t *testing.T, path string) {
			dir := filepath.Dir(path)
			require.NoError(t, os.Rename(dir, dir+".old"))
			require.NoError(t, os.Mkdir(dir+".next", 0o700))
			write(t, filepath.Join(dir+".next", filepath.Base(path)), "two")
			require.NoError(t, os.Rename(dir+".next", dir))
		},
	}
	for name, change := range changes {
		for mode, poll := range map[string]time.Duration{"events": never, "polling": 5 * time.Millisecond, "no watch": 5 * time.Millisecond} {
			if name == "directory replaced" && mode == "events" {
				poll = 50 * time.Millisecond // the watch dies with the directory, and polling makes the next
			}
			t.Run(name+"/"+mode, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "d")
				require.NoError(t, os.Mkdir(dir, 0o700))
				path := filepath.Join(dir, "f")
				write(t, path, "one")
				src := follow.FileSource(path, 100)
				switch mode {
				case "polling":
					src = pollOnly{src}
				case "no watch":
					src = noWatch{src}
				}
				_, a, _ := start(t, src, poll)
				require.Equal(t, "f=one", a.text())
				change(t, path)
				a.becomes(t, "f=two")
				replace(t, path, "three") // and it goes on following
				a.becomes(t, "f=three")
			})
		}
	}
}

// A ConfigMap volume: the file is a link through ..data, and only that directory link is swapped.
func TestConfigMapSwap(t *testing.T) {
	dir := t.TempDir()
	version := func(name, text string) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		write(t, filepath.Join(dir, name, "keys.json"), text)
		require.NoError(t, os.Symlink(name, filepath.Join(dir, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	version("..1", "one")
	require.NoError(t, os.Symlink("..data/keys.json", filepath.Join(dir, "keys.json")))

	_, file, _ := start(t, follow.FileSource(filepath.Join(dir, "keys.json"), 100), never)
	_, whole, _ := start(t, follow.DirSource(dir, []string{".json"}, 100, 10), never)
	file.becomes(t, "keys.json=one")
	whole.becomes(t, "keys.json=one")
	for i, text := range []string{"two", "three"} {
		version("..new"+string(rune('a'+i)), text)
		file.becomes(t, "keys.json="+text)
		whole.becomes(t, "keys.json="+text)
	}
}

// A release directory behind a link above the file.
func TestParentLinkSwap(t *testing.T) {
	dir := t.TempDir()
	for _, r := range []string{"r1", "r2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, r), 0o700))
		write(t, filepath.Join(dir, r, "f"), r)
	}
	current := filepath.Join(dir, "current")
	require.NoError(t, os.Symlink("r1", current))
	_, a, _ := start(t, follow.FileSource(filepath.Join(current, "f"), 100), never)
	require.Equal(t, "f=r1", a.text())
	require.NoError(t, os.Symlink("r2", current+".new"))
	require.NoError(t, os.Rename(current+".new", current))
	a.becomes(t, "f=r2")
	write(t, filepath.Join(dir, "r2", "f"), "r2b")
	a.becomes(t, "f=r2b")
}

func TestDirectoryAddRemove(t *testing.T) {
	dir := t.TempDir()
	_, a, _ := start(t, follow.DirSource(dir, []string{".pem", ".json"}, 100, 10), never)
	require.Empty(t, a.text())
	write(t, filepath.Join(dir, "b.pem"), "b")
	a.becomes(t, "b.pem=b")
	write(t, filepath.Join(dir, "A.PEM"), "a")
	write(t, filepath.Join(dir, ".hidden.pem"), "h")
	write(t, filepath.Join(dir, "b.pem~"), "backup")
	write(t, filepath.Join(dir, "notes.txt"), "n")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub.pem"), 0o700))
	require.NoError(t, os.Symlink("notes.txt", filepath.Join(dir, "c.json")))
	a.becomes(t, "A.PEM=a b.pem=b c.json=n")
	require.NoError(t, os.Remove(filepath.Join(dir, "A.PEM")))
	require.NoError(t, os.Remove(filepath.Join(dir, "c.json")))
	a.becomes(t, "b.pem=b")
	require.NoError(t, os.Remove(filepath.Join(dir, "b.pem")))
	a.becomes(t, "")
}

func TestRefusedKeepsTheOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "good 1")
	f, a, log := start(t, pollOnly{follow.FileSource(path, 100)}, never)
	first := f.Status()
	require.NoError(t, first.LastError)
	require.False(t, first.Loaded.IsZero())
	require.NotEmpty(t, first.Version)

	write(t, path, "bad 1")
	for range 3 {
		require.ErrorContains(t, f.Check(), "it is bad")
	}
	require.Equal(t, "f=good 1", a.text())
	require.Equal(t, 2, a.count(), "one refused content is judged once")
	require.Equal(t, 1, log.count("level=ERROR"), "and logged once")
	st := f.Status()
	require.ErrorContains(t, st.LastError, "it is bad")
	require.Equal(t, first.Version, st.Version)
	require.Equal(t, first.Loaded, st.Loaded)
	require.Equal(t, first.Checked, st.Checked)

	write(t, path, "bad 2")
	require.Error(t, f.Check())
	require.Equal(t, 3, a.count())

	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, f.Check(), os.ErrNotExist)
	write(t, path, "bad 2")
	require.ErrorContains(t, f.Check(), "it is bad")
	require.ErrorContains(t, f.Status().LastError, "it is bad")
	require.Equal(t, 3, a.count())

	write(t, path, "good 1") // back to what is in force: nothing to take
	require.NoError(t, f.Check())
	require.NoError(t, f.Status().LastError)
	require.Equal(t, 3, a.count())
	require.Equal(t, 1, log.count("good again"))

	write(t, path, "good 2")
	require.NoError(t, f.Check())
	require.Equal(t, "f=good 2", a.text())
	require.NotEqual(t, first.Version, f.Status().Version)
}

func TestUnreadableKeepsTheOld(t *testing.T) {
	cases := map[string]func(t *testing.T, path string){
		"vanished":        func(t *testing.T, path string) {},
		"too large":       func(t *testing.T, path string) { write(t, path, strings.Repeat("x", 101)) },
		"a directory":     func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
		"a FIFO":          mkfifo,
		"a dangling link": func(t *testing.T, path string) { require.NoError(t, os.Symlink("nowhere", path)) },
		"a link loop":     func(t *testing.T, path string) { require.NoError(t, os.Symlink("f", path)) },
		"a device":        func(t *testing.T, path string) { require.NoError(t, os.Symlink(os.DevNull, path)) },
		"a link to a FIFO": func(t *testing.T, path string) {
			mkfifo(t, path+".fifo")
			require.NoError(t, os.Symlink("f.fifo", path))
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			write(t, path, "one")
			f, a, log := start(t, follow.FileSource(path, 100), never)
			require.NoError(t, os.Remove(path))
			change(t, path)
			require.Error(t, f.Check())
			require.Error(t, f.Check())
			require.Error(t, f.Status().LastError)
			require.Equal(t, "f=one", a.text())
			require.LessOrEqual(t, log.count("level=ERROR"), 2, "not once per look")
			require.NoError(t, os.RemoveAll(path))
			write(t, path, strings.Repeat("y", 100)) // exactly the limit
			require.NoError(t, f.Check())
			require.Equal(t, "f="+strings.Repeat("y", 100), a.text())
		})
	}
}

// Start fails on all that would be refused later, and leaves nothing running.
func TestStartRefuses(t *testing.T) {
	before := goroutines()
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo.pem")
	mkfifo(t, fifo)
	file := filepath.Join(dir, "file")
	write(t, file, "bad")
	ok := func(follow.Snapshot) error { return nil }
	cases := map[string]follow.Config{
		"no source":       {Accept: ok},
		"no accept":       {Source: follow.FileSource(file, 100)},
		"negative poll":   {Source: follow.FileSource(file, 100), Accept: ok, Poll: -1},
		"missing":         {Source: follow.FileSource(filepath.Join(dir, "none"), 100), Accept: ok},
		"FIFO":            {Source: follow.FileSource(fifo, 100), Accept: ok},
		"directory":       {Source: follow.FileSource(dir, 100), Accept: ok},
		"too large":       {Source: follow.FileSource(file, 2), Accept: ok},
		"refused":         {Source: follow.FileSource(file, 100), Accept: (&taker{}).accept},
		"no directory":    {Source: follow.DirSource(filepath.Join(dir, "none"), nil, 100, 1), Accept: ok},
		"file, not dir":   {Source: follow.DirSource(file, nil, 100, 1), Accept: ok},
		"FIFO, not dir":   {Source: follow.DirSource(fifo, nil, 100, 1), Accept: ok},
		"missing parents": {Source: follow.FileSource(filepath.Join(dir, "no", "such", "file"), 100), Accept: ok},
	}
	for name, cfg := range cases {
		t.Run(name, func(t *testing.T) {
			f, err := follow.Start(cfg)
			require.Error(t, err)
			require.Nil(t, f)
		})
	}
	noneLeft(t, before)
}

func TestDirectoryBounds(t *testing.T) {
	dir := t.TempDir()
	read := func(maxBytes int64, maxFiles int) (follow.Snapshot, error) {
		return follow.DirSource(dir, []string{".pem"}, maxBytes, maxFiles).Read(t.Context())
	}
	write(t, filepath.Join(dir, "a.pem"), "aaaa")
	write(t, filepath.Join(dir, "b.pem"), "bbbb")
	s, err := read(8, 2)
	require.NoError(t, err)
	require.Len(t, s.Files, 2)
	_, err = read(7, 2)
	require.ErrorContains(t, err, "too large")
	_, err = read(8, 1)
	require.ErrorContains(t, err, "more than 1 files")
	mkfifo(t, filepath.Join(dir, "c.pem"))
	s, err = read(8, 2)
	require.NoError(t, err, "a FIFO is left out, not read")
	require.Len(t, s.Files, 2)
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "d.pem")))
	_, err = read(8, 3)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Two lists that run together alike are two versions.
func TestVersionsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, files := range [][2]string{{"a.x", "b"}, {"a.x", "bb"}, {"b.x", "a"}, {"a.x", ""}} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, files[0]), files[1])
		s, err := follow.DirSource(dir, []string{".x"}, 100, 10).Read(t.Context())
		require.NoError(t, err)
		require.NotContains(t, seen, s.Version, "%v", files)
		seen[s.Version] = files[0]
		again, err := follow.DirSource(dir, []string{".x"}, 100, 10).Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, s, again)
	}
}

func TestReadGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "one")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := follow.FileSource(path, 100).Read(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// Writers, checkers, readers of the status and a Close at once: for the race detector, and for the rule that no Accept runs
// after Close has returned.
func TestConcurrentUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "0")
	var closed, running sync.Mutex
	isClosed := false
	f, err := follow.Start(follow.Config{
		Source: follow.FileSource(path, 100), Poll: time.Millisecond,
		Accept: func(follow.Snapshot) error {
			if !running.TryLock() {
				t.Error("two Accepts at once")
				return nil
			}
			defer running.Unlock()
			closed.Lock()
			defer closed.Unlock()
			if isClosed {
				t.Error("Accept after Close")
			}
			return nil
		},
	})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 50 {
				switch i {
				case 0:
					replace(t, path, strings.Repeat("x", n))
				case 1:
					_ = f.Status()
				default:
					if err := f.Check(); errors.Is(err, follow.ErrClosed) {
						return
					}
				}
			}
		})
	}
	wg.Go(func() {
		_ = f.Check()
		require.NoError(t, f.Close())
		closed.Lock()
		isClosed = true
		closed.Unlock()
	})
	wg.Wait()
}

// Nothing derived from what is secret is in the log.
func TestSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "one")
	for _, secret := range []bool{true, false} {
		a, log := &taker{}, &logBuffer{}
		f, err := follow.Start(follow.Config{Source: follow.FileSource(path, 100), Accept: a.accept, Log: slog.New(slog.NewTextHandler(log, nil)), Secret: secret})
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Equal(t, 1, log.count("loaded"))
		require.Equal(t, secret, log.count(f.Status().Version[:6]) == 0)
	}
}
