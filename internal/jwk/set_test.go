package jwk_test

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

// TestMixedSet: one document serves readers of both kinds, each of which passes over the other's keys.
func TestMixedSet(t *testing.T) {
	key := rfc8037(t)
	out, err := jwk.MarshalMixedSet([]jwk.AnyPublic{
		{ID: "rsa", Key: &private(t, "a.pem").PublicKey},
		{ID: "ed", Key: key.Public()},
	})
	require.NoError(t, err)
	require.Contains(t, string(out), `{"kty":"RSA","use":"sig","alg":"RS256","kid":"rsa","n":"`)
	require.Contains(t, string(out), `{"kty":"OKP","use":"sig","alg":"Ed25519","crv":"Ed25519","kid":"ed","x":"`+
		base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey))+`"}`)

	rsaKeys, skipped, err := jwk.ParsePublic(out)
	require.NoError(t, err)
	require.Len(t, rsaKeys, 1)
	require.Equal(t, []jwk.Skipped{{ID: "ed", Reason: "kty is not RSA"}}, skipped)
	edKeys, skipped, err := jwk.ParsePublicEd25519(out)
	require.NoError(t, err)
	require.Equal(t, []jwk.PublicEd25519{{ID: "ed", Key: key.Public().(ed25519.PublicKey)}}, edKeys)
	require.Equal(t, []jwk.Skipped{{ID: "rsa", Reason: "kty is not OKP"}}, skipped)

	// The set of RSA keys alone is what it always was.
	mixed, err := jwk.MarshalMixedSet([]jwk.AnyPublic{{ID: "rsa", Key: &private(t, "a.pem").PublicKey}})
	require.NoError(t, err)
	alone, err := jwk.MarshalSet([]jwk.Public{{ID: "rsa", Key: &private(t, "a.pem").PublicKey}})
	require.NoError(t, err)
	require.Equal(t, string(alone), string(mixed))
	none, err := jwk.MarshalMixedSet(nil)
	require.NoError(t, err)
	require.Equal(t, `{"keys":[]}`, string(none))
}

// TestSetOfManyAccounts: a follower of all accounts reads their keys in one set. Were it too large for that, one account would
// shut out all others by making as many keys as it may.
func TestSetOfManyAccounts(t *testing.T) {
	key, ed := &private(t, "a.pem").PublicKey, rfc8037(t).Public()
	var set []jwk.AnyPublic
	for account := range 20 {
		for i := range 1001 { // those it has made, and the one with which the control API signs
			set = append(set, jwk.AnyPublic{ID: fmt.Sprintf("%016d%016d", account, i), Key: key})
		}
		set = append(set, jwk.AnyPublic{ID: fmt.Sprintf("own%d", account), Key: ed})
	}
	out, err := jwk.MarshalMixedSet(set)
	require.NoError(t, err)
	keys, _, err := jwk.ParsePublic(out)
	require.NoError(t, err)
	require.Len(t, keys, 20*1001)
	own, _, err := jwk.ParsePublicEd25519(out)
	require.NoError(t, err)
	require.Len(t, own, 20)
}

func TestMixedSetRefuses(t *testing.T) {
	good := rfc8037(t).Public().(ed25519.PublicKey)
	for name, keys := range map[string][]jwk.AnyPublic{
		"no id":                   {{Key: good}},
		"an id twice":             {{ID: "a", Key: good}, {ID: "a", Key: &private(t, "a.pem").PublicKey}},
		"a private RSA key":       {{ID: "a", Key: private(t, "a.pem")}},
		"a private Ed25519 key":   {{ID: "a", Key: rfc8037(t)}},
		"no key":                  {{ID: "a"}},
		"no RSA key":              {{ID: "a", Key: (*crypto.PublicKey)(nil)}},
		"an Ed25519 key cut":      {{ID: "a", Key: good[1:]}},
		"a key of small order":    {{ID: "a", Key: append(ed25519.PublicKey{1}, make([]byte, 31)...)}},
		"a key by pointer":        {{ID: "a", Key: &good}},
		"a symmetric key of sort": {{ID: "a", Key: []byte(good)}},
	} {
		out, err := jwk.MarshalMixedSet(keys)
		require.Error(t, err, name)
		require.Nil(t, out, name)
	}
}
