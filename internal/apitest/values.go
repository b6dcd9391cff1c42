package apitest

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The results of the calls, as far as the SDKs name their members.
type (
	// Key is a result of stream/keys.
	Key struct {
		ID      string    `json:"id"`
		KeyID   string    `json:"key_id"` // in lists
		PEM     string    `json:"pem"`    // only when it is made
		JWK     string    `json:"jwk"`    // only when it is made
		Created time.Time `json:"created"`
	}
	// Relay is a result of moq/relays.
	Relay struct {
		UID      string    `json:"uid"`
		Name     string    `json:"name"`
		Created  time.Time `json:"created"`
		Modified time.Time `json:"modified"`

		PublishSubscribe string   `json:"token_publish_subscribe"` // only when it is made, in the first generation
		Subscribe        string   `json:"token_subscribe"`         // likewise
		Issuers          []Issuer `json:"issuers"`                 // only when it is made, in the current generation
	}
	// Issuer is an element of issuers in the results of moq/relays/{id}/tokens.
	Issuer struct {
		Type   string       `json:"type"`
		Issuer string       `json:"issuer"`
		Tokens []RelayToken `json:"cloudflare_tokens"`
	}
	// RelayToken is a token in an Issuer.
	RelayToken struct {
		JTI        string    `json:"jti"`
		Operations []string  `json:"operations"`
		Created    time.Time `json:"created"`
		Expires    time.Time `json:"expires"`
		Label      string    `json:"label"`
		Secret     string    `json:"secret"` // only when it is made
	}
	// TURNKey is a result of calls/turn_keys.
	TURNKey struct {
		UID      string    `json:"uid"`
		Key      string    `json:"key"` // only when it is made
		Name     string    `json:"name"`
		Created  time.Time `json:"created"`
		Modified time.Time `json:"modified"`
	}
)

// What the ids and keys look like.
const (
	Hex32 = `^[0-9a-f]{32}$`
	Hex64 = `^[0-9a-f]{64}$`
)

// Near wants two times to be no further apart than a test may take.
func Near(t testing.TB, want, got time.Time) {
	t.Helper()
	require.WithinDuration(t, want, got, 10*time.Minute)
}

// Recent wants at to be about now.
func Recent(t testing.TB, at time.Time) {
	t.Helper()
	Near(t, time.Now(), at)
}

// NewKey wants k to be what creating a key gives.
func NewKey(t testing.TB, k Key) {
	t.Helper()
	require.Regexp(t, Hex32, k.ID)
	Recent(t, k.Created)

	data, err := base64.StdEncoding.DecodeString(k.PEM)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(data), "-----BEGIN RSA PRIVATE KEY-----\n"), "PKCS #1")
	block, rest := pem.Decode(data)
	require.NotNil(t, block)
	require.Empty(t, rest)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	require.Equal(t, 2048, key.N.BitLen())

	data, err = base64.StdEncoding.DecodeString(k.JWK)
	require.NoError(t, err)
	var jwk map[string]string
	require.NoError(t, json.Unmarshal(data, &jwk))
	for name, want := range map[string]string{"use": "sig", "kty": "RSA", "kid": k.ID, "alg": "RS256", "e": "AQAB"} {
		require.Equal(t, want, jwk[name], name)
	}
	for name, want := range map[string]*big.Int{
		"n": key.N, "d": key.D, "p": key.Primes[0], "q": key.Primes[1], "dp": key.Precomputed.Dp, "dq": key.Precomputed.Dq, "qi": key.Precomputed.Qinv,
	} {
		data, err := base64.RawURLEncoding.DecodeString(jwk[name])
		require.NoError(t, err, name)
		require.Zero(t, want.Cmp(new(big.Int).SetBytes(data)), name)
	}
}

// ListedKey wants k to be what is told later of a key that was made.
func ListedKey(t testing.TB, made, k Key) {
	t.Helper()
	require.Equal(t, Key{ID: made.ID, KeyID: made.ID, Created: made.Created}, k)
}

// NewTURNKey wants k to be what creating a TURN key of that name gives.
func NewTURNKey(t testing.TB, name string, k TURNKey) {
	t.Helper()
	require.Regexp(t, Hex32, k.UID)
	require.Regexp(t, Hex64, k.Key)
	require.Equal(t, name, k.Name)
	Recent(t, k.Created)
	require.Equal(t, k.Created, k.Modified)
}

// Members gives the names of a JSON object's members.
func Members(t testing.TB, object string) []string {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(object), &members), "%s", object)
	names := []string{}
	for name := range members {
		names = append(names, name)
	}
	return names
}

// Secretless wants an answer to hold nothing that is shown once: no token, no key, not under another name either.
func Secretless(t testing.TB, answer string) {
	t.Helper()
	for _, trace := range []string{"eyJ", "LS0tLS1", "PRIVATE", `"pem"`, `"jwk"`, `"key"`, `"secret"`, `"token`} {
		require.NotContains(t, answer, trace)
	}
}
