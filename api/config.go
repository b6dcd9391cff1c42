package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/streamtoken/streamtoken/store"
	"github.com/streamtoken/streamtoken/turn"
)

// Config says what a control API works on. Store, Node and Tokens are required.
type Config struct {
	Store  store.Store
	Node   Node          // a *store.Node that joined Store
	Tokens Authenticator // who may call; NewTokens reads a list

	Lease    time.Duration    // the node's: for how long a follower may use the set of a relay; zero: 10 s
	TURNHost string           // the host in the URLs of ICE servers; "": localhost
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // one line a request, without secrets; nil: silent
}

// Node is what this package asks of a *store.Node, whose methods say what they give.
type Node interface {
	Live() error
	Changed() <-chan struct{}
	Await(ctx context.Context, epoch int64) (store.Invalidation, error)
	AcceptedTokens(account, relay string) ([]store.RelayToken, int64, error)
	PublicKeys(account string) ([]store.PublicKey, int64, error)
	DeletedKeys(account string) ([]store.DeletedKey, int64, error)
	OwnKey(account, alg string) (store.OwnKey, bool, error)
	TURNKey(uid string) (store.TURNKey, string, error)
}

var _ Node = (*store.Node)(nil)

// defaultLease is that of store.NodeConfig.
const defaultLease = 10 * time.Second

// New checks cfg and gives its handler, which is safe for concurrent use. It serves, under /client/v4 as well as at the root,
//
//	accounts/{account_id}/stream/keys                                create, list, delete
//	accounts/{account_id}/stream/{identifier}/token                  create
//	accounts/{account_id}/moq/relays                                 create, list, get, update, delete
//	accounts/{account_id}/moq/relays/{relay_id}/tokens               create, list, delete
//	accounts/{account_id}/moq/relays/{relay_id}/tokens/rotate        rotate
//	accounts/{account_id}/calls/turn_keys                            create, list, get, update, delete
//	v1/turn/keys/{key_id}/credentials/generate-ice-servers           and .../generate
//
// and at the root alone /.well-known/jwks.json, /-/revocations and /-/relays/{relay_id}/accepted for followers,
// /-/openapi.json, which describes all of it, and /healthz. The last two ask for no credential.
//
// A call that takes something away is answered when no live node still accepts it; the header Streamtoken-Invalidated says
// how that is known. After the lease of Node has run out everything but /-/openapi.json is answered 503.
//
// The handler bounds what a request may bring and how long its body may take. It expects of its http.Server a bound on the
// header (ReadHeaderTimeout), and no WriteTimeout shorter than the longest lease: calls wait for it.
func New(cfg Config) (http.Handler, error) {
	switch {
	case cfg.Store == nil:
		return nil, errors.New("api: Config.Store is required")
	case cfg.Node == nil:
		return nil, errors.New("api: Config.Node is required")
	case cfg.Tokens == nil:
		return nil, errors.New("api: Config.Tokens is required")
	case cfg.Lease < 0:
		return nil, errors.New("api: Config.Lease is negative")
	}
	if cfg.Lease == 0 {
		cfg.Lease = defaultLease
	}
	if cfg.TURNHost == "" {
		cfg.TURNHost = "localhost"
	}
	if _, err := turn.NewICEServers(cfg.TURNHost, turn.Credential{}); errors.Is(err, turn.ErrHost) {
		return nil, errors.New("api: Config.TURNHost is not the name or address of a host")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	h := &handler{
		store: cfg.Store, node: cfg.Node, tokens: cfg.Tokens,
		lease: cfg.Lease, turnHost: cfg.TURNHost, now: cfg.Now, log: cfg.Log,
		routes: compile(controlRoutes()),
	}
	h.own = newOwnKeys(h)
	h.signers = func(c *call) (minter, error) { return h.own.streamSigner(c) }
	return h, nil
}
