package store

import (
	"context"
	"errors"
)

// Open opens the database that cfg names, makes or upgrades its schema, and proves the master key.
func Open(ctx context.Context, cfg Config) (Store, error) {
	return nil, errors.New("store: not there yet")
}
