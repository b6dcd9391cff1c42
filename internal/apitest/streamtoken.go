package apitest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/verifier"
)

// StreamClaims is the payload of a Stream token.
type StreamClaims struct {
	Subject      string       `json:"sub"`
	KeyID        string       `json:"kid"`
	Expires      int64        `json:"exp"`
	NotBefore    int64        `json:"nbf"`
	Downloadable bool         `json:"downloadable"`
	AccessRules  []StreamRule `json:"accessRules"`
}

// StreamRule is an access rule in a StreamClaims.
type StreamRule struct {
	Type    string   `json:"type"`
	Action  string   `json:"action"`
	Country []string `json:"country"`
	IP      []string `json:"ip"`
}

// StreamToken verifies a Stream token with the keys that are served, twice: with our verifier and with go-jose. It gives
// the claims.
func (a *API) StreamToken(t testing.TB, token string) StreamClaims {
	t.Helper()
	return VerifyStreamToken(t, token, a.JWKS(t))
}

// VerifyStreamToken is StreamToken with the keys of a JWK Set.
func VerifyStreamToken(t testing.TB, token string, jwks []byte) StreamClaims {
	t.Helper()
	held, err := verifyStream(t, token, jwks)
	require.NoError(t, err)

	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal(jwks, &set))
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	require.NoError(t, err)
	require.JSONEq(t, `{"alg":"RS256","kid":"`+held.KeyID()+`"}`, segment(t, token, 0))
	keys := set.Key(jws.Signatures[0].Header.KeyID)
	require.Len(t, keys, 1)
	payload, err := jws.Verify(keys[0])
	require.NoError(t, err)

	var claims StreamClaims
	dec := json.NewDecoder(strings.NewReader(string(payload)))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&claims), "%s", payload)
	require.Equal(t, held.KeyID(), claims.KeyID)
	require.Equal(t, held.Subject(), claims.Subject)
	require.Equal(t, held.Expires().Unix(), claims.Expires)
	require.Equal(t, held.Downloadable(), claims.Downloadable)
	return claims
}

// RefusedStreamToken gives our verifier's reason to refuse a Stream token with the keys that are served.
func (a *API) RefusedStreamToken(t testing.TB, token string) error {
	t.Helper()
	_, err := verifyStream(t, token, a.JWKS(t))
	require.Error(t, err)
	return err
}

func verifyStream(t testing.TB, token string, jwks []byte) (*verifier.Token, error) {
	t.Helper()
	keys, _, err := verifier.ParseKeys(jwks, "")
	require.NoError(t, err)
	set, err := verifier.NewStaticKeys(keys...)
	require.NoError(t, err)
	v, err := verifier.New(verifier.Config{Keys: set})
	require.NoError(t, err)
	return v.Verify(context.Background(), token)
}

// segment decodes one part of a token.
func segment(t testing.TB, token string, i int) string {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	data, err := base64.RawURLEncoding.DecodeString(parts[i])
	require.NoError(t, err)
	return string(data)
}
