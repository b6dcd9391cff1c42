package store

import (
	"context"
)

// Adopt takes into use a database that was restored by other means: with pg_restore, by point-in-time recovery, or by a move
// to another server; a SQLite backup that was put in place by hand. Run it while no process uses the database. Until it has
// been run, Open refuses a PostgreSQL database that was made from a dump, and a SQLite backup, with ErrCopy; a database that
// was put back under the same identity (point-in-time recovery, pg_restore --clean, a copied file) it cannot tell from the one
// that was there, so run it then too.
//
// What is so old may hold credentials that were revoked since. All are revoked, unless keepCredentials vouches for them; the
// rest is as with Restore.
func Adopt(ctx context.Context, cfg Config, keepCredentials bool, actor string) (Restored, error) {
	if err := checkText("actor", actor, maxActorBytes); err != nil {
		return Restored{}, err
	}
	s, err := connect(ctx, cfg)
	if err != nil {
		return Restored{}, err
	}
	defer s.Close()
	if err := s.prepare(ctx, cfg, true); err != nil {
		return Restored{}, err
	}
	own, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return Restored{}, wrap(err)
	}
	defer func() { _ = own.Rollback() }()
	t := &tx{querier: own, ctx: ctx, by: By{Actor: actor}, at: s.now()}
	r, err := s.settle(t, 0, keepCredentials, "")
	if err != nil {
		return Restored{}, wrap(err)
	}
	if _, err := t.exec(`DELETE FROM nodes`); err != nil { // those of the database that this is a copy of
		return Restored{}, wrap(err)
	}
	if err := s.commit(ctx, own); err != nil {
		return Restored{}, err
	}
	return r, nil
}
