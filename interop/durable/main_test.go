//go:build integration

package durable

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// command is the program under test.
var command string

// TestMain builds the command once. With serveSQLite in the environment this is another program altogether.
func TestMain(m *testing.M) {
	if dsn := os.Getenv(serveSQLite); dsn != "" {
		if err := runSQLite(dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "durable-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	command = filepath.Join(dir, "streamtoken")
	build := exec.Command("go", "build", "-o", command, "./cmd/streamtoken")
	build.Dir = filepath.Join("..", "..") // with the program's own go.mod
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the command: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
