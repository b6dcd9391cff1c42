package jws_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jws"
)

func unb64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

func publicKey(t testing.TB, n string) *rsa.PublicKey {
	t.Helper()
	return &rsa.PublicKey{N: new(big.Int).SetBytes(unb64(t, n)), E: 65537}
}

// testKey reads one of the test-only private keys.
func testKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile("../../testdata/keys/" + name + ".pem")
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key
}

// RFC 7515, appendix A.2. Its header has no kid, so only parsing and the
// signature are looked at.
const (
	rfc7515N = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR" +
		"T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV" +
		"MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
	rfc7515Token = "eyJhbGciOiJSUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4" +
		"BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv" +
		"hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)

func TestRFC7515AppendixA2(t *testing.T) {
	c, err := jws.Parse(rfc7515Token, nil)
	require.NoError(t, err)
	require.Equal(t, `{"alg":"RS256"}`, string(c.Header))
	require.Equal(t, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}", string(c.Payload))
	require.True(t, verifyRS256(publicKey(t, rfc7515N), c.SigningInput, c.Signature))
}

// RFC 7520, section 4.1: the key id is an address, which is no key id of ours.
const (
	rfc7520N = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwG" +
		"U_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVT" +
		"U4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
	rfc7520Token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9" +
		".SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwg" +
		"dGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4" +
		".MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh" +
		"_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcI" +
		"e8u9ipH84ogoree7vjbU5y18kDquDg"
)

func TestRFC7520Section41(t *testing.T) {
	c, err := jws.Parse(rfc7520Token, nil)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(c.Payload, []byte("It\u2019s a dangerous business, Frodo")))
	require.True(t, verifyRS256(publicKey(t, rfc7520N), c.SigningInput, c.Signature))
	require.False(t, verifyRS256(publicKey(t, rfc7515N), c.SigningInput, c.Signature))
}

func TestVerifyRS256Refuses(t *testing.T) {
	key := publicKey(t, rfc7515N)
	c, err := jws.Parse(rfc7515Token, nil)
	require.NoError(t, err)
	plusN := new(big.Int).Add(new(big.Int).SetBytes(c.Signature), key.N).Bytes()

	require.True(t, verifyRS256(key, c.SigningInput, c.Signature))
	for name, sig := range map[string][]byte{
		"none":                  nil,
		"empty":                 {},
		"one byte":              {1},
		"one byte short":        c.Signature[1:],
		"one byte less at end":  c.Signature[:len(c.Signature)-1],
		"a zero in front":       append([]byte{0}, c.Signature...),
		"a zero at the end":     append(bytes.Clone(c.Signature), 0),
		"the modulus added":     plusN,
		"zero":                  make([]byte, key.Size()),
		"one":                   append(make([]byte, key.Size()-1), 1),
		"the modulus":           key.N.Bytes(),
		"the modulus less one":  new(big.Int).Sub(key.N, big.NewInt(1)).Bytes(),
		"all ones":              bytes.Repeat([]byte{0xff}, key.Size()),
		"twice the right thing": append(bytes.Clone(c.Signature), c.Signature...),
	} {
		require.False(t, verifyRS256(key, c.SigningInput, sig), name)
	}
	require.False(t, verifyRS256(nil, c.SigningInput, c.Signature), "no key")
	require.False(t, verifyRS256(&rsa.PublicKey{}, c.SigningInput, c.Signature), "no modulus")
	require.False(t, verifyRS256(&rsa.PublicKey{N: key.N}, c.SigningInput, c.Signature), "no exponent")
	require.False(t, verifyRS256(key, "", c.Signature), "nothing signed")
}

// TestHash: both sums of a token, from one pass and from a Hash that was used before.
func TestHash(t *testing.T) {
	var h jws.Hash
	for _, token := range []string{rfc7515Token, rfc7520Token, "a.b.c"} {
		cut := strings.LastIndexByte(token, '.')
		require.Equal(t, sha256.Sum256([]byte(token[:cut])), h.SigningInput(token[:cut]))
		require.Equal(t, sha256.Sum256([]byte(token)), h.Rest(token[cut:]))
	}
}

func verifyRS256(key *rsa.PublicKey, signingInput string, sig []byte) bool {
	return jws.VerifyRS256(key, sha256.Sum256([]byte(signingInput)), sig)
}
