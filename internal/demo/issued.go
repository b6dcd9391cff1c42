package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// showIssued prints a line for the control API and one for each thing that it handed out, with what becomes of it.
func (s *stage) showIssued(ctx context.Context, w io.Writer) error {
	got := s.issued
	stream, err := s.ask(ctx, http.MethodGet, s.playlist(got.streamToken), nil)
	if err != nil {
		return err
	}
	first, err := s.ask(ctx, http.MethodGet, s.relayURL+"/"+got.first, nil)
	if err != nil {
		return err
	}
	second, err := s.ask(ctx, http.MethodGet, s.relayURL+"/"+got.second, nil)
	if err != nil {
		return err
	}
	credential, err := s.askTURN(ctx, got)
	if err != nil {
		return err
	}
	checks := "does not check"
	if holder, err := checkTURN(credential, got); err == nil {
		checks = fmt.Sprintf("for %s checks until %s", holder.Identifier, holder.Expires.Format(time.RFC3339))
	}
	_, err = fmt.Fprintf(w, `control API: for the official SDKs, with CLOUDFLARE_BASE_URL=%s/client/v4 CLOUDFLARE_API_TOKEN=%s, account %s
stream token: minted through the control API; answer of the edge: %s
MoQ relay %s: answer to its token: %s; to the same after its rotation: %s; to the new one: %s
TURN key %s: a credential %s

`, s.apiURL, s.control.token, account, stream, got.relay, got.firstAnswered, first, second, got.turnUID, checks)
	return err
}

// issuedChecks are the requests of Once that have to do with the control API.
func (s *stage) issuedChecks() []check {
	got := s.issued
	keys := s.apiURL + "/client/v4/accounts/" + account + "/stream/keys"
	relay := func(token string) string { return s.relayURL + "/" + token }
	bearer := http.Header{"Authorization": {"Bearer " + s.control.token}}
	return []check{
		{name: "control API", url: keys, header: bearer, status: 200},
		{name: "control API with a wrong token", url: keys, header: http.Header{"Authorization": {"Bearer " + s.control.token + "x"}}, status: 401},
		{name: "stream token of the control API", url: s.playlist(got.streamToken), status: 200, extra: same("video.m3u8")},
		{name: "relay token before its rotation", do: func(context.Context) (answer, error) { return got.firstAnswered, nil },
			status: 200, extra: permits(got.relay + ": publish, subscribe\n")},
		{name: "relay token that was rotated away", url: relay(got.first), status: 401, reason: streamtoken.ReasonTokenRevoked},
		{name: "relay token in its place", url: relay(got.second), status: 200, extra: permits(got.relay + ": publish, subscribe\n")},
		{name: "relay token of a subscriber", url: relay(got.subscriber), status: 200, extra: permits(got.relay + ": subscribe\n")},
		{name: "relay without a token", url: relay(""), status: 401, reason: streamtoken.ReasonTokenMissing},
		{name: "TURN credential", do: func(ctx context.Context) (answer, error) { return s.askTURN(ctx, got) }, status: 201, extra: holds(got)},
	}
}

// permits demands that the relay understood the token so.
func permits(want string) func(answer) error {
	return func(a answer) error {
		if string(a.body) != want {
			return errors.New("the relay takes the token for another")
		}
		return nil
	}
}

// holds demands a credential that a TURN server with this key accepts.
func holds(got issued) func(answer) error {
	return func(a answer) error {
		holder, err := checkTURN(a, got)
		if err != nil {
			return err
		}
		if holder.Identifier != viewer {
			return errors.New("the credential is for another viewer")
		}
		return nil
	}
}
