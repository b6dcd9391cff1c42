package jwk_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

// RFC 8037, appendix A.1 and A.2.
const (
	rfc8037D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
	rfc8037X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	okp      = `{"kty":"OKP","crv":"Ed25519","d":"` + rfc8037D + `","x":"` + rfc8037X + `"}`
	okpPub   = `{"kty":"OKP","crv":"Ed25519","x":"` + rfc8037X + `"}`
)

func rfc8037(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	seed, err := base64.RawURLEncoding.DecodeString(rfc8037D)
	require.NoError(t, err)
	return ed25519.NewKeyFromSeed(seed)
}

func TestEd25519RFC8037(t *testing.T) {
	key, err := jwk.ParsePrivateEd25519([]byte(okp))
	require.NoError(t, err)
	require.Equal(t, rfc8037(t), key.Key)
	keys, skipped, err := jwk.ParsePublicEd25519([]byte(okpPub))
	require.NoError(t, err)
	require.Empty(t, skipped)
	require.Equal(t, []jwk.PublicEd25519{{Key: rfc8037(t).Public().(ed25519.PublicKey)}}, keys)

	// Appendix A.4: the signature of one message.
	sig := base64.RawURLEncoding.EncodeToString(ed25519.Sign(key.Key, []byte("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")))
	require.Equal(t, "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", sig)
}

func TestEd25519PrivateForms(t *testing.T) {
	key := rfc8037(t)
	written, err := jwk.MarshalPrivateEd25519(jwk.PrivateEd25519{ID: "k.1", Key: key})
	require.NoError(t, err)
	require.Equal(t, `{"use":"sig","kty":"OKP","kid":"k.1","alg":"Ed25519","crv":"Ed25519","x":"`+rfc8037X+`","d":"`+rfc8037D+`"}`, string(written))
	block, err := jwk.MarshalPEMEd25519(key)
	require.NoError(t, err)

	// RFC 8410, section 10.3: the same key with an attribute and its public half.
	v2 := "-----BEGIN PRIVATE KEY-----\n" +
		"MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" +
		"oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n" +
		"Z9w7lshQhqowtrbLDFw4rXAxZuE=\n" +
		"-----END PRIVATE KEY-----\n"
	for name, c := range map[string]struct{ in, id string }{
		"JWK as written":    {string(written), "k.1"},
		"JWK of old":        {strings.Replace(string(written), `"alg":"Ed25519"`, `"alg":"EdDSA"`, 1), "k.1"},
		"JWK without alg":   {okp, ""},
		"key_ops of a key":  {okp[:len(okp)-1] + `,"key_ops":["sign","verify"]}`, ""},
		"PKCS #8":           {string(block), ""},
		"blanks around PEM": {"\n " + string(block) + "\n\n", ""},
	} {
		got, err := jwk.ParsePrivateEd25519([]byte(c.in))
		require.NoError(t, err, name)
		require.Equal(t, jwk.PrivateEd25519{ID: c.id, Key: key}, got, name)
	}
	got, err := jwk.ParsePrivateEd25519([]byte(v2))
	require.NoError(t, err)
	require.Equal(t, "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1", hex.EncodeToString(got.Key[32:]))
}

