package api

import (
	"errors"
	"strconv"
	"time"

	"github.com/streamtoken/streamtoken/internal/strictjson"
	"github.com/streamtoken/streamtoken/moq"
	"github.com/streamtoken/streamtoken/store"
)

// issuer is who issued tokens, and which. Clients pass over the types that they do not know; this one they do.
type issuer struct {
	Type   string        `json:"type"`
	Issuer string        `json:"issuer"`
	Tokens []issuedToken `json:"cloudflare_tokens"`
}

type issuedToken struct {
	JTI        string          `json:"jti"`
	Operations []moq.Operation `json:"operations"`
	Created    string          `json:"created"`
	Expires    string          `json:"expires"`
	Label      string          `json:"label,omitempty"`
	Secret     string          `json:"secret,omitempty"` // the token: in the answer that made it, never again
}

type issuersResult struct {
	Issuers []issuer `json:"issuers"`
}

type rotated struct {
	Token string     `json:"token"`
	Type  store.Slot `json:"type"`
}

// relayToken is what is kept of a token, and the token.
type relayToken struct {
	kept   store.RelayToken
	secret string
}

func issuersOf(tokens ...relayToken) []issuer {
	list := make([]issuedToken, len(tokens))
	for i, t := range tokens {
		list[i] = issuedToken{
			JTI: t.kept.JTI, Operations: t.kept.Operations, Label: t.kept.Label, Secret: t.secret,
			Created: stamp(t.kept.Created), Expires: stamp(t.kept.Expires),
		}
	}
	return []issuer{{Type: "cloudflare_jwt", Issuer: "cloudflare", Tokens: list}}
}

// lastExpiry is the latest time at which a token made now may expire, and the default: "1 year from creation".
func lastExpiry(now time.Time) time.Time { return moq.MaxExpires(now.Truncate(time.Second)) }

// tokenOf gives a token for a slot as it will be kept.
func tokenOf(now time.Time, slot store.Slot) store.RelayToken {
	t := store.RelayToken{JTI: randomID(), Slot: slot, Operations: []moq.Operation{moq.Publish, moq.Subscribe}, Created: now, Expires: lastExpiry(now)}
	if slot == store.Subscribe {
		t.Operations = []moq.Operation{moq.Subscribe}
	}
	return t
}

// mintRelayToken signs the token that kept describes, with the account's own key.
func (h *handler) mintRelayToken(c *call, relay string, kept store.RelayToken) (relayToken, error) {
	sign, err := h.own.relaySigner(c)
	if err != nil {
		return relayToken{}, err
	}
	secret, err := sign.Sign(moq.Claims{
		Relay: relay, ID: kept.JTI, Operations: kept.Operations,
		IssuedAt: kept.Created.Truncate(time.Second), Expires: kept.Expires,
	})
	if err != nil {
		return relayToken{}, err
	}
	return relayToken{kept: kept, secret: secret}, nil
}

func (h *handler) createRelayToken(c *call) (answer, error) {
	body, err := c.body("operations", "expires", "label")
	if err != nil {
		return answer{}, err
	}
	kept := store.RelayToken{JTI: randomID(), Created: h.moment()}
	if kept.Operations, err = readOperations(body); err != nil {
		return answer{}, err
	}
	if kept.Expires, err = readExpires(body, kept.Created); err != nil {
		return answer{}, err
	}
	if kept.Label, _, err = body.name("label"); err != nil {
		return answer{}, err
	}
	// Whether there is such a relay is asked first: its account's key is made at the first use.
	ctx, cancel := c.database()
	defer cancel()
	relay := c.param("relay_id")
	if _, err := h.store.Relay(ctx, c.account, relay); err != nil {
		return answer{}, relayFault(err)
	}
	t, err := h.mintRelayToken(c, relay, kept)
	if err != nil {
		return answer{}, err
	}
	epoch, err := h.store.CreateRelayToken(ctx, c.by(), relay, kept)
	if err != nil {
		return answer{}, tokenFault(err)
	}
	return h.added(c, epoch, answer{result: issuersResult{issuersOf(t)}})
}

