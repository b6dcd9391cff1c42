package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/streamtoken/streamtoken/store"
	"github.com/streamtoken/streamtoken/turn"
)

// iceServers makes a TURN credential and answers with the array of servers, as the current generation does: 201, and not in
// an envelope.
func (h *handler) iceServers(c *call) (answer, error) {
	credential, err := h.turnCredential(c)
	if err != nil {
		return answer{}, err
	}
	servers, err := turn.NewICEServers(h.turnHost, credential)
	if err != nil {
		return answer{}, err
	}
	return document(http.StatusCreated, servers)
}

// oneICEServer is iceServers in the older shape: one object in place of the array.
func (h *handler) oneICEServer(c *call) (answer, error) {
	credential, err := h.turnCredential(c)
	if err != nil {
		return answer{}, err
	}
	server, err := turn.NewICEServersObject(h.turnHost, credential)
	if err != nil {
		return answer{}, err
	}
	return document(http.StatusCreated, server)
}

func document(status int, value any) (answer, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return answer{}, err
	}
	return answer{document: data, status: status}, nil
}

func (h *handler) turnCredential(c *call) (turn.Credential, error) {
	if _, err := h.presentedKey(c); err != nil {
		return turn.Credential{}, err
	}
	body, err := c.body("ttl", "customIdentifier")
	if err != nil {
		return turn.Credential{}, err
	}
	ttl := turn.DefaultTTL
	seconds, given, err := body.integer("ttl")
	if err != nil {
		return turn.Credential{}, err
	}
	if given {
		if ttl, err = turn.TTL(seconds); err != nil {
			return turn.Credential{}, badRequest(body.at("ttl"), "ttl: must be 1 to 172800 seconds (48 hours)")
		}
	}
	identifier, given, err := body.text("customIdentifier")
	switch {
	case err != nil:
		return turn.Credential{}, err
	case given && !turn.ValidIdentifier(identifier):
		return turn.Credential{}, badRequest(body.at("customIdentifier"), identifierRule)
	}
	// The body comes as slowly as the caller likes: what was asked before it may have been long ago.
	key, err := h.presentedKey(c)
	if err != nil {
		return turn.Credential{}, err
	}
	credential, err := key.Credential(ttl, identifier, h.now())
	if errors.Is(err, turn.ErrIdentifier) { // the key itself, which would stand in every log of the TURN server
		return turn.Credential{}, badRequest(body.at("customIdentifier"), identifierRule)
	}
	return credential, err
}

const identifierRule = "customIdentifier: must be 1 to 64 characters of A-Z a-z 0-9 - . _ ~ @ + = |, and not the key"

// presentedKey gives the TURN key that the request brings: its bearer token is the key, the path names it. Only a hash of it
// is kept, so that the key itself, which makes credentials, is at hand while a request is, and no longer.
//
// A key that does not exist and one that is not right are answered alike, after the same work.
func (h *handler) presentedKey(c *call) (*turn.Key, error) {
	secret, f := credential(c.request.Header)
	if f != nil {
		return nil, unauthorized()
	}
	kept, account, err := h.node.TURNKey(c.param("key_id"))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	presented := sha256.Sum256([]byte(secret))
	if same := subtle.ConstantTimeCompare(presented[:], kept.Hash[:]) == 1; !same || err != nil {
		return nil, unauthorized()
	}
	key, err := turn.NewKey(kept.UID, secret)
	if err != nil {
		return nil, unauthorized()
	}
	c.account = account
	return key, nil
}
