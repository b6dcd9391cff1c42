// Command mutate checks the checks: it drops or inverts every condition of the
// code that decides about a token and sees whether a test notices.
//
//	go run ./.ci/mutate [-v] [PACKAGE...]
//
// All mutants are compiled at once, each behind a switch that the environment
// turns on, by way of go test -overlay, so the tree is never changed and a
// mutant costs one run of a test binary. A mutant that no test notices must
// stand in equivalent.txt with the reason why it changes nothing; an entry there
// that a test does notice, or that fits nothing, is an error as well.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// target is a package to mutate and the tests that must notice.
type target struct {
	dir    string
	files  []string // none: all that are not tests
	suites []string // in this order, the quickest first
}

// targets are the packages that decide. A package's own tests come first, then
// those of whoever decides by it.
var targets = []target{
	{dir: "internal/strictjson", suites: []string{"internal/strictjson", ".", "internal/jws"}},
	{dir: "internal/jws", suites: []string{"internal/jws", "verifier", "gate"}},
	{dir: ".", files: []string{"parse.go", "limits.go", "refusal.go", "revocation.go", "claims.go"}, suites: []string{".", "verifier", "gate"}},
	{dir: "accessrules", files: []string{"parse.go", "rule.go", "compile.go", "code.go", "decide.go", "country.go", "ranges.go", "key.go", "viewer.go", "trie.go"}, suites: []string{"accessrules", "gate"}},
	{dir: "verifier", files: []string{"verifier.go", "genuine.go", "current.go", "revocations.go", "key.go", "keyset.go", "token.go"}, suites: []string{"verifier", "gate"}},
	{dir: "internal/tokencache", files: []string{"table.go"}, suites: []string{"internal/tokencache"}},
	{dir: "gate", suites: []string{"gate"}},
	{dir: "moq", files: []string{"verifier.go", "genuine.go", "parse.go", "token.go", "claims.go", "keyset.go"}, suites: []string{"moq"}},
	{dir: "turn", files: []string{"credential.go", "username.go", "mac.go", "key.go"}, suites: []string{"turn"}},
}

const (
	// never are tests that say nothing of a mutant: those that run the go
	// command, wait for files to change, count allocations, hold two readings of
	// the machine's clock against each other, or go on for long about queues and
	// histories, where others say the same of a condition.
	never = "TestImportsRunDownward|TestVectorsAreAsGenerated|TestClockIsShared|TestSessionHistories|TestClosures|TestWhatServesCannotMint|TestVectorFiles|TestFollow.*|.*Alloc.*|" +
		"TestHistor.*|FuzzHistory|TestAdmission.*|TestFlight.*|TestNothingMixes|TestRememberedUnderEviction|TestRememberedGoneAtOnce|TestRememberedEveryBit"
	// slow are tests that take a second or so. They are asked last.
	slow = "TestDecideAgainstReference|TestRanges|TestEveryCountry|TestLintIsBounded|TestReferenceAgrees|TestWycheproofRSA|TestDecideAndExplainAgree|TestEveryBit|TestRememberedIsAsGoodAsNew"
)

func main() {
	verbose := flag.Bool("v", false, "print killed mutants too")
	flag.Parse()
	ok, err := run(flag.Args(), *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(only []string, verbose bool) (bool, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)

	var mutants []mutant
	overlay := map[string]string{}
	chosen := targets
	if len(only) > 0 {
		chosen = slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return !slices.Contains(only, t.dir) })
	}
	for i, t := range chosen {
		more, err := instrument(t, len(mutants)+1, filepath.Join(dir, fmt.Sprint("src", i)), overlay)
		if err != nil {
			return false, err
		}
		mutants = append(mutants, more...)
	}
	data, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return false, err
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, data, 0o600); err != nil {
		return false, err
	}

	suites := map[string]*suite{}
	for _, t := range chosen {
		for _, name := range t.suites {
			if suites[name] != nil {
				continue
			}
			s := &suite{dir: name, binary: filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+".test")}
			if err := s.build(overlayFile); err != nil {
				return false, err
			}
			suites[name] = s
		}
	}

	work := make(chan *mutant)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for m := range work {
				m.killer = kill(m, suites)
			}
		})
	}
	for i := range mutants {
		work <- &mutants[i]
	}
	close(work)
	wg.Wait()
	return report(mutants, len(only) == 0, verbose)
}

// kill gives the first test that notices a mutant, "" if none does.
func kill(m *mutant, suites map[string]*suite) string {
	for _, args := range [][]string{
		{"-test.skip=^(" + never + "|" + slow + ")$"},
		{"-test.skip=^(" + never + ")$", "-test.run=^(" + slow + ")$"},
	} {
		for _, name := range m.target.suites {
			if killer := suites[name].run(m.id, args...); killer != "" {
				return killer
			}
		}
	}
	return ""
}

// suite is one package's test binary with all mutants in it.
type suite struct {
	dir, binary string
	limit       time.Duration
}

func (s *suite) build(overlay string) error {
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", s.binary, "./"+s.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", s.dir, err, out)
	}
	s.limit = time.Minute
	start := time.Now()
	if killer := s.run(0, "-test.skip=^("+never+")$"); killer != "" {
		return fmt.Errorf("%s: the tests fail without a mutant: %s", s.dir, killer)
	}
	s.limit = 5*time.Second + 4*time.Since(start)
	return nil
}

// run gives the test that fails when the mutant is on, "" if none does.
func (s *suite) run(id int, args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, append(args, "-test.failfast")...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), fmt.Sprint("STREAMTOKEN_MUTANT=", id), "GOMAXPROCS=2", "GOMEMLIMIT=512MiB")
	var out limited
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	switch {
	case err == nil:
		return ""
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return s.dir + ": does not end"
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " (")
			return s.dir + ": " + name
		}
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			return s.dir + ": " + line
		}
	}
	return s.dir + ": " + err.Error()
}

// limited keeps the beginning of what a test prints.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len() < 1<<20 {
		l.Buffer.Write(p)
	}
	return len(p), nil
}
