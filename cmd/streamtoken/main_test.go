package main

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// testOnlyNow names the variable that fixes the clock of the command under test. Only this test binary knows it.
const testOnlyNow = "TEST_ONLY_NOW"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"streamtoken": func() {
			ctx, stop := untilSignal()
			defer stop()
			os.Exit(run(ctx, os.Args[1:], &environment{
				stdin:  os.Stdin,
				stdout: os.Stdout,
				stderr: os.Stderr,
				getenv: os.Getenv,
				now:    testOnlyClock(),
			}))
		},
	})
}

// A signal that comes twice is one request; the next one is not kept from ending the program.
func TestAfterRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var over atomic.Bool
		afterRequest(ctx, func() { over.Store(true) })
		time.Sleep(time.Hour)
		cancel()
		time.Sleep(oneRequest - time.Nanosecond)
		synctest.Wait()
		require.False(t, over.Load())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.True(t, over.Load())
	})
}

func testOnlyClock() func() time.Time {
	fixed := os.Getenv(testOnlyNow)
	if fixed == "" {
		return time.Now
	}
	t, err := time.Parse(time.RFC3339Nano, fixed)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return t }
}

// TestScripts runs testdata/script. Each script finds the test keys in $WORK/keys, readable by their owner alone, country
// databases in $WORK/geo, and a clock that stands at 2026-01-01T00:00:00Z, 1767225600.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv(testOnlyNow, "2026-01-01T00:00:00Z")
			env.Setenv("GORACE", "atexit_sleep_ms=10") // under -race each of hundreds of commands would else wait a second
			if err := copyFiles("../../testdata/geo", filepath.Join(env.WorkDir, "geo")); err != nil {
				return err
			}
			return copyFiles("../../testdata/keys", filepath.Join(env.WorkDir, "keys"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
		},
	})
}

// status runs a command and demands its exact exit status: status N streamtoken ARGS... Its output may then be looked at
// with stdout and stderr, as after exec.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = string(rune('0' + exit.ExitCode()))
	}
	if got != args[0] {
		ts.Fatalf("exit status %s instead of %s", got, args[0])
	}
}

// copyFiles copies a folder, for its owner alone.
func copyFiles(from, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
