//go:build integration

package durable

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/streamtoken/streamtoken/internal/pgtest"
)

// commitMessage is what a client sends to commit: a simple query (PostgreSQL: "Message Formats").
const commitMessage = "Q\x00\x00\x00\x0bcommit\x00"

// syncedByPostgres proves that a change was on disk before it was acknowledged: between the request and the answer, the server
// process that was told id was told to commit, then wrote to its log, then began a sync of what it had written, which
// succeeded, and only then said that it had committed.
func syncedByPostgres(calls []syscall, wal, tag, id string) error {
	request, response, err := exchange(calls, tag)
	if err != nil {
		return err
	}
	const (
		told = 1 + iota
		committing
		written
		synced
	)
	type process struct {
		stage int
		file  string // of the log
		line  int    // where the stage was reached
	}
	best, all := 0, map[string]*process{}
	for _, c := range calls {
		if c.begun <= request.ended || c.ended >= response.begun {
			continue
		}
		p := all[c.thread]
		if p == nil {
			p = &process{}
			all[c.thread] = p
		}
		if c.begun <= p.line {
			continue
		}
		switch {
		case c.name == "recvfrom" && strings.Contains(c.data, id):
			*p = process{stage: told}
		case p.stage >= told && c.name == "recvfrom" && c.data == commitMessage:
			*p = process{stage: committing}
		case p.stage >= committing && c.name == "pwrite64" && filepath.Dir(c.path) == wal && c.result > 0:
			*p = process{stage: written, file: c.path}
		case p.stage == written && (c.name == "fdatasync" || c.name == "fsync") && c.path == p.file && c.result == 0 && !c.injected:
			*p = process{stage: synced}
		case p.stage == synced && c.name == "sendto" && strings.Contains(c.data, "COMMIT\x00"):
			return nil
		}
		p.line = c.ended
		best = max(best, p.stage)
	}
	return fmt.Errorf("%s: not synced before the answer (%s)", tag, [...]string{
		"nobody was told of the change", "it was not committed", "nothing was written", "no sync", "it was not said"}[best])
}

// TestSyncedByPostgres is TestSynced with the state in PostgreSQL: one trace of the command and of all of the server's processes.
func TestSyncedByPostgres(t *testing.T) {
	cluster := pgtest.Start(t)
	cluster.Stop()
	cluster.Launch(t, "wal_writer_delay=10s") // only who commits syncs
	data := filepath.Join(cluster.Dir(), "data")
	p := newPlace(t, "--lease", "60s", "--store", cluster.Database(t))

	file := filepath.Join(t.TempDir(), "trace")
	strace := append(append([]string{"strace"}, straceFlags...), "-o", file, "-p", firstLine(t, filepath.Join(data, "postmaster.pid")))
	s := p.serve(t, strace...)
	s.pid = child(t, s.cmd.Process.Pid)
	changes := everyChange(t, s.api(t))
	s.signal(unix.SIGTERM)
	eventually(t, "the command ends", func() bool { return unix.Kill(s.pid, 0) != nil })
	cluster.Stop() // and with its last process strace ends
	<-s.ended

	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	calls, err := parseTrace(f)
	require.NoError(t, err)
	wal := filepath.Join(data, "pg_wal")
	for _, a := range changes {
		require.NoError(t, syncedByPostgres(calls, wal, a.tag, a.id))
	}
	for name, calls := range spoiled(calls) {
		for _, a := range changes {
			require.Error(t, syncedByPostgres(calls, wal, a.tag, a.id), "%s: %s", name, a.tag)
		}
	}
}

func firstLine(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(data), "\n")
	return line
}

// child gives the one process that a process has started.
func child(t testing.TB, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	require.NoError(t, err)
	children := strings.Fields(string(data))
	require.Len(t, children, 1)
	id, err := strconv.Atoi(children[0])
	require.NoError(t, err)
	return id
}
