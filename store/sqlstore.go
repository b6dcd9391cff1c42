package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// sqlStore is the Store, over either engine.
type sqlStore struct {
	dialect *dialect
	w, r    *sql.DB // r is w, but for SQLite, which has one writer beside several readers
	seal    *sealer
	now     func() time.Time
	timeout time.Duration
	hints   hints                                    // SQLite: the nodes of this process
	dial    func(context.Context) (*pgx.Conn, error) // PostgreSQL: a connection of its own, to listen on
	closed  atomic.Bool
}

var _ Store = (*sqlStore)(nil)

// Close gives the connections back. A call that is under way fails.
func (s *sqlStore) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.hints.close()
	if s.r != s.w {
		return errors.Join(s.r.Close(), s.w.Close())
	}
	return s.w.Close()
}

// Join is described at Store.
func (s *sqlStore) Join(ctx context.Context, cfg NodeConfig) (*Node, error) {
	if s.closed.Load() {
		return nil, ErrClosed
	}
	return joinNode(ctx, s, cfg, s.dialect.poll)
}

// bound gives ctx the time a call may take.
func (s *sqlStore) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.timeout)
}

// reading starts a call that reads one statement.
func (s *sqlStore) reading(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if s.closed.Load() {
		return nil, nil, ErrClosed
	}
	ctx, cancel := s.bound(ctx)
	return ctx, cancel, nil
}

// view runs f in one read transaction: all that f reads is of one moment.
func (s *sqlStore) view(ctx context.Context, f func(ctx context.Context, q querier) error) error {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	return s.viewWithin(ctx, f)
}

// viewWithin is view for as long as ctx lasts.
func (s *sqlStore) viewWithin(ctx context.Context, f func(ctx context.Context, q querier) error) error {
	tx, err := s.r.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return wrap(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(ctx, tx)
}

// wrap names the package once. Errors of this package, and those of a context, stay as they are.
func wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case isOwn(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("store: %w", err)
}

func isOwn(err error) bool {
	for _, own := range []error{ErrNotFound, ErrLimit, ErrExists, ErrInvalid, ErrMasterKey, ErrNewer, ErrCopy, ErrUnknown, ErrClosed, errSealed} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// nanos is how a time is kept. What 64 bits cannot hold (before 1678, after 2261) becomes the nearest that they can.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(minTime):
		return minTime.UnixNano()
	case t.After(maxTime):
		return maxTime.UnixNano()
	}
	return t.UnixNano()
}

var (
	minTime = time.Unix(0, -1<<63)
	maxTime = time.Unix(0, 1<<63-1)
)

func fromNanos(ns int64) time.Time { return time.Unix(0, ns).UTC() }
