package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// These types put a pgx connection under database/sql, which has the pool. pgx's own adapter brings a second pool with it.
// They carry what this package uses: int64, string, []byte, bool and NULL; no named arguments, no prepared statements (pgx
// prepares and keeps them by itself).

type pgConnector struct {
	dial func(context.Context) (*pgx.Conn, error)
}

func (c pgConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return &pgSession{conn: conn, used: time.Now()}, nil
}

func (c pgConnector) Driver() driver.Driver { return pgDriver{} }

type pgDriver struct{}

func (pgDriver) Open(string) (driver.Conn, error) { return nil, errUnused }

var errUnused = errors.New("store: not part of this driver")

type pgSession struct {
	conn *pgx.Conn
	used time.Time
}

// pgIdle is how long a session may lie idle before it is tried with a ping: the server may have gone since.
const pgIdle = time.Second

func (s *pgSession) ResetSession(ctx context.Context) error {
	if s.conn.IsClosed() || s.conn.PgConn().TxStatus() != 'I' {
		return driver.ErrBadConn
	}
	if time.Since(s.used) > pgIdle && s.conn.Ping(ctx) != nil {
		return driver.ErrBadConn
	}
	s.used = time.Now()
	return nil
}

func (s *pgSession) IsValid() bool { return !s.conn.IsClosed() }

func (s *pgSession) Ping(ctx context.Context) error { return s.conn.Ping(ctx) }

func (s *pgSession) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return s.conn.Close(ctx)
}

func (s *pgSession) Prepare(string) (driver.Stmt, error) { return nil, errUnused }
func (s *pgSession) Begin() (driver.Tx, error)           { return nil, errUnused }

func (s *pgSession) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	// Read committed: each statement sees what was committed before it, so after the lock on the epoch all that came before.
	opts := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}
	if o.ReadOnly {
		opts = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	}
	tx, err := s.conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, s.bad(err)
	}
	return pgTx{ctx: ctx, tx: tx}, nil
}

type pgTx struct {
	ctx context.Context
	tx  pgx.Tx
}

func (t pgTx) Commit() error { return t.tx.Commit(t.ctx) }

// Rollback runs also when the transaction's context is over. It waits for a second, then the connection is closed, and the
// server rolls back.
func (t pgTx) Rollback() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
	defer cancel()
	return t.tx.Rollback(ctx)
}

func (s *pgSession) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	tag, err := s.conn.Exec(ctx, query, pgArgs(args)...)
	if err != nil {
		return nil, s.bad(err)
	}
	return driver.RowsAffected(tag.RowsAffected()), nil
}

func (s *pgSession) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.conn.Query(ctx, query, pgArgs(args)...)
	if err != nil {
		return nil, s.bad(err)
	}
	return &pgRows{rows: rows}, nil
}

// bad tells database/sql to take another connection, where nothing has reached the server.
func (s *pgSession) bad(err error) error {
	if s.conn.IsClosed() && pgconn.SafeToRetry(err) {
		return driver.ErrBadConn
	}
	return err
}

func pgArgs(named []driver.NamedValue) []any {
	args := make([]any, len(named))
	for i, v := range named {
		args[i] = v.Value
	}
	return args
}

type pgRows struct {
	rows  pgx.Rows
	names []string
}

func (r *pgRows) Columns() []string {
	if r.names == nil {
		for _, f := range r.rows.FieldDescriptions() {
			r.names = append(r.names, f.Name)
		}
	}
	return r.names
}

func (r *pgRows) Close() error {
	r.rows.Close()
	return r.rows.Err()
}

func (r *pgRows) Next(dest []driver.Value) error {
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	values, err := r.rows.Values()
	if err != nil {
		return err
	}
	for i, v := range values {
		switch v := v.(type) {
		case int32:
			dest[i] = int64(v)
		case uint32:
			dest[i] = int64(v)
		default:
			dest[i] = v
		}
	}
	return nil
}
