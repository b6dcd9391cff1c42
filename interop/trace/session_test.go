//go:build integration && linux && amd64

package trace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// A session is a traced child. It belongs to the goroutine of the test that made it.
type session struct {
	*Tracer
	supported bool
	in        io.Writer
	out       *bufio.Reader
}

func newSession(t *testing.T) *session {
	t.Helper()
	runtime.LockOSThread() // for good: the thread ends with the test's goroutine
	cmd := exec.Command(os.Args[0], childArg)
	// Nothing but the code itself decides what its thread executes.
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1", "GOGC=off")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	s := &session{in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if s.Tracer != nil {
			require.NoError(t, s.Close())
		}
		_ = cmd.Wait() // Close may have collected it
	})
	var tid int
	_, err = fmt.Fscanln(s.out, &tid, &s.supported)
	require.NoError(t, err, "the child did not start")
	s.Tracer, err = Attach(cmd.Process.Pid, tid)
	require.NoError(t, err)
	return s
}

// take traces one variant of a subject, again if the scheduler came between.
func (s *session) take(t *testing.T, name string, variant int) *Trace {
	t.Helper()
	for range 5 {
		_, err := fmt.Fprintln(s.in, name, variant)
		require.NoError(t, err)
		trace, err := s.Trace()
		if !errors.Is(err, ErrPreempted) {
			require.NoError(t, err)
		}
		answer, readErr := s.out.ReadString('\n')
		require.NoError(t, readErr)
		require.Equal(t, "ok\n", answer, "%s %d", name, variant)
		if err == nil {
			return trace
		}
		t.Logf("%s %d: %v", name, variant, err)
	}
	require.FailNow(t, "always preempted")
	return nil
}
