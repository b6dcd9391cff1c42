package api

import (
	"errors"
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

// minter is what signs Stream tokens: a *signer.Signer.
type minter interface {
	Sign(streamtoken.Claims) (string, error)
}

type tokenResult struct {
	Token string `json:"token"`
}

// maxPEMBytes holds the base64 of the PEM of a key of 8192 bits, twice over.
const maxPEMBytes = 20 << 10

// createStreamToken mints a token for the video or live input in the path: with the key that the body brings as id and pem,
// else with the account's own.
//
// That a key which is brought belongs to the account is not checked, nor is that there is such a video. A token whose key
// is not in the account's published set is one that no verifier accepts.
func (h *handler) createStreamToken(c *call) (answer, error) {
	body, err := c.body("id", "pem", "exp", "nbf", "downloadable", "accessRules", "flags")
	if err != nil {
		return answer{}, err
	}
	claims, err := readClaims(c.param("identifier"), body)
	if err != nil {
		return answer{}, err
	}
	sign, err := h.broughtKey(c, body)
	if sign == nil && err == nil {
		sign, err = h.signers(c)
	}
	if err != nil {
		return answer{}, err
	}
	token, err := sign.Sign(claims)
	if err != nil {
		return answer{}, signFault(err)
	}
	return answer{result: tokenResult{token}}, nil
}

func readClaims(identifier string, body object) (streamtoken.Claims, error) {
	if len(identifier) > streamtoken.StreamSubjectBytes || !streamtoken.ValidSubject(identifier) {
		return streamtoken.Claims{}, badRequest("", "identifier: must be 1 to 32 letters, digits, _ or -, the first a letter or digit")
	}
	c := streamtoken.Claims{Subject: identifier}
	var err error
	if c.Expires, err = body.unix("exp"); err != nil {
		return streamtoken.Claims{}, err
	}
	if c.NotBefore, err = body.unix("nbf"); err != nil {
		return streamtoken.Claims{}, err
	}
	if c.Downloadable, _, err = body.boolean("downloadable"); err != nil {
		return streamtoken.Claims{}, err
	}
	if v, given := body.get("accessRules"); given {
		if c.AccessRules, err = accessrules.Parse([]byte(v.Raw())); err != nil {
			return streamtoken.Claims{}, ruleFault(err.Error())
		}
	}
	// The flags ask Stream for a rendition. They have no documented form in a token, so that nothing comes of them here.
	if v, given := body.get("flags"); given {
		flags, err := readObject(v, body.at("flags"), "original")
		if err != nil {
			return streamtoken.Claims{}, err
		}
		if _, _, err = flags.boolean("original"); err != nil {
			return streamtoken.Claims{}, err
		}
	}
	return c, nil
}

// unix reads a time in Unix seconds; the zero time if there is none.
func (o object) unix(name string) (time.Time, error) {
	n, given, err := o.integer(name)
	switch {
	case err != nil || !given:
		return time.Time{}, err
	case n < 0 || n > streamtoken.MaxUnixTime:
		// The signer would refuse these too, all but the one number that is Go's zero time and means "none given".
		return time.Time{}, badRequest(o.at(name), name+": must lie in the years 1970 to 9999")
	}
	return time.Unix(n, 0), nil
}

// broughtKey gives a signer of the key in the body, nil if there is none.
func (h *handler) broughtKey(c *call, body object) (minter, error) {
	id, hasID, err := body.text("id")
	if err != nil {
		return nil, err
	}
	pem, hasPEM, err := body.text("pem")
	if err != nil {
		return nil, err
	}
	switch {
	case !hasID && !hasPEM:
		return nil, nil
	case !hasPEM:
		return nil, badRequest(body.at("pem"), "pem: is required if id is given")
	case !hasID:
		return nil, badRequest(body.at("id"), "id: is required if pem is given")
	case !streamtoken.ValidKeyID(id):
		return nil, badRequest(body.at("id"), "id: must be 1 to 128 characters of A-Z a-z 0-9 _ . -")
	case len(pem) > maxPEMBytes:
		return nil, badRequest(body.at("pem"), "pem: must be at most 20480 bytes")
	}
	key, err := signer.ParseKey([]byte(pem), id)
	if err != nil {
		// Its errors say what is wrong with the form of the key and quote nothing of it.
		return nil, badRequest(body.at("pem"), "pem: "+strings.TrimPrefix(err.Error(), "signer: "))
	}
	s, err := signer.New(signer.Config{Key: key, Now: h.now})
	if err != nil {
		return nil, err
	}
	b := broughtSigner{Signer: s}
	if h.own != nil && key.Public().Size() > rsaBits/8 {
		b.slot = func() (func(), error) { return h.own.slot(c) }
	}
	return b, nil
}

// broughtSigner signs with a key that a call brought.
type broughtSigner struct {
	*signer.Signer
	slot func() (release func(), err error) // for a large key, which takes a core for as long as making one; nil: for none
}

// Sign refuses a key that turns out not to sign: that its primes are not prime is seen here first.
func (b broughtSigner) Sign(claims streamtoken.Claims) (string, error) {
	if b.slot != nil {
		release, err := b.slot()
		if err != nil {
			return "", err
		}
		defer release()
	}
	token, err := b.Signer.Sign(claims)
	var field *signer.FieldError
	if err != nil && !errors.As(err, &field) {
		return "", badRequest("/pem", "pem: the parts of the key do not fit together: it does not sign")
	}
	return token, err
}

// signFault makes the answer of what a signer refuses.
func signFault(err error) error {
	var field *signer.FieldError
	switch {
	case !errors.As(err, &field):
		return err
	case field.Field == "sub" || field.Field == "kid":
		return badRequest("", field.Field+": "+field.Msg)
	}
	return badRequest(fieldPointer(field.Field), field.Field+": "+field.Msg)
}

// ruleFault makes the answer of what package accessrules refuses: "accessRules[2].ip[0]: must be ...".
func ruleFault(text string) *fault {
	field, _, ok := strings.Cut(text, ": ")
	if !ok || !strings.HasPrefix(field, "accessRules") {
		field = "accessRules"
	}
	return badRequest(fieldPointer(field), text)
}

// fieldPointer writes accessRules[2].ip[0] as the JSON pointer /accessRules/2/ip/0.
func fieldPointer(field string) string {
	return "/" + strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(field)
}
