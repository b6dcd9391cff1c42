package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// Backup writes a copy of a SQLite database to the file at path, which must not be there, while others use the database. It
// gives the epoch of the copy. The file has mode 0600 and is on disk when Backup returns; one that was not finished is not
// left behind. The copy is marked as one: Open refuses it with ErrCopy, Restore takes it.
//
// The copy holds what the database holds: the sealed keys, which are of no use without the master key, and no token. The
// master key is proved, so that nobody keeps backups beside a key that does not open them. Keep it elsewhere.
//
// A PostgreSQL database is copied with its own tools (pg_dump --format=custom), and taken into use again with Adopt.
func Backup(ctx context.Context, cfg Config, path string) (epoch int64, err error) {
	source, ok := strings.CutPrefix(cfg.URL, "sqlite:")
	if !ok {
		return 0, errors.New("store: only SQLite is backed up by this program: use pg_dump")
	}
	if _, err := os.Lstat(source); err != nil { // connect would make it
		return 0, fmt.Errorf("store: %w", err)
	}
	s, err := connect(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	m, err := s.readMeta(ctx, s.r) // no migration: a server of another version may be at work
	if err != nil {
		return 0, err
	}
	if _, err := m.sealer(cfg.MasterKey); err != nil {
		return 0, err
	}
	if m.home != m.here {
		return 0, ErrCopy
	}
	return s.backupTo(ctx, path)
}

// backupTo copies to a new file: first under another name, so that one that has the name is whole.
func (s *sqlStore) backupTo(ctx context.Context, path string) (epoch int64, err error) {
	claim, err := createExclusive(path)
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	_ = claim.Close()
	part := path + ".part"
	f, err := createWork(part)
	if err != nil {
		return 0, errors.Join(err, removeIfThere(path))
	}
	defer func() {
		_ = os.Remove(part + "-journal")
		if err != nil {
			err = errors.Join(wrap(err), removeIfThere(part), removeIfThere(path))
		}
	}()
	defer f.Close()
	if err := s.vacuumInto(ctx, part); err != nil {
		return 0, err
	}
	if epoch, err = markBackup(ctx, part); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	if err := os.Rename(part, path); err != nil {
		return 0, err
	}
	return epoch, syncDir(filepath.Dir(path))
}

// vacuumInto copies the database as one reader sees it; writers go on. SQLite takes a file that is empty, so its mode is ours.
func (s *sqlStore) vacuumInto(ctx context.Context, path string) error {
	conn, err := s.r.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `PRAGMA query_only = 0`); err != nil { // it would forbid the other file too
		return err
	}
	_, err = conn.ExecContext(ctx, `VACUUM INTO $1`, path)
	_, err2 := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA query_only = 1`)
	return errors.Join(err, err2)
}

// markBackup gives the copy another home, and empties its list of nodes: they follow the original.
func markBackup(ctx context.Context, path string) (epoch int64, err error) {
	db, err := openCopy(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `DELETE FROM nodes`); err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `UPDATE meta SET home = $1 RETURNING epoch`, sqliteBackup).Scan(&epoch)
	return epoch, err
}

// openCopy opens a file that nobody else has, without a log beside it.
func openCopy(path string) (*sql.DB, error) {
	base, err := sqlite.NewConnector(sqliteName(path, "_pragma=journal_mode(delete)&_pragma=synchronous(2)&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(base)
	db.SetMaxOpenConns(1)
	return db, nil
}

// createWork makes a file that is removed in the end. One that has its name already is somebody else's, who may be at work.
func createWork(path string) (*os.File, error) {
	f, err := createExclusive(path)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("store: %s is in the way: another process is at work, or was cut off and has left it", path)
	}
	return f, err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
