package verifier_test

import (
	"crypto/rsa"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

func TestNewKeyPolicy(t *testing.T) {
	pub := &testKey(t, "a").PublicKey
	sized := func(bits int) *rsa.PublicKey {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return &rsa.PublicKey{N: n.Add(n, new(big.Int).Rsh(pub.N, uint(pub.N.BitLen()-1024))).SetBit(n, 0, 1), E: 65537}
	}
	for _, c := range []struct {
		name string
		id   string
		pub  *rsa.PublicKey
		ok   bool
	}{
		{"good", kidA, pub, true},
		{"a short id", "a", pub, true},
		{"the longest id", strings.Repeat("k", 128), pub, true},
		{"2048 bits", "a", sized(2048), true},
		{"8192 bits", "a", sized(8192), true},
		{"no id", "", pub, false},
		{"an id too long", strings.Repeat("k", 129), pub, false},
		{"an id with a slash", "a/b", pub, false},
		{"an id with a space", "a b", pub, false},
		{"no key", "a", nil, false},
		{"no modulus", "a", &rsa.PublicKey{E: 65537}, false},
		{"2047 bits", "a", sized(2047), false},
		{"1024 bits", "a", sized(1024), false},
		{"8193 bits", "a", sized(8193), false},
		{"e = 1", "a", &rsa.PublicKey{N: pub.N, E: 1}, false},
		{"e = 3", "a", &rsa.PublicKey{N: pub.N, E: 3}, false},
		{"e = 65539", "a", &rsa.PublicKey{N: pub.N, E: 65539}, false},
		{"an even modulus", "a", &rsa.PublicKey{N: new(big.Int).SetBit(pub.N, 0, 0), E: 65537}, false},
		{"a negative modulus", "a", &rsa.PublicKey{N: new(big.Int).Neg(pub.N), E: 65537}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := verifier.NewKey(c.id, c.pub)
			if !c.ok {
				require.Error(t, err)
				require.Nil(t, k)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.id, k.ID())
			require.True(t, k.Public().Equal(c.pub))
		})
	}
}

// TestKeyIsACopy: neither what a key was made of nor what it gives out changes it.
func TestKeyIsACopy(t *testing.T) {
	private := testKey(t, "a")
	pub := rsa.PublicKey{N: new(big.Int).Set(private.N), E: private.E}
	k, err := verifier.NewKey(kidA, &pub)
	require.NoError(t, err)
	keys, err := verifier.NewStaticKeys(k)
	require.NoError(t, err)
	v, err := verifier.New(verifier.Config{Keys: keys, Now: clock(at)})
	require.NoError(t, err)

	pub.N.SetInt64(3)
	pub.E = 3
	given := k.Public()
	given.N.SetInt64(3)
	_, err = v.Verify(t.Context(), sign(t, private, header(kidA), `{"sub":"v","exp":1800003600}`))
	require.NoError(t, err)
}

func TestStaticKeys(t *testing.T) {
	a, err := verifier.NewKey(kidA, &testKey(t, "a").PublicKey)
	require.NoError(t, err)
	b, err := verifier.NewKey(kidB, &testKey(t, "b").PublicKey)
	require.NoError(t, err)
	again, err := verifier.NewKey(kidA, &testKey(t, "b").PublicKey)
	require.NoError(t, err)

	for name, list := range map[string][]*verifier.Key{
		"none": {}, "nil": {nil}, "one not made by NewKey": {new(verifier.Key)},
		"one id, two keys": {a, again}, "one key twice": {b, a, b},
	} {
		set, err := verifier.NewStaticKeys(list...)
		require.Error(t, err, name)
		require.Nil(t, set, name)
	}

	set, err := verifier.NewStaticKeys(b, a)
	require.NoError(t, err)
	require.Equal(t, []string{kidA, kidB}, set.IDs())
	got, err := set.Key(kidA)
	require.NoError(t, err)
	require.Same(t, a, got)
	for _, id := range []string{"", "k", strings.ToUpper(kidA), kidA + " "} {
		got, err := set.Key(id)
		require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)
		require.Nil(t, got)
	}

	var zero verifier.StaticKeys
	_, err = zero.Key(kidA)
	require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)
	require.Empty(t, zero.IDs())
}

