//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Asking again ends a command that waits for what does not come.
func TestSecondSignal(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	fill(t, w)
	cmd := exec.Command("streamtoken", "sign", "--key", "../../testdata/keys/a.json", "--batch", "-")
	cmd.Stdin, cmd.Stdout = strings.NewReader(strings.Repeat("v1\n", 1000)), w
	words, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	require.NoError(t, w.Close())
	late := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	stderr := bufio.NewReader(words)
	for line := ""; !strings.HasPrefix(line, "streamtoken: engine: "); { // signals are taken by then
		line, err = stderr.ReadString('\n')
		require.NoError(t, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for waiting := true; waiting; {
		select {
		case err := <-ended:
			require.Error(t, err)
			waiting = false
		case <-time.After(50 * time.Millisecond):
			cmd.Process.Signal(syscall.SIGTERM) // SIGINT is ignored from the start in what a shell runs in the background
		}
	}
	require.True(t, late.Stop(), "the process did not end")
	t.Log(cmd.ProcessState) // exit status 1 if the first signal came before the first line was written
}

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	require.NoError(t, w.SetWriteDeadline(time.Now().Add(50*time.Millisecond)))
	for {
		if _, err := w.Write(make([]byte, 1<<10)); err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			return
		}
	}
}
