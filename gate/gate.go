// Package gate gives the one answer: token, viewer and resource in, decision out.
//
// Whatever carries the token (HTTP, RTMP, SRT, WebRTC, a command line) asks a Gate, so that all of them decide alike.
// The order is fixed: the token itself, then the resource it is used for (its subject, then downloads), then the
// token's access rules for this viewer. The first refusal is the one reported.
//
// A Gate does not find the token in a request, and it does not find out who the viewer is: it believes the
// [accessrules.Viewer] it is given. Nothing is remembered between calls, so access rules are judged anew each time.
package gate

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/verifier"
)

// TokenVerifier is the part of [verifier.Verifier] the gate needs. VerifyFrom gives a token that held, or nil and an
// error with a [streamtoken.Reason] in its chain; sender is the same number for the same viewer's network. It must be
// safe for concurrent use.
type TokenVerifier interface {
	VerifyFrom(ctx context.Context, token string, sender uint64) (*verifier.Token, error)
}

var _ TokenVerifier = (*verifier.Verifier)(nil)

// Config configures a Gate.
type Config struct {
	Verifier TokenVerifier // required
}

// Gate decides. It holds no state of its own and is safe for concurrent use.
type Gate struct {
	verifier TokenVerifier
}

// New gives a Gate, or an error if cfg has no Verifier.
func New(cfg Config) (*Gate, error) {
	if cfg.Verifier == nil {
		return nil, errors.New("gate: a verifier is required")
	}
	return &Gate{verifier: cfg.Verifier}, nil
}

// Decide answers r. It never fails: whatever goes wrong refuses. A token that must wait for its first verification waits
// no longer than ctx, and is then refused with [streamtoken.ReasonVerifierBusy]. It allocates nothing of its own to allow.
func (g *Gate) Decide(ctx context.Context, r Request) Decision {
	token, err := g.verifier.VerifyFrom(ctx, r.Token, sender(r.Viewer.Addr))
	if err != nil || token == nil {
		return refuseToken(err)
	}
	if reason, detail := r.Resource.forbids(token); reason != "" {
		return refuse(token, reason, detail)
	}
	v := token.Rules().Decide(r.Viewer)
	if v.Allowed() { // what decideRules gives as well, written where the caller reads it
		return Decision{Allowed: true, Rule: v.Rule, Token: token, KeyID: token.KeyID(), Subject: token.Subject()}
	}
	return decideRules(token, v)
}

// Explain answers as Decide does, with the grounds: the claims, and what each rule makes of the viewer, reached or not.
// It costs more than Decide and is for people and tools.
func (g *Gate) Explain(ctx context.Context, r Request) Explanation {
	token, err := g.verifier.VerifyFrom(ctx, r.Token, sender(r.Viewer.Addr))
	if err != nil || token == nil {
		return Explanation{Decision: refuseToken(err)}
	}
	claims := token.Claims()
	verdict, rules := token.Rules().Explain(r.Viewer)
	e := Explanation{Claims: &claims, Rules: rules}
	if reason, detail := r.Resource.forbids(token); reason != "" {
		e.Decision = refuse(token, reason, detail)
	} else {
		e.Decision = decideRules(token, verdict)
	}
	return e
}

// refuseToken gives the refusal of a token for which the verifier gave err, or nothing at all.
func refuseToken(err error) Decision {
	d := Decision{Rule: noRule}
	var refusal *streamtoken.Refusal
	if errors.As(err, &refusal) && refusal != nil && refusal.Reason != "" {
		d.Reason, d.Detail = refusal.Reason, refusal.Detail
		d.KeyID, d.Subject = refusal.KeyID, refusal.Subject
		return d
	}
	if d.Reason = streamtoken.ReasonOf(err); d.Reason == "" {
		// A verifier of someone else's making that gave no token and no reason has not said the token is bad:
		// it could not tell.
		d.Reason = streamtoken.ReasonKeysUnavailable
		d.Detail = "the verifier gave neither a token nor a reason"
	}
	return d
}

// sender names the network a viewer asks from, for the verifier to share its time fairly: an IPv4 address, or an IPv6
// /64, which is what one subscriber has to send from. Zero when the address is unavailable.
func sender(addr netip.Addr) uint64 {
	switch {
	case !addr.IsValid():
		return 0
	case addr.Is4() || addr.Is4In6():
		b := addr.As4()
		return uint64(binary.BigEndian.Uint32(b[:])) | 0xffff<<32
	}
	b := addr.As16()
	return binary.BigEndian.Uint64(b[:8])
}

// forbids checks what a token may be used for, whoever uses it. It gives no reason if nothing stands against it.
func (r *Resource) forbids(token *verifier.Token) (reason streamtoken.Reason, detail string) {
	if r.Subject != "" && r.Subject != token.Subject() {
		return streamtoken.ReasonSubjectMismatch, "the token is for another subject than the one asked for"
	}
	if r.Download && !token.Downloadable() {
		return streamtoken.ReasonNotDownloadable, "the token does not say downloadable"
	}
	return "", ""
}

// decideRules turns the verdict of the access rules into the decision.
func decideRules(token *verifier.Token, v accessrules.Verdict) Decision {
	if v.Allowed() {
		return Decision{Allowed: true, Rule: v.Rule, Token: token, KeyID: token.KeyID(), Subject: token.Subject()}
	}
	var d Decision
	switch v.Missing {
	case accessrules.MissingIP:
		d = refuse(token, streamtoken.ReasonClientIPUnavailable, ruleName(token, v.Rule)+" needs the viewer's address, which is unavailable")
	case accessrules.MissingCountry:
		d = refuse(token, streamtoken.ReasonCountryUnavailable, ruleName(token, v.Rule)+" needs the viewer's country, which is unavailable")
	default:
		detail := ruleName(token, v.Rule) + " blocks the viewer"
		if v.Rule > 0 {
			detail += ": no rule before it matches"
		}
		d = refuse(token, streamtoken.ReasonRuleBlocked, detail)
	}
	d.Rule = v.Rule
	return d
}
