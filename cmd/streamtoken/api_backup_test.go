package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// backup and restore run the command with the state of a.
func (a *runningAPI) maintain(args ...string) (int, string) {
	a.t.Helper()
	env := testEnvironment("")
	env.getenv = func(string) string { return filepath.Dir(a.state) }
	code := run(a.t.Context(), append([]string{"api"}, args...), env)
	return code, env.stderr.(*bytes.Buffer).String()
}

// A copy of a server at work is put back: what was revoked since stays revoked, what was lost is there again.
func TestAPIBackupAndRestore(t *testing.T) {
	home := t.TempDir()
	a := startAPI(t, home)
	token := a.token()
	relay := func(name string) string {
		status, _, result := a.call(token, "POST", "/accounts/acc/moq/relays", `{"name":"`+name+`"}`)
		require.Equal(t, 200, status)
		return result["uid"].(string)
	}
	accepted := func(uid string) string {
		status, text, _ := a.call(token, "GET", "/-/relays/"+uid+"/accepted", "")
		require.Equal(t, 200, status, text)
		return text
	}
	one := relay("one")
	status, _, result := a.call(token, "POST", "/accounts/acc/moq/relays/"+one+"/tokens", `{"operations":["subscribe"]}`)
	require.Equal(t, 200, status)
	issuer := result["issuers"].([]any)[0].(map[string]any)
	jti := issuer["cloudflare_tokens"].([]any)[0].(map[string]any)["jti"].(string)
	require.Contains(t, accepted(one), jti)

	copied := filepath.Join(t.TempDir(), "copy")
	code, stderr := a.maintain("backup", "-o", copied)
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stderr, "wrote the state at epoch")
	info, err := os.Stat(copied)
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077)
	code, stderr = a.maintain("backup", "-o", copied)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "exists and is not overwritten")

	status, _, _ = a.call(token, "DELETE", "/accounts/acc/moq/relays/"+one+"/tokens/"+jti, "")
	require.Equal(t, 200, status)
	status, _, _ = a.call(token, "DELETE", "/accounts/acc/moq/relays/"+relay("two"), "")
	require.Equal(t, 200, status)
	require.Equal(t, exitOK, a.stop())

	code, stderr = a.maintain("restore", copied)
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stderr, "1 relays;")
	require.Contains(t, stderr, "the state before is kept as ")
	a = startAPI(t, home)
	require.NotContains(t, accepted(one), jti, "revoked after the copy was made")
	require.Equal(t, exitOK, a.stop())

	// On a new machine, with the old master key, nobody can tell what was revoked.
	for _, keep := range []bool{false, true} {
		other := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(other, "streamtoken"), 0o700))
		key, err := os.ReadFile(filepath.Join(a.state, "api-master-key"))
		require.NoError(t, err)
		b := &runningAPI{t: t, state: filepath.Join(other, "streamtoken")}
		args := []string{"restore", copied}
		if keep {
			args = append(args, "--keep-credentials")
		}
		code, stderr = b.maintain(args...)
		require.Equal(t, exitFailed, code)
		require.Contains(t, stderr, "there is no master key")
		require.NoError(t, os.WriteFile(filepath.Join(b.state, "api-master-key"), key, 0o600))
		code, stderr = b.maintain(args...)
		require.Equal(t, exitOK, code, stderr)
		a = startAPI(t, other)
		token = a.token()
		require.Equal(t, keep, bytes.Contains([]byte(accepted(one)), []byte(jti)))
		require.Equal(t, exitOK, a.stop())
	}
}

// A copy put into place by hand is not used until somebody says so.
func TestAPIAdopt(t *testing.T) {
	home := t.TempDir()
	a := startAPI(t, home)
	require.Equal(t, exitOK, a.stop())
	copied := filepath.Join(t.TempDir(), "copy")
	code, stderr := a.maintain("backup", "-o", copied)
	require.Equal(t, exitOK, code, stderr)
	database := filepath.Join(a.state, "api.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(database + suffix)
	}
	require.NoError(t, os.Rename(copied, database))
	code, stderr = a.maintain("--listen", "127.0.0.1:0")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "streamtoken api restore --adopt")
	code, stderr = a.maintain("restore", "--adopt")
	require.Equal(t, exitOK, code, stderr)
	startAPI(t, home)
}