func TestEd25519PrivateRefuses(t *testing.T) {
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	block, err := jwk.MarshalPEMEd25519(rfc8037(t))
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(rfc8037(t))
	require.NoError(t, err)
	asPEM := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	spki, err := x509.MarshalPKIXPublicKey(rfc8037(t).Public())
	require.NoError(t, err)
	replaced := func(old, new string) string {
		require.Contains(t, okp, old)
		return strings.Replace(okp, old, new, 1)
	}
	for name, in := range map[string]string{
		"nothing":                   "",
		"an RSA key in PEM":         read(t, "a.pem"),
		"an RSA key in PKCS #8":     read(t, "a.pkcs8.pem"),
		"an RSA key as JWK":         read(t, "a.jwk"),
		"a public key as JWK":       okpPub,
		"a public key in PEM":       asPEM("PUBLIC KEY", spki),
		"two blocks":                string(block) + string(block),
		"data after the structure":  asPEM("PRIVATE KEY", append(bytes.Clone(der), 0)),
		"a short key":               asPEM("PRIVATE KEY", append([]byte{0x30, 0x2d, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x21, 4, 0x1f}, make([]byte, 31)...)),
		"parameters":                asPEM("PRIVATE KEY", append([]byte{0x30, 0x30, 2, 1, 0, 0x30, 7, 6, 3, 0x2b, 0x65, 0x70, 5, 0}, der[12:]...)),
		"a key of X25519":           asPEM("PRIVATE KEY", bytes.Replace(der, []byte{0x2b, 0x65, 0x70}, []byte{0x2b, 0x65, 0x6e}, 1)),
		"another public half":       replaced(rfc8037X, base64.RawURLEncoding.EncodeToString(other[32:])),
		"no public half":            replaced(`,"x":"`+rfc8037X+`"`, ""),
		"Ed448":                     replaced("Ed25519", "Ed448"),
		"X25519":                    replaced("Ed25519", "X25519"),
		"no curve":                  replaced(`"crv":"Ed25519",`, ""),
		"another case of the curve": replaced("Ed25519", "ed25519"),
		"for encryption":            okp[:len(okp)-1] + `,"use":"enc"}`,
		"alg of another kind":       okp[:len(okp)-1] + `,"alg":"RS256"}`,
		"to verify only":            okp[:len(okp)-1] + `,"key_ops":["verify"]}`,
		"d in padded base64":        replaced(rfc8037D, rfc8037D+"="),
		"d with stray bits":         replaced(rfc8037D, rfc8037D[:42]+"B"),
		"d cut":                     replaced(rfc8037D, rfc8037D[:40]),
		"d twice":                   replaced(`"d":`, `"d":"","d":`),
		"D":                         replaced(`"d":`, `"D":`),
		"d is null":                 replaced(`"`+rfc8037D+`"`, "null"),
		"a set":                     set(okp),
		"a kid that is none":        okp[:len(okp)-1] + `,"kid":"a/b"}`,
		"too much":                  okp + strings.Repeat(" ", jwk.MaxPrivateBytes),
	} {
		key, err := jwk.ParsePrivateEd25519([]byte(in))
		require.Error(t, err, name)
		require.Zero(t, key, name)
		require.NotContains(t, err.Error(), rfc8037D[:8], name)
	}

	// Neither the store of a key nor its writing joins halves that do not belong together.
	mixed := append(rfc8037(t).Seed(), other[32:]...)
	_, err = jwk.MarshalPrivateEd25519(jwk.PrivateEd25519{ID: "a", Key: mixed})
	require.Error(t, err)
	_, err = jwk.MarshalPrivateEd25519(jwk.PrivateEd25519{Key: rfc8037(t)})
	require.Error(t, err, "no id")
	_, err = jwk.MarshalPrivateEd25519(jwk.PrivateEd25519{ID: "a"})
	require.Error(t, err, "no key")
	_, err = jwk.MarshalPEMEd25519(nil)
	require.Error(t, err)
}

