//go:build integration

package tokens

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

const (
	idA    = "8f926b2b01f3835170025a78a4dcbf6a"
	idB    = "e9db990a82666dd571c77f944a5c5c8d"
	uid    = "ea95132c15732412d22c1476fa83f27a"
	header = `{"alg":"RS256","kid":"` + idA + `"}`
	start  = `{"sub":"` + uid + `","kid":"` + idA + `",`
	now    = 1_780_000_000
)

func clock() time.Time { return time.Unix(now, 0) }

// cases are claims, and beside each the payload that must come of it, written out by hand.
var cases = map[string]struct {
	claims  streamtoken.Claims
	payload string
}{
	"defaults": {streamtoken.Claims{}, start + `"exp":1780003600,"nbf":1779996400}`},
	"download, 24 hours": {
		streamtoken.Claims{Expires: time.Unix(now+86400, 0), NotBefore: time.Unix(now-1, 0), Downloadable: true},
		start + `"exp":1780086400,"nbf":1779999999,"downloadable":true}`,
	},
	"rules of the API reference": {
		streamtoken.Claims{AccessRules: []accessrules.Rule{
			{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"us", "MX"}},
			{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
			{Type: accessrules.TypeAny, Action: accessrules.Block},
		}},
		start + `"exp":1780003600,"nbf":1779996400,"accessRules":[{"type":"ip.geoip.country","action":"block","country":["US","MX"]},` +
			`{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32"]},{"type":"any","action":"block"}]}`,
	},
}

func ourToken(t *testing.T, data, id string, claims streamtoken.Claims) string {
	t.Helper()
	key, err := signer.ParseKey([]byte(data), id)
	require.NoError(t, err)
	return mint(t, key, claims)
}

func mint(t *testing.T, key *signer.Key, claims streamtoken.Claims) string {
	t.Helper()
	s, err := signer.New(signer.Config{Key: key, Now: clock})
	require.NoError(t, err)
	claims.Subject = uid
	token, err := s.Sign(claims)
	require.NoError(t, err)
	return token
}

func verify(t *testing.T, token string) (*verifier.Token, error) {
	t.Helper()
	keys, warnings, err := verifier.ParseKeys([]byte(keyFile(t, "a.jwks.json")), "")
	require.NoError(t, err)
	require.Empty(t, warnings)
	set, err := verifier.NewStaticKeys(keys...)
	require.NoError(t, err)
	v, err := verifier.New(verifier.Config{Keys: set, Now: clock})
	require.NoError(t, err)
	return v.Verify(context.Background(), token)
}

// TestEveryFormOfOneKeySignsTheSameToken: PKCS#1 v1.5 signatures are deterministic, so agreement is agreement of bytes.
func TestEveryFormOfOneKeySignsTheSameToken(t *testing.T) {
	inPEM, inPKCS8, inJWK := keyFile(t, "a.pem"), keyFile(t, "a.pkcs8.pem"), keyFile(t, "a.jwk")
	envelope := keyFile(t, "a.answer.json")
	public, err := signer.ParseKey([]byte(inJWK), "")
	require.NoError(t, err)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := opensslSign(t, inPEM, header, c.payload)
			for form, id := range map[string]string{
				"a.json": "", "a.answer.json": "", "a.pem": idA, "a.pkcs8.pem": idA, "a.pem.b64": idA, "a.jwk": "", "a.jwk.b64": "",
			} {
				require.Equal(t, want, ourToken(t, keyFile(t, form), id, c.claims), form)
			}
			kms, err := signer.NewKey(idA, opensslSigner{t, public.Public(), inPEM})
			require.NoError(t, err)
			require.Equal(t, want, mint(t, kms, c.claims), "crypto.Signer")

			for form, pem := range map[string]string{
				"PKCS#8": inPKCS8, "wrapped PEM": decoded(t, keyFile(t, "a.pem.b64")), "answer": decoded(t, field(t, envelope, "pem")),
			} {
				require.Equal(t, want, opensslSign(t, pem, header, c.payload), "openssl, "+form)
			}
			sign := job{Op: "sign", Header: json.RawMessage(header), Claims: json.RawMessage(c.payload)}
			with := func(change func(*job)) job { j := sign; change(&j); return j }
			for i, got := range node(t, "jose.mjs",
				with(func(j *job) { j.JWK = inJWK }),
				with(func(j *job) { j.JWK = decoded(t, keyFile(t, "a.jwk.b64")) }),
				with(func(j *job) { j.JWK = decoded(t, field(t, envelope, "jwk")) }),
				with(func(j *job) { j.PEM = inPKCS8 }),
				with(func(j *job) { j.PEM = inPEM }),
			) {
				require.Equal(t, answer{Token: want}, got, "jose, form %d", i)
			}
			for i, got := range node(t, "webcrypto.mjs",
				with(func(j *job) { j.JWKKey = strings.TrimSpace(keyFile(t, "a.jwk.b64")) }),
				with(func(j *job) { j.JWKKey = field(t, envelope, "jwk") }),
				with(func(j *job) { j.JWKKey = base64.StdEncoding.EncodeToString([]byte(inJWK)) }),
			) {
				require.Equal(t, answer{Token: want}, got, "WebCrypto, form %d", i)
			}
		})
	}
}

