package verifier

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/tokencache"
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

	// CacheBytes bounds the memory of verified tokens, all it takes included.
	// Zero: DefaultCacheBytes. Negative: there is none, and every check costs an
	// RSA verification.
	CacheBytes int64

	// ColdLimit is how many verifications of tokens that are not remembered
	// run at once; the others wait. Zero: as many as Go uses processors. More
	// gain nothing, fewer leave time for other work.
	ColdLimit int

	// Engine checks signatures in the place of crypto/rsa, of all keys that it
	// takes. It is trusted as Engine says. Nil: crypto/rsa checks them all.
	Engine Engine

	// Now is the clock; nil: the system's.
	Now func() time.Time
}

// DefaultCacheBytes is room for about ten thousand tokens, the viewers of
// some hours at an edge of ordinary size.
const DefaultCacheBytes = 16 << 20

// Verifier verifies tokens, and remembers those that held. It is safe for
// concurrent use if the Config's parts are. The zero Verifier has no keys and
// refuses every token.
type Verifier struct {
	keys          KeySet
	revocations   Revocations
	late, early   shift
	refuseUnknown bool
	engine        Engine // nil: crypto/rsa
	time          func() moment
	remembered    *tokencache.Cache[Token]
	usual         atomic.Pointer[usualHeader]
	flights       flights
	cold          admission
	verified      atomic.Uint64 // signatures
}

// New makes a Verifier. Nil Keys, a Leeway out of range, a negative ColdLimit
// and an Engine that cannot be compared, or is not equal to itself, are errors.
func New(cfg Config) (*Verifier, error) {
	switch {
	case cfg.Keys == nil:
		return nil, errors.New("verifier: Config.Keys is required")
	case cfg.Leeway < 0 || cfg.Leeway > streamtoken.MaxLeeway:
		return nil, fmt.Errorf("verifier: Config.Leeway %s is not between 0 and %s", cfg.Leeway, streamtoken.MaxLeeway)
	case cfg.ColdLimit < 0:
		return nil, fmt.Errorf("verifier: Config.ColdLimit %d is negative", cfg.ColdLimit)
	case cfg.Engine != nil && !comparableEngine(cfg.Engine):
		return nil, errors.New("verifier: Config.Engine cannot be compared")
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = DefaultCacheBytes
	}
	if cfg.ColdLimit == 0 {
		cfg.ColdLimit = runtime.GOMAXPROCS(0)
	}
	v := &Verifier{
		keys:          cfg.Keys,
		revocations:   cfg.Revocations,
		refuseUnknown: cfg.RefuseUnknownClaims,
		engine:        cfg.Engine,
		time:          new(clock).now,
		remembered:    tokencache.New[Token](cfg.CacheBytes),
	}
	if cfg.Now != nil {
		v.time = func() moment { return momentOf(cfg.Now()) }
	}
	v.late, v.early = shifts(cfg.Leeway)
	v.cold.init(cfg.ColdLimit)
	return v, nil
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
// gate does.
//
// A token that held is remembered, whole, with its claims and compiled rules:
// the next check of it compares its bytes and skips steps 1, 2, 4 and 5. Steps
// 3, 6 and 7 are made every time: a key that is gone, the end of a token's life
// and a revocation take effect at once, whatever is remembered. What is refused
// is not remembered.
//
// The first check of a token, a cold one, may have to wait for others, no
// longer than ctx lasts; then, or if too many wait already, the reason is
// ReasonVerifierBusy, which says nothing of the token. Requests that bring the
// same token at once wait for one verification, unless nothing is remembered.
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	return v.VerifyFrom(ctx, token, 0)
}

// VerifyFrom is Verify for a token that sender sent: any number that is the
// same for tokens from the same place. Cold verifications that must wait take
// turns by sender, so that one who sends forgeries by the thousand keeps others
// waiting for little more than one of them at a time.
func (v *Verifier) VerifyFrom(ctx context.Context, token string, sender uint64) (*Token, error) {
	t, refusal := v.recall(token)
	if t == nil && refusal == nil {
		t, refusal = v.first(ctx, token, sender)
	}
	if refusal != nil {
		return nil, refusal
	}
	return t, nil
}

// recall judges a token that is remembered; nil and nil if it is not.
func (v *Verifier) recall(token string) (*Token, *streamtoken.Refusal) {
	if v.remembered == nil {
		return nil, nil
	}
	// First, because to read the clock a processor waits for what it has begun to load; nothing has to be loaded yet.
	now := v.time()
	t := v.remembered.Get(token)
	if t == nil {
		return nil, nil
	}
	key, refusal := v.key(t.key.id)
	if refusal != nil {
		if refusal.Reason == streamtoken.ReasonKeyUnknown {
			v.remembered.Drop(token, t)
		}
		return nil, refusal
	}
	if key != t.key {
		// Another key under its id: what the old one signed is to be judged by the new one.
		v.remembered.Drop(token, t)
		return nil, nil
	}
	if refusal := v.current(t, now); refusal != nil {
		return nil, refusal
	}
	return t, nil
}
