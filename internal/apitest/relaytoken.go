package apitest

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// RelayClaims is the payload of a relay token.
type RelayClaims struct {
	Audience   string   `json:"aud"`
	Subject    string   `json:"sub"`
	ID         string   `json:"jti"`
	Operations []string `json:"operations"`
	IssuedAt   int64    `json:"iat"`
	Expires    int64    `json:"exp"`
}

// RelayToken verifies a relay token with the keys that are served and nothing but crypto/ed25519, wants it to be one of
// that relay, and gives its claims. Whether the relay accepts it is not asked.
func (a *API) RelayToken(t testing.TB, relay, token string) RelayClaims {
	t.Helper()
	var header map[string]string
	require.NoError(t, json.Unmarshal([]byte(segment(t, token, 0)), &header))
	require.Equal(t, "Ed25519", header["alg"]) // RFC 9864
	require.True(t, strings.HasPrefix(token, "eyJhbGciOiJFZDI1NTE5"), "alg comes first, as in the sample")

	var set struct {
		Keys []struct{ Kty, Crv, Kid, Alg, Use, X string }
	}
	require.NoError(t, json.Unmarshal(a.JWKS(t), &set))
	i := slices.IndexFunc(set.Keys, func(k struct{ Kty, Crv, Kid, Alg, Use, X string }) bool { return k.Kid == header["kid"] })
	require.GreaterOrEqual(t, i, 0, "the key is among those served")
	key := set.Keys[i]
	require.Equal(t, []string{"OKP", "Ed25519", "Ed25519", "sig"}, []string{key.Kty, key.Crv, key.Alg, key.Use})
	public, err := base64.RawURLEncoding.DecodeString(key.X)
	require.NoError(t, err)
	require.Len(t, public, ed25519.PublicKeySize)
	end := strings.LastIndexByte(token, '.')
	require.True(t, ed25519.Verify(public, []byte(token[:end]), []byte(segment(t, token, 2))), "the signature")

	var claims RelayClaims
	dec := json.NewDecoder(strings.NewReader(segment(t, token, 1)))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&claims))
	require.Equal(t, "moq.cloudflare.com", claims.Audience)
	require.Equal(t, relay, claims.Subject)
	require.Regexp(t, Hex32, claims.ID)
	Recent(t, time.Unix(claims.IssuedAt, 0))
	require.Greater(t, claims.Expires, claims.IssuedAt)
	return claims
}

// The operations of the two tokens a relay begins with.
var (
	Both = []string{"publish", "subscribe"}
	One  = []string{"subscribe"}
)

// AcceptedRelayToken is RelayToken for one that the relay must accept, for these operations and until it expires.
func (a *API) AcceptedRelayToken(t testing.TB, relay, token string, operations []string) RelayClaims {
	t.Helper()
	claims := a.RelayToken(t, relay, token)
	require.Equal(t, operations, claims.Operations)
	accepted := a.Accepted(t, relay)
	require.Contains(t, accepted, claims.ID)
	require.Equal(t, operations, accepted[claims.ID].Operations)
	require.Equal(t, claims.Expires, accepted[claims.ID].Expires.Unix())
	return claims
}

// NewRelay wants r to be what creating a relay of that name gives in either generation, with both tokens accepted and no
// other.
func (a *API) NewRelay(t testing.TB, name string, r Relay) {
	t.Helper()
	require.Regexp(t, Hex32, r.UID)
	require.Equal(t, name, r.Name)
	Recent(t, r.Created)
	require.Equal(t, r.Created, r.Modified)
	if r.Issuers == nil {
		OneYear(t, a.AcceptedRelayToken(t, r.UID, r.PublishSubscribe, Both))
		OneYear(t, a.AcceptedRelayToken(t, r.UID, r.Subscribe, One))
	} else {
		tokens := a.Issued(t, r.UID, r.Issuers)
		require.Len(t, tokens, 2)
		require.ElementsMatch(t, [][]string{Both, One}, [][]string{tokens[0].Operations, tokens[1].Operations})
	}
	require.Len(t, a.Accepted(t, r.UID), 2)
}

// OneYear wants a token to hold for the default time, "1 year from creation".
func OneYear(t testing.TB, c RelayClaims) {
	t.Helper()
	require.WithinDuration(t, time.Unix(c.IssuedAt, 0).AddDate(1, 0, 0), time.Unix(c.Expires, 0), 24*time.Hour)
}

// Issued wants issuers to be an answer with secrets, each of an accepted token, and gives the tokens.
func (a *API) Issued(t testing.TB, relay string, issuers []Issuer) []RelayToken {
	t.Helper()
	tokens := Tokens(t, issuers)
	for _, token := range tokens {
		claims := a.AcceptedRelayToken(t, relay, token.Secret, token.Operations)
		require.Equal(t, claims.ID, token.JTI)
		require.Equal(t, claims.Expires, token.Expires.Unix())
		Recent(t, token.Created)
		require.LessOrEqual(t, token.Expires.Sub(token.Created), 366*24*time.Hour)
	}
	return tokens
}

// Tokens gives the tokens of the one issuer there is.
func Tokens(t testing.TB, issuers []Issuer) []RelayToken {
	t.Helper()
	require.Len(t, issuers, 1)
	require.Equal(t, "cloudflare_jwt", issuers[0].Type)
	require.Equal(t, "cloudflare", issuers[0].Issuer)
	require.NotNil(t, issuers[0].Tokens, "present when empty")
	return issuers[0].Tokens
}
