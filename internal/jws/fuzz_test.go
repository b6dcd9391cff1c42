package jws_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jws"
)

func sign(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	input := signingInput([]byte(header), []byte(payload))
	sum := sha256.Sum256(input)
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return string(jws.AppendSignature(input, sig))
}

func tokenSeeds(f *testing.F) {
	key := testKey(f, "a")
	good := sign(f, key, `{"alg":"RS256","kid":"a"}`, `{"sub":"v","exp":1}`)
	for _, s := range []string{
		good, good + "\n", good[:len(good)-1] + "B", strings.Replace(good, ".", "..", 1), rfc7515Token, rfc7520Token,
		sign(f, key, `{"alg":"RS256","kid":"a","crit":["x"]}`, `{}`),
		sign(f, key, `{"alg":"RS256","kid":"a","typ":"JWT"}`, `{}`),
		sign(f, key, ` {"kid":"a","alg":"RS256","x":[1]}`, `foo`),
		"..", "AAAA.AAAA.AAAA", "AB.AAAA.AAAA", "",
	} {
		f.Add(s)
	}
}

var compactForm = regexp.MustCompile(`\A[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\z`)

// plainParse is Parse, slow and obvious.
func plainParse(token string) ([][]byte, bool) {
	if len(token) > jws.MaxBytes || !compactForm.MatchString(token) {
		return nil, false
	}
	var parts [][]byte
	for _, part := range strings.Split(token, ".") {
		data, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || base64.RawURLEncoding.EncodeToString(data) != part {
			return nil, false
		}
		parts = append(parts, data)
	}
	return parts, true
}

// FuzzParse: exactly what the obvious parser accepts is accepted, it has one
// spelling, and scratch makes no difference.
func FuzzParse(f *testing.F) {
	tokenSeeds(f)
	f.Fuzz(func(t *testing.T, token string) {
		c, err := jws.Parse(token, nil)
		again, err2 := jws.Parse(token, make([]byte, 0, jws.MaxBytes))
		require.Equal(t, err, err2)
		require.Equal(t, c, again)
		parts, ok := plainParse(token)
		require.Equal(t, ok, err == nil)
		if err != nil {
			require.True(t, errors.Is(err, jws.ErrTooLarge) != errors.Is(err, jws.ErrMalformed))
			return
		}
		require.Equal(t, parts, [][]byte{c.Header, c.Payload, c.Signature})
		requireCanonical(t, token, c)
	})
}

// FuzzOneByte: a good token in which one byte is changed never verifies.
func FuzzOneByte(f *testing.F) {
	key := testKey(f, "a")
	good := sign(f, key, `{"alg":"RS256","kid":"a"}`, `{"sub":"v","exp":1}`)
	require.NoError(f, verifyJWS(good, &key.PublicKey))
	for _, pos := range []int{0, 5, strings.IndexByte(good, '.'), strings.LastIndexByte(good, '.'), len(good) - 1} {
		for _, c := range []byte{'A', 'B', '_', '.', '\n', 0} {
			f.Add(uint16(pos), c)
		}
	}
	f.Fuzz(func(t *testing.T, pos uint16, c byte) {
		b := []byte(good)
		at := int(pos) % len(b)
		if b[at] == c {
			return
		}
		b[at] = c
		require.Error(t, verifyJWS(string(b), &key.PublicKey), "byte %d", at)
	})
}

// FuzzAgainstGoJose: what is accepted here, header and signature included,
// go-jose accepts with the same payload. The other way round does not hold and
// need not: go-jose takes line breaks, unused bits, an empty crit, typ of any
// kind, zip, an embedded public key, and any kid.
func FuzzAgainstGoJose(f *testing.F) {
	tokenSeeds(f)
	key := testKey(f, "a")
	f.Fuzz(func(t *testing.T, token string) {
		if verifyJWS(token, &key.PublicKey) != nil {
			return
		}
		requireGoJose(t, token, key)
	})
}

// FuzzHeaderAgainstGoJose is the same with headers that are always well signed.
func FuzzHeaderAgainstGoJose(f *testing.F) {
	for _, h := range []string{
		`{"alg":"RS256","kid":"a"}`, `{"alg":"RS256","kid":"a","typ":"JWT"}`, `{"alg":"RS256","kid":"a","crit":[]}`,
		`{"alg":"none","kid":"a"}`, `{"alg":"RS256","kid":"a","\u0063rit":["x"]}`, `{"alg":"RS256","kid":"a","x":{"y":[1.5e3,null]}}`,
		`{"alg":"RS256","kid":"a","nonce":"n"}`, `{"alg":"RS256","kid":"a","nonce":7}`, `{"alg":"RS256","kid":"a","x":1e400}`,
	} {
		f.Add(h)
	}
	key := testKey(f, "a")
	f.Fuzz(func(t *testing.T, header string) {
		h, err := jws.ParseHeader([]byte(header), "RS256")
		if err != nil {
			require.Equal(t, jws.Header{}, h)
			require.True(t, errors.Is(err, jws.ErrAlg) != errors.Is(err, jws.ErrHeader))
			return
		}
		token := sign(t, key, header, `{"sub":"v"}`)
		if len(token) > jws.MaxBytes {
			return
		}
		require.NoError(t, verifyJWS(token, &key.PublicKey))
		if goJoseOnly(header) {
			return
		}
		sig := requireGoJose(t, token, key)
		if sig != nil {
			require.Equal(t, h.KeyID, sig.Signatures[0].Header.KeyID)
		}
	})
}

// goJoseOnly tells headers that go-jose cannot read though RFC 7515 has no
// objection: a nonce that is no string, and a number no float64 can hold.
func goJoseOnly(header string) bool {
	var members map[string]any
	if json.Unmarshal([]byte(header), &members) != nil {
		return true
	}
	nonce, ok := members["nonce"]
	_, isString := nonce.(string)
	return ok && !isString
}

func requireGoJose(t *testing.T, token string, key *rsa.PrivateKey) *jose.JSONWebSignature {
	t.Helper()
	sig, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	require.NoError(t, err)
	payload, err := sig.Verify(&key.PublicKey)
	require.NoError(t, err)
	c, err := jws.Parse(token, nil)
	require.NoError(t, err)
	require.Equal(t, string(c.Payload), string(payload))
	return sig
}
