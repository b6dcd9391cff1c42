package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"
)

// ErrLease is what a Node answers while it holds no lease: it cannot tell whether what it knows is still so.
var ErrLease = errors.New("store: lease over")

// NodeConfig says how a node follows the store.
type NodeConfig struct {
	Lease time.Duration // for how long it may go on without the store, 1 to 60 s; zero: 10 s
	Poll  time.Duration // between looks at the epoch; zero: 250 ms, with SQLite 100 ms
	Log   *slog.Logger  // nil: silent
}

// Node is a process on the store that holds a lease.
type Node struct{}

// PublicKey is the public half of a stream key or of an own key.
type PublicKey struct {
	ID     string
	Alg    string // "RS256" or "Ed25519"
	Public []byte // PKIX DER
}

// DeletedKey is a stream key that was deleted.
type DeletedKey struct {
	ID string
	At time.Time
}

// Invalidation says how it came about that no node answers from an older state.
type Invalidation struct {
	Acknowledged int // nodes that have loaded the change, this one included
	Expired      int // nodes that had not, and whose lease is over
}

// String gives "acknowledged", or "lease-expired" if a lease had to be waited for.
func (i Invalidation) String() string {
	if i.Expired > 0 {
		return "lease-expired"
	}
	return "acknowledged"
}

// joinNode makes a node on f. poll stands in for a zero cfg.Poll.
func joinNode(ctx context.Context, f feed, cfg NodeConfig, poll time.Duration) (*Node, error) {
	return nil, errors.ErrUnsupported
}

// Epoch gives the epoch of the state that this node has.
func (n *Node) Epoch() int64 { return 0 }

// Live gives nil while the node holds a lease, else ErrLease.
func (n *Node) Live() error { return ErrLease }

// Changed gives a channel that is closed at the next change, and when the lease runs out or comes back.
func (n *Node) Changed() <-chan struct{} { return nil }

// Await returns when no node answers from a state older than epoch.
func (n *Node) Await(ctx context.Context, epoch int64) (Invalidation, error) {
	return Invalidation{}, ErrLease
}

// Close takes the node off the list. Everything answers ErrLease after it.
func (n *Node) Close() error { return nil }

// Accepts reports whether the relay accepts the token named.
func (n *Node) Accepts(relay, jti string) (bool, error) { return false, ErrLease }

// Key gives the account's own Ed25519 key with this id.
func (n *Node) Key(kid string) (ed25519.PublicKey, error) { return nil, ErrLease }

// AcceptedTokens gives the tokens that a relay accepts, newest first: ErrNotFound for no such relay.
func (n *Node) AcceptedTokens(account, relay string) ([]RelayToken, int64, error) {
	return nil, 0, ErrLease
}

// PublicKeys gives the stream keys and own keys of an account, or with "" of all, by id.
func (n *Node) PublicKeys(account string) ([]PublicKey, int64, error) { return nil, 0, ErrLease }

// DeletedKeys gives the stream keys of an account, or with "" of all, that were deleted, by id.
func (n *Node) DeletedKeys(account string) ([]DeletedKey, int64, error) { return nil, 0, ErrLease }

// OwnKey gives the account's own key for alg, and whether there is one.
func (n *Node) OwnKey(account, alg string) (OwnKey, bool, error) { return OwnKey{}, false, ErrLease }

// TURNKey gives a TURN key and its account: ErrNotFound if there is none.
func (n *Node) TURNKey(uid string) (TURNKey, string, error) { return TURNKey{}, "", ErrLease }
