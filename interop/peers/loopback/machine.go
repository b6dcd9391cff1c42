package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// machine says where and with what a table was measured.
type machine struct {
	CPU      string    `json:"cpu"`
	Programs []program `json:"programs"`
}

type program struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func (m machine) versions() string {
	var parts []string
	for _, p := range m.Programs {
		parts = append(parts, p.Name+" "+p.Version)
	}
	return strings.Join(parts, ", ") + "."
}

// describe asks every program that took part for its version. What has none is left out.
func (b *bench) describe(ctx context.Context) machine {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	m := machine{CPU: cpuModel()}
	add := func(name, version string) {
		if version != "" {
			m.Programs = append(m.Programs, program{name, version})
		}
	}
	root := filepath.Join(b.places.keys, "..", "..")
	add("streamtoken", output(ctx, `^((?:v|[0-9a-f]{7})\S*)`, "git", "-C", root, "describe", "--always", "--dirty"))
	add("Go", strings.TrimPrefix(runtime.Version(), "go"))
	add("golang-jwt", moduleVersion("github.com/golang-jwt/jwt/v5"))
	add("auth0 go-jwt-middleware", moduleVersion("github.com/auth0/go-jwt-middleware/v2"))
	if b.kindRuns("haproxy") {
		add("HAProxy", output(ctx, `version (\S+)`, "haproxy", "-v"))
	}
	if b.kindRuns("nginx") {
		add("nginx", output(ctx, `nginx/(\S+)`, "nginx", "-v"))
		if p := b.running["nginx-njs"]; p != nil {
			add("njs", njsVersion(ctx, p.address))
		}
	}
	if b.kindRuns("node") {
		add("Node", output(ctx, `v(\S+)`, "node", "--version"))
		for _, name := range []string{"fast-jwt", "jose"} {
			add(name, packageVersion(filepath.Join(b.places.scripts, "..", "..", "node_modules", name, "package.json")))
		}
	}
	add("wrk", output(ctx, `wrk (\S+)`, "wrk", "-v"))
	if data, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		add("Linux", strings.TrimSpace(string(data)))
	}
	return m
}

func (b *bench) kindRuns(kind string) bool {
	for _, s := range servers {
		if s.kind == kind && b.running[s.name] != nil {
			return true
		}
	}
	return false
}

func cpuModel() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	m := regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`).FindSubmatch(data)
	if m == nil {
		return runtime.GOARCH
	}
	return fmt.Sprintf("%s, %d CPUs", m[1], runtime.NumCPU())
}

// output gives what the pattern's group matches in what a command says of itself; wrk and nginx do so on stderr or with exit
// status 1.
func output(ctx context.Context, pattern, name string, args ...string) string {
	out, _ := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if m := regexp.MustCompile(pattern).FindSubmatch(out); m != nil {
		return string(m[1])
	}
	return ""
}

func moduleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == path {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return ""
}

func packageVersion(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	var p struct{ Version string }
	if json.Unmarshal(data, &p) != nil {
		return ""
	}
	return p.Version
}

func njsVersion(ctx context.Context, address string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/-/version", nil)
	if err != nil {
		return ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64))
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}
