package jwk

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

var (
	errNotEd25519        = errors.New("jwk: not an Ed25519 key: relay tokens are signed with Ed25519")
	errDamagedEd25519    = errors.New("jwk: the PEM block does not hold an Ed25519 private key")
	errMisfitEd25519     = errors.New("jwk: the public half is not that of the private key")
	errPublicWherePriv   = errors.New("jwk: a public key; signing needs the private one")
	oidEd25519           = asn1.ObjectIdentifier{1, 3, 101, 112} // RFC 8410 section 3
	errPrivateJWKWithout = errors.New("jwk: a private JWK needs a valid key id")
)

// oneAsymmetricKey is the private key of RFC 5958 section 2, as RFC 8410 section 7 uses it.
type oneAsymmetricKey struct {
	Version    int
	Algorithm  pkix.AlgorithmIdentifier
	Key        []byte
	Attributes asn1.RawValue  `asn1:"optional,tag:0"`
	Public     asn1.BitString `asn1:"optional,tag:1"`
}

// ParsePrivateEd25519 reads one signing key: one PKCS #8 PEM block (RFC 8410), or a private JWK of kty "OKP" and crv
// "Ed25519" (RFC 8037), at most MaxPrivateBytes. A public half that the form carries must be that of the private one. use,
// alg ("Ed25519" or "EdDSA") and key_ops of a JWK are respected. Encrypted PEM, several blocks, data around the block, JWK
// Sets and RSA keys are errors.
func ParsePrivateEd25519(data []byte) (PrivateEd25519, error) {
	if len(data) > MaxPrivateBytes {
		return PrivateEd25519{}, fmt.Errorf("jwk: more than %d bytes", MaxPrivateBytes)
	}
	switch form := formOf(data); form {
	case formPEM:
		return parsePrivateEd25519PEM(data)
	case formObject:
		return parsePrivateEd25519JWK(data)
	default:
		return PrivateEd25519{}, errors.New("jwk: not a private key: " + form.hint())
	}
}

func parsePrivateEd25519PEM(data []byte) (PrivateEd25519, error) {
	block, err := decodePEM(data)
	if err != nil {
		return PrivateEd25519{}, err
	}
	switch block.Type {
	case "PRIVATE KEY":
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return PrivateEd25519{}, errPublicWherePriv
	case "RSA PRIVATE KEY":
		return PrivateEd25519{}, errNotEd25519
	default:
		return PrivateEd25519{}, errors.New("jwk: PEM that is not PRIVATE KEY")
	}
	var outer oneAsymmetricKey
	var seed []byte
	if rest, err := asn1.Unmarshal(block.Bytes, &outer); err != nil || len(rest) > 0 {
		return PrivateEd25519{}, errDamagedEd25519
	}
	if !outer.Algorithm.Algorithm.Equal(oidEd25519) {
		return PrivateEd25519{}, errNotEd25519
	}
	if len(outer.Algorithm.Parameters.FullBytes) > 0 { // RFC 8410, 3: there must be none
		return PrivateEd25519{}, errDamagedEd25519
	}
	if rest, err := asn1.Unmarshal(outer.Key, &seed); err != nil || len(rest) > 0 || len(seed) != ed25519.SeedSize {
		return PrivateEd25519{}, errDamagedEd25519
	}
	return pairEd25519("", seed, outer.Public.Bytes)
}

func parsePrivateEd25519JWK(data []byte) (PrivateEd25519, error) {
	doc, err := strictjson.Parse(data)
	if err != nil {
		return PrivateEd25519{}, fmt.Errorf("jwk: %w", err)
	}
	o, err := readObject(doc, append([]string{"keys"}, jwkNames...))
	if err != nil {
		return PrivateEd25519{}, err
	}
	if o.has("keys") {
		return PrivateEd25519{}, errors.New("jwk: a JWK Set; give one private JWK by itself")
	}
	id, err := o.id()
	if err == nil {
		err = o.checkPurposeEd25519("sign")
	}
	if err != nil {
		return PrivateEd25519{}, fmt.Errorf("jwk: %w", err)
	}
	if !o.isPrivate() {
		return PrivateEd25519{}, errPublicWherePriv
	}
	seed, err := o.octets32("d")
	if err != nil {
		return PrivateEd25519{}, fmt.Errorf("jwk: %w", err)
	}
	x, err := o.octets32("x") // required by RFC 8037 section 2
	if err != nil {
		return PrivateEd25519{}, fmt.Errorf("jwk: %w", err)
	}
	return pairEd25519(id, seed, x)
}

// pairEd25519 makes the key of seed. A public half from elsewhere never goes into a signature: signing one message under
// two public halves gives the private key away ("double public key signing function oracle attack", 2022).
func pairEd25519(id string, seed, public []byte) (PrivateEd25519, error) {
	key := ed25519.NewKeyFromSeed(seed)
	if len(public) > 0 && !bytes.Equal(public, key[ed25519.SeedSize:]) {
		return PrivateEd25519{}, errMisfitEd25519
	}
	return PrivateEd25519{ID: id, Key: key}, nil
}

// MarshalPrivateEd25519 writes a private JWK: use, kty, kid, alg "Ed25519", crv, x, d.
func MarshalPrivateEd25519(key PrivateEd25519) ([]byte, error) {
	switch {
	case !validID(key.ID):
		return nil, errPrivateJWKWithout
	case len(key.Key) != ed25519.PrivateKeySize:
		return nil, errors.New("jwk: no Ed25519 key")
	}
	pair, err := pairEd25519(key.ID, key.Key.Seed(), key.Key[ed25519.SeedSize:])
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Use string `json:"use"`
		Kty string `json:"kty"`
		Kid string `json:"kid"`
		Alg string `json:"alg"`
		Crv string `json:"crv"`
		X   string `json:"x"`
		D   string `json:"d"`
	}{
		"sig", "OKP", key.ID, "Ed25519", "Ed25519",
		base64.RawURLEncoding.EncodeToString(pair.Key[ed25519.SeedSize:]),
		base64.RawURLEncoding.EncodeToString(pair.Key.Seed()),
	})
}

// MarshalPEMEd25519 writes PKCS #8 PEM ("PRIVATE KEY") with a final line break. An error is a key of another length.
func MarshalPEMEd25519(key ed25519.PrivateKey) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("jwk: no Ed25519 key")
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, errors.New("jwk: no Ed25519 key")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
