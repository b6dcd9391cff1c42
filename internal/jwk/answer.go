package jwk

import (
	"errors"
	"fmt"
	"strings"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// Members of the answer to Stream's create-key call and of the envelope around it ("Cloudflare Stream: securing your
// stream", Cloudflare API "stream/keys").
var (
	answerNames   = []string{"id", "pem", "jwk", "created"}
	envelopeNames = []string{"result", "success", "errors", "messages"}
)

// Answer is Stream's answer to the create-key call, its parts not yet read as keys: PEM and JWK are the key itself, with
// the base64 around it undone. Either may be absent, not both.
type Answer struct {
	ID  string // "" if absent
	PEM []byte
	JWK []byte
}

// String keeps the key out of print.
func (a Answer) String() string { return "jwk.Answer(" + a.ID + ")" }

// GoString is String, for %#v.
func (a Answer) GoString() string { return a.String() }

// IsAnswer tells whether data is a JSON object with a member that only the create-key answer or the API's envelope has.
// It does not validate the rest.
func IsAnswer(data []byte) bool {
	if len(data) > MaxPrivateBytes || formOf(data) != formObject {
		return false
	}
	doc, err := strictjson.Parse(data)
	if err != nil {
		return false
	}
	o, err := readObject(doc, nil)
	return err == nil && !o.has("kty") && !o.has("keys")
}

func looksLikeAnswer(o object) bool {
	if result, ok := o["result"]; ok {
		if inner, err := readObject(result, nil); err == nil {
			o = inner
		}
	}
	return o.has("pem") || o.has("jwk")
}

// ParseAnswer reads the answer of the create-key call, in the API's envelope or bare. pem and jwk may be wrapped in base64,
// as Stream hands them out, or not; jwk may also be an object. That pem and jwk hold the same key is the caller's to check.
func ParseAnswer(data []byte) (Answer, error) {
	if len(data) > MaxPrivateBytes {
		return Answer{}, fmt.Errorf("jwk: more than %d bytes", MaxPrivateBytes)
	}
	doc, err := strictjson.Parse(data)
	if err != nil {
		return Answer{}, fmt.Errorf("jwk: %w", err)
	}
	o, err := readObject(doc, append(append([]string{}, answerNames...), envelopeNames...))
	if err != nil {
		return Answer{}, err
	}
	if o.has("result") || o.has("success") {
		if o, err = openEnvelope(o); err != nil {
			return Answer{}, err
		}
	}
	return readAnswer(o)
}

func openEnvelope(o object) (object, error) {
	if good, ok := o["success"].Bool(); !ok || !good {
		return nil, errors.New("jwk: an answer of the API without \"success\": true: the call failed, and its errors say why")
	}
	result := o["result"]
	if result.Kind() == strictjson.Array {
		return nil, errors.New("jwk: an answer of the API with a list: the list of keys does not show them; only the answer to creating a key does")
	}
	inner, err := readObject(result, answerNames)
	if err != nil {
		return nil, fmt.Errorf("%w (result)", err)
	}
	return inner, nil
}

func readAnswer(o object) (Answer, error) {
	if !o.has("pem") && !o.has("jwk") {
		return Answer{}, errors.New("jwk: JSON without pem and jwk: only the answer to creating a key shows them, once")
	}
	var a Answer
	id, err := o.text("id")
	if err != nil {
		return Answer{}, fmt.Errorf("jwk: %w", err)
	}
	if o.has("id") && !validID(id) {
		return Answer{}, fmt.Errorf("jwk: id is not 1 to %d characters of A-Z a-z 0-9 _ . -", MaxIDBytes)
	}
	a.ID = strings.Clone(id) // not a slice of the answer, which holds the private key and would live as long
	if a.PEM, err = unwrapMember(o, "pem", formPEM); err != nil {
		return Answer{}, err
	}
	if v := o["jwk"]; v.Kind() == strictjson.Object {
		a.JWK = []byte(v.Raw())
	} else if a.JWK, err = unwrapMember(o, "jwk", formObject); err != nil {
		return Answer{}, err
	}
	return a, nil
}

func unwrapMember(o object, name string, want form) ([]byte, error) {
	if !o.has(name) {
		return nil, nil
	}
	s, err := o.text(name)
	if err != nil {
		return nil, fmt.Errorf("jwk: %w", err)
	}
	inner := []byte(s)
	if formOf(inner) != want {
		if inner, err = Unwrap(inner); err != nil {
			return nil, fmt.Errorf("%w (%s)", err, name)
		}
	}
	if formOf(inner) != want {
		return nil, fmt.Errorf("jwk: %s holds something else", name)
	}
	return inner, nil
}
