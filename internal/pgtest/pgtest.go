//go:build unix

// Package pgtest starts PostgreSQL for a test: a cluster of its own in a temporary directory, from the programs that are
// installed. It takes part in no program. The server spares no disk: fsync stays on (only initdb, before it, does not wait).
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	superuser = "streamtoken"
	patience  = 120 * time.Second // for a machine that is busy
)

// Cluster is a running PostgreSQL that listens on a socket in its own directory, and on loopback too where asked.
type Cluster struct {
	dir    string // socket, data and log
	bin    string
	port   int
	cred   *syscall.Credential // nil: as this process
	server *exec.Cmd
	exited chan struct{}
	logged int // bytes, when it was started
	number atomic.Int64
}

// Start makes a cluster and starts it; it is stopped and removed at the end of the test. The test fails, and is not skipped,
// when PostgreSQL is not installed (Debian: postgresql). Run as root, the server runs as user postgres or nobody, since it
// refuses root.
func Start(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{bin: binaries(t), cred: unprivileged(t), port: 5432}
	c.makeDir(t)
	out, err := c.command("initdb", "--pgdata", c.data(), "--username", superuser, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-instructions", "--no-sync").CombinedOutput()
	if err != nil {
		t.Fatalf("pgtest: initdb: %v\n%s", err, out)
	}
	t.Cleanup(c.Stop)
	c.Launch(t)
	return c
}

func (c *Cluster) makeDir(t testing.TB) {
	t.Helper()
	// Not t.TempDir: its parents are closed to other users, and a socket's path must be short (unix(7): 108 bytes).
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	c.dir = dir
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if c.cred != nil {
		if err := os.Chown(dir, int(c.cred.Uid), int(c.cred.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

// Standby starts a second server on a copy of the cluster (pg_basebackup --write-recovery-conf) that follows it until the end
// of the test. Its socket is in a directory of its own.
func (c *Cluster) Standby(t testing.TB, data string) *Cluster {
	t.Helper()
	s := &Cluster{bin: c.bin, cred: c.cred, port: c.port}
	s.makeDir(t)
	if err := os.Rename(data, s.data()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	s.Launch(t)
	return s
}

// Launch starts the server again after Stop or Kill, with further settings ("name=value"), and waits until it answers.
func (c *Cluster) Launch(t testing.TB, settings ...string) {
	t.Helper()
	args := []string{"-D", c.data(), "-k", c.dir, "-p", strconv.Itoa(c.port), "-c", "listen_addresses=", "-c", "max_connections=200"}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	c.start(t, args)
	deadline := time.Now().Add(patience)
	for {
		out, err := c.command("psql", "-XAtqc", "SELECT 1", c.URL("postgres")).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("pgtest: the server does not answer: %v\n%s\n%s", err, out, lastLines(c.Log(), 20))
		}
		select {
		case <-c.exited:
			// After Kill the processes of the old server may still be about to end, and to say so in the same log.
			if log := c.Log(); !strings.Contains(log[c.logged:], "shared memory block") {
				t.Fatalf("pgtest: the server has ended\n%s", log)
			}
			c.start(t, args)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *Cluster) start(t testing.TB, args []string) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c.logged = len(c.Log())
	c.server = c.command("postgres", args...)
	c.server.Stdout, c.server.Stderr = log, log
	if err := c.server.Start(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	c.exited = make(chan struct{})
	go func(server *exec.Cmd, exited chan struct{}) {
		_ = server.Wait()
		close(exited)
	}(c.server, c.exited)
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Stop ends the server, with a shutdown that waits for no client. Stopped already: nothing happens.
func (c *Cluster) Stop() { c.end(syscall.SIGINT) }

// Kill ends the server's main process at once, as a crash would; the others follow it. Launch recovers.
func (c *Cluster) Kill() { c.end(syscall.SIGKILL) }

func (c *Cluster) end(sig os.Signal) {
	if c.server == nil {
		return
	}
	_ = c.server.Process.Signal(sig)
	<-c.exited
	c.server = nil
}

// Database makes an empty database and gives its URL.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", c.number.Add(1))
	c.Run(t, "psql", "-qc", "CREATE DATABASE "+name, c.URL("postgres"))
	return c.URL(name)
}

// URL gives the URL of a database of the cluster, over its socket, as the superuser.
func (c *Cluster) URL(database string) string {
	q := url.Values{"host": {c.dir}, "port": {strconv.Itoa(c.port)}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: q.Encode()}).String()
}

// Socket gives the path of the server's socket.
func (c *Cluster) Socket() string { return filepath.Join(c.dir, ".s.PGSQL."+strconv.Itoa(c.port)) }

// Run runs one of PostgreSQL's own programs (psql, pg_dump, pg_restore) as the server's user, and gives its output. The
// test fails if the program does.
func (c *Cluster) Run(t testing.TB, program string, args ...string) string {
	t.Helper()
	cmd := c.command(program, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pgtest: %s: %v\n%s", program, err, stderr.String())
	}
	return string(out)
}

// Dir is a directory that the server's user can write to, removed at the end of the test.
func (c *Cluster) Dir() string { return c.dir }

// Log gives what the server has written.
func (c *Cluster) Log() string {
	b, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return string(b)
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(program string, args ...string) *exec.Cmd {
	ctx := context.Background()
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, program), args...)
	cmd.Dir = c.dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "PG") }), "LC_ALL=C")
	// A group of its own: a terminal's ^C reaches the test, which then stops the server.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred, Setpgid: true}
	return cmd
}
