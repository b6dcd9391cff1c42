package moq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/tokencache"
)

// VerifierConfig is what a Verifier needs. Keys and Accepted are required.
type VerifierConfig struct {
	Keys     KeySet   // whose tokens are good
	Accepted Accepted // which of these the relays take; AcceptAll only where nobody is let in by it

	Audience string // aud; "": DefaultAudience, else as in Config.Audience
	EdDSA    bool   // alg is "EdDSA" and not "Ed25519": the one or the other, never both

	// CacheBytes bounds the memory of verified tokens, all it takes included. Zero: DefaultCacheBytes. Negative: there is
	// none, and every check costs an Ed25519 verification.
	CacheBytes int64

	// MaxSessions bounds how many sessions may be open at once. Zero: DefaultMaxSessions.
	MaxSessions int

	Log *slog.Logger     // for refusals of Handler; nil: silent
	Now func() time.Time // nil: time.Now
}

// Defaults of a VerifierConfig.
const (
	DefaultCacheBytes  = 16 << 20
	DefaultMaxSessions = 100_000
)

// Verifier verifies relay tokens, remembers those that held, and watches the sessions they opened. It is safe for concurrent
// use if the VerifierConfig's parts are. The zero Verifier has no keys and refuses every token. It runs a goroutine while
// sessions are open, and none otherwise.
type Verifier struct {
	keys       KeySet
	accepted   Accepted
	audience   string
	alg        string
	log        *slog.Logger
	now        func() time.Time
	remembered *tokencache.Cache[Token]
	watch      watch
}

// NewVerifier makes a Verifier. Nil Keys or Accepted, an audience that cannot stand in a token, and a negative MaxSessions
// are errors.
func NewVerifier(cfg VerifierConfig) (*Verifier, error) {
	if cfg.Audience == "" {
		cfg.Audience = DefaultAudience
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = DefaultCacheBytes
	}
	if cfg.MaxSessions == 0 {
		cfg.MaxSessions = DefaultMaxSessions
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	switch {
	case cfg.Keys == nil:
		return nil, errors.New("moq: VerifierConfig.Keys is required")
	case cfg.Accepted == nil:
		return nil, errors.New("moq: VerifierConfig.Accepted is required: a good signature alone lets nobody in")
	case !validAudience(cfg.Audience):
		return nil, errAudience
	case cfg.MaxSessions < 0:
		return nil, fmt.Errorf("moq: VerifierConfig.MaxSessions %d is negative", cfg.MaxSessions)
	}
	v := &Verifier{
		keys:       cfg.Keys,
		accepted:   cfg.Accepted,
		audience:   cfg.Audience,
		alg:        algorithm(cfg.EdDSA),
		log:        cfg.Log,
		now:        cfg.Now,
		remembered: tokencache.New[Token](cfg.CacheBytes),
	}
	v.watch.init(v, cfg.MaxSessions)
	return v, nil
}

// Verify gives the token's content, or nil and a *streamtoken.Refusal. It judges in this order, and the first failure is the
// one reason:
//
//  1. form: at most streamtoken.MaxTokenBytes (ReasonTokenTooLarge), three parts of canonical base64url and nothing else
//     (ReasonTokenMalformed), so that a token has one spelling;
//  2. header: alg is the one configured (ReasonAlgNotAllowed); strict JSON, kid, typ absent or "JWT", and nothing that brings,
//     fetches or unpacks a key or payload (ReasonHeaderInvalid);
//  3. key: held under that kid (ReasonKeyUnknown, ReasonKeysUnavailable);
//  4. signature (ReasonSignatureInvalid): nothing of the payload is read before;
//  5. claims: aud, sub, jti, operations, iat and exp, all required and strictly read (ReasonClaimsInvalid); aud is a string
//     and the audience, an array is refused; an unknown operation refuses the token; unknown claims are ignored;
//  6. time: now < exp (ReasonTokenExpired), now >= iat less streamtoken.LifetimeSlack and now >= nbf, if there is one
//     (ReasonTokenNotYetValid), exp no later than MaxExpires of iat and the same slack (ReasonLifetimeTooLong);
//  7. acceptance: the relay accepts this jti (ReasonTokenRevoked, ReasonRevocationsUnavailable).
//
// The Refusal has KeyID from step 5 on and Subject, the relay, from step 6 on. Verify does not look at what is to be done
// with the token: Token.Allows tells.
//
// A token that held is remembered, whole: the next check of it compares its bytes and skips steps 1, 2, 4 and 5. Steps 3, 6
// and 7 are made every time: a key that is gone or replaced, the end of a token's life and a revocation take effect at once,
// whatever is remembered. What is refused is not remembered. Nothing in here waits, so ctx ends nothing.
func (v *Verifier) Verify(_ context.Context, token string) (*Token, error) {
	t, refusal := v.verify(token)
	if refusal != nil {
		return nil, refusal
	}
	return t, nil
}

func (v *Verifier) verify(token string) (*Token, *streamtoken.Refusal) {
	if v == nil || v.keys == nil { // the zero Verifier: NewVerifier demands keys and accepted both
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "no keys are configured"}
	}
	if t, refusal := v.recall(token); t != nil || refusal != nil {
		return t, refusal
	}
	e, refusal := v.genuine(token)
	if refusal == nil {
		refusal = v.current(e.Value())
	}
	if refusal != nil {
		return nil, refusal
	}
	v.remembered.Add(e, 0)
	return e.Value(), nil
}

// recall judges a token that is remembered; nil and nil if it is not.
func (v *Verifier) recall(token string) (*Token, *streamtoken.Refusal) {
	t := v.remembered.Get(token)
	if t == nil {
		return nil, nil
	}
	key, refusal := v.key(t.keyID)
	if refusal != nil {
		if refusal.Reason == streamtoken.ReasonKeyUnknown {
			v.remembered.Drop(token, t)
		}
		return nil, refusal
	}
	if !bytes.Equal(key, t.key[:]) {
		// Another key under its id: what the old one signed is to be judged by the new one.
		v.remembered.Drop(token, t)
		return nil, nil
	}
	if refusal := v.current(t); refusal != nil {
		return nil, refusal
	}
	return t, nil
}
