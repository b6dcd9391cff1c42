package store

import (
	"context"
)

// stateTables are the tables that a restore replaces, parents first.
var stateTables = []string{"stream_keys", "own_keys", "relays", "relay_tokens", "turn_keys"}

// replace puts the tables of the staged file in place of the database's, in one transaction.
func (s *sqlStore) replace(ctx context.Context, path string, from staged, rc RestoreConfig) (Restored, error) {
	conn, err := s.w.Conn(ctx)
	if err != nil {
		return Restored{}, wrap(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `ATTACH $1 AS backup`, sqliteName(path, "")); err != nil {
		return Restored{}, wrap(err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), `DETACH backup`) }()
	own, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return Restored{}, wrap(err)
	}
	defer func() { _ = own.Rollback() }()
	t := &tx{querier: own, ctx: ctx, by: By{Actor: rc.Actor}, at: s.now()}
	if err := t.take(from); err != nil {
		return Restored{}, wrap(err)
	}
	if err := s.reseal(t, from.seal); err != nil {
		return Restored{}, err
	}
	r, err := s.settle(t, from.epoch, rc.KeepCredentials, `SELECT id FROM was_ids WHERE deleted IS NULL AND space = `)
	if err != nil {
		return Restored{}, wrap(err)
	}
	if err := s.commit(ctx, own); err != nil {
		return Restored{}, err
	}
	s.hints.send()
	return r, nil
}

// take copies the tables. What ids there were stays, until the connection is closed, in was_ids; those that the backup does
// not know are of what is no more.
func (t *tx) take(from staged) error {
	steps := []string{`CREATE TEMP TABLE was_ids AS SELECT * FROM main.ids`}
	for i := range stateTables {
		steps = append(steps, `DELETE FROM main.`+stateTables[len(stateTables)-1-i])
	}
	for _, table := range stateTables {
		steps = append(steps, `INSERT INTO main.`+table+` SELECT * FROM backup.`+table)
	}
	steps = append(steps,
		`DELETE FROM main.ids`,
		`INSERT INTO main.ids SELECT * FROM backup.ids`,
		`INSERT INTO main.ids SELECT * FROM was_ids WHERE true ON CONFLICT (space, id) DO NOTHING`,
	)
	var lineage int
	if err := t.scan(`SELECT count(*) FROM main.meta WHERE seal_salt = $1`, []any{from.salt}, &lineage); err != nil {
		return err
	}
	if lineage == 0 { // another database's history is not this one's
		steps = append(steps, `DELETE FROM main.audit`)
	}
	steps = append(steps, `INSERT INTO main.audit SELECT * FROM backup.audit WHERE true ON CONFLICT (epoch) DO NOTHING`)
	for _, step := range steps {
		if _, err := t.exec(step); err != nil {
			return err
		}
	}
	return nil
}

// reseal turns the own keys of the backup into those of this database, which may have another salt.
func (s *sqlStore) reseal(t *tx, from *sealer) error {
	rows, err := list(t.ctx, t, (&sqlStore{seal: from}).scanOwnKey, `SELECT account, id, alg, sealed, created FROM own_keys`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := t.exec(`UPDATE own_keys SET sealed = $2 WHERE id = $1`,
			r.key.ID, s.seal.seal(r.key.Private, ownKeyPlace(r.account, r.key)...)); err != nil {
			return wrap(err)
		}
	}
	return nil
}

// credentials are the tables of what is accepted from others.
var credentials = []struct{ table, id, space string }{
	{"relay_tokens", "jti", spaceToken},
	{"stream_keys", "id", spaceKey},
	{"turn_keys", "uid", spaceTURN},
}

// settle makes a state that came from elsewhere this database's own: it revokes credentials, unless they are kept, but for
// those that alive still selects (a query that ends with the space); counts anew; and moves the epoch ahead
// of the database's own and of least.
func (s *sqlStore) settle(t *tx, least int64, keep bool, alive string) (r Restored, err error) {
	run := func(query string, args ...any) (n int64) {
		if err == nil {
			n, err = t.exec(query, args...)
		}
		return n
	}
	number := func(query string) (n int) {
		if err == nil {
			err = t.scan(query, nil, &n)
		}
		return n
	}
	home, err := s.dialect.home(t.ctx, t)
	if err != nil {
		return Restored{}, err
	}
	if err := t.scan(`UPDATE meta SET epoch = CASE WHEN epoch < $1 THEN $1 ELSE epoch END + $2, home = $3 WHERE id = 1 RETURNING epoch`,
		[]any{least, int64(epochStep), home}, &t.epoch); err != nil {
		return Restored{}, err
	}
	for _, c := range credentials {
		if !keep {
			query := `DELETE FROM ` + c.table
			if alive != "" {
				query += ` WHERE ` + c.id + ` NOT IN (` + alive + `'` + c.space + `')`
			}
			r.Revoked += int(run(query))
		}
		r.Kept += number(`SELECT count(*) FROM ` + c.table)
	}
	at := nanos(t.at)
	run(`UPDATE ids SET deleted = $1 WHERE deleted IS NULL AND space = 'token' AND id NOT IN (SELECT jti FROM relay_tokens)`, at)
	run(`UPDATE ids SET deleted = $1 WHERE deleted IS NULL AND space = 'turn' AND id NOT IN (SELECT uid FROM turn_keys)`, at)
	run(`UPDATE ids SET deleted = $1 WHERE deleted IS NULL AND space = 'relay' AND id NOT IN (SELECT uid FROM relays)`, at)
	run(`UPDATE ids SET deleted = $1 WHERE deleted IS NULL AND space = 'key' AND id NOT IN (SELECT id FROM stream_keys UNION ALL SELECT id FROM own_keys)`, at)
	run(`DELETE FROM counts`)
	for _, table := range []string{"relay", "stream_key", "turn_key"} {
		run(`INSERT INTO counts (account, kind, n) SELECT account, '` + table + `', count(*) FROM ` + table + `s GROUP BY account`)
	}
	r.Relays = number(`SELECT count(*) FROM relays`)
	if err == nil {
		err = s.record(t, event{action: "restore", kind: kindAll})
	}
	r.Epoch = t.epoch
	if err != nil {
		return Restored{}, err
	}
	return r, nil
}

// kindAll is the kind of a restore: everything may be another.
const kindAll = "all"