func TestEd25519PublicEntries(t *testing.T) {
	entry := func(change string) string { return okpPub[:len(okpPub)-1] + change + "}" }
	for in, want := range map[string]string{ // the reason for skipping; "" for none
		okpPub:                                 "",
		entry(`,"alg":"Ed25519"`):              "",
		entry(`,"alg":"EdDSA"`):                "",
		entry(`,"alg":"ed25519"`):              "alg is not Ed25519",
		entry(`,"alg":"RS256"`):                "alg is not Ed25519",
		entry(`,"use":"sig"`):                  "",
		entry(`,"use":"enc"`):                  "use is not sig",
		entry(`,"key_ops":["sign"]`):           "key_ops does not hold verify",
		entry(`,"key_ops":[]`):                 "key_ops does not hold verify",
		`{"kty":"OKP","crv":"Ed448"}`:          "crv is not Ed25519",
		`{"kty":"OKP","x":"` + rfc8037X + `"}`: "crv is missing",
		`{"kty":"OKP","crv":"Ed25519"}`:        "x is missing",
		`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`: "an Ed25519 key of small order: signatures that nobody made hold under it",
		`{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`:                                    "kty is not OKP",
	} {
		keys, skipped, err := jwk.ParsePublicEd25519([]byte(set(in)))
		require.NoError(t, err, in)
		if want == "" {
			require.Len(t, keys, 1, in)
			require.Empty(t, skipped, in)
		} else {
			require.Empty(t, keys, in)
			require.Equal(t, []jwk.Skipped{{Reason: want}}, skipped, in)
		}
	}
	for name, in := range map[string]string{
		"a private key":             okp,
		"a private key in a set":    set(okpPub, okp),
		"a private key of RSA":      set(okpPub, strings.TrimSpace(read(t, "a.jwk"))),
		"a private key in PEM":      read(t, "a.pkcs8.pem"),
		"a private key, wrapped":    read(t, "a.pem.b64"),
		"a private key's D":         set(strings.Replace(okp, `"d"`, `"D"`, 1)),
		"a symmetric key":           set(`{"kty":"oct","k":"AAAA"}`, okpPub),
		"the answer of create-key":  read(t, "a.json"),
		"a private key, wrapped up": base64.StdEncoding.EncodeToString([]byte(okp)),
	} {
		_, _, err := jwk.ParsePublicEd25519([]byte(in))
		require.ErrorIs(t, err, jwk.ErrPrivate, name)
	}
	for name, in := range map[string]string{
		"nothing":                "",
		"a kid twice":            set(entry(`,"kid":"a"`), entry(`,"kid":"a"`)),
		"a certificate":          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"another case of a name": set(entry(`,"Kid":"a"`)),
		"too much":               okpPub + strings.Repeat(" ", jwk.MaxPublicBytes),
	} {
		_, _, err := jwk.ParsePublicEd25519([]byte(in))
		require.Error(t, err, name)
	}
	spki, err := x509.MarshalPKIXPublicKey(rfc8037(t).Public())
	require.NoError(t, err)
	keys, _, err := jwk.ParsePublicEd25519(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
	require.NoError(t, err)
	require.Len(t, keys, 1)
	keys, skipped, err := jwk.ParsePublicEd25519([]byte(read(t, "a.pub.pem")))
	require.NoError(t, err)
	require.Empty(t, keys)
	require.Equal(t, []jwk.Skipped{{Reason: "not an Ed25519 key"}}, skipped)
}

// TestCheckEd25519: the points of small order are found again from the curve equation, -x^2 + y^2 = 1 + d x^2 y^2, by
// doubling: what three doublings take to the neutral element.
func TestCheckEd25519(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	mod := func(x *big.Int) *big.Int { return x.Mod(x, p) }
	inverse := func(x *big.Int) *big.Int { return new(big.Int).ModInverse(x, p) }
	mul := func(x, y *big.Int) *big.Int { return mod(new(big.Int).Mul(x, y)) }
	add := func(x, y *big.Int) *big.Int { return mod(new(big.Int).Add(x, y)) }
	one := big.NewInt(1)
	d := mul(big.NewInt(-121665), inverse(big.NewInt(121666)))
	order := func(y *big.Int) int { // 0 if the point of this y is no point or of another order
		y2 := mul(y, y)
		x2 := mul(add(y2, big.NewInt(-1)), inverse(add(mul(d, y2), one)))
		for n := 1; n <= 8; n *= 2 {
			if y.Cmp(one) == 0 {
				return n
			}
			// 2(x, y) has y' = (y^2 + x^2) / (1 - d x^2 y^2) and x'^2 = 4 x^2 y^2 / (1 + d x^2 y^2)^2.
			t := mul(d, mul(x2, y2))
			y = mul(add(y2, x2), inverse(add(one, new(big.Int).Neg(t))))
			under := inverse(add(one, t))
			x2 = mul(mul(big.NewInt(4), mul(x2, y2)), mul(under, under))
			y2 = mul(y, y)
		}
		return 0
	}
	found := map[int]int{}
	for _, s := range []string{
		"00", "01", "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
		"05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
		"7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
	} {
		y, _ := new(big.Int).SetString(s, 16)
		found[order(y)]++
		for _, sign := range []byte{0, 0x80} {
			require.Error(t, jwk.CheckEd25519(encoded(y, sign)), "%s %x", s, sign)
		}
		next := add(y, one)
		if order(next) == 0 {
			require.NoError(t, jwk.CheckEd25519(encoded(next, 0)), "after %s", s)
		}
	}
	require.Equal(t, map[int]int{1: 1, 2: 1, 4: 1, 8: 2}, found, "y: both signs of x share one")

	for i := range int64(19) { // the encodings that are not their point's own
		y := new(big.Int).Add(p, big.NewInt(i))
		require.Error(t, jwk.CheckEd25519(encoded(y, 0)), fmt.Sprint(i))
		require.Error(t, jwk.CheckEd25519(encoded(y, 0x80)), fmt.Sprint(i))
	}
	require.NoError(t, jwk.CheckEd25519(encoded(new(big.Int).Sub(p, big.NewInt(2)), 0)))
	for _, n := range []int{0, 31, 33} {
		require.Error(t, jwk.CheckEd25519(make([]byte, n)))
	}
	require.NoError(t, jwk.CheckEd25519(rfc8037(t).Public().(ed25519.PublicKey)))
}

func encoded(y *big.Int, sign byte) ed25519.PublicKey {
	b := y.FillBytes(make([]byte, 32))
	b[0] |= sign
	slices.Reverse(b)
	return b
}

// ofThisKey leaves of a JWK what an Ed25519 key is read from. go-jose reads the rest too, certificates and the numbers of
// other kinds of key, and refuses the whole for it.
func ofThisKey(t testing.TB, data []byte) []byte {
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &members))
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool {
		return !slices.Contains([]string{"kty", "crv", "d", "x", "kid", "alg", "use", "key_ops"}, name)
	})
	data, err := json.Marshal(members)
	require.NoError(t, err)
	return data
}

