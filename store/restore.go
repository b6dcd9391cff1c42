package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// RestoreConfig says what is restored.
type RestoreConfig struct {
	From string // a file that Backup made; it is only read
	// KeepCredentials says that nothing was revoked, rotated or deleted since the backup, or that it may live again. See
	// Restore.
	KeepCredentials bool
	Actor           string // for the audit table
}

// Restored says what a restore has left.
type Restored struct {
	Epoch    int64  // from which every node and follower reads anew
	Relays   int    // that are there now
	Kept     int    // credentials that are accepted: stream keys, relay tokens, TURN keys
	Revoked  int    // credentials of the backup that are not accepted any more
	Replaced string // where the state that was replaced is kept, a backup itself; "" if there was none
}

// epochStep is how far a restore moves the epoch ahead: farther than any database can have come since its backup, so that no
// node takes a restored epoch for one that it has seen, and so little that 2 million restores stay within 53 bits, which is
// what JSON's readers have.
const epochStep = 1 << 32

// Restore puts the state of a backup in place of what a SQLite database holds, or makes the database. It is one transaction:
// processes that use the database see the old state or the new.
//
// A restore takes objects back to the backup, but never a credential (stream key, relay token, TURN key) back to life: one
// that was revoked, rotated or deleted after the backup stays so, as far as the database that is replaced still tells. Where
// there is none to tell, every credential of the backup is revoked, unless KeepCredentials vouches for them: relays keep
// their configuration and are given new tokens by rotation, keys are made anew. The account's own signing keys stay: there is
// no way to revoke one. Ids that are in either state are used for nothing else later.
//
// The epoch goes ahead of both by 2^32, with one audit row of action "restore" and kind "all"; nodes that are running read
// everything again, and stay on the list: whoever changes something meanwhile waits for them. The audit rows of the database
// that is replaced are kept if the backup was made of it, else those of the backup. That database must be sound and of the same
// master key; one that is not has to be moved away first.
func Restore(ctx context.Context, cfg Config, rc RestoreConfig) (r Restored, err error) {
	path, ok := strings.CutPrefix(cfg.URL, "sqlite:")
	if !ok {
		return Restored{}, errors.New("store: only SQLite is restored by this program: use pg_restore, then Adopt")
	}
	if err := checkText("actor", rc.Actor, maxActorBytes); err != nil {
		return Restored{}, err
	}
	s, err := openStore(ctx, cfg)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	copied := path + ".restore"
	out, err := createWork(copied)
	if err != nil {
		return Restored{}, err
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			err = errors.Join(err, removeIfThere(copied+suffix))
		}
	}()
	from, err := stageBackup(ctx, cfg, rc.From, out)
	if err != nil {
		return Restored{}, err
	}
	var had int64
	if had, err = s.epoch(ctx); err != nil {
		return Restored{}, err
	}
	if had > 0 {
		r.Replaced = fmt.Sprintf("%s.before-%d", path, had)
		if _, err := s.backupTo(ctx, r.Replaced); err != nil {
			return Restored{}, err
		}
	}
	replaced := r.Replaced
	if r, err = s.replace(ctx, copied, from, rc); err != nil {
		return Restored{}, err
	}
	r.Replaced = replaced
	return r, nil
}

// staged is a backup that is ready to be taken.
type staged struct {
	meta
	seal *sealer
}

// stageBackup copies a backup to out, which it closes, proves that it is sound and sealed with the master key, and brings its
// schema up to date.
func stageBackup(ctx context.Context, cfg Config, from string, out *os.File) (b staged, err error) {
	in, err := os.Open(from)
	if err != nil {
		return staged{}, errors.Join(fmt.Errorf("store: %w", err), out.Close())
	}
	defer in.Close()
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return staged{}, fmt.Errorf("store: %w", err)
	}
	db, err := openCopy(out.Name())
	if err != nil {
		return staged{}, err
	}
	s := &sqlStore{dialect: sqliteDialect, w: db, r: db, now: cfg.withDefaults().Now}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := checkIntegrity(ctx, db); err != nil {
		return staged{}, err
	}
	m, err := s.readMeta(ctx, db)
	if err != nil {
		return staged{}, fmt.Errorf("store: %s is not a backup of this program: %w", filepath.Base(from), err)
	}
	if m.home != sqliteBackup {
		return staged{}, fmt.Errorf("store: %s is not a backup but a database (its log may be missing)", filepath.Base(from))
	}
	if b.seal, err = m.sealer(cfg.MasterKey); err != nil {
		return staged{}, err
	}
	b.meta, err = s.migrate(ctx, cfg.MasterKey)
	return b, err
}

// checkIntegrity reads the whole file (sqlite.org/pragma.html#pragma_integrity_check).
func checkIntegrity(ctx context.Context, q querier) error {
	var verdict string
	if err := q.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("store: the backup is damaged: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("store: the backup is damaged: %s", verdict)
	}
	broken, err := list(ctx, q, func(scan func(...any) error) (table string, err error) {
		var row, parent, key any
		err = scan(&table, &row, &parent, &key)
		return table, err
	}, `PRAGMA foreign_key_check`)
	if err == nil && len(broken) > 0 {
		err = fmt.Errorf("store: the backup is damaged: a row of %s has no parent", broken[0])
	}
	return err
}
