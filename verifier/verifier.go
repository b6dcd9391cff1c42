package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// Config is what a Verifier needs. Only Keys is required.
type Config struct {
	// Keys are those whose tokens are accepted. Nil is an error: there is no
	// verifier without keys.
	Keys KeySet

	// Revocations are asked about every token that held. Nil: nothing is revoked.
	Revocations Revocations

	// Leeway is forgiven on exp and on nbf, for clocks that differ: 0 to
	// streamtoken.MaxLeeway. It lengthens the life of every token.
	Leeway time.Duration

	// RefuseUnknownClaims refuses tokens with claims this package does not
	// know. They are ignored otherwise, as RFC 7519, section 4, has it.
	RefuseUnknownClaims bool

	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Verifier verifies tokens. It is safe for concurrent use if the Config's
// parts are. The zero Verifier has no keys and refuses every token.
type Verifier struct {
	keys          KeySet
	revocations   Revocations
	leeway        time.Duration
	refuseUnknown bool
	now           func() time.Time
}

// New makes a Verifier. Nil Keys and a Leeway out of range are errors.
func New(cfg Config) (*Verifier, error) {
	if cfg.Keys == nil {
		return nil, errors.New("verifier: Config.Keys is required")
	}
	if cfg.Leeway < 0 || cfg.Leeway > streamtoken.MaxLeeway {
		return nil, fmt.Errorf("verifier: Config.Leeway %s is not between 0 and %s", cfg.Leeway, streamtoken.MaxLeeway)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Verifier{
		keys:          cfg.Keys,
		revocations:   cfg.Revocations,
		leeway:        cfg.Leeway,
		refuseUnknown: cfg.RefuseUnknownClaims,
		now:           cfg.Now,
	}, nil
}

// Verify gives the token's content, or nil and a *streamtoken.Refusal. It
// judges in this order, and the first failure is the one reason:
//
//  1. form: at most streamtoken.MaxTokenBytes (ReasonTokenTooLarge), three
//     parts of canonical base64url and nothing else (ReasonTokenMalformed), so
//     that a token has one spelling;
//  2. header: alg is RS256 (ReasonAlgNotAllowed); strict JSON, kid, typ, and
//     nothing that brings, fetches or unpacks a key or payload
//     (ReasonHeaderInvalid);
//  3. key: held under that kid (ReasonKeyUnknown, ReasonKeysUnavailable);
//  4. signature (ReasonSignatureInvalid): nothing of the payload is read before;
//  5. claims: as streamtoken.ParseClaims reads them, kid equal to the
//     header's if it is there, rules that compile (ReasonClaimsInvalid);
//  6. time: now < exp + leeway (ReasonTokenExpired), now >= nbf - leeway
//     (ReasonTokenNotYetValid), exp - now <= 24 h and 5 min of clock
//     difference (ReasonLifetimeTooLong), for a token does not say when it was
//     issued;
//  7. revocation (ReasonTokenRevoked, ReasonRevocationsUnavailable).
//
// The Refusal has KeyID from step 5 on and Subject from step 6 on. Verify does
// not apply access rules, nor look at what is asked for or by whom: package
// gate does. It keeps a reference to token but to none of its own buffers.
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	return v.VerifyFrom(ctx, token, 0)
}

// VerifyFrom is Verify for a token that sender sent: any number that is the
// same for tokens from the same place.
func (v *Verifier) VerifyFrom(_ context.Context, token string, _ uint64) (*Token, error) {
	t, refusal := v.genuine(token)
	if refusal == nil {
		refusal = v.current(t)
	}
	if refusal != nil {
		return nil, refusal
	}
	return t, nil
}