// FuzzPrivateEd25519: what is read here go-jose and crypto/x509 read as the same key, and writing it gives a form that
// reads as the same key again.
func FuzzPrivateEd25519(f *testing.F) {
	block, err := jwk.MarshalPEMEd25519(rfc8037(f))
	require.NoError(f, err)
	for _, seed := range []string{okp, okpPub, string(block), okp[:len(okp)-1] + `,"kid":"a","alg":"EdDSA"}`, read(f, "a.jwk"), read(f, "a.pkcs8.pem"), set(okp), " " + string(block), okp[:len(okp)-1] + `,"x5t":"AA","n":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := jwk.ParsePrivateEd25519(data)
		if err != nil {
			require.Zero(t, key)
			return
		}
		require.True(t, ed25519.Verify(key.Key.Public().(ed25519.PublicKey), data, ed25519.Sign(key.Key, data)))
		data = bytes.TrimSpace(data) // pem.Decode wants the block at the beginning of a line
		if block, _ := pem.Decode(data); block != nil {
			parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			require.NoError(t, err)
			require.Equal(t, parsed, key.Key)
		} else {
			var oracle jose.JSONWebKey
			require.NoError(t, oracle.UnmarshalJSON(ofThisKey(t, data)))
			require.Equal(t, oracle.Key, key.Key)
			require.Equal(t, oracle.KeyID, key.ID)
		}
		if key.ID == "" {
			key.ID = "a"
		}
		out, err := jwk.MarshalPrivateEd25519(key)
		require.NoError(t, err)
		again, err := jwk.ParsePrivateEd25519(out)
		require.NoError(t, err)
		require.Equal(t, key, again)
	})
}
