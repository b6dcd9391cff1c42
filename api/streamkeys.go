package api

import (
	"crypto/x509"
	"encoding/json"
	"errors"

	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/store"
)

// streamKey is an item of the list. The documents name its id key_id, the SDKs have both.
type streamKey struct {
	ID      string `json:"id"`
	KeyID   string `json:"key_id"`
	Created string `json:"created"`
}

// createStreamKey makes a key and hands it out, once.
func (h *handler) createStreamKey(c *call) (answer, error) {
	if _, err := c.body(); err != nil {
		return answer{}, err
	}
	release, err := h.own.slot(c)
	if err != nil {
		return answer{}, err
	}
	key, err := signer.GenerateKey("", rsaBits)
	release()
	if err != nil {
		return answer{}, err
	}
	created := h.moment()
	result, err := key.MarshalAnswer(created)
	if err != nil {
		return answer{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.database()
	defer cancel()
	epoch, err := h.store.CreateStreamKey(ctx, c.by(), store.StreamKey{ID: key.ID(), Public: public, Created: created})
	if errors.Is(err, store.ErrLimit) {
		return answer{}, limitReached("The account has the maximum of 1000 signing keys; delete one first")
	}
	if err != nil {
		return answer{}, err
	}
	return h.added(c, epoch, answer{result: json.RawMessage(result)})
}

func (h *handler) listStreamKeys(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	keys, err := h.store.StreamKeys(ctx, c.account)
	if err != nil {
		return answer{}, err
	}
	list := make([]streamKey, len(keys))
	for i, k := range keys {
		list[i] = streamKey{ID: k.ID, KeyID: k.ID, Created: stamp(k.Created)}
	}
	return answer{result: list}, nil
}

func (h *handler) deleteStreamKey(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	epoch, err := h.store.DeleteStreamKey(ctx, c.by(), c.param("key_id"))
	if err != nil {
		return h.notTaken(c, epoch, err, "Signing key")
	}
	return h.taken(c, epoch, answer{result: "Revoked"})
}
