package verifier_test

import (
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// The ids of the three test-only keys.
const (
	idA = "8f926b2b01f3835170025a78a4dcbf6a"
	idB = "e9db990a82666dd571c77f944a5c5c8d"
	idC = "cdc935982f8075f2ef96106d85fcd838"
)

// keyForm reads one form of a test key, "a.jwks.json" say.
func keyForm(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../testdata/keys/" + name)
	require.NoError(t, err)
	return data
}

// member is the public JWK of a test key, with changes; nil removes a member.
func member(t testing.TB, name string, change map[string]any) map[string]any {
	t.Helper()
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(keyForm(t, name+".jwks.json"), &set))
	m := set.Keys[0]
	for k, v := range change {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	return m
}

func jwkSet(t testing.TB, members ...any) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"keys": members})
	require.NoError(t, err)
	return data
}

func ids(keys []*verifier.Key) []string {
	var out []string
	for _, k := range keys {
		out = append(out, k.ID())
	}
	return out
}

func TestParseKeys(t *testing.T) {
	with := func(name string, change map[string]any) map[string]any { return member(t, name, change) }
	one := func(m any) []byte { return mustJSON(t, m) }
	ec := map[string]any{"kty": "EC", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA"}
	pubPEM := keyForm(t, "a.pub.pem")
	cases := map[string]struct {
		data []byte
		id   string
		ids  []string // accepted, in order
		warn []string // a part of each warning
		err  string   // or of the error
	}{
		"set":                     {keyForm(t, "a.jwks.json"), "", []string{idA}, nil, ""},
		"set, id agrees":          {keyForm(t, "a.jwks.json"), idA, []string{idA}, nil, ""},
		"set, id contradicts":     {keyForm(t, "a.jwks.json"), idB, nil, nil, "but the keys there are: " + idA},
		"set of two":              {jwkSet(t, with("a", nil), with("b", nil)), "", []string{idA, idB}, nil, ""},
		"set of two, one by id":   {jwkSet(t, with("a", nil), with("b", nil)), idB, []string{idA, idB}, nil, ""},
		"jwk":                     {one(with("a", nil)), "", []string{idA}, nil, ""},
		"jwk without kid":         {one(with("a", map[string]any{"kid": nil})), "k", []string{"k"}, nil, ""},
		"jwk without any id":      {one(with("a", map[string]any{"kid": nil})), "", nil, nil, "carries no id"},
		"pem":                     {pubPEM, "k", []string{"k"}, nil, ""},
		"pem without id":          {pubPEM, "", nil, nil, "carries no id"},
		"pem, id no id":           {pubPEM, "../k", nil, nil, "key id is not"},
		"pem, id too long":        {pubPEM, strings.Repeat("k", 129), nil, nil, "key id is not"},
		"pem with a space before": {append([]byte(" \n"), pubPEM...), "k", []string{"k"}, nil, ""},

		"unusable skipped":        {jwkSet(t, ec, with("a", nil)), "", []string{idA}, []string{"key ec was skipped"}, ""},
		"for encryption skipped":  {jwkSet(t, with("b", map[string]any{"use": "enc"}), with("a", nil)), "", []string{idA}, []string{idB}, ""},
		"other alg skipped":       {jwkSet(t, with("b", map[string]any{"alg": "PS256"}), with("a", nil)), "", []string{idA}, []string{idB}, ""},
		"e = 1 skipped":           {jwkSet(t, with("b", map[string]any{"e": "AQ"}), with("a", nil)), "", []string{idA}, []string{idB}, ""},
		"without kid skipped":     {jwkSet(t, with("b", map[string]any{"kid": nil}), with("a", nil)), "", []string{idA}, []string{"carries no id"}, ""},
		"bad kid skipped":         {jwkSet(t, with("b", map[string]any{"kid": "../b"}), with("a", nil)), "", []string{idA}, []string{"a key was skipped"}, ""},
		"two without kid, one id": {jwkSet(t, with("a", map[string]any{"kid": nil}), with("b", map[string]any{"kid": nil})), "k", nil, nil, "two keys with the id k"},
		"a gap filled by a twin":  {jwkSet(t, with("a", nil), with("b", map[string]any{"kid": nil})), idA, nil, nil, "two keys with the id"},
		"none left":               {jwkSet(t, ec), "", nil, nil, "no usable public key: key ec was skipped"},
		"many, none left":         {jwkSet(t, ec, with("a", map[string]any{"use": "enc"}), with("b", map[string]any{"use": "enc"}), with("c", map[string]any{"use": "enc"}), map[string]any{"kty": "x"}), "", nil, nil, "and 2 more"},
		"empty set":               {[]byte(`{"keys":[]}`), "", nil, nil, "no usable public key"},
		"one kid twice":           {jwkSet(t, with("a", nil), with("b", map[string]any{"kid": idA})), "", nil, nil, "twice"},
		"one key twice":           {jwkSet(t, with("a", nil), with("a", nil)), "", nil, nil, "twice"},

		"empty":       {nil, "k", nil, nil, "empty"},
		"no key form": {[]byte("hello"), "k", nil, nil, "not a public key"},
		"torn json":   {keyForm(t, "a.jwks.json")[:100], "", nil, nil, "jwk"},
		"torn pem":    {pubPEM[:100], "k", nil, nil, "jwk"},
		"two in one":  {append(append([]byte{}, pubPEM...), keyForm(t, "b.pub.pem")...), "k", nil, nil, "jwk"},
		"too large":   {[]byte(strings.Repeat(" ", 16<<20) + "{}"), "", nil, nil, "more than"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			keys, warnings, err := verifier.ParseKeys(c.data, c.id)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				require.NotErrorIs(t, err, verifier.ErrPrivateKey)
				require.Nil(t, keys)
				require.Nil(t, warnings)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.ids, ids(keys))
			require.Len(t, warnings, len(c.warn))
			for i, w := range c.warn {
				require.Contains(t, warnings[i], w)
			}
		})
	}
}

