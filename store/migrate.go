package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// migrationFiles are the steps of the schema in order of their names, written for PostgreSQL. A step that was published is
// never edited: the next one corrects it.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// errForeign: the file is a database, but not one of ours.
var errForeign = errors.New("store: the database is not empty, and not one of this program")

// migrations gives the text of every step.
func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []string
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, string(text))
	}
	return steps, nil
}

// migrate brings the schema up to date, all steps in one transaction under a lock, and gives the meta row. In a new database
// it makes that row, with a check value for the master key.
func (s *sqlStore) migrate(ctx context.Context, master []byte) (meta, error) {
	steps, err := migrations()
	if err != nil {
		return meta{}, err
	}
	t, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return meta{}, wrap(err)
	}
	defer func() { _ = t.Rollback() }()
	if s.dialect.lock != "" {
		if _, err := t.ExecContext(ctx, s.dialect.lock); err != nil {
			return meta{}, wrap(err)
		}
	}
	version, err := s.schemaVersion(ctx, t)
	if err != nil {
		return meta{}, err
	}
	if version > len(steps) {
		return meta{}, fmt.Errorf("%w: it has schema %d, this one knows %d", ErrNewer, version, len(steps))
	}
	for i, step := range steps[version:] {
		if err := s.apply(ctx, t, version+i+1, step); err != nil {
			return meta{}, err
		}
	}
	m, err := s.readMeta(ctx, t)
	if errors.Is(err, ErrNotFound) {
		m, err = s.writeMeta(ctx, t, master)
	}
	if err != nil {
		return meta{}, err
	}
	return m, wrap(t.Commit())
}

// schemaVersion gives the number of steps applied, and makes the table that says so.
func (s *sqlStore) schemaVersion(ctx context.Context, q querier) (version int, err error) {
	var n int
	if err := q.QueryRowContext(ctx, s.dialect.tables, "schema_versions").Scan(&n); err != nil {
		return 0, wrap(err)
	}
	if n == 0 {
		if err := q.QueryRowContext(ctx, s.dialect.foreign).Scan(&n); err != nil {
			return 0, wrap(err)
		}
		if n > 0 {
			return 0, errForeign
		}
		_, err := q.ExecContext(ctx, s.dialect.schema("CREATE TABLE schema_versions (\n    version BIGINT NOT NULL PRIMARY KEY,\n    at BIGINT NOT NULL\n);"))
		return 0, wrap(err)
	}
	return version, wrap(q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_versions`).Scan(&version))
}

// apply runs one step, a statement at a time: PostgreSQL prepares no more than one.
func (s *sqlStore) apply(ctx context.Context, q querier, version int, step string) error {
	for stmt := range strings.SplitAfterSeq(step, ";\n") {
		if strings.TrimSpace(stmt) == "" {
			continue
		}
		if _, err := q.ExecContext(ctx, s.dialect.schema(stmt)); err != nil {
			return fmt.Errorf("store: schema %d: %w", version, err)
		}
	}
	_, err := q.ExecContext(ctx, `INSERT INTO schema_versions (version, at) VALUES ($1, $2)`, version, nanos(s.now()))
	return wrap(err)
}

func (s *sqlStore) readMeta(ctx context.Context, q querier) (m meta, err error) {
	if m.here, err = s.dialect.home(ctx, q); err != nil {
		return meta{}, wrap(err)
	}
	err = q.QueryRowContext(ctx, `SELECT epoch, seal_salt, seal_check, home FROM meta WHERE id = 1`).Scan(&m.epoch, &m.salt, &m.check, &m.home)
	return m, wrap(err)
}

func (s *sqlStore) writeMeta(ctx context.Context, q querier, master []byte) (meta, error) {
	here, err := s.dialect.home(ctx, q)
	if err != nil {
		return meta{}, wrap(err)
	}
	m, err := newMeta(master, here)
	if err != nil {
		return meta{}, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO meta (id, epoch, seal_salt, seal_check, home) VALUES (1, 0, $1, $2, $3)`, m.salt, m.check, m.home)
	return m, wrap(err)
}
