// Package geoip finds a viewer's country in an mmdb database file: MaxMind's Country, City and Enterprise databases and
// those built alike (country.iso_code), and flat ones (country_code).
//
// The answer is the country the address is in. registered_country (where the network is registered) and
// represented_country (whose military base it is) are never read: a rule about where a viewer sits must not be decided by
// where a company has its post box. A database has no checksum: what is verified is that it is whole and well formed, not
// that nobody changed a letter in it.
package geoip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/internal/follow"
)

// MaxBytes is the size of the largest database accepted. It is held in memory, and for the time of a reload twice.
const MaxBytes = 512 << 20

// Config names the database. Path is required: a file, or a link to one.
type Config struct {
	Path string
	Log  *slog.Logger // nil: silent
}

// DB follows one database file and answers from the newest good version of it. Safe for concurrent use. The zero value
// knows no country: every answer is accessrules.CountryUnavailable.
type DB struct {
	current  atomic.Pointer[database]
	follower *follow.Follower
	log      *slog.Logger
}

// Open reads and verifies the database and follows its file until Close.
//
// The file is copied into memory and never mapped: a mapped file that is truncated under the process kills it, or turns
// "US" into "not found". A replacement that is corrupt, truncated, larger than MaxBytes or holds no countries is refused
// and logged, and the database in force stays; the same if the file is missing for a moment. At Open these are errors.
func Open(cfg Config) (*DB, error) {
	if cfg.Path == "" {
		return nil, errors.New("geoip: no database file given")
	}
	db := &DB{log: cfg.Log}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	var err error
	db.follower, err = follow.Start(follow.Config{
		Source: follow.FileSource(cfg.Path, MaxBytes), Accept: db.accept, Log: db.log,
	})
	if err != nil {
		return nil, fmt.Errorf("geoip: %w", err)
	}
	return db, nil
}

func (db *DB) accept(snap follow.Snapshot) error {
	d, err := load(snap.Files[0].Data)
	if err != nil {
		return err
	}
	db.current.Store(d)
	level := slog.LevelInfo
	if d.v4Only {
		level = slog.LevelWarn
	}
	db.log.Log(context.Background(), level, "country database in force",
		"type", d.reader.Metadata.DatabaseType, "built", d.reader.Metadata.BuildTime().UTC(), "ipv6", !d.v4Only)
	return nil
}

// Country gives the country that addr is in. v4-mapped IPv6 is IPv4 and a zone is dropped. It does not allocate.
//
// accessrules.CountryUnknown: the database has no entry for addr, or one that names no country, XX or T1.
//
// accessrules.CountryUnavailable, at which a rule that needs the country denies: the zero addr; an entry that cannot be
// read or holds no two letters; an IPv6 address in a database of IPv4 only; and any Teredo address (2001::/32, RFC 4380),
// because what databases find there is the country of the Teredo server, which the viewer chooses.
//
// A 6to4 address (2002::/16, RFC 3056) has the country of the IPv4 address inside it, which is where the answers go. MaxMind's
// databases say the same; others have no entry there, through which a blocked country could slip.
func (db *DB) Country(addr netip.Addr) accessrules.Country {
	d := db.current.Load()
	if d == nil || !addr.IsValid() {
		return accessrules.CountryUnavailable
	}
	addr = addr.Unmap().WithZone("")
	key := keyOf(addr)
	if c, ok := d.cache.get(key); ok {
		return c
	}
	c := d.country(addr)
	d.cache.put(key, c)
	return c
}

// Check looks at the file now and waits for the outcome: nil if the database in force is what the file holds, else why not.
// After Close it fails.
func (db *DB) Check() error {
	if db.follower == nil {
		return errors.New("geoip: no database")
	}
	if err := db.follower.Check(); err != nil {
		return fmt.Errorf("geoip: %w", err)
	}
	return nil
}

// Close stops following the file and waits for what it started. The database in force goes on answering. The error is always
// nil.
func (db *DB) Close() error {
	if db.follower == nil {
		return nil
	}
	return db.follower.Close()
}
