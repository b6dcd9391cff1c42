package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"
)

//go:embed programs
var programs embed.FS

// places are the files of the tree and of this run.
type places struct {
	scripts string // where servers.mjs lies: node finds its packages from there
	keys    string // the test keys
	temp    string // this run's own directory
}

// findPlaces works in the module's root, as go run has it, and in this package's folder, as go test has it.
func findPlaces(temp string) (places, error) {
	for _, dir := range []string{"loopback", "."} {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return places{}, err
		}
		p := places{
			scripts: filepath.Join(dir, "programs"),
			keys:    filepath.Join(dir, "..", "..", "..", "testdata", "keys"),
			temp:    temp,
		}
		if _, err := os.Stat(filepath.Join(p.scripts, "servers.mjs")); err == nil {
			return p, nil
		}
	}
	return places{}, errors.New("not in interop/peers: servers.mjs and the test keys are found from there")
}

// process is a running server.
type process struct {
	cmd     *exec.Cmd
	address string
	output  bytes.Buffer // read after exited is closed
	exited  chan struct{}
}

// start runs a server on a free port of 127.0.0.1, on that CPU alone, and returns when it accepts connections.
func start(ctx context.Context, p places, s server, cpu int) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args, err := command(p, s, address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	proc := &process{address: address, exited: make(chan struct{})}
	proc.cmd = exec.Command("taskset", append([]string{"-c", strconv.Itoa(cpu)}, args...)...)
	proc.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	proc.cmd.Stdout, proc.cmd.Stderr = &proc.output, &proc.output
	// A group of its own, so that an interrupt at the terminal reaches this program alone, which then stops it; and its
	// end with this program's, however that comes.
	proc.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := proc.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	go func() {
		_ = proc.cmd.Wait()
		close(proc.exited)
	}()
	if err := proc.ready(ctx); err != nil {
		proc.stop()
		return nil, fmt.Errorf("%s: %w: %s", s.name, err, strings.TrimSpace(proc.output.String()))
	}
	return proc, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := net.DialTimeout("tcp", p.address, time.Second); err == nil {
			return conn.Close()
		}
		select {
		case <-p.exited:
			return errors.New("ended at once")
		case <-ctx.Done():
			return fmt.Errorf("does not accept connections: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// stop ends the server and waits until it has ended.
func (p *process) stop() {
	_ = syscall.Kill(-p.pid(), syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(3 * time.Second):
		_ = syscall.Kill(-p.pid(), syscall.SIGKILL)
		<-p.exited
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// command gives what runs the server, and writes the files it needs.
func command(p places, s server, address string) ([]string, error) {
	key := filepath.Join(p.keys, "a.pub.pem")
	switch s.kind {
	case "go":
		self, err := os.Executable()
		return []string{self, "serve", s.name, address, key}, err
	case "node":
		_, port, err := net.SplitHostPort(address)
		return []string{"node", filepath.Join(p.scripts, "servers.mjs"), strings.TrimPrefix(s.name, "node-"), port, key}, err
	}
	data, err := os.ReadFile(key)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM block", key)
	}
	dir := filepath.Join(p.temp, s.name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	fill := map[string]any{
		"Address": address, "Checks": s.checks, "Dir": dir, "Key": key,
		"SPKI": base64.StdEncoding.EncodeToString(block.Bytes),
	}
	files := []string{"haproxy.cfg"}
	args := []string{"haproxy", "-db", "-f", filepath.Join(dir, "haproxy.cfg")}
	if s.kind == "nginx" {
		files = []string{"nginx.conf", "verify.js"}
		args = []string{"nginx", "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf")}
	}
	for _, name := range files {
		if err := writeProgram(dir, name, fill); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func writeProgram(dir, name string, fill any) error {
	t, err := template.ParseFS(programs, "programs/"+name)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, fill); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o600)
}
