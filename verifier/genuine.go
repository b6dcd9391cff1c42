package verifier

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jws"
	"github.com/streamtoken/streamtoken/internal/tokencache"
)

// scratch holds the decoded parts of a token while it is judged. Nothing of it
// stays behind in a Token.
type scratch struct {
	buf  []byte
	hash jws.Hash
	sum  [sha256.Size]byte // of the signing input, for an Engine
}

var scratches = sync.Pool{New: func() any {
	return &scratch{buf: make([]byte, 0, streamtoken.MaxTokenBytes)}
}}

// candidate is a token whose form and header hold, and the key it names.
type candidate struct {
	token string
	key   *Key
	parts jws.Compact // in a scratch
}

// form makes the first three checks, which cost little whatever a stranger
// sends: form, header, key.
func (v *Verifier) form(token string, s *scratch) (candidate, *streamtoken.Refusal) {
	parts, err := jws.Parse(token, s.buf)
	if err != nil {
		return candidate{}, refuseForm(err)
	}
	header := v.usual.Load()
	if header == nil || string(parts.Header) != header.text {
		h, err := jws.ParseHeader(parts.Header, streamtoken.Algorithm)
		if err != nil {
			return candidate{}, refuseForm(err)
		}
		header = &usualHeader{keyID: h.KeyID} // does not leave this function
	}
	key, refusal := v.key(header.keyID)
	if refusal != nil {
		return candidate{}, refusal
	}
	return candidate{token, key, parts}, nil
}

// usualHeader is a header that was read before. An issuer writes the same one
// into every token it signs with a key.
type usualHeader struct{ text, keyID string }

// rememberHeader keeps the header of a token that was signed: a stranger cannot
// change which one that is.
func (v *Verifier) rememberHeader(c candidate) {
	if h := v.usual.Load(); h == nil || string(c.parts.Header) != h.text {
		v.usual.Store(&usualHeader{text: string(c.parts.Header), keyID: c.key.id})
	}
}

// genuine makes the next two, signature and claims. What it finds depends on
// the token and the key alone, and stays true as long as the key set gives the
// same *Key for the token's kid.
func (v *Verifier) genuine(c candidate, s *scratch) (*tokencache.Entry[Token], *streamtoken.Refusal) {
	input := c.parts.SigningInput
	if !v.signed(c, s.hash.SigningInput(input), s) {
		// The id may be told: it is a held key's, whoever wrote it into the token.
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonSignatureInvalid, Detail: "key " + c.key.id + ", which the token names, did not sign it"}
	}
	// A copy: whatever comes of it must not be part of the scratch, where the next token's payload will stand.
	claims, rules, err := streamtoken.CompileClaims(string(c.parts.Payload), v.refuseUnknown)
	if err != nil {
		return nil, refuseClaims(c.key, err.Error())
	}
	if claims.KeyID != "" && claims.KeyID != c.key.id {
		return nil, refuseClaims(c.key, "kid: not the header's")
	}
	v.rememberHeader(c)
	return newToken(c.token, s.hash.Rest(c.token[len(input):]), c.key, &claims, &rules), nil
}

// key finds the key. A set that answers with another key than the one asked
// for, or with none and no error, is broken: no token is good by it.
func (v *Verifier) key(id string) (*Key, *streamtoken.Refusal) {
	if v.keys == nil {
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "no keys are configured"}
	}
	key, err := v.keys.Key(id)
	switch {
	case err == nil && key != nil && key.pub != nil && key.id == id:
		return key, nil
	case err == nil:
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "the key set gave a key that was not asked for"}
	case errors.Is(err, streamtoken.ReasonKeyUnknown):
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeyUnknown, Detail: "no key with the token's kid is held"}
	default:
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: detailOf(err)}
	}
}

// refuseForm gives the reason for an error of package jws, and its text
// without the sentence that the reason already says.
func refuseForm(err error) *streamtoken.Refusal {
	for _, c := range [...]struct {
		err    error
		reason streamtoken.Reason
	}{
		{jws.ErrTooLarge, streamtoken.ReasonTokenTooLarge},
		{jws.ErrMalformed, streamtoken.ReasonTokenMalformed},
		{jws.ErrAlg, streamtoken.ReasonAlgNotAllowed},
	} {
		if errors.Is(err, c.err) {
			return &streamtoken.Refusal{Reason: c.reason, Detail: strings.TrimPrefix(err.Error(), c.err.Error()+": ")}
		}
	}
	return &streamtoken.Refusal{
		Reason: streamtoken.ReasonHeaderInvalid,
		Detail: strings.TrimPrefix(err.Error(), jws.ErrHeader.Error()+": "),
	}
}

func refuseClaims(key *Key, detail string) *streamtoken.Refusal {
	return &streamtoken.Refusal{Reason: streamtoken.ReasonClaimsInvalid, Detail: detail, KeyID: key.id}
}

// detailOf is what the operator reads of a failed key set or revocation list.
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