// A private or symmetric key is refused in every form, wherever it stands, with the way out in the error and nothing of the key.
func TestParseKeysRefusesPrivate(t *testing.T) {
	var private map[string]any
	require.NoError(t, json.Unmarshal(keyForm(t, "b.jwk"), &private))
	cases := map[string][]byte{
		"in a set":        jwkSet(t, member(t, "a", nil), private),
		"first in a set":  jwkSet(t, private, member(t, "a", nil)),
		"only d":          jwkSet(t, member(t, "a", map[string]any{"d": "AQ"})),
		"d of no use":     jwkSet(t, member(t, "a", nil), map[string]any{"kty": "EC", "d": "AQ"}),
		"symmetric":       jwkSet(t, member(t, "a", nil), map[string]any{"kty": "oct", "k": "c2VjcmV0c2VjcmV0"}),
		"public, private": append(keyForm(t, "a.pub.pem"), keyForm(t, "b.pem")...),
	}
	for _, form := range []string{"json", "answer.json", "pem", "pkcs8.pem", "pem.b64", "jwk", "jwk.b64"} {
		cases[form] = keyForm(t, "a."+form)
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			keys, _, err := verifier.ParseKeys(data, idA)
			require.ErrorIs(t, err, verifier.ErrPrivateKey)
			require.ErrorContains(t, err, "streamtoken jwks")
			require.Nil(t, keys)
		})
	}
}

func TestParseKeysMaterial(t *testing.T) {
	want := &testKey(t, "a").PublicKey
	for _, form := range []string{"a.jwks.json", "a.pub.pem"} {
		keys, _, err := verifier.ParseKeys(keyForm(t, form), idA)
		require.NoError(t, err)
		require.True(t, keys[0].Public().Equal(want), form)
	}
}

// Whatever comes out is a key the policy allows, under an id that may be one, each id once; otherwise nothing comes out.
func FuzzParseKeys(f *testing.F) {
	for _, form := range []string{"a.jwks.json", "a.pub.pem", "a.jwk", "a.json", "a.pem.b64"} {
		f.Add(keyForm(f, form), "k")
		f.Add(keyForm(f, form), "")
	}
	f.Add(jwkSet(f, member(f, "a", nil), member(f, "b", map[string]any{"kid": nil})), "k")
	f.Fuzz(func(t *testing.T, data []byte, id string) {
		keys, warnings, err := verifier.ParseKeys(data, id)
		if err != nil {
			require.Nil(t, keys)
			require.Nil(t, warnings)
			return
		}
		require.NotEmpty(t, keys)
		seen := map[string]bool{}
		for _, k := range keys {
			require.True(t, streamtoken.ValidKeyID(k.ID()))
			require.False(t, seen[k.ID()])
			seen[k.ID()] = true
			pub := k.Public()
			require.GreaterOrEqual(t, pub.N.BitLen(), 2048)
			require.LessOrEqual(t, pub.N.BitLen(), 8192)
			require.Equal(t, 65537, pub.E)
		}
		if id != "" {
			require.True(t, seen[id])
		}
		// The keys that came out, written anew, come out again.
		var members []any
		for _, k := range keys {
			members = append(members, publicMember(k.ID(), k.Public()))
		}
		again, warnings, err := verifier.ParseKeys(jwkSet(t, members...), "")
		require.NoError(t, err)
		require.Empty(t, warnings)
		require.Equal(t, ids(keys), ids(again))
	})
}

func publicMember(id string, pub *rsa.PublicKey) map[string]any {
	return map[string]any{"kty": "RSA", "kid": id, "n": b64(string(pub.N.Bytes())), "e": b64(string(big.NewInt(int64(pub.E)).Bytes()))}
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}
