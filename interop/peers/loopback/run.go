package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// plan is what a run is asked for.
type plan struct {
	rows    []row
	rounds  int
	seconds int
	warmUp  bool      // one shorter round first that does not count
	status  io.Writer // progress
}

// sample is one measurement of a row: a few seconds of one round.
type sample struct {
	CPUMicros float64 `json:"cpu_us"` // of the server's process, per request
	PerSecond float64 `json:"rps"`
	P50       int64   `json:"p50_us"`
	P99       int64   `json:"p99_us"`
	Others    float64 `json:"others"` // part of the time in which the two CPUs did something else
}

// usage is a server's own CPU time, and that of both CPUs, whatever for.
type usage struct {
	at        time.Time
	own, busy time.Duration
}

func (b *bench) usage(pid int) (usage, error) {
	u := usage{at: time.Now()}
	for _, cpu := range []int{b.serverCPU, b.loadCPU} {
		t, err := busyTime(cpu)
		if err != nil {
			return usage{}, err
		}
		u.busy += t
	}
	var err error
	u.own, err = cpuTime(pid)
	return u, err
}

// bench is a run under way: servers that stay up until it is closed.
type bench struct {
	places    places
	serverCPU int
	loadCPU   int
	running   map[string]*process
	tokens    map[tokenKind]tokenFile
	skips     map[string]int
	distinct  int // how many tokens stand in a file of many
}

// tokenKind says which tokens go together. The zero value is the one token most servers get.
type tokenKind struct {
	plain, auth0, distinct bool
}

func (r row) tokens() tokenKind {
	return tokenKind{plain: r.request == plain, auth0: r.server.auth0, distinct: r.request == distinct}
}

func newBench(temp string) (*bench, error) {
	b := &bench{running: map[string]*process{}, tokens: map[tokenKind]tokenFile{}, skips: map[string]int{}, distinct: distinctTokens}
	var err error
	if b.places, err = findPlaces(temp); err != nil {
		return nil, err
	}
	if b.serverCPU, b.loadCPU, err = twoCPUs(); err != nil {
		return nil, err
	}
	return b, nil
}

// need says which programs are missing, by their Debian packages.
func need(servers []server) error {
	packages := map[string]string{"taskset": "util-linux", "wrk": "wrk"}
	for _, s := range servers {
		switch s.kind {
		case "haproxy":
			packages["haproxy"] = "haproxy"
		case "nginx":
			packages["nginx"] = "nginx libnginx-mod-http-js"
		case "node":
			packages["node"] = "nodejs npm"
		}
	}
	var missing []string
	for name, pkg := range packages {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, fmt.Sprintf("%s (Debian: %s)", name, pkg))
		}
	}
	if len(missing) > 0 {
		return errors.New("not installed: " + strings.Join(missing, ", "))
	}
	return nil
}

// startAll starts the servers and checks the answers of each.
func (b *bench) startAll(ctx context.Context, servers []server) error {
	for _, s := range servers {
		if b.running[s.name] != nil {
			continue
		}
		proc, err := start(ctx, b.places, s, b.serverCPU)
		if err != nil {
			return err
		}
		b.running[s.name] = proc
		if err := b.check(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) check(ctx context.Context, s server) error {
	m, err := b.mint(tokenKind{plain: s.plain, auth0: s.auth0})
	if err != nil {
		return err
	}
	good, err := m.goods(ctx, 1)
	if err != nil {
		return err
	}
	bads, err := m.bads(good[0])
	if err != nil {
		return err
	}
	return check(ctx, s, b.running[s.name].address, good[0], bads)
}

func (b *bench) mint(k tokenKind) (*mint, error) {
	rules := forwardedRules
	if k.plain {
		rules = plainRules
	}
	return newMint(b.places.keys, rules, k.auth0)
}

// close stops every server.
func (b *bench) close() {
	for _, p := range b.running {
		p.stop()
	}
	clear(b.running)
}

// tokensFor writes the tokens of a kind once.
func (b *bench) tokensFor(ctx context.Context, k tokenKind) (tokenFile, error) {
	if f, ok := b.tokens[k]; ok {
		return f, nil
	}
	n := 1
	if k.distinct {
		n = b.distinct
	}
	m, err := b.mint(k)
	if err != nil {
		return tokenFile{}, err
	}
	tokens, err := m.goods(ctx, n)
	if err != nil {
		return tokenFile{}, err
	}
	f := tokenFile{path: filepath.Join(b.places.temp, fmt.Sprintf("tokens-%d", len(b.tokens))), count: n}
	b.tokens[k] = f
	return f, os.WriteFile(f.path, []byte(strings.Join(tokens, "\n")+"\n"), 0o600)
}

// measure loads one row's server for that long.
func (b *bench) measure(ctx context.Context, r row, seconds int) (sample, error) {
	f, err := b.tokensFor(ctx, r.tokens())
	if err != nil {
		return sample{}, err
	}
	proc := b.running[r.server.name]
	// Each run goes on where the last one ended: the tokens sent longest ago come next, and no cache has them by luck.
	l := load{address: proc.address, request: r.request, tokens: f, skip: b.skips[r.name()], seconds: seconds, cpu: b.loadCPU}
	before, err := b.usage(proc.pid())
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", r.name(), err)
	}
	got, err := l.run(ctx, b.places)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", r.name(), err)
	}
	after, err := b.usage(proc.pid())
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", r.name(), err)
	}
	b.skips[r.name()] = (l.skip + int(got.Requests)) % f.count
	own, elapsed := after.own-before.own, after.at.Sub(before.at)
	others := after.busy - before.busy - own - got.used
	return sample{
		CPUMicros: float64(own/time.Microsecond) / float64(got.Requests),
		Others:    max(0, others.Seconds()/(2*elapsed.Seconds())),
		PerSecond: float64(got.Requests) / (float64(got.Micros) / 1e6),
		P50:       got.P50,
		P99:       got.P99,
	}, nil
}

// run does the rounds: in each, every row once, so that a slow spell of the machine falls on all of them.
func (b *bench) run(ctx context.Context, p plan) ([]result, error) {
	results := make([]result, len(p.rows))
	var used []server
	for i, r := range p.rows {
		results[i].row = r
		used = append(used, r.server)
	}
	if err := need(used); err != nil {
		return nil, err
	}
	fmt.Fprintln(p.status, "starting and checking the servers")
	if err := b.startAll(ctx, used); err != nil {
		return nil, err
	}
	fmt.Fprintln(p.status, "minting tokens")
	for _, r := range p.rows {
		if _, err := b.tokensFor(ctx, r.tokens()); err != nil {
			return nil, err
		}
	}
	if p.warmUp {
		fmt.Fprintln(p.status, "warming up")
		for _, r := range p.rows {
			if _, err := b.measure(ctx, r, 1); err != nil {
				return nil, err
			}
		}
	}
	for round := range p.rounds {
		fmt.Fprintf(p.status, "round %d of %d\n", round+1, p.rounds)
		for i, r := range p.rows {
			s, err := b.measure(ctx, r, p.seconds)
			if err != nil {
				return nil, err
			}
			results[i].samples = append(results[i].samples, s)
		}
	}
	return results, b.checkAgain(ctx)
}

// checkAgain asks every server once more, after the load.
func (b *bench) checkAgain(ctx context.Context) error {
	for _, s := range servers {
		if b.running[s.name] == nil {
			continue
		}
		if err := b.check(ctx, s); err != nil {
			return fmt.Errorf("after the load: %w", err)
		}
	}
	return nil
}
