package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/streamtoken/streamtoken/store"
)

// restoreActor is who restores, in the audit table.
const restoreActor = "streamtoken api restore"

func (o *apiOptions) postgres() bool { return strings.HasPrefix(o.store, "postgres") }

// storeConfig names the state, with the master key that is there already.
func (o *apiOptions) storeConfig(env *environment) (apiFiles, store.Config, error) {
	if err := o.validateFiles(); err != nil {
		return apiFiles{}, store.Config{}, err
	}
	o.tokenFile = "-" // of no interest here: no place is needed for it
	files, err := o.places(env)
	if err != nil {
		return apiFiles{}, store.Config{}, err
	}
	if _, err := os.Lstat(files.masterKey); errors.Is(err, fs.ErrNotExist) {
		return apiFiles{}, store.Config{}, withHint(fmt.Errorf("there is no master key %s", files.masterKey),
			"name the one that the state was sealed with as --master-key")
	}
	key, err := readMasterKey(files.masterKey)
	if err != nil {
		return apiFiles{}, store.Config{}, err
	}
	return files, store.Config{URL: files.store, MasterKey: key, Now: env.now}, nil
}

func runAPIBackup(ctx context.Context, env *environment, o apiOptions, output string) error {
	if !o.set("output") {
		return withHint(usagef("-o is missing"), "it names the file to write, such as -o state.backup")
	}
	if err := checkFileName("--output", output); err != nil {
		return err
	}
	if output == "-" {
		return usagef("--output takes the name of a file, not standard output")
	}
	if err := o.validateFiles(); err != nil {
		return err
	}
	if o.postgres() {
		return withHint(errors.New("a PostgreSQL database is copied with its own tools"), "run: pg_dump -Fc -d URL -f FILE")
	}
	files, cfg, err := o.storeConfig(env)
	if err != nil {
		return err
	}
	defer clear(cfg.MasterKey)
	epoch, err := store.Backup(ctx, cfg, output)
	switch {
	case errors.Is(err, fs.ErrExist):
		return withHint(fmt.Errorf("%s exists and is not overwritten", output), "choose another name, or move the old copy away first")
	case err != nil:
		return files.explain(err)
	}
	printNote(env.stderr, fmt.Sprintf("wrote the state at epoch %d to %s; without the master key %s it is of no use", epoch, output, files.masterKey))
	return nil
}

func runAPIRestore(ctx context.Context, env *environment, o apiOptions, args []string) error {
	switch {
	case o.adopt && len(args) > 0:
		return usagef("--adopt takes no file: what it takes into use is in the database already")
	case !o.adopt && len(args) == 0:
		return usagef("the file to restore from is missing")
	}
	if !o.adopt {
		if err := checkFileName("the argument", args[0]); err != nil {
			return err
		}
	}
	if err := o.validateFiles(); err != nil {
		return err
	}
	if o.postgres() && !o.adopt {
		return withHint(errors.New("a PostgreSQL database is restored with its own tools"),
			"run: pg_restore -d URL FILE; and then: streamtoken api restore --adopt --store URL")
	}
	files, cfg, err := o.storeConfig(env)
	if err != nil {
		return err
	}
	defer clear(cfg.MasterKey)
	var r store.Restored
	if o.adopt {
		if path := files.database(); path != "" {
			if _, err := os.Stat(path); err != nil { // it would be made
				return fileError("open", "database", path, err)
			}
		}
		r, err = store.Adopt(ctx, cfg, o.keepCredentials, restoreActor)
	} else {
		if files.dir != "" {
			if err := makeStateDir(files.dir); err != nil {
				return err
			}
		}
		r, err = store.Restore(ctx, cfg, store.RestoreConfig{From: args[0], KeepCredentials: o.keepCredentials, Actor: restoreActor})
	}
	if err != nil {
		return files.explain(err)
	}
	printNote(env.stderr, fmt.Sprintf("restored %s at epoch %d: %d relays; %d keys and tokens are accepted, %d are revoked",
		files.shownStore(), r.Epoch, r.Relays, r.Kept, r.Revoked))
	if r.Replaced != "" {
		printNote(env.stderr, "the state before is kept as "+r.Replaced)
	}
	return nil
}
