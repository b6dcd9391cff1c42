package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite before 3.51.3 can corrupt a database in WAL mode when two connections reset the log at the same time (release
// notes of 3.51.3).
const minSQLite = 3_051_003

const sqliteReaders = 4

var sqliteDialect = &dialect{
	schema: func(ddl string) string {
		return strings.NewReplacer("BIGINT", "INTEGER", "BYTEA", "BLOB", "\n);", "\n) STRICT;").Replace(ddl)
	},
	tables:  `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1`,
	foreign: `SELECT count(*) FROM sqlite_schema`,
	poll:    100 * time.Millisecond,
	home:    func(context.Context, querier) (string, error) { return sqliteHome, nil },
	undone:  sqliteUndone,
	single:  sqliteSingle,
}

// sqliteSingle asks for the commit: a statement that is given up after its first row would be committed without a word of how
// that went.
func sqliteSingle(ctx context.Context, s *sqlStore, dest []any, query string, args ...any) error {
	t, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return wrap(err)
	}
	defer func() { _ = t.Rollback() }()
	if err := t.QueryRowContext(ctx, query, args...).Scan(dest...); err != nil {
		return wrap(err)
	}
	return s.commit(ctx, t)
}

// sqliteHome is the home of a database that is in use. A backup is given another, so that it is not used by accident.
const (
	sqliteHome   = "sqlite"
	sqliteBackup = "sqlite backup"
)

// pragmas are of a connection, not of the file: each is set on every connection and read back.
type pragma struct{ name, value string }

func sqlitePragmas(timeout time.Duration, readOnly bool) []pragma {
	list := []pragma{
		{"busy_timeout", strconv.FormatInt(timeout.Milliseconds(), 10)},
		{"journal_mode", "wal"},
		{"synchronous", "2"}, // FULL: the log is synced at every commit
		{"fullfsync", "1"},   // and on macOS through the drive's own cache
		{"foreign_keys", "1"},
		{"secure_delete", "1"},
		{"trusted_schema", "0"}, // the file's own schema runs nothing
		{"cell_size_check", "1"},
		{"mmap_size", "0"}, // an I/O error is an error, not a signal
	}
	if readOnly {
		list = append(list, pragma{"query_only", "1"})
	}
	return list
}

// openSQLite opens or makes the file at path.
func openSQLite(ctx context.Context, cfg Config, path string) (*sqlStore, error) {
	path, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	w, err := sqlitePool(path, cfg.Timeout, false)
	if err != nil {
		return nil, err
	}
	r, err := sqlitePool(path, cfg.Timeout, true)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	s := &sqlStore{dialect: sqliteDialect, w: w, r: r, now: cfg.Now, timeout: cfg.Timeout}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	// The writer first: it puts the file into WAL mode, which two connections cannot do at the same time.
	if err := errors.Join(retryBusy(ctx, func() error { return w.PingContext(ctx) }), checkFiles(path)); err != nil {
		_ = s.Close()
		return nil, wrap(err)
	}
	return s, nil
}

func sqlitePool(path string, timeout time.Duration, readOnly bool) (*sql.DB, error) {
	q := url.Values{}
	for _, p := range sqlitePragmas(timeout, readOnly) {
		q.Add("_pragma", p.name+"("+p.value+")")
	}
	if !readOnly {
		q.Set("_txlock", "immediate") // a transaction that starts as a reader could fail when it first writes
	}
	base, err := sqlite.NewConnector(sqliteName(path, q.Encode()))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(sqliteConnector{base, sqlitePragmas(timeout, readOnly)})
	n := 1
	if readOnly {
		n = sqliteReaders
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// sqliteName gives the URI of a file, so that nothing in the path is taken for a parameter (sqlite.org/uri.html).
func sqliteName(path, query string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query}).String()
}

// sqliteConnector asserts what every connection promises.
type sqliteConnector struct {
	driver.Connector
	pragmas []pragma
}

// Connect opens a connection and reads back its pragmas.
func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkSQLite(ctx, conn, c.pragmas); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func checkSQLite(ctx context.Context, conn driver.Conn, pragmas []pragma) error {
	version, err := sqliteValue(ctx, conn, "SELECT sqlite_version()")
	if err != nil {
		return err
	}
	if n := sqliteVersion(version); n < minSQLite {
		return fmt.Errorf("store: SQLite %s can lose a WAL database: 3.51.3 or later is required", version)
	}
	for _, p := range pragmas {
		got, err := sqliteValue(ctx, conn, "PRAGMA "+p.name)
		if err != nil {
			return err
		}
		if got != p.value && !(got == "" && p.name == "mmap_size") { // a build without mmap answers nothing
			return fmt.Errorf("store: SQLite has %s = %s, not %s", p.name, got, p.value)
		}
	}
	return nil
}

// sqliteValue gives the first column of the first row as text.
func sqliteValue(ctx context.Context, conn driver.Conn, query string) (string, error) {
	q, ok := conn.(driver.QueryerContext)
	if !ok {
		return "", errors.New("store: the SQLite driver cannot be asked")
	}
	rows, err := q.QueryContext(ctx, query, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	dest := make([]driver.Value, len(rows.Columns()))
	switch err := rows.Next(dest); {
	case err == io.EOF || len(dest) == 0:
		return "", nil
	case err != nil:
		return "", err
	}
	return fmt.Sprint(dest[0]), nil
}

// sqliteVersion makes 3051003 of 3.51.3, zero of anything else.
func sqliteVersion(s string) int {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(s, "%d.%d.%d", &major, &minor, &patch); n != 3 {
		return 0
	}
	return major*1_000_000 + minor*1_000 + patch
}

// sqliteCode gives SQLite's primary result code, zero for an error that has none.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// sqliteUndone: after these SQLite has rolled back, or the driver has done so (an error of the disk may come after the
// commit has reached it).
func sqliteUndone(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// retryBusy runs f until it is not refused because another process holds a lock, or ctx ends. SQLite does not wait by itself
// where two processes turn a new file to WAL at once.
func retryBusy(ctx context.Context, f func() error) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := f()
		if sqliteCode(err) != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}
