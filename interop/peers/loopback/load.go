package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const connections = 32

// tokenFile is what the load tool reads, one token a line.
type tokenFile struct {
	path  string
	count int
}

// load is one run of the load tool.
type load struct {
	address string
	request request
	tokens  tokenFile
	skip    int // begin after so many tokens
	seconds int
	cpu     int
}

// loaded is what it reports: its own counts, microseconds, and latencies.
type loaded struct {
	Requests int64 `json:"requests"`
	Micros   int64 `json:"micros"`
	Connect  int64 `json:"connect"`
	Read     int64 `json:"read"`
	Write    int64 `json:"write"`
	Status   int64 `json:"status"`
	Timeout  int64 `json:"timeout"`
	P50      int64 `json:"p50"`
	P99      int64 `json:"p99"`

	used time.Duration // CPU time of the tool itself
}

// run sends requests as fast as they are answered. An answer that is not a good one, or none, is an error. On a machine that
// is busy with something else a second may pass without any: then it is tried again, a few times.
func (l load) run(ctx context.Context, p places) (loaded, error) {
	for range 5 {
		if r, err := l.once(ctx, p); err != nil || r.Requests > 0 {
			return r, err
		}
	}
	return loaded{}, errors.New("wrk: no request was answered in time")
}

func (l load) once(ctx context.Context, p places) (loaded, error) {
	headers := "forwarded"
	if l.request == plain {
		headers = "plain"
	}
	cmd := exec.CommandContext(ctx, "taskset", "-c", strconv.Itoa(l.cpu), "wrk", "-t1", "-c", strconv.Itoa(connections), "--timeout", "30s", "-d", fmt.Sprintf("%ds", l.seconds),
		"-s", filepath.Join(p.scripts, "load.lua"), "http://"+l.address+target, "--", l.tokens.path, headers, strconv.Itoa(l.skip))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return loaded{}, ctx.Err()
	}
	if err != nil {
		return loaded{}, fmt.Errorf("wrk: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	_, text, found := strings.Cut(string(out), "\nresult ")
	text, _, _ = strings.Cut(text, "\n")
	if !found {
		return loaded{}, fmt.Errorf("wrk reported nothing: %s", out)
	}
	var r loaded
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return loaded{}, fmt.Errorf("wrk: %w", err)
	}
	// Without a response function, which would slow it down, wrk itself counts what is not 2xx or 3xx.
	if r.Connect+r.Read+r.Write+r.Status+r.Timeout != 0 {
		return loaded{}, fmt.Errorf("wrk: %d requests, not all answered well: %s", r.Requests, text)
	}
	r.used = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return r, nil
}
