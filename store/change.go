package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// tx is a transaction that changes something. It holds the lock of the epoch from its start, so that changes are committed
// in the order of their epochs, and what it reads stays so until it ends.
type tx struct {
	querier
	ctx   context.Context
	by    By
	epoch int64 // of this change
	at    time.Time
}

// event is what the audit table says of a change. The zero event is none: nothing was changed.
type event struct{ action, kind, subject, detail string }

// change runs f in a transaction with its audit row and the next epoch, commits, and gives the epoch. Without an event of f,
// or with an error, nothing stays; without an event the epoch is the one that holds, and with ErrNotFound too: of something
// that was there in an older one, every node has to learn that it is gone.
//
// The end of ctx before the commit leaves nothing. From then on ctx is not looked at, since a commit that is broken off
// leaves the caller not knowing; what can still go wrong is ErrUnknown.
func (s *sqlStore) change(ctx context.Context, by By, f func(t *tx) (event, error)) (int64, error) {
	if s.closed.Load() {
		return 0, ErrClosed
	}
	if err := errors.Join(checkID("account", by.Account), checkText("actor", by.Actor, maxActorBytes)); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	work, cancel := s.bound(context.WithoutCancel(ctx))
	defer cancel()
	watch := context.AfterFunc(ctx, cancel)
	defer watch()

	own, err := s.w.BeginTx(work, nil)
	if err != nil {
		return 0, cancelled(ctx, err)
	}
	defer func() { _ = own.Rollback() }() // after a commit it does nothing
	t := &tx{querier: own, ctx: work, by: by, at: s.now()}
	if err := own.QueryRowContext(work, `UPDATE meta SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch`).Scan(&t.epoch); err != nil {
		return 0, cancelled(ctx, err)
	}
	e, err := f(t)
	switch {
	case errors.Is(err, ErrNotFound):
		return t.epoch - 1, ErrNotFound
	case err != nil:
		return 0, cancelled(ctx, err)
	case e == event{}:
		return t.epoch - 1, nil
	}
	if err := s.record(t, e); err != nil {
		return 0, cancelled(ctx, err)
	}
	if !watch() {
		return 0, ctx.Err()
	}
	if err := s.commit(work, own); err != nil {
		return 0, err
	}
	s.hints.send()
	return t.epoch, nil
}

// record writes the audit row.
func (s *sqlStore) record(t *tx, e event) error {
	_, err := t.exec(`INSERT INTO audit (epoch, at, account, actor, action, kind, subject, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`+s.dialect.publish,
		t.epoch, nanos(t.at), t.by.Account, t.by.Actor, e.action, e.kind, e.subject, e.detail)
	return err
}

// commit commits. Of an error it says whether the change may be there nevertheless.
func (s *sqlStore) commit(ctx context.Context, own *sql.Tx) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := own.Commit()
	switch {
	case err == nil:
		return nil
	case s.dialect.undone(err):
		return wrap(err)
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

// cancelled gives ctx's error if that is why err came about.
func cancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, sql.ErrTxDone)) {
		return ctx.Err()
	}
	return wrap(err)
}

// exec runs a statement and gives how many rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	res, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// scan reads one row: ErrNotFound without one.
func (t *tx) scan(query string, args []any, dest ...any) error {
	return wrap(t.QueryRowContext(t.ctx, query, args...).Scan(dest...))
}

// The spaces of ids. Stream keys and own keys share one: both are key ids of the published sets.
const (
	spaceKey   = "key"
	spaceRelay = "relay"
	spaceToken = "token"
	spaceTURN  = "turn"
)

// claim takes an id: ErrExists if it is in use or ever was, in whatever account.
func (t *tx) claim(space, id string) error {
	n, err := t.exec(`INSERT INTO ids (space, id, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, space, id, t.by.Account)
	if err == nil && n == 0 {
		err = ErrExists
	}
	return err
}

// retire marks an id as that of something deleted.
func (t *tx) retire(space, id string) error {
	_, err := t.exec(`UPDATE ids SET deleted = $3 WHERE space = $1 AND id = $2`, space, id, nanos(t.at))
	return err
}

// count adds one to the account's objects of a kind: ErrLimit if it had max.
func (t *tx) count(kind string, max int64) error {
	var n int64
	err := t.scan(`INSERT INTO counts (account, kind, n) VALUES ($1, $2, 1)
		ON CONFLICT (account, kind) DO UPDATE SET n = counts.n + 1 RETURNING n`, []any{t.by.Account, kind}, &n)
	if err == nil && n > max {
		err = ErrLimit
	}
	return err
}

// uncount takes one away.
func (t *tx) uncount(kind string) error {
	_, err := t.exec(`UPDATE counts SET n = n - 1 WHERE account = $1 AND kind = $2`, t.by.Account, kind)
	return err
}

// found is ErrNotFound where a statement touched no row.
func found(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// after gives the time of the change, or the one it replaces where a clock went back.
func (t *tx) after(before time.Time) time.Time {
	if at := fromNanos(nanos(t.at)); at.After(before) {
		return at
	}
	return before
}
