package moq

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jwk"
)

var errKeyID = fmt.Errorf("moq: the key id must hold 1 to %d characters of A-Z a-z 0-9 _ . -", streamtoken.MaxKeyIDBytes)

// Key is one Ed25519 signing key with its id. It is immutable and safe for concurrent use. Printed, logged or marshalled it
// shows its id only; MarshalJWK is the one way to get the private part out. The zero Key signs nothing.
type Key struct {
	id  string
	pub ed25519.PublicKey

	// The private key lives behind this, because printers that walk values by reflection cannot look into a function.
	private func() ed25519.PrivateKey
}

// GenerateKey makes a key; id "" gives 32 random lower-case hexadecimal digits. An id that is not as in
// streamtoken.ValidKeyID is an error.
func GenerateKey(id string) (*Key, error) {
	if id == "" {
		id = NewID()
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("moq: generating a key: %w", err)
	}
	return NewKey(id, private)
}

// NewKey makes a Key of id, by which verifiers know it, and a copy of k. An id that is not as in streamtoken.ValidKeyID is an
// error, and so is a k of another length or with a public half that is not its own: one message signed under two public
// halves gives the private key away.
func NewKey(id string, k ed25519.PrivateKey) (*Key, error) {
	if !streamtoken.ValidKeyID(id) {
		return nil, errKeyID
	}
	if len(k) != ed25519.PrivateKeySize {
		return nil, errors.New("moq: not an Ed25519 private key of 64 bytes")
	}
	own := ed25519.NewKeyFromSeed(k.Seed())
	if !bytes.Equal(own, k) {
		return nil, errors.New("moq: the public half of the Ed25519 key is not its own")
	}
	return &Key{id: id, pub: own.Public().(ed25519.PublicKey), private: func() ed25519.PrivateKey { return own }}, nil
}

// ParseKey reads a key: a private JWK of kty "OKP" and crv "Ed25519" (RFC 8037), or PKCS #8 PEM (RFC 8410). At most 32 KiB.
//
// id is needed where the form carries none (PEM, a JWK without kid) and must be the same where it does; "" otherwise. Public
// keys, RSA keys, encrypted PEM and sets are errors. Errors never quote the input.
func ParseKey(data []byte, id string) (*Key, error) {
	if id != "" && !streamtoken.ValidKeyID(id) {
		return nil, errKeyID
	}
	parsed, err := jwk.ParsePrivateEd25519(data)
	switch {
	case err != nil:
		return nil, fromJWK(err)
	case parsed.ID == "" && id == "":
		return nil, errors.New("moq: this form of key carries no id; give the id by which verifiers know it")
	case parsed.ID == "":
		parsed.ID = id
	case id != "" && id != parsed.ID:
		return nil, fmt.Errorf("moq: the key says that its id is %s, not %s; leave the id out or correct it", parsed.ID, id)
	}
	return NewKey(parsed.ID, parsed.Key)
}

// ID is the key's id: the kid of its tokens.
func (k *Key) ID() string { return k.id }

// Public gives a copy of the public key, nil for the zero Key.
func (k *Key) Public() ed25519.PublicKey { return bytes.Clone(k.pub) }

// MarshalJWK writes the key, its private part included, as a private JWK: use, kty, kid, alg, crv, x, d. ParseKey reads it.
func (k *Key) MarshalJWK() ([]byte, error) {
	if k.private == nil {
		return nil, errors.New("moq: no key")
	}
	out, err := jwk.MarshalPrivateEd25519(jwk.PrivateEd25519{ID: k.id, Key: k.private()})
	if err != nil {
		return nil, fromJWK(err)
	}
	return out, nil
}

// String gives the id only. The methods from here on are those of the value, so that a copy of a Key is as silent as its
// pointer.
func (k Key) String() string { return "moq.Key(" + k.id + ")" }

// Format is String for every verb: %d, %x or %#v would otherwise print the fields.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is the id, for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON gives {"id":"..."} only, so that a configuration or a log record that holds a Key does not give it away.
func (k Key) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID string `json:"id"`
	}{k.id})
}

// fromJWK gives an error of package jwk this package's prefix.
func fromJWK(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "jwk: "); ok {
		return errors.New("moq: " + text)
	}
	return err
}
