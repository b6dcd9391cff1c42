package signer_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

func TestForeignSignerMintsTheSameToken(t *testing.T) {
	raw := rawKey(t, "a")
	key, err := signer.NewKey(idA, kms{raw.Public, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		require.Equal(t, crypto.SHA256, opts.HashFunc())
		return raw.Sign(nil, digest, opts)
	}})
	require.NoError(t, err)
	claims := streamtoken.Claims{Subject: uid}
	require.Equal(t, sign(t, parse(t, read(t, "a.json"), ""), claims), sign(t, key, claims))
	_, err = key.MarshalAnswer(issue)
	require.ErrorContains(t, err, "private part of this key is not at hand")
	_, err = signer.MarshalJWKS(key)
	require.NoError(t, err)
}

func TestForeignSignerIsNotBelieved(t *testing.T) {
	a, b := rawKey(t, "a"), rawKey(t, "b")
	good := func(digest []byte) []byte {
		sig, err := a.Sign(nil, digest, crypto.SHA256)
		require.NoError(t, err)
		return sig
	}
	for name, c := range map[string]struct {
		sign    func([]byte, crypto.SignerOpts) ([]byte, error)
		message string
	}{
		"an error":    {func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, errors.New("throttled") }, "throttled"},
		"a panic":     {func([]byte, crypto.SignerOpts) ([]byte, error) { panic("secret") }, "panicked"},
		"nothing":     {func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }, "does not hold"},
		"another key": {func(d []byte, o crypto.SignerOpts) ([]byte, error) { return b.Sign(nil, d, o) }, "does not hold"},
		"PSS": {func(d []byte, _ crypto.SignerOpts) ([]byte, error) {
			return rsa.SignPSS(rand.Reader, a, crypto.SHA256, d, nil)
		}, "does not hold"},
		"cut short":      {func(d []byte, _ crypto.SignerOpts) ([]byte, error) { return good(d)[:255], nil }, "does not hold"},
		"too long":       {func(d []byte, _ crypto.SignerOpts) ([]byte, error) { return append(good(d), 0), nil }, "does not hold"},
		"leading zero":   {func(d []byte, _ crypto.SignerOpts) ([]byte, error) { return append([]byte{0}, good(d)...), nil }, "does not hold"},
		"another digest": {func(d []byte, _ crypto.SignerOpts) ([]byte, error) { d[0] ^= 1; return good(d), nil }, "does not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := signer.NewKey(idA, kms{a.Public, c.sign})
			require.NoError(t, err)
			token, err := newSigner(t, key, clock).Sign(streamtoken.Claims{Subject: uid})
			require.Empty(t, token)
			require.ErrorContains(t, err, c.message)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestNewKeyRefuses(t *testing.T) {
	raw := rawKey(t, "a")
	_, ed, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	misfit := *raw
	misfit.D = new(big.Int).Add(raw.D, big.NewInt(2))
	three := *raw
	three.E = 3
	public := func(p crypto.PublicKey) kms { return kms{func() crypto.PublicKey { return p }, nil} }
	for name, c := range map[string]struct {
		id      string
		s       crypto.Signer
		message string
	}{
		"no id":              {"", raw, "key id must hold"},
		"bad id":             {"a b", raw, "key id must hold"},
		"no signer":          {idA, nil, "no crypto.Signer"},
		"nil key":            {idA, (*rsa.PrivateKey)(nil), "no key"},
		"empty key":          {idA, &rsa.PrivateKey{}, "no RSA key"},
		"public part only":   {idA, &rsa.PrivateKey{PublicKey: raw.PublicKey}, "do not fit together"},
		"1024 bits":          {idA, small, "1024-bit"},
		"another d":          {idA, &misfit, "do not fit together"},
		"e = 3":              {idA, &three, "exponent 3"},
		"Ed25519":            {idA, ed, "not RSA"},
		"foreign, small":     {idA, public(small.Public()), "1024-bit"},
		"foreign, no key":    {idA, public(nil), "not RSA"},
		"foreign, nil key":   {idA, public((*rsa.PublicKey)(nil)), "no RSA key"},
		"foreign, by value":  {idA, public(raw.PublicKey), "not RSA"},
		"foreign, panicking": {idA, kms{func() crypto.PublicKey { panic("secret") }, nil}, "panicked"},
		"foreign, nil":       {idA, (*kms)(nil), "panicked"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := signer.NewKey(c.id, c.s)
			require.Nil(t, key)
			require.ErrorContains(t, err, c.message)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestKeyIsImmutable(t *testing.T) {
	raw := rawKey(t, "a")
	key, err := signer.NewKey(idA, raw)
	require.NoError(t, err)
	want := sign(t, key, streamtoken.Claims{Subject: uid})
	raw.D.SetInt64(3)
	raw.N.SetInt64(3)
	raw.Primes[0].SetInt64(3)
	key.Public().N.SetInt64(3)
	require.Equal(t, want, sign(t, key, streamtoken.Claims{Subject: uid}))
	require.True(t, rawKey(t, "a").PublicKey.Equal(key.Public()))
}

func TestGenerateKey(t *testing.T) {
	key, err := signer.GenerateKey("", 2048)
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile("^[0-9a-f]{32}$"), key.ID())
	answer, err := key.MarshalAnswer(issue)
	require.NoError(t, err)
	again := parse(t, string(answer), key.ID())
	require.True(t, key.Public().Equal(again.Public()))
	open(t, again.Public(), sign(t, key, streamtoken.Claims{Subject: uid}))

	for _, bits := range []int{-1, 0, 1024, 2047, 8193, 1 << 30} {
		_, err := signer.GenerateKey("", bits)
		require.ErrorContains(t, err, "must have 2048 to 8192", bits)
	}
	_, err = signer.GenerateKey("a/b", 2048)
	require.ErrorContains(t, err, "key id must hold")
}
