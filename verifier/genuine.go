package verifier

import (
	"errors"
	"strings"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jws"
)

// scratch holds the decoded parts of a token while it is judged. What a Token
// keeps is copied out of it.
var scratch = sync.Pool{New: func() any {
	b := make([]byte, 0, streamtoken.MaxTokenBytes)
	return &b
}}

// genuine makes the first five checks, those that depend on the token and the
// keys alone. What it finds stays true as long as the key set gives the same
// *Key for the token's kid.
func (v *Verifier) genuine(token string) (*Token, *streamtoken.Refusal) {
	buf := scratch.Get().(*[]byte)
	defer scratch.Put(buf)

	parts, err := jws.Parse(token, *buf)
	if err != nil {
		return nil, refuseForm(err)
	}
	header, err := jws.ParseHeader(parts.Header, streamtoken.Algorithm)
	if err != nil {
		return nil, refuseForm(err)
	}
	key, refusal := v.key(header.KeyID)
	if refusal != nil {
		return nil, refusal
	}
	if !jws.VerifyRS256(key.pub, parts.SigningInput, parts.Signature) {
		// The id may be told: it is a held key's, whoever wrote it into the token.
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonSignatureInvalid, Detail: "key " + key.id + ", which the token names, did not sign it"}
	}

	claims, rules, err := streamtoken.CompileClaims(parts.Payload, v.refuseUnknown)
	if err != nil {
		return nil, refuseClaims(key, err.Error())
	}
	if claims.KeyID != "" && claims.KeyID != key.id {
		return nil, refuseClaims(key, "kid: not the header's")
	}
	return &Token{raw: token, key: key, claims: claims, rules: rules}, nil
}

// key finds the key. A set that answers with another key than the one asked
// for, or with none and no error, is broken: no token is good by it.
func (v *Verifier) key(id string) (*Key, *streamtoken.Refusal) {
	if v.keys == nil {
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "no keys are configured"}
	}
	key, err := v.keys.Key(id)
	switch {
	case errors.Is(err, streamtoken.ReasonKeyUnknown):
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeyUnknown, Detail: "no key with the token's kid is held"}
	case err != nil:
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: detailOf(err)}
	case key == nil || key.pub == nil || key.id != id:
		return nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "the key set gave a key that was not asked for"}
	}
	return key, nil
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
