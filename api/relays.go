package api

import (
	"errors"

	"github.com/streamtoken/streamtoken/moq"
	"github.com/streamtoken/streamtoken/store"
)

// relayItem is a relay in the list.
type relayItem struct {
	Created  string `json:"created"`
	Modified string `json:"modified"`
	Name     string `json:"name"`
	UID      string `json:"uid"`
}

// relayDetails is a relay by itself. Cloudflare's has a status besides, "connected" or left out; this server does not know
// whether anybody is connected, and leaves it out.
type relayDetails struct {
	Config moq.RelayConfig `json:"config"`
	relayItem
}

// createdRelay is both generations of the answer in one: the first has the two tokens, the second the issuers.
type createdRelay struct {
	relayDetails
	TokenPublishSubscribe string   `json:"token_publish_subscribe"`
	TokenSubscribe        string   `json:"token_subscribe"`
	Issuers               []issuer `json:"issuers"`
}

func itemOf(r store.Relay) relayItem {
	return relayItem{Created: stamp(r.Created), Modified: stamp(r.Modified), Name: r.Name, UID: r.UID}
}

func detailsOf(r store.Relay) relayDetails {
	return relayDetails{Config: r.Config, relayItem: itemOf(r)}
}

func relayFault(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound("Relay")
	}
	return err
}

func (h *handler) createRelay(c *call) (answer, error) {
	body, err := c.body("name", "config")
	if err != nil {
		return answer{}, err
	}
	name, given, err := body.name("name")
	switch {
	case err != nil:
		return answer{}, err
	case !given:
		return answer{}, badRequest(body.at("name"), "name: is required")
	}
	if err := refuseConfig(body); err != nil {
		return answer{}, err
	}
	now := h.moment()
	r := store.Relay{UID: randomID(), Name: name, Config: moq.DefaultRelayConfig(), Created: now, Modified: now}
	both, err := h.mintRelayToken(c, r.UID, tokenOf(now, store.PublishSubscribe))
	if err != nil {
		return answer{}, err
	}
	subscribe, err := h.mintRelayToken(c, r.UID, tokenOf(now, store.Subscribe))
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.database()
	defer cancel()
	epoch, err := h.store.CreateRelay(ctx, c.by(), r, []store.RelayToken{both.kept, subscribe.kept})
	if errors.Is(err, store.ErrLimit) {
		return answer{}, limitReached("The account has the maximum of 100000 relays; delete one first")
	}
	if err != nil {
		return answer{}, err
	}
	return h.added(c, epoch, answer{result: createdRelay{
		relayDetails: detailsOf(r), TokenPublishSubscribe: both.secret, TokenSubscribe: subscribe.secret,
		Issuers: issuersOf(both, subscribe),
	}})
}

// maxRelaysPage is the most that per_page can ask for, and what is given when it is not there: the SDKs do not ask for a
// second page.
const maxRelaysPage = 1000

func (h *handler) listRelays(c *call) (answer, error) {
	q, err := c.relayQuery()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.database()
	defer cancel()
	relays, total, err := h.store.Relays(ctx, c.account, q)
	if err != nil {
		return answer{}, err
	}
	list := make([]relayItem, len(relays))
	for i, r := range relays {
		list[i] = itemOf(r)
	}
	return answer{result: list, info: &resultInfo{Count: len(list), Total: total}}, nil
}

func (c *call) relayQuery() (q store.RelayQuery, err error) {
	query, f := c.query()
	if f != nil {
		return q, f
	}
	if q.Ascending, f = query.boolean("asc"); f != nil {
		return q, f
	}
	if q.CreatedAfter, f = query.moment("created_after"); f != nil {
		return q, f
	}
	if q.CreatedBefore, f = query.moment("created_before"); f != nil {
		return q, f
	}
	if q.Limit, f = query.count("per_page", maxRelaysPage); f != nil {
		return q, f
	}
	return q, nil
}

func (h *handler) getRelay(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	r, err := h.store.Relay(ctx, c.account, c.param("relay_id"))
	if err != nil {
		return answer{}, relayFault(err)
	}
	return answer{result: detailsOf(r)}, nil
}

// updateRelay changes what the body names and nothing else.
func (h *handler) updateRelay(c *call) (answer, error) {
	body, err := c.body("name", "config")
	if err != nil {
		return answer{}, err
	}
	name, named, err := body.name("name")
	if err != nil {
		return answer{}, err
	}
	config, err := readConfig(body)
	if err != nil {
		return answer{}, err
	}
	if !named && config == (moq.RelayConfig{}) {
		return h.getRelay(c)
	}
	ctx, cancel := c.database()
	defer cancel()
	r, epoch, err := h.store.UpdateRelay(ctx, c.by(), c.param("relay_id"), func(r *store.Relay) error {
		if named {
			r.Name = name
		}
		return mergeConfig(&r.Config, config)
	})
	if err != nil {
		return answer{}, relayFault(err)
	}
	return h.added(c, epoch, answer{result: detailsOf(r)})
}

func (h *handler) deleteRelay(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	epoch, err := h.store.DeleteRelay(ctx, c.by(), c.param("relay_id"))
	if err != nil {
		return h.notTaken(c, epoch, err, "Relay")
	}
	return h.taken(c, epoch, answer{})
}