// tokenFault has both of the words by which clients are known to recognize the limit.
func tokenFault(err error) error {
	if errors.Is(err, store.ErrLimit) {
		return limitReached("The relay has the maximum of 10 tokens (token limit reached); delete one first")
	}
	return relayFault(err)
}

// readOperations gives them in one order, whichever the body has.
func readOperations(body object) ([]moq.Operation, error) {
	at := body.at("operations")
	v, given := body.get("operations")
	switch {
	case !given:
		return nil, badRequest(at, "operations: is required")
	case v.Kind() != strictjson.Array:
		return nil, wrongKind(at, "an array", v)
	}
	var publish, subscribe bool
	for i, element := range v.Elements() {
		text, ok := element.Text()
		seen := &publish
		switch moq.Operation(text) {
		case moq.Publish:
		case moq.Subscribe:
			seen = &subscribe
		default:
			ok = false
		}
		if !ok {
			return nil, badRequest(index(at, i), `operations: each must be "publish" or "subscribe"`)
		}
		if *seen {
			return nil, badRequest(index(at, i), "operations: none may be there twice")
		}
		*seen = true
	}
	var list []moq.Operation
	if publish {
		list = append(list, moq.Publish)
	}
	if subscribe {
		list = append(list, moq.Subscribe)
	}
	if list == nil {
		return nil, badRequest(at, "operations: must hold at least one")
	}
	return list, nil
}

func readExpires(body object, now time.Time) (time.Time, error) {
	at := body.at("expires")
	text, given, err := body.text("expires")
	switch {
	case err != nil:
		return time.Time{}, err
	case !given:
		return lastExpiry(now), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, badRequest(at, "expires: must be a time as RFC 3339 writes it")
	}
	switch t = t.UTC().Truncate(time.Second); {
	case !t.After(now):
		return time.Time{}, badRequest(at, "expires: is not after now")
	case t.After(lastExpiry(now)):
		return time.Time{}, badRequest(at, "expires: is more than 1 year from now")
	}
	return t, nil
}

func (h *handler) listRelayTokens(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	kept, err := h.store.RelayTokens(ctx, c.account, c.param("relay_id"))
	if err != nil {
		return answer{}, relayFault(err)
	}
	list := make([]relayToken, len(kept))
	for i, t := range kept {
		list[i].kept = t
	}
	return answer{result: issuersResult{issuersOf(list...)}}, nil
}

// deleteRelayToken succeeds for a token that is not there: what the caller wants is so.
func (h *handler) deleteRelayToken(c *call) (answer, error) {
	ctx, cancel := c.database()
	defer cancel()
	epoch, err := h.store.DeleteRelayToken(ctx, c.by(), c.param("relay_id"), c.param("jti"))
	if err != nil {
		return h.notTaken(c, epoch, err, "Relay")
	}
	return h.taken(c, epoch, answer{bare: true})
}

// rotateRelayToken replaces the token of a slot. Once it is answered no live node accepts the one before. If the answer is
// lost, so is the token in it, and the call is to be made again: it replaces whatever is there.
func (h *handler) rotateRelayToken(c *call) (answer, error) {
	body, err := c.body("type")
	if err != nil {
		return answer{}, err
	}
	text, given, err := body.text("type")
	slot := store.Slot(text)
	switch {
	case err != nil:
		return answer{}, err
	case !given:
		return answer{}, badRequest(body.at("type"), "type: is required")
	case slot != store.PublishSubscribe && slot != store.Subscribe:
		return answer{}, badRequest(body.at("type"), `type: must be "publish_subscribe" or "subscribe"`)
	}
	ctx, cancel := c.database()
	defer cancel()
	relay := c.param("relay_id")
	if _, err := h.store.Relay(ctx, c.account, relay); err != nil {
		return answer{}, relayFault(err)
	}
	t, err := h.mintRelayToken(c, relay, tokenOf(h.moment(), slot))
	if err != nil {
		return answer{}, err
	}
	epoch, err := h.store.RotateRelayToken(ctx, c.by(), relay, t.kept)
	if err != nil {
		return answer{}, tokenFault(err)
	}
	return h.taken(c, epoch, answer{result: rotated{t.secret, slot}})
}

// index gives the JSON pointer of an element.
func index(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }
