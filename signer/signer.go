// Package signer mints Stream tokens offline: the same tokens that Stream's own token call issues, signed by a key of the
// account, at the rate of the processor ("Cloudflare Stream: securing your stream", signing keys).
//
// A Key is read once, in any form Stream hands one out; a Signer mints with it, one token (Sign) or many (SignAll); URL puts
// a token into the address of what it opens. crypto/rsa signs unless Config.Engine names something faster. The package
// looks at no environment, no request and no viewer, and does not check tokens: package verifier does.
package signer

import (
	"encoding/base64"
	"errors"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// Config says with what a Signer mints.
type Config struct {
	Key *Key             // required
	Now func() time.Time // the time of issue; nil: time.Now

	// Engine signs in place of crypto/rsa where it suits the key and the machine; nil: crypto/rsa. New readies it once.
	Engine Engine
}

// Signer mints tokens with one key. New makes it; the zero Signer panics. It is safe for concurrent use if Config.Now and a
// crypto.Signer behind the key are.
type Signer struct {
	key *Key
	now func() time.Time

	share       *share // nil: the key signs
	engine, why string // what signs, and why not the engine that was asked for
}

// New checks cfg and gives its Signer.
func New(cfg Config) (*Signer, error) {
	if cfg.Key == nil || cfg.Key.sign == nil {
		return nil, errors.New("signer: Config.Key is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Signer{key: cfg.Key, now: cfg.Now, engine: standard}
	if cfg.Key.private == nil {
		s.engine = foreign
	}
	if cfg.Engine != nil {
		p, name, err := prepare(cfg.Engine, cfg.Key)
		if err != nil {
			s.why = err.Error()
			return s, nil
		}
		s.share, s.engine = newShare(p), name
	}
	return s, nil
}

// Engine tells what signs: "crypto/rsa", "crypto.Signer" for a key that signs by itself, or the Name of Config.Engine; and,
// where an Engine was asked for and is not used, why.
func (s *Signer) Engine() (name, why string) { return s.engine, s.why }

// Sign mints one token from c: header {"alg":"RS256","kid":K}, payload sub, kid, exp, nbf, downloadable, accessRules in
// that order, absent ones left out. Equal claims give equal tokens, PKCS#1 v1.5 being deterministic.
//
// A zero Expires is one hour after issue, a zero NotBefore one hour before, but never before 1970. Times are cut to whole
// seconds. KeyID must be "" or the key's. Refused, with a *FieldError that names the wire field: a Subject that is not
// streamtoken.ValidSubject; an Expires more than 24 hours after issue, or not after issue and NotBefore; a time outside
// 1970 to 9999; more than five access rules, or one that is malformed; a token of more than 8 KiB. Other errors come from
// a crypto.Signer or an Engine.
//
// With an Engine, calls that happen at once share its batches: what comes while one runs forms the next. A call that is
// alone starts at once, and at most runtime.GOMAXPROCS batches run at a time.
//
// Not checked: whether the subject exists, whether the rules make sense (accessrules.Lint), and Stream's own limit of 32
// characters for a subject.
func (s *Signer) Sign(c streamtoken.Claims) (string, error) {
	w := works.Get().(*work)
	token, err := s.mint(w, c)
	works.Put(w) // not deferred: a work that was left by a panic is not used again
	return token, err
}

func (s *Signer) mint(w *work, c streamtoken.Claims) (string, error) {
	if err := s.build(w, c); err != nil {
		return "", err
	}
	sig, err := s.sign(w)
	if err != nil {
		return "", err
	}
	return w.finish(sig), nil
}

// sign signs the digest of w.
func (s *Signer) sign(w *work) ([]byte, error) {
	if s.share != nil {
		return s.share.do(w)
	}
	return s.key.sign(w.digest[:])
}

// Resolve gives the claims as Sign would mint them at this moment: defaults applied, KeyID set, times in whole seconds of
// UTC, access rules without the lists that are irrelevant to their type and with countries in upper case. They are what
// streamtoken.ParseClaims reads from such a token, and share no memory with c. It refuses what Sign refuses.
func (s *Signer) Resolve(c streamtoken.Claims) (streamtoken.Claims, error) {
	c, err := s.resolve(c)
	if err != nil {
		return streamtoken.Claims{}, err
	}
	if size := s.key.tokenSize(len(c.AppendJSON(nil))); size > streamtoken.MaxTokenBytes {
		return streamtoken.Claims{}, errTokenSize(size)
	}
	c.AccessRules = mintedRules(c.AccessRules)
	return c, nil
}

// tokenSize is the length of a token with a payload of n bytes.
func (k *Key) tokenSize(n int) int {
	return len(k.header) + base64.RawURLEncoding.EncodedLen(n) + 1 + base64.RawURLEncoding.EncodedLen(k.pub.Size())
}
