package jws_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"slices"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
	"github.com/streamtoken/streamtoken/internal/jws"
)

// The vectors run at this layer and not through a token verifier: the valid
// ones carry payloads such as "foo" and zero bytes, which a verifier of claims
// refuses whatever their signature, so that the suite would prove nothing.

type jwsGroup struct {
	Comment string          `json:"comment"`
	Public  json.RawMessage `json:"public"`
	Tests   []jwsTest       `json:"tests"`
}

type jwsTest struct {
	ID     int             `json:"tcId"`
	JWS    json.RawMessage `json:"jws"` // a string, or in one test a JSON object
	JWE    json.RawMessage `json:"jwe"`
	Result string          `json:"result"`
}

func loadWycheproof[G any](t *testing.T, name string) []G {
	t.Helper()
	data, err := fs.ReadFile(wycheproof.TestVectors, name)
	require.NoError(t, err)
	var file struct {
		TestGroups []G `json:"testGroups"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	return file.TestGroups
}

// text gives the token; a JSON serialization is given as it stands.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// usable gives the group's RS256 verification key, nil if it has none or the
// key policy refuses it. The kid is left out: "@" in it is not the key's fault.
func usable(t *testing.T, public json.RawMessage) *rsa.PublicKey {
	t.Helper()
	var members map[string]json.RawMessage
	if public != nil {
		require.NoError(t, json.Unmarshal(public, &members))
	}
	delete(members, "kid")
	data, err := json.Marshal(members)
	require.NoError(t, err)
	keys, _, err := jwk.ParsePublic(data)
	if err != nil || len(keys) == 0 {
		return nil
	}
	require.Len(t, keys, 1)
	return keys[0].Key
}

// verifyJWS is what this package offers put together, without any claims.
func verifyJWS(token string, key *rsa.PublicKey) error {
	c, err := jws.Parse(token, nil)
	if err != nil {
		return err
	}
	if _, err := jws.ParseHeader(c.Header, "RS256"); err != nil {
		return err
	}
	if !verifyRS256(key, c.SigningInput, c.Signature) {
		return rsa.ErrVerification
	}
	return nil
}

// stricter are the vectors marked valid that are refused here, with the error.
var stricter = map[int]error{
	259: jws.ErrMalformed, // an empty payload is no JSON object; here an empty part is malformed
	345: jws.ErrHeader,    // RFC 7520: "@" in the kid, which is a map key and a log field here
	349: jws.ErrHeader,    // the same with key_ops
}

func TestWycheproofRS256(t *testing.T) {
	groups := loadWycheproof[jwsGroup](t, "json_web_signature_test.json")
	require.Len(t, groups, 23)
	ran, valid := 0, 0
	for _, i := range []int{2, 3, 9, 13, 17, 19} {
		key := usable(t, groups[i].Public)
		for _, tc := range groups[i].Tests {
			ran++
			if tc.Result == "valid" {
				valid++
			}
			if key == nil { // "use":"enc" and "key_ops":["encrypt"]
				require.Contains(t, []int{353, 355}, tc.ID, "key refused")
				require.Equal(t, "invalid", tc.Result)
				continue
			}
			err := verifyJWS(text(tc.JWS), key)
			if want, ok := stricter[tc.ID]; ok {
				require.Equal(t, "valid", tc.Result)
				require.ErrorIs(t, err, want, "tcId %d", tc.ID)
				continue
			}
			require.Equal(t, tc.Result == "valid", err == nil, "tcId %d: %v", tc.ID, err)
		}
	}
	require.Equal(t, 235, ran)
	require.Equal(t, 8, valid)

	// The two of RFC 7520 are refused for their kid alone: the signature holds.
	for _, i := range []int{9, 13} {
		c, err := jws.Parse(text(groups[i].Tests[0].JWS), nil)
		require.NoError(t, err)
		require.True(t, verifyRS256(usable(t, groups[i].Public), c.SigningInput, c.Signature))
	}
}

// TestWycheproofOtherAlgorithms: whatever is good or bad under another
// algorithm is refused, by its header or because its key is for that algorithm.
// The vectors marked valid among them, 346 and 350 (PS384 under a PS256 key)
// and the "ES521" ones included, are so for verifiers of those algorithms only.
func TestWycheproofOtherAlgorithms(t *testing.T) {
	groups := loadWycheproof[jwsGroup](t, "json_web_signature_test.json")
	ran := 0
	var named []int // whose header names RS256
	for i, g := range groups {
		if slices.Contains([]int{2, 3, 9, 13, 17, 19}, i) {
			continue
		}
		require.Nil(t, usable(t, g.Public), "group %d", i)
		for _, tc := range g.Tests {
			ran++
			c, err := jws.Parse(text(tc.JWS), nil)
			if err == nil {
				_, err = jws.ParseHeader(c.Header, "RS256")
			}
			if err == nil {
				named = append(named, tc.ID)
			}
		}
	}
	require.Equal(t, 166, ran)
	require.Equal(t, []int{332}, named, "an RS256 header under a key for PS512")
}

// TestWycheproofBase64: group 21 spells HS256 tokens in odd ways. Their
// encodings are judged here, whatever the MAC.
func TestWycheproofBase64(t *testing.T) {
	group := loadWycheproof[jwsGroup](t, "json_web_signature_test.json")[21]
	require.Equal(t, "base64", group.Comment)
	var accepted []int
	for _, tc := range group.Tests {
		c, err := jws.Parse(text(tc.JWS), nil)
		if err != nil {
			require.ErrorIs(t, err, jws.ErrMalformed)
			continue
		}
		accepted = append(accepted, tc.ID)
		_, err = jws.ParseHeader(c.Header, "RS256")
		require.ErrorIs(t, err, jws.ErrAlg)
	}
	// Well-formed here though marked invalid: 367 and 370 are byte for byte
	// the valid 357. Malformed here though marked valid: 372 and 373 have a
	// question mark in the header or the payload.
	require.Equal(t, []int{357, 358, 359, 367, 370, 376, 377}, accepted)
	require.Len(t, group.Tests, 21)
}

func TestWycheproofCrypto(t *testing.T) {
	groups := loadWycheproof[jwsGroup](t, "json_web_crypto_test.json")
	require.Len(t, groups, 8)

	rs := groups[2]
	require.Equal(t, "jws_rsa", rs.Comment)
	require.Len(t, rs.Tests, 13)
	key := usable(t, rs.Public)
	require.NotNil(t, key)
	for _, tc := range rs.Tests {
		err := verifyJWS(text(tc.JWS), key)
		require.Equal(t, tc.Result == "valid", err == nil, "tcId %d: %v", tc.ID, err)
	}

	// Every JWS and JWE of the other groups but the ROCA one, which is a
	// matter of the key, is refused under this key.
	ran := 0
	for i, g := range groups {
		if i == 2 || i == 3 {
			continue
		}
		for _, tc := range g.Tests {
			ran++
			token := tc.JWS
			if token == nil {
				token = tc.JWE
			}
			require.NotNil(t, token)
			require.Error(t, verifyJWS(text(token), key), "tcId %d", tc.ID)
		}
	}
	require.Equal(t, 69, ran)
}

// TestWycheproofJWE: an encrypted token is never a signed one (RFC 8725bis,
// telling JWS from JWE), and no vector gets as far as its header's content.
func TestWycheproofJWE(t *testing.T) {
	ran := 0
	for _, g := range loadWycheproof[jwsGroup](t, "json_web_encryption_test.json") {
		for _, tc := range g.Tests {
			ran++
			c, err := jws.Parse(text(tc.JWE), nil)
			if err == nil {
				_, err = jws.ParseHeader(c.Header, "RS256")
			}
			require.Error(t, err, "tcId %d", tc.ID)
		}
	}
	require.Equal(t, 139, ran)
}

type rsaGroup struct {
	PublicKeyPEM string `json:"publicKeyPem"`
	SHA          string `json:"sha"`
	Tests        []struct {
		ID     int    `json:"tcId"`
		Msg    string `json:"msg"`
		Sig    string `json:"sig"`
		Result string `json:"result"`
	} `json:"tests"`
}

// TestWycheproofRSA: PKCS #1 v1.5 padding, malleability, edge values. The one
// "acceptable" vector of each file, a DigestInfo without its NULL, is refused.
func TestWycheproofRSA(t *testing.T) {
	for _, c := range []struct {
		file         string
		tests, valid int
	}{
		{"rsa_signature_2048_sha256_test.json", 259, 9},
		{"rsa_signature_3072_sha256_test.json", 259, 8},
		{"rsa_signature_4096_sha256_test.json", 258, 7},
		{"rsa_signature_8192_sha256_test.json", 258, 7},
	} {
		t.Run(c.file, func(t *testing.T) {
			ran, valid := 0, 0
			for _, g := range loadWycheproof[rsaGroup](t, c.file) {
				require.Equal(t, "SHA-256", g.SHA)
				block, _ := pem.Decode([]byte(g.PublicKeyPEM))
				require.NotNil(t, block)
				key, err := x509.ParsePKIXPublicKey(block.Bytes)
				require.NoError(t, err)
				for _, tc := range g.Tests {
					ran++
					msg, err := hex.DecodeString(tc.Msg)
					require.NoError(t, err)
					sig, err := hex.DecodeString(tc.Sig)
					require.NoError(t, err)
					ok := verifyRS256(key.(*rsa.PublicKey), string(msg), sig)
					require.Equal(t, tc.Result == "valid", ok, "tcId %d", tc.ID)
					if ok {
						valid++
					}
				}
			}
			require.Equal(t, c.tests, ran)
			require.Equal(t, c.valid, valid)
		})
	}
}
