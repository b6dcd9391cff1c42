package jwk_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

// FuzzParsePublic: what is accepted passes the policy, and survives being written as a set and read again.
func FuzzParsePublic(f *testing.F) {
	for _, name := range []string{"a.jwks.json", "a.pub.pem", "a.jwk", "a.json", "a.pem.b64"} {
		f.Add([]byte(read(f, name)))
	}
	f.Add([]byte(set(entry(f, "a.jwks.json", `use="enc"`), entry(f, "b.jwks.json", `key_ops=["verify"]`))))
	f.Add([]byte(entry(f, "a.jwks.json", `n="AA"`, `kid=`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, skipped, err := jwk.ParsePublic(data)
		if err != nil {
			require.Nil(t, keys)
			require.Nil(t, skipped)
			return
		}
		named := make([]jwk.Public, 0, len(keys))
		for _, key := range keys {
			require.NoError(t, jwk.CheckPublic(key.Key))
			if key.ID != "" {
				named = append(named, key)
			}
		}
		written, err := jwk.MarshalSet(named)
		require.NoError(t, err)
		again, skipped, err := jwk.ParsePublic(written)
		require.NoError(t, err)
		require.Empty(t, skipped)
		require.Len(t, again, len(named))
		for i := range named {
			require.Equal(t, named[i].ID, again[i].ID)
			require.True(t, named[i].Key.Equal(again[i].Key))
		}
	})
}

// FuzzParsePrivate: what is accepted can be written as PEM and as a JWK, and either is the same key again; and its input is
// never taken for public keys.
func FuzzParsePrivate(f *testing.F) {
	for _, name := range []string{"a.pem", "b.pkcs8.pem", "c.jwk", "a.pub.pem", "a.json"} {
		f.Add([]byte(read(f, name)))
	}
	f.Add([]byte(entry(f, "a.jwk", "dp=", "dq=", "qi=", "kid=")))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := jwk.ParsePrivate(data)
		if err != nil {
			require.Zero(t, key)
			return
		}
		_, _, err = jwk.ParsePublic(data)
		require.ErrorIs(t, err, jwk.ErrPrivate)
		fromPEM, err := jwk.ParsePrivate(jwk.MarshalPEM(key.Key))
		require.NoError(t, err)
		require.True(t, key.Key.Equal(fromPEM.Key))
		if key.ID == "" {
			key.ID = "named"
		}
		written, err := jwk.MarshalPrivate(key)
		require.NoError(t, err)
		fromJWK, err := jwk.ParsePrivate(written)
		require.NoError(t, err)
		require.Equal(t, key.ID, fromJWK.ID)
		require.True(t, key.Key.Equal(fromJWK.Key))
		_, _, err = jwk.ParsePublic([]byte(base64.StdEncoding.EncodeToString(written)))
		require.ErrorIs(t, err, jwk.ErrPrivate)
	})
}

// FuzzParseAnswer: an accepted answer holds at least one of the two, each in its own form.
func FuzzParseAnswer(f *testing.F) {
	for _, name := range []string{"a.json", "b.answer.json"} {
		f.Add([]byte(read(f, name)))
	}
	f.Add([]byte(`{"id":"a","jwk":{"kty":"RSA"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		answer, err := jwk.ParseAnswer(data)
		if err != nil {
			require.Zero(t, answer)
			return
		}
		require.True(t, len(answer.PEM) > 0 || len(answer.JWK) > 0)
		_, _, err = jwk.ParsePublic(data)
		require.Error(t, err, "an answer is never a public key")
	})
}
