package store

import (
	"context"
	"database/sql"
	"time"
)

// dialect is where the two engines differ. Everything else, statements included, is one text for both: placeholders are $1,
// times and counts are BIGINT, conflicts are ON CONFLICT.
type dialect struct {
	schema    func(ddl string) string                              // the schema, written for PostgreSQL, in the engine's words
	lock      string                                               // run first in a migration, so that one process migrates at a time
	tables    string                                               // how many tables there are with the name $1
	foreign   string                                               // how many tables there are that should not be
	unhurried string                                               // lifts the server's bound on the statements of a transaction
	publish   string                                               // ends the statement that writes the audit row
	poll      time.Duration                                        // between a node's looks at the epoch, unless set
	home      func(ctx context.Context, q querier) (string, error) // which database this is
	undone    func(err error) bool                                 // an error of COMMIT after which the change certainly is not there

	// single runs one statement that writes and gives one row, and reads that into dest. No error: it is committed.
	single func(ctx context.Context, s *sqlStore, dest []any, query string, args ...any) error
}

// querier is a database or a transaction of it.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// list runs a query and gives what scan makes of each row.
func list[T any](ctx context.Context, q querier, scan func(scan func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, wrap(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, wrap(err)
		}
		out = append(out, v)
	}
	return out, wrap(rows.Err())
}
