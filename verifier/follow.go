package verifier

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/follow"
)

// FollowConfig names files and directories of public keys.
type FollowConfig struct {
	// Paths are files, each in a form ParseKeys reads, and directories, of which the files directly inside are read
	// whose names end in .json, .jwks, .jwk, .pem or .pub. Required. Whether a path is a file or a directory is
	// settled at the start. Links are followed. A directory has at most 1,024 key files with 16 MiB.
	Paths []string
	// KeyID names the key of a file that carries no id, as PEM does not; "" if every file does. It does not reach into
	// directories: there a key without an id gets the file's name less its suffixes, "a" in a.pem and a.pub.pem.
	KeyID string
	Poll  time.Duration // between looks where the system reports no change; zero: 5 s
	Log   *slog.Logger  // nil: silent
}

// FollowedKeys is a KeySet that follows its sources as they change. Key reads without a lock. Safe for concurrent use.
//
// Keys that are gone from their source stop verifying, within moments where the system reports changes and within
// FollowConfig.Poll everywhere. What counts as gone:
//
//   - a file rewritten without the key, or with other material under its id;
//   - a file removed from a directory.
//
// What does not, because a deployment that unlinks a file for a moment would otherwise deny everybody: a file of its own
// that is missing or unreadable, a directory that is missing, and a directory without any key left. These, and every
// version that is refused (see ParseKeys; a directory is one version, and one bad file refuses it whole), leave the keys of
// that source as they were, log it once, and are what Check reports. To take back the last key, put another in its
// place or revoke it.
//
// Unchanged material keeps its *Key across reloads. One id offered with different material, by two paths or by two files of
// a directory, is an error at the start; later the newcomer is ignored and logged, until the key in force is no longer
// offered. The same material twice is one key.
type FollowedKeys struct {
	log       *slog.Logger
	followers []*follow.Follower
	table     atomic.Pointer[keyTable]

	mu        sync.Mutex // held to change what follows
	offers    [][]offer  // by path
	started   bool
	conflicts []string // already logged
}

var _ KeySet = (*FollowedKeys)(nil)

// Follow loads every path and follows them until Close. It fails if any of them cannot be read or is refused (ErrPrivateKey
// among the reasons), if a path leaves no key, and if two offer one id with different material.
func Follow(cfg FollowConfig) (*FollowedKeys, error) {
	sources, err := newKeySources(cfg.Paths, cfg.KeyID)
	if err != nil {
		return nil, err
	}
	f := &FollowedKeys{log: cfg.Log, offers: make([][]offer, len(sources))}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	for i, s := range sources {
		follower, err := follow.Start(follow.Config{
			Source: s.source(), Poll: cfg.Poll, Log: f.log,
			Accept: func(snap follow.Snapshot) error { return f.accept(i, s, snap) },
		})
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("verifier: public keys: %w", err)
		}
		f.followers = append(f.followers, follower)
	}
	if err := f.start(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// accept takes a new version of source i, or refuses it.
func (f *FollowedKeys) accept(i int, s keySource, snap follow.Snapshot) error {
	offers, warnings, err := s.read(snap)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		f.log.Warn("public key skipped", "detail", w)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	intern(offers, f.offers...)
	f.offers[i] = offers
	if f.started {
		f.publish()
	}
	return nil
}

// start publishes the first table, if it has no conflict.
func (f *FollowedKeys) start() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	table, conflicts := keyTable(nil).merge(f.offers)
	if len(conflicts) > 0 {
		return fmt.Errorf("verifier: one key id with different keys: %s", strings.Join(conflicts, "; "))
	}
	f.started = true
	f.table.Store(&table)
	return nil
}

// publish makes the offers the keys in force. f.mu is held.
func (f *FollowedKeys) publish() {
	old := *f.table.Load()
	next, conflicts := old.merge(f.offers)
	for _, c := range conflicts {
		if !slices.Contains(f.conflicts, c) {
			f.log.Error("public key ignored: another one with its id is in force", "detail", c)
		}
	}
	f.conflicts = conflicts
	f.table.Store(&next)
	if added, gone, replaced := old.diff(next); len(added)+len(gone)+len(replaced) > 0 {
		f.log.Info("public keys changed", "added", added, "gone", gone, "replaced", replaced, "in_force", len(next))
	}
}

// Key gives the key in force with this id, or streamtoken.ReasonKeyUnknown. Files that have become stale or unreadable do
// not make keys unavailable: what was last good stays in force.
func (f *FollowedKeys) Key(id string) (*Key, error) {
	t := f.table.Load()
	if t == nil {
		return nil, streamtoken.ReasonKeysUnavailable // a zero FollowedKeys
	}
	if k := (*t)[id]; k != nil {
		return k, nil
	}
	return nil, streamtoken.ReasonKeyUnknown
}

// IDs lists the ids of the keys in force, sorted.
func (f *FollowedKeys) IDs() []string {
	t := f.table.Load()
	if t == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(*t))
}

// Check looks at every source now and waits for the outcome: nil if what is in force is what the sources hold, less keys
// skipped and ignored; else why not, for every source. After Close it fails.
func (f *FollowedKeys) Check() error {
	var errs []error
	for _, follower := range f.followers {
		errs = append(errs, follower.Check())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("verifier: public keys: %w", err)
	}
	return nil
}

// Close stops following and waits for what it started. The keys in force go on verifying.
func (f *FollowedKeys) Close() error {
	for _, follower := range f.followers {
		follower.Close() // its error is always nil
	}
	return nil
}
