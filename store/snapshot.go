package store

import (
	"cmp"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
)

// index is a state made for reading. One goroutine changes it while others read; a reader sees each subject as it was
// before a change or after it.
type index struct {
	relays   *shards[*relayEntry]
	accounts *shards[*accountEntry]
	ownKeys  *shards[*ownEntry] // by id
	turnKeys *shards[turnKeyRow]
}

type relayEntry struct {
	relayRow
	jtis []string // of tokens, close together
}

// accountEntry is not changed once it is in the index.
type accountEntry struct {
	streamKeys []PublicKey  // by id
	ownKeys    []*ownEntry  // by id
	deleted    []DeletedKey // by id
}

type ownEntry struct {
	ownKeyRow
	ed25519 ed25519.PublicKey      // nil for another alg
	public  func() ([]byte, error) // PKIX DER
}

func newIndex(s state) *index {
	relays := make(map[string]*relayEntry, len(s.relays))
	for _, r := range s.relays {
		relays[r.uid] = newRelayEntry(r)
	}
	turnKeys := make(map[string]turnKeyRow, len(s.turnKeys))
	for _, k := range s.turnKeys {
		turnKeys[k.key.UID] = k
	}

	accounts := map[string]*accountEntry{}
	account := func(id string) *accountEntry {
		if accounts[id] == nil {
			accounts[id] = &accountEntry{}
		}
		return accounts[id]
	}
	for _, k := range s.streamKeys {
		a := account(k.account)
		a.streamKeys = append(a.streamKeys, k.key())
	}
	for _, k := range s.deleted {
		a := account(k.account)
		a.deleted = append(a.deleted, k.key)
	}
	ownKeys := make(map[string]*ownEntry, len(s.ownKeys))
	for _, k := range s.ownKeys {
		entry := newOwnEntry(k)
		ownKeys[k.key.ID] = entry
		a := account(k.account)
		a.ownKeys = append(a.ownKeys, entry)
	}
	for _, a := range accounts {
		a.sort()
	}
	return &index{
		relays: newShards(relays), accounts: newShards(accounts),
		ownKeys: newShards(ownKeys), turnKeys: newShards(turnKeys),
	}
}

// apply puts now, what load gave for c, in the place of what the index has of c's subject.
func (x *index) apply(c change, now state) {
	switch c.kind {
	case kindRelay:
		if len(now.relays) == 0 {
			x.relays.remove(c.subject)
			return
		}
		x.relays.set(c.subject, newRelayEntry(now.relays[0]))
	case kindTURNKey:
		if len(now.turnKeys) == 0 {
			x.turnKeys.remove(c.subject)
			return
		}
		x.turnKeys.set(c.subject, now.turnKeys[0])
	case kindStreamKey:
		a := x.account(c.account)
		a.streamKeys = slices.DeleteFunc(a.streamKeys, func(k PublicKey) bool { return k.ID == c.subject })
		a.deleted = slices.DeleteFunc(a.deleted, func(k DeletedKey) bool { return k.ID == c.subject })
		for _, k := range now.streamKeys {
			a.streamKeys = append(a.streamKeys, k.key())
		}
		for _, k := range now.deleted {
			a.deleted = append(a.deleted, k.key)
		}
		a.sort()
		x.accounts.set(c.account, a)
	case kindOwnKey:
		a := x.account(c.account)
		a.ownKeys = slices.DeleteFunc(a.ownKeys, func(k *ownEntry) bool { return k.key.ID == c.subject })
		if len(now.ownKeys) == 0 { // else it is replaced: a key that is missing for a moment ends sessions
			x.ownKeys.remove(c.subject)
		}
		for _, k := range now.ownKeys {
			entry := newOwnEntry(k)
			a.ownKeys = append(a.ownKeys, entry)
			x.ownKeys.set(c.subject, entry)
		}
		a.sort()
		x.accounts.set(c.account, a)
	}
}

// account gives a copy of what the index has of an account.
func (x *index) account(id string) *accountEntry {
	a, ok := x.accounts.get(id)
	if !ok {
		return &accountEntry{}
	}
	return &accountEntry{
		streamKeys: slices.Clone(a.streamKeys), ownKeys: slices.Clone(a.ownKeys), deleted: slices.Clone(a.deleted),
	}
}

// some gives the entry of an account, with "" that of each.
func (x *index) some(account string) iter.Seq[*accountEntry] {
	if account == "" {
		return x.accounts.all
	}
	return func(yield func(*accountEntry) bool) {
		if a, ok := x.accounts.get(account); ok {
			yield(a)
		}
	}
}

func (a *accountEntry) sort() {
	slices.SortFunc(a.streamKeys, func(p, q PublicKey) int { return cmp.Compare(p.ID, q.ID) })
	slices.SortFunc(a.ownKeys, func(p, q *ownEntry) int { return cmp.Compare(p.key.ID, q.key.ID) })
	slices.SortFunc(a.deleted, func(p, q DeletedKey) int { return cmp.Compare(p.ID, q.ID) })
}

// newRelayEntry lays the ids one after the other: ten that lie apart would be ten misses of the cache.
func newRelayEntry(r relayRow) *relayEntry {
	var all strings.Builder
	for _, t := range r.tokens {
		all.WriteString(t.JTI)
	}
	rest, jtis := all.String(), make([]string, len(r.tokens))
	for i, t := range r.tokens {
		jtis[i], rest = rest[:len(t.JTI)], rest[len(t.JTI):]
	}
	return &relayEntry{relayRow: r, jtis: jtis}
}

// Stream signs with RS256 alone.
func (k streamKeyRow) key() PublicKey { return PublicKey{ID: k.id, Alg: "RS256", Public: k.public} }

// newOwnEntry reads the public half of an Ed25519 key at once: every verification asks for it. That of an RSA key takes
// long enough that a thousand of them would hold up a start, and is read when asked for.
func newOwnEntry(k ownKeyRow) *ownEntry {
	entry := &ownEntry{ownKeyRow: k}
	entry.public = sync.OnceValues(func() ([]byte, error) {
		public, err := publicHalf(k.key.Private)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKIXPublicKey(public)
	})
	if k.key.Alg == "Ed25519" {
		public, _ := publicHalf(k.key.Private)
		entry.ed25519, _ = public.(ed25519.PublicKey)
	}
	return entry
}

// publicHalf does not give the error of the parser, which may quote the key.
func publicHalf(private []byte) (crypto.PublicKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, errOwnKey
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errOwnKey
	}
	return signer.Public(), nil
}

var errOwnKey = errors.New("store: an own key that cannot be read")
