package store

import (
	"log/slog"
	"time"
)

// NodeConfig says how a node follows the store.
type NodeConfig struct {
	Lease time.Duration // for how long it may go on without the store, 1 to 60 s; zero: 10 s
	Poll  time.Duration // between looks at the epoch; zero: 250 ms, with SQLite 100 ms
	Log   *slog.Logger  // nil: silent
}

// Node is a process on the store that holds a lease.
type Node struct{}
