package apitest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/streamtoken/streamtoken"

// patience bounds what should take a moment, on a machine that is busy with something else.
const patience = 2 * time.Minute

// tick is how often is looked whether it is there.
const tick = 10 * time.Millisecond

// API is a running control API with an empty state.
type API struct {
	URL      string // without a path: http://127.0.0.1:PORT
	Bearer   string // a token for every account
	Account  string // an account id; any other does as well
	Bound    string // a token for Account alone
	StateDir string // where its files lie

	Legacy bool // BaseURL has no path, and clients are to send the older headers

	dir     string
	flags   []string
	process *os.Process
}

// BaseURL is what the SDKs are given: where Cloudflare's is https://api.cloudflare.com/client/v4.
func (a *API) BaseURL() string {
	if a.Legacy {
		return a.URL
	}
	return a.URL + "/client/v4"
}

// AsLegacy gives the same API with Legacy set.
func (a *API) AsLegacy() *API {
	legacy := *a
	legacy.Legacy = true
	return &legacy
}

// command is the path of the program, once Main has built it.
var command string

// Main builds the command, runs the tests, and gives their exit status. A package that uses Start needs it:
//
//	func TestMain(m *testing.M) { os.Exit(apitest.Main(m)) }
//
// What is built is the module as the tests see it: with the replacement of a nested module, this tree.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "streamtoken-apitest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	command = filepath.Join(dir, "streamtoken")
	if err := build(command); err != nil {
		fmt.Fprintln(os.Stderr, "building the command:", err)
		return 1
	}
	return m.Run()
}

func build(path string) error {
	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", modulePath)
	root, err := list.Output()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-o", path, "./cmd/streamtoken")
	cmd.Dir = strings.TrimSpace(string(root))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// Start runs `streamtoken api` on a free port of the loopback with a state directory of its own, until the test ends. flags
// are added to the command line.
func Start(t testing.TB, flags ...string) *API {
	t.Helper()
	dir := t.TempDir()
	a := &API{
		Bearer: "apitest-bearer-for-any-account", Bound: "apitest-bearer-for-one-account",
		Account: "023e105f4ecef8ad9ca31a8372d0c353", StateDir: filepath.Join(dir, "streamtoken"), dir: dir,
	}
	tokens := filepath.Join(dir, "tokens")
	require.NoError(t, os.WriteFile(tokens, []byte(a.Bearer+"\n"+a.Bound+" "+a.Account+"\n"), 0o600))
	a.flags = append([]string{"--token-file", tokens}, flags...)
	a.start(t)
	return a
}

// StartFresh is Start on a machine that never ran it: the bearer token is the one the command made and says where it lies.
func StartFresh(t testing.TB) *API {
	t.Helper()
	dir := t.TempDir()
	a := &API{Account: "023e105f4ecef8ad9ca31a8372d0c353", StateDir: filepath.Join(dir, "streamtoken"), dir: dir}
	said := a.start(t)
	var file []string
	require.Eventually(t, func() bool { file = tokenLine.FindStringSubmatch(said.String()); return file != nil }, patience, tick)
	token, err := os.ReadFile(file[1])
	require.NoError(t, err)
	a.Bearer = strings.Fields(string(token))[0]
	return a
}

var (
	urlLine   = regexp.MustCompile(`https?://(127\.0\.0\.1|\[::1\]|localhost):[0-9]+`)
	tokenLine = regexp.MustCompile(`bearer token: in (\S+), made now\n`)
)

// start runs the command with its state below a.dir, sets a.URL to what it prints, and gives all it will print. When the
// test ends the process is asked to stop, and must do so with status 0.
func (a *API) start(t testing.TB) *transcript {
	t.Helper()
	require.NotEmpty(t, command, "TestMain must call Main")
	cmd := exec.Command(command, append([]string{"api", "--listen", "127.0.0.1:0"}, a.flags...)...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+a.dir, "HOME="+a.dir)
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	require.NoError(t, cmd.Start())
	a.process = cmd.Process
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(cmd.Wait(), w.Close()) }()
	said, url := &transcript{}, make(chan string, 1)
	go said.read(r, url)
	t.Cleanup(func() {
		if cmd.Process.Signal(syscall.SIGTERM) == nil {
			select {
			case err := <-ended:
				require.NoError(t, err, "the end of the control API, which said:\n%s", said)
			case <-time.After(patience):
				_ = cmd.Process.Kill()
				require.Fail(t, "the control API does not stop", "%s", said)
			}
		}
		if t.Failed() {
			t.Logf("the control API said:\n%s", said)
		}
	})
	select {
	case a.URL = <-url:
	case err := <-ended:
		ended <- err
		require.Fail(t, "the control API ended at once", "%v\n%s", err, said)
	case <-time.After(patience):
		require.Fail(t, "the control API names no URL", "%s", said)
	}
	return said
}

// transcript is what a program wrote.
type transcript struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (s *transcript) read(r io.Reader, url chan<- string) {
	lines := bufio.NewReader(r)
	found := false
	for {
		line, err := lines.ReadString('\n')
		s.mu.Lock()
		s.text.WriteString(line)
		s.mu.Unlock()
		if u := urlLine.FindString(line); u != "" && !found {
			found = true
			url <- u
		}
		if err != nil {
			return
		}
	}
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
