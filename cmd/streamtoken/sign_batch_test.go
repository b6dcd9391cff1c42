package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An interrupt while the input is waited for: exit status 1, whole lines, and where to go on.
func TestSignBatchInterrupted(t *testing.T) {
	r, w := endingPipe(t)
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	env := testEnvironment("")
	env.stdin = r
	read := make(chan struct{})
	var out bytes.Buffer
	env.stdout = &notify{w: &out, after: 2, done: read}
	go func() {
		io.WriteString(w, "v1\nv2\n")
		<-read
		cancel()
	}()
	require.Equal(t, exitFailed, run(ctx, []string{"sign", "--key", "../../testdata/keys/a.json", "--batch", "-"}, env))
	require.Equal(t, 2, strings.Count(out.String(), "\"}\n"))
	said := fmt.Sprint(env.stderr)
	require.Contains(t, said, "streamtoken: 2 minted, 0 refused, in ")
	require.Contains(t, said, "streamtoken: error: interrupted after line 2\n")
	require.Contains(t, said, "streamtoken: hint: every line up to 2 is done; the rest is what this prints: tail -n +3\n")
}

// An interrupt leaves a file of whole lines, and names the input's rest.
func TestSignBatchInterruptedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "uids"), filepath.Join(dir, "tokens")
	require.NoError(t, os.WriteFile(in, []byte("v1\nv2\n"), 0o600))
	env := testEnvironment("")
	require.Equal(t, exitFailed, run(ctx, []string{"sign", "--key", "../../testdata/keys/a.json", "--batch", in, "-o", out}, env))
	require.Contains(t, fmt.Sprint(env.stderr), "interrupted after line 0\n")
	require.Contains(t, fmt.Sprint(env.stderr), "tail -n +1 "+in)
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Empty(t, data)
}

func TestSignBatchCannotWrite(t *testing.T) {
	env := testEnvironment("v1\nv2\n")
	env.stdout = &writes{room: 10}
	require.Equal(t, exitFailed, run(t.Context(), []string{"sign", "--key", "../../testdata/keys/a.json", "--batch", "-"}, env))
	require.Contains(t, fmt.Sprint(env.stderr), "streamtoken: error: cannot write to standard output: no space left on device\n")
	require.Contains(t, fmt.Sprint(env.stderr), "streamtoken: 0 minted, ")
	require.Contains(t, fmt.Sprint(env.stderr), "hint: its last line is only half a line: ")
	require.Contains(t, fmt.Sprint(env.stderr), "hint: every line up to 0 is done")
}

// The name of the input is a word of the command that prints its rest.
func TestShellWord(t *testing.T) {
	for name, want := range map[string]string{
		"uids.txt": "uids.txt", "/a/b-c_d.1": "/a/b-c_d.1", "my uids": "'my uids'", "a'b": `'a'\''b'`, "$(x)": "'$(x)'", "~": "'~'", "-n": "./-n", "- n": "'./- n'",
	} {
		require.Equal(t, want, shellWord(name))
	}
}

// Keys and tokens in place of ids are refused without being repeated.
func TestSignBatchRepeatsNoSecret(t *testing.T) {
	for name, secret := range secrets(t) {
		for _, in := range []string{secret, `{"sub":"v","note":` + secret + "}", `{"sub":"` + secret + `"}`, `{"` + secret + `":1}`} {
			env := testEnvironment(in + "\n")
			require.Equal(t, exitFailed, run(t.Context(), []string{"sign", "--key", "../../testdata/keys/a.json", "--batch", "-"}, env), name)
			require.Empty(t, leaks(fmt.Sprint(env.stderr), secret), name)
		}
	}
}

// A machine or key that the vector engine does not suit is told why; where it does, its name is.
func TestBulkSigner(t *testing.T) {
	env := testEnvironment("")
	key, err := env.loadSigningKey("../../testdata/keys/a.json", "")
	require.NoError(t, err)
	s, about, err := env.bulkSigner(key, "auto")
	require.NoError(t, err)
	name, _ := s.Engine()
	require.True(t, strings.HasPrefix(about, name+" ("), about)
	require.NotContains(t, about, "vector: ")
	t.Log(about)

	_, _, err = env.bulkSigner(key, "vector")
	require.Equal(t, name == cryptoRSA, err != nil)
	s, about, err = env.bulkSigner(key, "std")
	require.NoError(t, err)
	name, _ = s.Engine()
	require.Equal(t, cryptoRSA, name)
	require.Equal(t, "crypto/rsa (--engine std)", about)

	for value, ok := range map[string]bool{"": true, "off": true, "OFF": false, "on": false, "0": false, "off ": false} {
		env.getenv = func(string) string { return value }
		_, about, err := env.bulkSigner(key, "auto")
		require.Equal(t, ok, err == nil, value)
		if value == "off" {
			require.Equal(t, "crypto/rsa ($STREAMTOKEN_VECTOR is off)", about)
		}
	}
}

// Rules of a line's own are looked at as those of flags are, and told of once.
func TestSignBatchLintsTheRulesOfLines(t *testing.T) {
	const everybody = `{"sub":"v","accessRules":[{"type":"any","action":"allow","country":["US"]}]}`
	const restricted = `{"sub":"v","accessRules":[{"type":"ip.geoip.country","action":"allow","country":["US"]},{"type":"any","action":"block"}]}`
	hints := func(lines ...string) string {
		env := testEnvironment(strings.Join(lines, "\n"))
		require.Equal(t, exitOK, run(t.Context(), []string{"sign", "--key", "../../testdata/keys/a.json", "--batch", "-"}, env))
		return fmt.Sprint(env.stderr)
	}
	require.NotContains(t, hints("v", restricted, `{"sub":"v"}`), "access rules")
	said := hints("v", restricted, everybody, everybody, restricted, restricted, `{"sub":"v","accessRules":[]}`, everybody, "v")
	require.Contains(t, said, "streamtoken: hint: the access rules of 3 of the lines may not do what was meant; the first is line 3: ")
	require.Equal(t, 1, strings.Count(said, "may not do what was meant"))
}
