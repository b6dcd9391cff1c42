//go:build integration && unix

package pgtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStart: the cluster syncs, databases are apart, and what was committed is there after a crash.
func TestStart(t *testing.T) {
	c := Start(t)
	one, two := c.Database(t), c.Database(t)
	require.Equal(t, "on", strings.TrimSpace(c.Run(t, "psql", "-Atqc", "SHOW fsync", one)))
	c.Run(t, "psql", "-qc", "CREATE TABLE x (n int); INSERT INTO x VALUES (7)", one)
	require.Equal(t, "0\n", c.Run(t, "psql", "-Atqc", "SELECT count(*) FROM pg_tables WHERE tablename = 'x'", two))

	c.Kill()
	c.Launch(t, "log_statement=all")
	require.Equal(t, "7\n", c.Run(t, "psql", "-Atqc", "SELECT n FROM x", one))
	require.Contains(t, c.Log(), "SELECT n FROM x")
	c.Stop()
	c.Stop()
}