// TestOurTokensHoldElsewhere and here.
func TestOurTokensHoldElsewhere(t *testing.T) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			token := ourToken(t, keyFile(t, "a.json"), "", c.claims)
			_, err := verify(t, token)
			require.NoError(t, err)
			require.True(t, opensslVerify(t, keyFile(t, "a.pub.pem"), token))
			check := job{Op: "verify", Token: token, JWKS: keyFile(t, "a.jwks.json"), Now: now}
			require.Equal(t, []answer{{OK: true}}, node(t, "jose.mjs", check))
			require.Equal(t, []answer{{OK: true}}, node(t, "webcrypto.mjs", check))

			key, err := signer.ParseKey([]byte(keyFile(t, "a.json")), "")
			require.NoError(t, err)
			set, err := signer.MarshalJWKS(key)
			require.NoError(t, err)
			check.JWKS = string(set)
			require.Equal(t, []answer{{OK: true}}, node(t, "jose.mjs", check), "with the set we write")
			require.Equal(t, []answer{{OK: true}}, node(t, "webcrypto.mjs", check), "with the set we write")
		})
	}
}

// TestTheirTokensHoldHere: tokens as people make them with these tools, which differ from ours in what a verifier must not mind.
func TestTheirTokensHoldHere(t *testing.T) {
	for name, c := range map[string]struct{ header, payload string }{
		"typ":                    {`{"alg":"RS256","typ":"JWT","kid":"` + idA + `"}`, start + `"exp":1780003600}`},
		"kid first, no nbf":      {`{"kid":"` + idA + `","alg":"RS256"}`, `{"exp":1780003600,"kid":"` + idA + `","sub":"` + uid + `"}`},
		"no kid in the payload":  {header, `{"sub":"` + uid + `","exp":1780003600}`},
		"strings, as API issues": {header, start + `"exp":"1780003600","nbf":"1779996400"}`},
		"SDK's irrelevant lists": {header, start + `"exp":1780003600,"accessRules":[{"type":"any","action":"allow","ip":["x"],"country":["y"]}]}`},
		"unknown claims":         {header, start + `"exp":1780003600,"iat":1780000000,"flags":{"original":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			sign := job{Op: "sign", Header: json.RawMessage(c.header), Claims: json.RawMessage(c.payload)}
			joses, webs := sign, sign
			joses.JWK, webs.JWKKey = keyFile(t, "a.jwk"), strings.TrimSpace(keyFile(t, "a.jwk.b64"))
			tokens := map[string]string{
				"openssl":   opensslSign(t, keyFile(t, "a.pem"), c.header, c.payload),
				"jose":      node(t, "jose.mjs", joses)[0].Token,
				"WebCrypto": node(t, "webcrypto.mjs", webs)[0].Token,
			}
			for tool, token := range tokens {
				require.NotEmpty(t, token, tool)
				held, err := verify(t, token)
				require.NoError(t, err, tool)
				require.Equal(t, uid, held.Subject())
				require.Equal(t, int64(1780003600), held.Expires().Unix())
			}
		})
	}
}

// TestTamperedTokensHoldNowhere: each change to a good token is refused by everybody, with our reason beside it.
func TestTamperedTokensHoldNowhere(t *testing.T) {
	good := ourToken(t, keyFile(t, "a.json"), "", streamtoken.Claims{})
	parts := strings.Split(good, ".")
	payload := cases["defaults"].payload
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	resigned := func(sig []byte) string {
		return parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(sig)
	}
	flipped := slices.Clone(sig)
	flipped[len(flipped)/2] ^= 1
	other := func(h, p string) string { return b64url(h) + "." + b64url(p) + "." + parts[2] }
	later := opensslSign(t, keyFile(t, "a.pem"), header, strings.Replace(payload, `"exp":1780003600`, `"exp":1780000000`, 1))
	for name, c := range map[string]struct {
		token     string
		reason    streamtoken.Reason
		signature bool // the signature holds, and who checks nothing else lets it pass
	}{
		"another subject":     {other(header, strings.Replace(payload, uid, strings.Repeat("0", 32), 1)), streamtoken.ReasonSignatureInvalid, false},
		"a later exp":         {other(header, strings.Replace(payload, "1780003600", "1780003601", 1)), streamtoken.ReasonSignatureInvalid, false},
		"downloadable":        {other(header, strings.TrimSuffix(payload, "}")+`,"downloadable":true}`), streamtoken.ReasonSignatureInvalid, false},
		"another header":      {other(`{"alg":"RS256","typ":"JWT","kid":"`+idA+`"}`, payload), streamtoken.ReasonSignatureInvalid, false},
		"a bit of signature":  {resigned(flipped), streamtoken.ReasonSignatureInvalid, false},
		"signature cut short": {resigned(sig[:255]), streamtoken.ReasonSignatureInvalid, false},
		"signed by another":   {opensslSign(t, keyFile(t, "b.pem"), header, payload), streamtoken.ReasonSignatureInvalid, false},
		"signature of zeros":  {resigned(make([]byte, 256)), streamtoken.ReasonSignatureInvalid, false},
		"another alg":         {other(`{"alg":"none","kid":"`+idA+`"}`, payload), streamtoken.ReasonAlgNotAllowed, false},
		"an unknown kid":      {other(`{"alg":"RS256","kid":"`+idB+`"}`, payload), streamtoken.ReasonKeyUnknown, false},
		"expired":             {later, streamtoken.ReasonTokenExpired, true},
	} {
		t.Run(name, func(t *testing.T) {
			held, err := verify(t, c.token)
			require.Nil(t, held)
			require.ErrorIs(t, err, c.reason)
			check := job{Op: "verify", Token: c.token, JWKS: keyFile(t, "a.jwks.json"), Now: now}
			require.False(t, node(t, "jose.mjs", check)[0].OK)
			require.Equal(t, c.signature, node(t, "webcrypto.mjs", check)[0].OK)
			require.Equal(t, c.signature, opensslVerify(t, keyFile(t, "a.pub.pem"), c.token))
		})
	}
}
