package store

import (
	"cmp"
	"crypto/ed25519"
	"slices"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// PublicKey is the public half of a stream key or of an own key.
type PublicKey struct {
	ID     string
	Alg    string // "RS256" or "Ed25519"
	Public []byte // PKIX DER; not to be changed
}

// DeletedKey is a stream key that was deleted.
type DeletedKey struct {
	ID string
	At time.Time
}

// read gives what a node answers from, and its epoch. The lease is looked at first: see the rules of Node.
func (n *Node) read() (*index, int64, error) {
	if err := n.Live(); err != nil {
		return nil, 0, err
	}
	epoch := n.epoch.Load() // before the index, which may be newer and not older
	return n.index.Load(), epoch, nil
}

// Accepts reports whether the token with the id jti is in the relay's accepted set. It does not check that the token has
// not expired. ErrLease.
func (n *Node) Accepts(relay, jti string) (bool, error) {
	if err := n.Live(); err != nil {
		return false, err
	}
	r, ok := n.index.Load().relays.get(relay)
	return ok && slices.Contains(r.jtis, jti), nil
}

// Key gives the Ed25519 key with this id among the accounts' own keys: streamtoken.ReasonKeyUnknown if there is none.
// ErrLease.
func (n *Node) Key(kid string) (ed25519.PublicKey, error) {
	x, _, err := n.read()
	if err != nil {
		return nil, err
	}
	k, ok := x.ownKeys.get(kid)
	if !ok || k.key.Alg != "Ed25519" {
		return nil, streamtoken.ReasonKeyUnknown
	}
	if k.ed25519 == nil {
		return nil, errOwnKey
	}
	return k.ed25519, nil
}

// AcceptedTokens gives the tokens that a relay accepts, newest first, expired ones among them, and an epoch that they are
// not older than. ErrNotFound: account has no such relay; "" is any account. ErrLease.
func (n *Node) AcceptedTokens(account, relay string) ([]RelayToken, int64, error) {
	x, epoch, err := n.read()
	if err != nil {
		return nil, 0, err
	}
	r, ok := x.relays.get(relay)
	if !ok || account != "" && account != r.account {
		return nil, 0, ErrNotFound
	}
	return slices.Clone(r.tokens), epoch, nil
}

// PublicKeys gives the public halves of the stream keys and own keys of an account, with "" of all, by id, and an epoch
// that they are not older than. ErrLease.
func (n *Node) PublicKeys(account string) ([]PublicKey, int64, error) {
	x, epoch, err := n.read()
	if err != nil {
		return nil, 0, err
	}
	var list []PublicKey
	for a := range x.some(account) {
		list = append(list, a.streamKeys...)
		for _, k := range a.ownKeys {
			public, err := k.public()
			if err != nil {
				return nil, 0, err
			}
			list = append(list, PublicKey{ID: k.key.ID, Alg: k.key.Alg, Public: public})
		}
	}
	slices.SortFunc(list, func(a, b PublicKey) int { return cmp.Compare(a.ID, b.ID) })
	return list, epoch, nil
}

// DeletedKeys gives the stream keys of an account, with "" of all, that were deleted, by id, and an epoch that they are
// not older than. ErrLease.
func (n *Node) DeletedKeys(account string) ([]DeletedKey, int64, error) {
	x, epoch, err := n.read()
	if err != nil {
		return nil, 0, err
	}
	var list []DeletedKey
	for a := range x.some(account) {
		list = append(list, a.deleted...)
	}
	slices.SortFunc(list, func(a, b DeletedKey) int { return cmp.Compare(a.ID, b.ID) })
	return list, epoch, nil
}

// OwnKey gives the account's own key for alg, and whether there is one. Its Private is not to be changed. ErrLease.
func (n *Node) OwnKey(account, alg string) (OwnKey, bool, error) {
	x, _, err := n.read()
	if err != nil {
		return OwnKey{}, false, err
	}
	a, _ := x.accounts.get(account)
	if a == nil {
		return OwnKey{}, false, nil
	}
	for _, k := range a.ownKeys {
		if k.key.Alg == alg {
			return k.key, true, nil
		}
	}
	return OwnKey{}, false, nil
}

// TURNKey gives a TURN key and its account: ErrNotFound if there is none. ErrLease.
func (n *Node) TURNKey(uid string) (k TURNKey, account string, err error) {
	x, _, err := n.read()
	if err != nil {
		return TURNKey{}, "", err
	}
	row, ok := x.turnKeys.get(uid)
	if !ok {
		return TURNKey{}, "", ErrNotFound
	}
	return row.key, row.account, nil
}
