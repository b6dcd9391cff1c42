//go:build integration

package durable

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
)

// mustBeSound looks into the database of a place: its pages are whole, and there is one audit row for each epoch up to the last.
// It gives the epoch.
func (p place) mustBeSound(t testing.TB) (epoch int64) {
	t.Helper()
	driver, source := "sqlite", "file:"+p.db()+"?_pragma=busy_timeout(60000)"
	for i, flag := range p.flags {
		if flag == "--store" && strings.HasPrefix(p.flags[i+1], "postgres") {
			driver, source = "pgx", p.flags[i+1]
		}
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	defer db.Close()
	if driver == "sqlite" {
		var verdict string
		require.NoError(t, db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict))
		require.Equal(t, "ok", verdict)
	}
	var first, last, rows, orphans int64
	require.NoError(t, db.QueryRow(`SELECT (SELECT epoch FROM meta), min(epoch), max(epoch), count(*),
		(SELECT count(*) FROM relay_tokens WHERE relay NOT IN (SELECT uid FROM relays)) FROM audit`).Scan(&epoch, &first, &last, &rows, &orphans))
	require.Equal(t, []int64{1, epoch, epoch, 0}, []int64{first, last, rows, orphans}, "the epochs of the audit table, without gaps")
	return epoch
}
