package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/store"
)

// runControl serves the control API on its store, as a node of it.
func runControl(ctx context.Context, env *environment, o apiOptions) (err error) {
	hup, stop := hangups()
	defer stop()
	log := slog.New(slog.NewTextHandler(env.stderr, nil))
	files, err := o.places(env)
	if err != nil {
		return err
	}
	if files.dir != "" {
		if err := makeStateDir(files.dir); err != nil {
			return err
		}
	}
	srv := &apiServer{log: log}
	if o.tlsCert != "" {
		if srv.tls, err = followPair(o.tlsCert, o.tlsKey, log); err != nil {
			return err
		}
		defer srv.tls.follower.Close()
		srv.reload = append(srv.reload, srv.tls.follower.Check)
	}
	made, err := ensureTokens(files.tokens)
	if err != nil {
		return err
	}
	tokens, err := followCallers(files.tokens, log)
	if err != nil {
		return err
	}
	defer tokens.Close()
	srv.reload = append(srv.reload, tokens.Check)

	st, err := openStore(ctx, env, files)
	if err != nil {
		return err
	}
	defer closing(&err, st.Close)
	node, err := st.Join(ctx, store.NodeConfig{Lease: o.lease, Log: log})
	if err != nil {
		return err
	}
	defer closing(&err, node.Close) // deregisters: nobody has to wait for this node's lease
	srv.handler, err = api.New(api.Config{Store: st, Node: node, Lease: o.lease, Tokens: tokens, TURNHost: o.turnHost, Now: env.now, Log: log})
	if err != nil {
		return err
	}
	ln, err := o.listenAPI(ctx)
	if err != nil {
		return err
	}
	srv.ready = func(address string) { o.announceAPI(env, files, address, made) }
	return srv.serve(ctx, ln, hup)
}

// closing gives the error of close unless there was one before.
func closing(err *error, close func() error) {
	if e := close(); *err == nil {
		*err = e
	}
}

// announceAPI says where the API is, and what to call it with.
func (o *apiOptions) announceAPI(env *environment, files apiFiles, address string, made bool) {
	say := func(format string, args ...any) {
		fmt.Fprintf(env.stderr, "streamtoken api: "+format+"\n", args...)
	}
	say("listening on %s", address)
	if o.socket() == "" {
		say("base URL for the SDKs: %s/client/v4", address)
	}
	if made {
		say("bearer token: in %s, made now", files.tokens)
	} else {
		say("bearer token: in %s", files.tokens)
	}
	say("state: %s, sealed with %s", files.shownStore(), files.masterKey)
}

// openStore opens the state with its master key. A key is made for a state that does not exist yet, and never for one that
// does: it could open nothing in it.
func openStore(ctx context.Context, env *environment, files apiFiles) (store.Store, error) {
	if path := files.database(); path != "" {
		if err := checkKeyBeside(path, files.masterKey); err != nil {
			return nil, err
		}
	}
	key, made, err := ensureMasterKey(files.masterKey)
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, store.Config{URL: files.store, MasterKey: key, Now: env.now})
	clear(key)
	switch {
	case err == nil:
		return st, nil
	case errors.Is(err, store.ErrMasterKey) && made:
		// The database, on another machine, is older than the key.
		if err := os.Remove(files.masterKey); err != nil {
			return nil, fileError("remove", "useless master key", files.masterKey, err)
		}
		return nil, missingKey(files.shownStore(), files.masterKey)
	}
	return nil, files.explain(err)
}

// explain says what can be done about an error of the store.
func (f apiFiles) explain(err error) error {
	switch {
	case errors.Is(err, store.ErrMasterKey):
		return withHint(fmt.Errorf("%s was not sealed with the master key in %s", f.shownStore(), f.masterKey),
			"each state has its own: name the right one with --master-key")
	case errors.Is(err, store.ErrCopy):
		return withHint(fmt.Errorf("%s: %w", f.shownStore(), err),
			"a backup is put into place with: streamtoken api restore FILE",
			"and what was put there by other means is taken into use with: streamtoken api restore --adopt")
	}
	return fmt.Errorf("%s: %w", f.shownStore(), err)
}

// checkKeyBeside refuses a database without its key.
func checkKeyBeside(database, key string) error {
	info, err := os.Stat(database)
	if err != nil || info.Size() == 0 {
		return nil // Open makes it, or says why not
	}
	if _, err := os.Lstat(key); errors.Is(err, os.ErrNotExist) {
		return missingKey(database, key)
	}
	return nil
}

func missingKey(state, key string) error {
	return withHint(fmt.Errorf("%s exists, but its master key %s does not", state, key),
		"put the key back, or name it with --master-key: a new one could not open what is sealed there")
}
