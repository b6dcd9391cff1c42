package store

import "context"

// Limits of an account and of a relay.
const (
	MaxStreamKeys  = 1000 // "You can create up to 1,000 keys" (Cloudflare Stream: securing your stream)
	MaxTURNKeys    = 1000 // Cloudflare Realtime: TURN, replacing existing servers
	MaxRelayTokens = 10   // "A relay may hold up to 10 tokens" (Cloudflare API: MoQ relay tokens)
	MaxRelays      = 100_000
)

// Store is the durable state of the control API. A change is one transaction with its audit row and the next epoch, and is
// on disk when the method returns; it gives that epoch. The same methods, over SQLite and over PostgreSQL, pass the same
// tests. Safe for concurrent use, by several processes too.
//
// An object of another account is ErrNotFound like one that does not exist. Of a method that deletes, the epoch beside
// ErrNotFound is the one that holds: who asks again for what is deleted already may have to wait for it like the first.
type Store interface {
	// CreateStreamKey adds k: ErrLimit beyond MaxStreamKeys, ErrExists for an id that is or was in use.
	CreateStreamKey(ctx context.Context, by By, k StreamKey) (epoch int64, err error)
	StreamKeys(ctx context.Context, account string) ([]StreamKey, error) // newest first
	DeleteStreamKey(ctx context.Context, by By, id string) (epoch int64, err error)

	// OwnKey gives the account's own key for alg, and makes it with generate the first time. Two callers at once get the
	// same key.
	OwnKey(ctx context.Context, by By, alg string, generate func() (OwnKey, error)) (OwnKey, error)

	// CreateRelay adds r with its first tokens.
	CreateRelay(ctx context.Context, by By, r Relay, tokens []RelayToken) (epoch int64, err error)
	// Relays gives those that q selects, without their Config, and how many it would without its limit.
	Relays(ctx context.Context, account string, q RelayQuery) (list []Relay, total int, err error)
	Relay(ctx context.Context, account, uid string) (Relay, error)
	// UpdateRelay lets change alter Name and Config of the relay as it is, in the transaction. An error of change is given
	// back as it is and changes nothing.
	UpdateRelay(ctx context.Context, by By, uid string, change func(*Relay) error) (r Relay, epoch int64, err error)
	DeleteRelay(ctx context.Context, by By, uid string) (epoch int64, err error) // and its tokens

	// CreateRelayToken adds a token to a relay: ErrLimit beyond MaxRelayTokens.
	CreateRelayToken(ctx context.Context, by By, relay string, t RelayToken) (epoch int64, err error)
	RelayTokens(ctx context.Context, account, relay string) ([]RelayToken, error) // newest first
	// RotateRelayToken puts t into its slot, in place of the token that is there, if any. Done twice it replaces twice.
	RotateRelayToken(ctx context.Context, by By, relay string, t RelayToken) (epoch int64, err error)
	// DeleteRelayToken takes a token out of the accepted set. One that is not there is no error, and changes nothing.
	DeleteRelayToken(ctx context.Context, by By, relay, jti string) (epoch int64, err error)

	CreateTURNKey(ctx context.Context, by By, k TURNKey) (epoch int64, err error) // ErrLimit beyond MaxTURNKeys
	TURNKeys(ctx context.Context, account string) ([]TURNKey, error)              // newest first
	TURNKey(ctx context.Context, account, uid string) (TURNKey, error)
	RenameTURNKey(ctx context.Context, by By, uid, name string) (k TURNKey, epoch int64, err error)
	DeleteTURNKey(ctx context.Context, by By, uid string) (k TURNKey, epoch int64, err error)

	// Audit gives the account's entries after an epoch, oldest first, at most limit of them; account "": those of all.
	Audit(ctx context.Context, account string, after int64, limit int) ([]AuditEntry, error)

	// Join makes this process a node: it follows every change and holds a lease.
	Join(ctx context.Context, cfg NodeConfig) (*Node, error)

	Close() error
}
