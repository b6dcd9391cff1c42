//go:build integration && unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/pgtest"
)

// Two servers on one PostgreSQL: what the one takes away the other has not any more when the answer comes. A third, whose
// master key is missing, makes none. A dump is put back with PostgreSQL's own tools, and taken into use.
func TestAPIOnPostgres(t *testing.T) {
	cluster := pgtest.Start(t)
	url := cluster.Database(t)
	home := t.TempDir()
	a := startAPI(t, home, "--store", url)
	require.Contains(t, a.stderr.String(), "state: postgres:///")
	b := startAPI(t, home, "--store", url)
	token := a.token()
	status, text, result := a.call(token, "POST", "/accounts/acc/moq/relays", `{"name":"one"}`)
	require.Equal(t, 200, status, text)
	relay := result["uid"].(string)
	before := ""
	for range 20 {
		status, text, _ = a.call(token, "POST", "/accounts/acc/moq/relays/"+relay+"/tokens/rotate", `{"type":"subscribe"}`)
		require.Equal(t, 200, status, text)
		_, here, _ := a.call(token, "GET", "/-/relays/"+relay+"/accepted", "")
		_, there, _ := b.call(token, "GET", "/-/relays/"+relay+"/accepted", "")
		require.Equal(t, here, there)
		require.NotEqual(t, before, there)
		before = there
	}
	require.Equal(t, exitOK, b.stop())

	other := &runningAPI{t: t, state: filepath.Join(t.TempDir(), "streamtoken")}
	code, stderr := other.maintain("--listen", "127.0.0.1:0", "--store", url)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "exists, but its master key")
	require.NoFileExists(t, filepath.Join(other.state, "api-master-key"))

	dump := filepath.Join(cluster.Dir(), "dump")
	cluster.Run(t, "pg_dump", "-Fc", "-d", url, "-f", dump)
	require.Equal(t, exitOK, a.stop())
	moved := cluster.Database(t)
	cluster.Run(t, "pg_restore", "-d", moved, dump)
	code, stderr = a.maintain("--listen", "127.0.0.1:0", "--store", moved)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "streamtoken api restore --adopt")
	code, stderr = a.maintain("restore", "--adopt", "--keep-credentials", "--store", moved)
	require.Equal(t, exitOK, code, stderr)
	a = startAPI(t, home, "--store", moved)
	status, text, _ = a.call(token, "GET", "/-/relays/"+relay+"/accepted", "")
	require.Equal(t, 200, status)
	require.NotEqual(t, before, text, "the epoch is ahead")
	_, err := os.Stat(filepath.Join(home, "streamtoken", "api.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
