package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/streamtoken/streamtoken/turn"
	"github.com/streamtoken/streamtoken/verifier"
)

// issued is what the control API handed out.
type issued struct {
	streamToken string

	relay         string // its uid
	first         string // its token to publish and subscribe, before the rotation
	firstAnswered answer // the relay's answer to it then
	second        string // in its place since then
	subscriber    string

	turnUID, turnKey string
}

// viewer is whom the TURN credential is for.
const viewer = "viewer-1"

// issue makes one of each with the calls that an SDK makes.
func (s *stage) issue(ctx context.Context) (got issued, err error) {
	var token struct{ Token string }
	if err := s.call(ctx, "/stream/"+subject+"/token", nil, &token); err != nil {
		return issued{}, err
	}
	var relay struct {
		UID        string
		First      string `json:"token_publish_subscribe"`
		Subscriber string `json:"token_subscribe"`
	}
	if err := s.call(ctx, "/moq/relays", map[string]string{"name": "demo"}, &relay); err != nil {
		return issued{}, err
	}
	before, err := s.ask(ctx, http.MethodGet, s.relayURL+"/"+relay.First, nil)
	if err != nil {
		return issued{}, err
	}
	var rotated struct{ Token string }
	if err := s.call(ctx, "/moq/relays/"+relay.UID+"/tokens/rotate", map[string]string{"type": "publish_subscribe"}, &rotated); err != nil {
		return issued{}, err
	}
	var key struct{ UID, Key string }
	if err := s.call(ctx, "/calls/turn_keys", map[string]string{"name": "demo"}, &key); err != nil {
		return issued{}, err
	}
	return issued{
		streamToken: token.Token,
		relay:       relay.UID, first: relay.First, firstAnswered: before, second: rotated.Token, subscriber: relay.Subscriber,
		turnUID: key.UID, turnKey: key.Key,
	}, nil
}

// call makes one POST to the account's part of the API and reads the result of its envelope.
func (s *stage) call(ctx context.Context, path string, body, result any) error {
	a, err := s.post(ctx, s.apiURL+"/client/v4/accounts/"+account+path, s.control.token, body)
	if err != nil {
		return err
	}
	envelope := struct {
		Success bool
		Result  any
	}{Result: result}
	if err := json.Unmarshal(a.body, &envelope); err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	if a.status != http.StatusOK || !envelope.Success {
		return fmt.Errorf("POST %s: answered %s", path, a)
	}
	return nil
}

// post sends body as JSON, nothing if it is nil.
func (s *stage) post(ctx context.Context, url, bearer string, body any) (answer, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, reader)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Content-Type", "application/json")
	return s.do(req)
}

// publishedKeys are the keys of the account, as an edge fetches them.
func (s *stage) publishedKeys(ctx context.Context) ([]*verifier.Key, error) {
	a, err := s.ask(ctx, http.MethodGet, s.apiURL+"/.well-known/jwks.json", http.Header{"Authorization": {"Bearer " + s.control.token}})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("the published keys: answered %s", a)
	}
	keys, _, err := verifier.ParseKeys(a.body, "") // those of relay tokens are not for an edge, and passed over
	return keys, err
}

// askTURN asks for a credential as a site's backend does, with the TURN key.
func (s *stage) askTURN(ctx context.Context, got issued) (answer, error) {
	return s.post(ctx, s.apiURL+"/v1/turn/keys/"+got.turnUID+"/credentials/generate-ice-servers", got.turnKey,
		map[string]any{"ttl": 600, "customIdentifier": viewer})
}

// checkTURN checks the credential in an answer as a TURN server does, by the key alone.
func checkTURN(a answer, got issued) (turn.Holder, error) {
	var servers turn.ICEServers
	if err := json.Unmarshal(a.body, &servers); err != nil {
		return turn.Holder{}, err
	}
	key, err := turn.NewKey(got.turnUID, got.turnKey)
	if err != nil {
		return turn.Holder{}, err
	}
	for _, server := range servers.ICEServers {
		if server.Username != "" {
			return key.Check(server.Username, server.Credential, time.Now())
		}
	}
	return turn.Holder{}, fmt.Errorf("there is no credential")
}
