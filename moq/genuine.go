package moq

import (
	"crypto/ed25519"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jwk"
	"github.com/streamtoken/streamtoken/internal/jws"
	"github.com/streamtoken/streamtoken/internal/tokencache"
)

// scratches hold the decoded parts of a token while it is judged. Nothing of them stays behind in a Token.
var scratches = sync.Pool{New: func() any { return new([streamtoken.MaxTokenBytes]byte) }}

// genuine makes the checks whose outcome depends on the token and the key alone.
func (v *Verifier) genuine(token string) (*tokencache.Entry[Token], *streamtoken.Refusal) {
	s := scratches.Get().(*[streamtoken.MaxTokenBytes]byte)
	defer scratches.Put(s)
	parts, err := jws.Parse(token, s[:0])
	if err != nil {
		return nil, refuseForm(err)
	}
	header, err := jws.ParseHeader(parts.Header, v.alg)
	if err != nil {
		return nil, refuseForm(err)
	}
	key, refusal := v.key(header.KeyID)
	if refusal != nil {
		return nil, refusal
	}
	// The key set may be anybody's: under a weak key anybody's signature holds.
	if jwk.CheckEd25519(key) != nil {
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "the key set gave a key that is none, or a weak one"}
	}
	if !jws.VerifyEd25519(key, parts.SigningInput, parts.Signature) {
		// The id may be told: it is a held key's, whoever wrote it into the token.
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonSignatureInvalid, Detail: "key " + header.KeyID + ", which the token names, did not sign it"}
	}
	// A copy: whatever comes of it must not be part of the scratch, where the next token's payload will stand.
	p, err := parseClaims(string(parts.Payload), v.audience)
	if err != nil {
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonClaimsInvalid, Detail: err.Error(), KeyID: header.KeyID}
	}
	return newToken(token, header.KeyID, key, p), nil
}

// current makes the checks that depend on the time, for every request, whether the token is remembered or not.
func (v *Verifier) current(t *Token) *streamtoken.Refusal {
	switch now := v.now().Unix(); {
	case now >= t.expires:
		return t.refuse(streamtoken.ReasonTokenExpired, span(now-t.expires)+" ago")
	case now < t.from:
		return t.refuse(streamtoken.ReasonTokenNotYetValid, "valid in "+span(t.from-now))
	case t.tooLong:
		return t.refuse(streamtoken.ReasonLifetimeTooLong, "issued for "+span(t.expires-t.issued)+", more than a year")
	}
	return v.taken(t)
}

// taken asks whether the relay accepts the token.
func (v *Verifier) taken(t *Token) *streamtoken.Refusal {
	ok, err := v.accepted.Accepts(t.relay, t.id)
	switch {
	case err != nil:
		return t.refuse(streamtoken.ReasonRevocationsUnavailable, detailOf(err))
	case !ok:
		return t.refuse(streamtoken.ReasonTokenRevoked, "not in the relay's accepted set")
	}
	return nil
}

// key finds the key.
func (v *Verifier) key(id string) (ed25519.PublicKey, *streamtoken.Refusal) {
	key, err := v.keys.Key(id)
	switch {
	case err == nil:
		return key, nil
	case errors.Is(err, streamtoken.ReasonKeyUnknown):
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeyUnknown, Detail: "no key with the token's kid is held"}
	default:
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: detailOf(err)}
	}
}

func (t *Token) refuse(reason streamtoken.Reason, detail string) *streamtoken.Refusal {
	return &streamtoken.Refusal{Reason: reason, Detail: detail, KeyID: t.keyID, Subject: t.relay}
}

// refuseForm gives the reason for an error of package jws, and its text without the sentence that the reason already says.
func refuseForm(err error) *streamtoken.Refusal {
	for _, c := range [...]struct {
		err    error
		reason streamtoken.Reason
	}{
		{jws.ErrTooLarge, streamtoken.ReasonTokenTooLarge},
		{jws.ErrMalformed, streamtoken.ReasonTokenMalformed},
		{jws.ErrAlg, streamtoken.ReasonAlgNotAllowed},
		{jws.ErrHeader, streamtoken.ReasonHeaderInvalid},
	} {
		if errors.Is(err, c.err) {
			return &streamtoken.Refusal{Reason: c.reason, Detail: strings.TrimPrefix(err.Error(), c.err.Error()+": ")}
		}
	}
	return &streamtoken.Refusal{Reason: streamtoken.ReasonHeaderInvalid}
}

// detailOf is what the operator reads of a failed key set or accepted set.
func detailOf(err error) string {
	var refusal *streamtoken.Refusal
	if errors.As(err, &refusal) && refusal != nil {
		return refusal.Detail
	}
	if _, bare := err.(streamtoken.Reason); bare {
		return "" // the reason says it already
	}
	return err.Error()
}

// span writes a number of seconds for people: days from two days on.
func span(sec int64) string {
	const day = 24 * 60 * 60
	if sec >= 2*day {
		return strconv.FormatInt(sec/day, 10) + " days"
	}
	return (time.Duration(sec) * time.Second).String()
}
