package store

import (
	"context"
	"errors"
	"strings"
)

// Open opens the database that cfg names, makes or upgrades its schema, and proves the master key. Close the store when
// done. ctx bounds the opening alone.
//
// Errors by name: ErrMasterKey, ErrNewer, ErrCopy. Others say what is wrong with the configuration, the file or the server;
// none holds the URL's password or the key.
func Open(ctx context.Context, cfg Config) (Store, error) {
	s, err := openStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openStore is Open with the type by its name.
func openStore(ctx context.Context, cfg Config) (*sqlStore, error) {
	s, err := connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, cfg, false); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// connect opens the database without a look at what is in it.
func connect(ctx context.Context, cfg Config) (*sqlStore, error) {
	switch {
	case len(cfg.MasterKey) != masterKeyBytes:
		return nil, errors.New("store: Config.MasterKey must be 32 bytes")
	case cfg.Timeout < 0:
		return nil, errors.New("store: Config.Timeout is negative")
	}
	cfg = cfg.withDefaults()
	if path, ok := strings.CutPrefix(cfg.URL, "sqlite:"); ok {
		return openSQLite(ctx, cfg, path)
	}
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		return openPostgres(ctx, cfg)
	}
	return nil, errors.New("store: Config.URL must be sqlite:PATH, or begin with postgres://")
}

// prepare brings the schema up to date and proves the master key. A database that says it is another's copy is refused
// unless adopt is set.
func (s *sqlStore) prepare(ctx context.Context, cfg Config, adopt bool) error {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	var m meta
	err := retryBusy(ctx, func() (err error) {
		m, err = s.migrate(ctx, cfg.MasterKey)
		return err
	})
	if err != nil {
		return err
	}
	s.seal, err = m.sealer(cfg.MasterKey)
	if err != nil {
		return err
	}
	if !adopt && m.home != m.here {
		return ErrCopy
	}
	return nil
}
