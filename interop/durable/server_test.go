//go:build integration

package durable

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const (
	account = "023e105f4ecef8ad9ca31a8372d0c353"
	bearer  = "durable-bearer-for-any-account"

	// patience bounds what should take a moment, on a machine that is busy with something else.
	patience = 3 * time.Minute
	look     = 5 * time.Millisecond
)

// place is where the state of one or more servers lies.
type place struct {
	home  string   // $XDG_STATE_HOME
	flags []string // such as --store
}

func newPlace(t testing.TB, flags ...string) place {
	t.Helper()
	p := place{home: t.TempDir(), flags: flags}
	require.NoError(t, os.WriteFile(p.tokens(), []byte(bearer+"\n"), 0o600))
	return p
}

func (p place) tokens() string { return filepath.Join(p.home, "tokens") }
func (p place) state() string  { return filepath.Join(p.home, "streamtoken") }
func (p place) db() string     { return filepath.Join(p.state(), "api.db") }
func (p place) env() []string  { return append(os.Environ(), "XDG_STATE_HOME="+p.home, "HOME="+p.home) }

// run runs another of the commands on the same state, and gives what it said.
func (p place) run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := p.try(args...)
	require.NoError(t, err, "%v: %s", args, out)
	return out
}

func (p place) try(args ...string) (string, error) {
	cmd := exec.Command(command, args...)
	cmd.Env = p.env()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// server is a running `streamtoken api`.
type server struct {
	url   string
	pid   int
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended; then err
	err   error
	said  words
}

// words is what a program has said.
type words struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (w *words) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(data)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (w *words) has(s string) bool { return strings.Contains(w.String(), s) }

// serve runs the command until the end of the test. prefix is a command line that ends by becoming the program, or has it as
// its child: then pid is to be set by the caller.
func (p place) serve(t testing.TB, prefix ...string) *server {
	t.Helper()
	args := append(append([]string{}, prefix...), command, "api", "--listen", "127.0.0.1:0", "--token-file", p.tokens())
	return start(t, p.env(), append(args, p.flags...)...)
}

var listening = regexp.MustCompile(`listening on (http://127\.0\.0\.1:[0-9]+)\n`)

// start runs a program that says "listening on URL".
func start(t testing.TB, env []string, args ...string) *server {
	t.Helper()
	s := &server{cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	s.cmd.Env, s.cmd.WaitDelay = env, patience
	r, w := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = w, w
	require.NoError(t, s.cmd.Start())
	s.pid = s.cmd.Process.Pid
	url := make(chan string, 1)
	go s.listen(r, url)
	go func() {
		s.err = s.cmd.Wait()
		_ = w.Close()
		close(s.ended)
	}()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(args[0]), &s.said)
		}
	})
	select {
	case s.url = <-url:
	case <-s.ended:
		require.Fail(t, "the server ended at once", "%v\n%s", s.err, &s.said)
	case <-time.After(patience):
		require.Fail(t, "the server names no URL", "%s", &s.said)
	}
	return s
}

func (s *server) listen(r io.Reader, url chan<- string) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		_, _ = s.said.Write([]byte(line))
		if m := listening.FindStringSubmatch(line); m != nil {
			url <- m[1]
		}
		if err != nil {
			return
		}
	}
}

// kill ends the server as it is.
func (s *server) kill() {
	s.signal(unix.SIGKILL)
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// stop asks it to end, which it must do with status 0.
func (s *server) stop(t testing.TB) {
	t.Helper()
	s.signal(unix.SIGTERM)
	select {
	case <-s.ended:
		require.NoError(t, s.err, "%s", &s.said)
	case <-time.After(patience):
		require.Fail(t, "the server does not stop", "%s", &s.said)
	}
}

func (s *server) signal(sig unix.Signal) {
	select {
	case <-s.ended: // the number may be another's by now
	default:
		_ = unix.Kill(s.pid, sig)
	}
}

// hold stops the server where it is, until SIGCONT. A signal is taken by one thread, when it comes to run: on a busy machine the others go on for
// some milliseconds after kill has returned.
func (s *server) hold(t testing.TB) {
	t.Helper()
	s.signal(unix.SIGSTOP)
	eventually(t, "every thread stands still", func() bool {
		threads, err := filepath.Glob("/proc/" + strconv.Itoa(s.pid) + "/task/*/stat")
		if err != nil || len(threads) == 0 {
			return false
		}
		for _, name := range threads {
			data, err := os.ReadFile(name)
			if err != nil {
				return false
			}
			_, rest, _ := strings.Cut(string(data), ") ") // after the program's name, ours
			if !strings.HasPrefix(rest, "T") {
				return false
			}
		}
		return true
	})
}

// api gives a client of the server, with a connection of its own.
func (s *server) api(t testing.TB) *client {
	c := &client{url: s.url, http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// eventually asks until the answer is yes.
func eventually(t testing.TB, what string, yes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !yes(); time.Sleep(look) {
		if time.Now().After(deadline) {
			require.Fail(t, "never: "+what)
		}
	}
}
