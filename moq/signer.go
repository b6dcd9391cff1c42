package moq

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jws"
)

// Config says with what a Signer mints. Only Key is required.
type Config struct {
	Key      *Key
	Audience string           // aud; "": DefaultAudience. 1 to 256 printable characters of ASCII, no blank, quote or backslash
	EdDSA    bool             // alg "EdDSA" in place of "Ed25519", for verifiers from before RFC 9864
	Now      func() time.Time // the time of issue; nil: time.Now
}

// Signer mints relay tokens with one key. It is safe for concurrent use if Config.Now is.
type Signer struct {
	private  func() ed25519.PrivateKey
	header   string // in base64url, and the dot after it
	audience string
	now      func() time.Time
}

// New checks cfg and gives its Signer.
func New(cfg Config) (*Signer, error) {
	if cfg.Key == nil || cfg.Key.private == nil {
		return nil, errors.New("moq: Config.Key is required")
	}
	if cfg.Audience == "" {
		cfg.Audience = DefaultAudience
	}
	if !validAudience(cfg.Audience) {
		return nil, errAudience
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	// A valid id needs no escape in JSON.
	header := `{"alg":"` + algorithm(cfg.EdDSA) + `","kid":"` + cfg.Key.id + `"}`
	return &Signer{
		private:  cfg.Key.private,
		header:   base64.RawURLEncoding.EncodeToString([]byte(header)) + ".",
		audience: cfg.Audience,
		now:      cfg.Now,
	}, nil
}

var errAudience = errors.New("moq: the audience must be 1 to 256 printable characters of ASCII, without blank, quote or backslash")

// FieldError says which claim is refused and why. Msg never quotes the claim's value.
type FieldError struct {
	Field string // wire name: "sub", "jti", "operations", "iat" or "exp"
	Msg   string
}

func (e *FieldError) Error() string { return "moq: " + e.Field + ": " + e.Msg }

// Sign mints one token from c: header {"alg":"Ed25519","kid":K}, payload aud, sub, jti, operations, iat, exp in that order,
// times in whole seconds as numbers, operations in the order publish, subscribe. Equal claims give equal tokens.
//
// A zero IssuedAt is now, a zero Expires MaxExpires. Refused, with a *FieldError: a Relay or ID that is not as in ValidID; no
// operation, one twice, or an unknown one; an IssuedAt more than streamtoken.LifetimeSlack ahead or before 1970; an Expires
// that is not after now and IssuedAt, or later than MaxExpires of IssuedAt.
//
// Not checked: whether there is such a relay, and whether it accepts the token. Who mints one has yet to put its ID into the
// relay's accepted set.
func (s *Signer) Sign(c Claims) (string, error) {
	r, err := s.resolve(c)
	if err != nil {
		return "", err
	}
	var scratch [512]byte
	payload := appendClaims(scratch[:0], s.audience, c.Relay, c.ID, r.ops, r.issued, r.expires)
	token := make([]byte, 0, len(s.header)+base64.RawURLEncoding.EncodedLen(len(payload)+ed25519.SignatureSize)+2)
	token = append(token, s.header...)
	token = base64.RawURLEncoding.AppendEncode(token, payload)
	return string(jws.AppendSignature(token, ed25519.Sign(s.private(), token))), nil
}

// Resolve gives the claims as Sign would mint them at this moment: defaults applied, times in whole seconds of UTC. They share
// no memory with c. It refuses what Sign refuses.
func (s *Signer) Resolve(c Claims) (Claims, error) {
	r, err := s.resolve(c)
	if err != nil {
		return Claims{}, err
	}
	return Claims{
		Relay:      c.Relay,
		ID:         c.ID,
		Operations: r.ops.list(),
		IssuedAt:   time.Unix(r.issued, 0).UTC(),
		Expires:    time.Unix(r.expires, 0).UTC(),
	}, nil
}

// resolved is what of the claims is not minted as it was given.
type resolved struct {
	ops             operations
	issued, expires int64
}

func (s *Signer) resolve(c Claims) (r resolved, err error) {
	switch {
	case !ValidID(c.Relay):
		return resolved{}, &FieldError{"sub", "must be the relay's uid, 32 lower-case hexadecimal digits"}
	case !ValidID(c.ID):
		return resolved{}, &FieldError{"jti", "must be 32 lower-case hexadecimal digits"}
	case len(c.Operations) == 0:
		return resolved{}, &FieldError{"operations", "must name one at least: publish, subscribe"}
	}
	for _, op := range c.Operations {
		switch b := bit(op); {
		case b == 0:
			return resolved{}, &FieldError{"operations", "must be publish and subscribe alone"}
		case r.ops&b != 0:
			return resolved{}, &FieldError{"operations", "must not name one twice"}
		default:
			r.ops |= b
		}
	}
	now := s.now()
	if c.IssuedAt.IsZero() {
		c.IssuedAt = now
	}
	if r.issued = c.IssuedAt.Unix(); r.issued < 0 || r.issued > now.Add(streamtoken.LifetimeSlack).Unix() {
		return resolved{}, &FieldError{"iat", "must not lie in the future, or before 1970"}
	}
	issued := time.Unix(r.issued, 0)
	if c.Expires.IsZero() {
		c.Expires = MaxExpires(issued)
	}
	r.expires = c.Expires.Unix()
	switch {
	case r.expires <= r.issued || r.expires <= now.Unix():
		return resolved{}, &FieldError{"exp", "must be later than now and than the time of issue"}
	case r.expires > MaxExpires(issued).Unix() || r.expires > streamtoken.MaxUnixTime:
		return resolved{}, &FieldError{"exp", "must be at most one year after issue"}
	}
	return r, nil
}
