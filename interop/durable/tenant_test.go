//go:build integration

package durable

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tenant is a client that remembers what was acknowledged to it, and the one change it is waiting for. Nobody else touches what
// is its own.
type tenant struct {
	name string
	api  *client
	rand *rand.Rand

	relays  map[string]*tokens // by uid
	keys    map[string]bool    // stream keys by id; false: deleted
	turn    map[string]bool    // TURN keys by uid; likewise
	gone    map[string]bool    // uids of deleted relays
	retired map[string]bool    // ids of tokens that are accepted no more, of all relays

	databaseDies bool
	pending      *change // under way when the server was killed
	acknowledged int
	named        int
}

// tokens are those that a relay accepts.
type tokens struct {
	slots map[string]string // jti by slot
	more  []string          // jtis without one
}

func (t *tokens) all() []string {
	list := slices.Clone(t.more)
	for _, jti := range t.slots {
		list = append(list, jti)
	}
	slices.Sort(list)
	return list
}

// change is one call: make makes it, and gives what it made; did notes that it holds.
type change struct {
	what  string // "rotate", ...
	relay string
	id    string // of what is taken away, or the name of a new relay
	make  func() (id string, err error)
	did   func(id string)
}

func newTenant(seed uint64) *tenant {
	return &tenant{
		name: fmt.Sprintf("tenant-%d", seed), rand: rand.New(rand.NewPCG(seed, 1)), relays: map[string]*tokens{},
		keys: map[string]bool{}, turn: map[string]bool{}, gone: map[string]bool{}, retired: map[string]bool{},
	}
}

// unsure says of an error whether it is an answer after which a client counts neither on the change nor on its absence: the
// server has lost its lease, or its database.
func (c *tenant) unsure(err error) bool {
	return err != nil && (strings.HasPrefix(err.Error(), "status 503: ") || c.databaseDies && strings.HasPrefix(err.Error(), "status 500: "))
}

// work makes one change after the other until the server is killed, or does not know whether it has made one. Another answer
// that is no success is an error, and so is a connection that breaks by itself.
func (c *tenant) work(ended <-chan struct{}) error {
	for {
		c.pending = c.next()
		id, err := c.pending.make()
		if c.unsure(err) {
			return nil
		}
		if err != nil && strings.HasPrefix(err.Error(), "status ") {
			return fmt.Errorf("%s: %w", c.pending.what, err)
		}
		if err != nil {
			select {
			case <-ended:
				return nil
			case <-time.After(patience):
				return fmt.Errorf("%s, of a server that is alive: %w", c.pending.what, err)
			}
		}
		c.pending.did(id)
		c.pending = nil
		c.acknowledged++
	}
}

// next chooses a change: mostly a rotation.
func (c *tenant) next() *change {
	uid := c.anyRelay()
	n := c.rand.IntN(100)
	switch live := living(c.turn); {
	case uid == "" || n < 4 && len(c.relays) < 4:
		return c.makeRelay()
	case n < 8:
		return c.remove("delete relay", uid, uid, "/moq/relays/"+uid)
	case n < 10:
		return c.makeKey("make key", "/stream/keys", nil, c.keys)
	case n < 14 && len(living(c.keys)) > 0:
		id := living(c.keys)[0]
		return c.remove("delete key", "", id, "/stream/keys/"+id)
	case n < 18:
		return c.makeKey("make TURN key", "/calls/turn_keys", map[string]any{"name": c.unique()}, c.turn)
	case n < 22 && len(live) > 0:
		return c.remove("delete TURN key", "", live[0], "/calls/turn_keys/"+live[0])
	case n < 32 && len(c.relays[uid].more) < 8:
		return c.makeToken(uid)
	case n < 42 && len(c.relays[uid].more) > 0:
		jti := c.relays[uid].more[0]
		return c.remove("delete token", uid, jti, "/moq/relays/"+uid+"/tokens/"+jti)
	case n < 80:
		return c.rotation(uid, both)
	}
	return c.rotation(uid, one)
}

func (c *tenant) unique() string {
	c.named++
	return fmt.Sprintf("%s/%d", c.name, c.named)
}

func (c *tenant) anyRelay() string {
	uids := make([]string, 0, len(c.relays))
	for uid := range c.relays {
		uids = append(uids, uid)
	}
	if len(uids) == 0 {
		return ""
	}
	slices.Sort(uids)
	return uids[c.rand.IntN(len(uids))]
}

func living(objects map[string]bool) []string {
	var ids []string
	for id, lives := range objects {
		if lives {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (c *tenant) makeRelay() *change {
	var r relay
	name := c.unique()
	return &change{what: "make relay", id: name,
		make: func() (id string, err error) {
			r, err = c.api.createRelay(name)
			return r.UID, err
		},
		did: func(id string) {
			first, second := r.tokens()
			c.relays[id] = &tokens{slots: map[string]string{both: first, one: second}}
		},
	}
}

func (c *tenant) makeToken(uid string) *change {
	return &change{what: "make token", relay: uid,
		make: func() (string, error) {
			var r relay
			_, err := c.api.change(http.MethodPost, "/moq/relays/"+uid+"/tokens", map[string]any{"operations": []string{"publish"}}, &r)
			if err != nil {
				return "", err
			}
			return r.Issuers[0].Tokens[0].JTI, nil
		},
		did: func(id string) { c.relays[uid].more = append(c.relays[uid].more, id) },
	}
}

func (c *tenant) makeKey(what, path string, body any, into map[string]bool) *change {
	return &change{what: what,
		make: func() (string, error) {
			var k key
			_, err := c.api.change(http.MethodPost, path, body, &k)
			return k.ID + k.UID, err
		},
		did: func(id string) { into[id] = true },
	}
}

func (c *tenant) rotation(uid, slot string) *change {
	return &change{what: "rotate", relay: uid, id: c.relays[uid].slots[slot],
		make: func() (jti string, err error) {
			jti, _, err = c.api.rotate(uid, slot)
			return jti, err
		},
		did: func(jti string) {
			c.retired[c.relays[uid].slots[slot]] = true
			c.relays[uid].slots[slot] = jti
		},
	}
}

func (c *tenant) remove(what, uid, id, path string) *change {
	return &change{what: what, relay: uid, id: id,
		make: func() (string, error) {
			_, err := c.api.change(http.MethodDelete, path, nil, nil)
			return "", err
		},
		did: func(string) {
			switch what {
			case "delete relay":
				for _, jti := range c.relays[uid].all() {
					c.retired[jti] = true
				}
				delete(c.relays, uid)
				c.gone[uid] = true
			case "delete token":
				c.retired[id] = true
				list := &c.relays[uid].more
				*list = slices.DeleteFunc(*list, func(jti string) bool { return jti == id })
			case "delete key":
				c.keys[id] = false
			default:
				c.turn[id] = false
			}
		},
	}
}

// rotateSurely makes a relay and a rotation, each again until it is acknowledged.
func (c *tenant) rotateSurely(t testing.TB) {
	t.Helper()
	c.surely(t, c.makeRelay)
	uid := c.anyRelay() // the same one each time: of another, nobody would know what was accepted
	c.surely(t, func() *change { return c.rotation(uid, both) })
}

func (c *tenant) surely(t testing.TB, next func() *change) {
	t.Helper()
	eventually(t, "a change is acknowledged", func() bool {
		n := next()
		id, err := n.make()
		if c.unsure(err) {
			return false
		}
		require.NoError(t, err, n.what)
		n.did(id)
		c.acknowledged++
		return true
	})
}
