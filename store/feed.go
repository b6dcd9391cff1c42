package store

import (
	"context"
	"errors"
	"time"
)

// feed is what a node needs of the database. Its methods are safe for concurrent use and give up when ctx ends. What an
// error leaves undone may still be done later: a call whose answer was lost can take effect at any time after.
type feed interface {
	// epoch gives the current epoch: that of the last change committed.
	epoch(ctx context.Context) (int64, error)
	// changes gives those of the epochs after the one named, oldest first, at most limit of them. A missing epoch (the log was
	// cut) is a gap in the list, for the caller to notice.
	changes(ctx context.Context, after int64, limit int) ([]change, error)
	// snapshot gives everything, with its epoch, in one read transaction.
	snapshot(ctx context.Context) (state, error)
	// load gives the rows of a state that are of c's subject, as it is now, in one read transaction; one that is gone has none
	// (a stream key that was deleted has one in deleted). The epoch of the state is not set.
	load(ctx context.Context, c change) (state, error)

	// register adds a node to the list, with acked -1 and beats 0, as durably as a change. One that is there already is left
	// as it is, and is no error.
	register(ctx context.Context, node string, lease time.Duration) error
	// renew raises the node's acked to the epoch given (never lowers it), adds one to its beats, as durably as a change, and
	// gives the current epoch, read in that transaction. ErrNotFound: the node is not on the list, nothing was written.
	// errHistory: the database is not as far, or the change of that epoch has another mark; then acked is not raised.
	renew(ctx context.Context, node string, acked, mark int64) (epoch int64, err error)
	// nodes gives the list.
	nodes(ctx context.Context) ([]nodeRow, error)
	// drop takes a node off the list if its acked and beats are still those of row. Otherwise it does nothing, and that is no
	// error.
	drop(ctx context.Context, row nodeRow) error

	// listen gives a channel on which a value may come after a change: a hint that can be lost. It is closed when the
	// connection is lost (listen again) and when ctx ends. A nil channel: this database gives no hints.
	listen(ctx context.Context) (<-chan struct{}, error)
}

// errHistory is what a database answers that has lost changes, and may have others in their place: after a failover to a
// server that had not received them all.
var errHistory = errors.New("store: the database has lost changes")

// nodeRow is a node on the list. What was restored from a backup has an empty list.
type nodeRow struct {
	id    string
	acked int64 // the node's state is at least this; -1: it has never renewed
	beats int64 // how many times it has renewed
	lease time.Duration
}

// The kinds of a change, and what its subject is. A change of a token is one of its relay.
const (
	kindStreamKey = "stream_key" // the key's id
	kindOwnKey    = "own_key"    // the key's id
	kindRelay     = "relay"      // the relay's uid
	kindTURNKey   = "turn_key"   // the key's uid
)

var kinds = [...]string{kindStreamKey, kindOwnKey, kindRelay, kindTURNKey}

// change is one row of the audit table, as far as a node is concerned.
type change struct {
	epoch   int64
	mark    int64 // tells it from another change of the same epoch: when it was made, in unix nanoseconds
	account string
	kind    string
	subject string
}

// state is what a node holds: everything, or one subject. No two rows of a list have the same id.
type state struct {
	epoch      int64
	mark       int64 // of the change of that epoch; 0: the log does not have it
	relays     []relayRow
	streamKeys []streamKeyRow
	ownKeys    []ownKeyRow
	turnKeys   []turnKeyRow
	deleted    []deletedRow
}

type relayRow struct {
	account, uid string
	tokens       []RelayToken // newest first
}

type streamKeyRow struct {
	account string
	id      string
	public  []byte // PKIX DER
}

type ownKeyRow struct {
	account string
	key     OwnKey // unsealed
}

type turnKeyRow struct {
	account string
	key     TURNKey
}

// deletedRow is a stream key that was deleted.
type deletedRow struct {
	account string
	key     DeletedKey
}