func TestNewRefuses(t *testing.T) {
	keys := staticKeys(t)
	for name, cfg := range map[string]verifier.Config{
		"nothing":         {},
		"no keys":         {Now: time.Now, Leeway: time.Second},
		"leeway negative": {Keys: keys, Leeway: -1},
		"leeway too long": {Keys: keys, Leeway: streamtoken.MaxLeeway + 1},
	} {
		v, err := verifier.New(cfg)
		require.Error(t, err, name)
		require.Nil(t, v, name)
	}
	v, err := verifier.New(verifier.Config{Keys: keys, Leeway: streamtoken.MaxLeeway})
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1}`))
	require.ErrorIs(t, err, streamtoken.ReasonTokenExpired, "the clock is the machine's")
}

// TestZeroVerifier refuses everything.
func TestZeroVerifier(t *testing.T) {
	var v verifier.Verifier
	tok, err := v.Verify(t.Context(), sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600}`))
	requireRefused(t, tok, err, streamtoken.ReasonKeysUnavailable)
	tok, err = v.Verify(t.Context(), "x")
	requireRefused(t, tok, err, streamtoken.ReasonTokenMalformed)
}

type keySetFunc func(id string) (*verifier.Key, error)

func (f keySetFunc) Key(id string) (*verifier.Key, error) { return f(id) }

// TestKeySetAnswers: whatever a key set answers, no token passes without the key of its kid.
func TestKeySetAnswers(t *testing.T) {
	a, err := verifier.NewKey(kidA, &testKey(t, "a").PublicKey)
	require.NoError(t, err)
	good := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600}`)
	other := sign(t, testKey(t, "a"), header(kidB), `{"sub":"v","exp":1800003600}`)
	for _, c := range []struct {
		name   string
		token  string
		key    *verifier.Key
		err    error
		want   streamtoken.Reason
		detail string
	}{
		{"the key", good, a, nil, "", ""},
		{"another key than asked for", other, a, nil, streamtoken.ReasonKeysUnavailable, "the key set gave a key that was not asked for"},
		{"no key and no error", good, nil, nil, streamtoken.ReasonKeysUnavailable, "the key set gave a key that was not asked for"},
		{"a key not made by NewKey", good, new(verifier.Key), nil, streamtoken.ReasonKeysUnavailable, "the key set gave a key that was not asked for"},
		{"unknown", good, nil, streamtoken.ReasonKeyUnknown, streamtoken.ReasonKeyUnknown, "no key with the token's kid is held"},
		{"unknown and yet a key", good, a, streamtoken.ReasonKeyUnknown, streamtoken.ReasonKeyUnknown, "no key with the token's kid is held"},
		{"unavailable", good, nil, streamtoken.ReasonKeysUnavailable, streamtoken.ReasonKeysUnavailable, ""},
		{"unavailable and yet a key", good, a, streamtoken.ReasonKeysUnavailable, streamtoken.ReasonKeysUnavailable, ""},
		{"unavailable, with detail", good, nil, &streamtoken.Refusal{Reason: streamtoken.ReasonKeysUnavailable, Detail: "stale for 5m0s"}, streamtoken.ReasonKeysUnavailable, "stale for 5m0s"},
		{"any other error", good, a, errors.New("disk on fire"), streamtoken.ReasonKeysUnavailable, "disk on fire"},
		{"an error of another reason", good, a, streamtoken.ReasonTokenExpired, streamtoken.ReasonKeysUnavailable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			v := newVerifier(t, func(cfg *verifier.Config) {
				cfg.Keys = keySetFunc(func(string) (*verifier.Key, error) { asked++; return c.key, c.err })
			})
			tok, err := v.Verify(t.Context(), c.token)
			require.Equal(t, 1, asked)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.detail, requireRefused(t, tok, err, c.want).Detail)
		})
	}
}

// TestKeySetIsAskedLate: a token whose form or header is refused does not reach the keys.
func TestKeySetIsAskedLate(t *testing.T) {
	v := newVerifier(t, func(cfg *verifier.Config) {
		cfg.Keys = keySetFunc(func(string) (*verifier.Key, error) { panic("asked") })
	})
	for _, token := range []string{"", "a.b.c", b64(`{"alg":"none","kid":"k"}`) + ".AAAA.AAAA", b64(`{"alg":"RS256","kid":"a b"}`) + ".AAAA.AAAA"} {
		_, err := v.Verify(t.Context(), token)
		require.Error(t, err)
	}
}
