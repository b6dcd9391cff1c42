// Package store is the durable state of the control API: Stream keys, MoQ relays and their tokens, TURN keys, and the keys
// with which the API itself signs. Open gives a Store over SQLite, the embedded default, or over PostgreSQL, given its URL;
// both have one schema, and pass the same tests.
//
// # What is kept
//
// Ids, names, configuration, the jti, slot, operations, label and expiry of a token, public keys, and the SHA-256 of a TURN
// key. Not kept: tokens, TURN keys, and private halves that were handed out. The account's own signing keys are sealed by
// AES-256-GCM under a key that is derived of Config.MasterKey by HKDF, bound to account, key id and algorithm; another master
// key is ErrMasterKey when the database is opened. An id is used once: that of a deleted object is ErrExists.
//
// # What a change is
//
// A change, its row in the audit table and the next epoch are one transaction, on disk before it is acknowledged. The epoch's
// row is locked first, so that epochs are committed in order, without a gap. A context that ends before the commit leaves
// nothing; a connection that is lost in the commit is ErrUnknown: the change may be there. To rotate again is always safe.
//
// # SQLite
//
// One file with its log (-wal, -shm) in a directory of its own on a local disk, mode 0600; WAL, synchronous=FULL, foreign
// keys, all read back on every connection. A file that others can read, a link, a network file system, and a library older
// than 3.51.3 are refused. Several processes of one machine may have it open. To copy it use Backup, not cp: the file alone
// is not the database.
//
// # PostgreSQL
//
// The primary only, with synchronous_commit and fsync on, read back on every connection; with a standby that may take over,
// set synchronous_standby_names too, or a failover loses what was acknowledged. Without sslmode in the URL a server that is
// not on this machine has to prove itself (verify-full). Every statement, lock and idle transaction has an end
// (Config.Timeout). Connections must be the server's own or pooled by session: behind a pooler by transaction (PgBouncer's
// pool_mode=transaction) neither the settings of a session nor LISTEN hold. Use a database of its own:
//
//	createdb streamtoken
//	pg_dump --format=custom --file=FILE URL
//	pg_restore --exit-on-error --single-transaction --dbname=URL FILE    # into an empty database, then Adopt
//
// # Restore
//
// A state that was restored is older than what was promised since: credentials that were revoked would live again. Restore
// and Adopt let none: see there. Both move the epoch ahead, so that every node reads anew.
//
// This package is experimental: it may change in a minor version.
package store
