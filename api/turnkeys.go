package api

import (
	"errors"

	"github.com/streamtoken/streamtoken/store"
	"github.com/streamtoken/streamtoken/turn"
)

type turnKeyItem struct {
	Created  string `json:"created"`
	Modified string `json:"modified"`
	Name     string `json:"name"`
	UID      string `json:"uid"`
}

type createdTURNKey struct {
	turnKeyItem
	Key string `json:"key"` // once
}

func turnItemOf(k store.TURNKey) turnKeyItem {
	return turnKeyItem{Created: stamp(k.Created), Modified: stamp(k.Modified), Name: k.Name, UID: k.UID}
}

func turnFault(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound("TURN key")
	}
	return err
}

func (h *handler) createTURNKey(c *call) (answer, error) {
	body, err := c.body("name")
	if err != nil {
		return answer{}, err
	}
	name, _, err := body.name("name")
	if err != nil {
		return answer{}, err
	}
	key, now := turn.GenerateKey(), h.moment()
	kept := store.TURNKey{UID: key.UID(), Name: name, Hash: key.Hash(), Created: now, Modified: now}
	ctx, cancel := c.database()
	defer cancel()
	epoch, err := h.store.CreateTURNKey(ctx, c.by(), kept)
	if errors.Is(err, store.ErrLimit) {
		return answer{}, limitReached("The account has the maximum of 1000 TURN keys; delete one first")
	}
	if err != nil {
		return answer{}, err
	}
	return h.added(c, epoch, answer{result: createdTURNKey{turnItemOf(kept), key.Secret()}})
}

func (h *handler) listTURNKeys(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	keys, err := h.store.TURNKeys(ctx, c.account)
	if err != nil {
		return answer{}, err
	}
	list := make([]turnKeyItem, len(keys))
	for i, k := range keys {
		list[i] = turnItemOf(k)
	}
	return answer{result: list}, nil
}

func (h *handler) getTURNKey(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	k, err := h.store.TURNKey(ctx, c.account, c.param("key_id"))
	if err != nil {
		return answer{}, turnFault(err)
	}
	return answer{result: turnItemOf(k)}, nil
}

// updateTURNKey changes the name, the one thing that can be changed. Without one it changes nothing.
func (h *handler) updateTURNKey(c *call) (answer, error) {
	body, err := c.body("name")
	if err != nil {
		return answer{}, err
	}
	name, given, err := body.name("name")
	if err != nil {
		return answer{}, err
	}
	if !given {
		return h.getTURNKey(c)
	}
	ctx, cancel := c.database()
	defer cancel()
	k, epoch, err := h.store.RenameTURNKey(ctx, c.by(), c.param("key_id"), name)
	if err != nil {
		return answer{}, turnFault(err)
	}
	return h.added(c, epoch, answer{result: turnItemOf(k)})
}

func (h *handler) deleteTURNKey(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	k, epoch, err := h.store.DeleteTURNKey(ctx, c.by(), c.param("key_id"))
	if err != nil {
		return h.notTaken(c, epoch, err, "TURN key")
	}
	return h.taken(c, epoch, answer{result: turnItemOf(k)})
}
