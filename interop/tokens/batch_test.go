//go:build integration

package tokens

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// batchLines may be raised to a million, which takes minutes.
var batchLines = flag.Int("lines", 20_000, "lines that sign --batch mints with the engine of this machine")

// batchMemory is what sign --batch may take, however long its input.
const batchMemory = 64 << 20

// stdLines are minted with crypto/rsa, which takes ten times as long where there is another engine.
const stdLines = 4000

// TestBatchHoldsElsewhere: each token of a batch is checked by OpenSSL, the one that Node brings, and stands in its place.
// What auto takes depends on the machine; std is crypto/rsa everywhere, and makes the same bytes.
func TestBatchHoldsElsewhere(t *testing.T) {
	dir := t.TempDir()
	command := filepath.Join(dir, "streamtoken")
	build := exec.Command("go", "build", "-o", command, "./cmd/streamtoken")
	build.Dir = filepath.Join("..", "..")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	key := filepath.Join(dir, "key.json")
	require.NoError(t, os.WriteFile(key, []byte(keyFile(t, "a.json")), 0o600))
	pem := filepath.Join("..", "..", "testdata", "keys", "a.pub.pem")

	exp := time.Now().Add(time.Hour).Unix()

	output := func(engine string) string { return filepath.Join(dir, engine+".jsonl") }
	for engine, lines := range map[string]int{"auto": *batchLines, "std": stdLines} {
		input := batchInput(t, lines)
		sign := exec.Command(command, "sign", "--key", key, "--batch", input, "-o", output(engine), "--engine", engine,
			"--exp", fmt.Sprint(exp), "--nbf", fmt.Sprint(exp-7200))
		var stderr bytes.Buffer
		sign.Stderr = &stderr
		require.NoError(t, sign.Run(), stderr.String())
		t.Logf("%s\n%s", engine, stderr.String())
		used := sign.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		if runtime.GOOS == "linux" { // in KiB there
			used <<= 10
		}
		t.Logf("%d lines: at most %d KiB of memory", lines, used>>10)
		require.Less(t, used, int64(batchMemory))

		tokens, err := os.Open(output(engine))
		require.NoError(t, err)
		check := exec.Command("node", "batch.mjs", pem, idA, input)
		check.Stdin = tokens
		var wrong bytes.Buffer
		check.Stderr = &wrong
		answer, err := check.Output()
		require.NoError(t, err, "node (is it there?): %s", wrong.String())
		require.NoError(t, tokens.Close())
		var result struct{ Checked int }
		require.NoError(t, json.Unmarshal(answer, &result))
		require.Equal(t, lines, result.Checked)
	}

	std, err := os.ReadFile(output("std"))
	require.NoError(t, err)
	auto, err := os.Open(output("auto"))
	require.NoError(t, err)
	defer auto.Close()
	first := make([]byte, len(std))
	_, err = io.ReadFull(auto, first)
	require.NoError(t, err)
	require.True(t, bytes.Equal(std, first), "both engines make the same tokens")
}

// batchInput is a file of ids, every fourth in an object.
func batchInput(t *testing.T, lines int) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	w := bufio.NewWriter(f)
	for i := range lines {
		if i%4 == 3 {
			fmt.Fprintf(w, "{\"sub\":\"%032x\",\"downloadable\":true}\n", uint64(i)*0x9e3779b9)
		} else {
			fmt.Fprintf(w, "%032x\n", uint64(i)*0x9e3779b9)
		}
	}
	require.NoError(t, errors.Join(w.Flush(), f.Close()))
	return f.Name()
}
