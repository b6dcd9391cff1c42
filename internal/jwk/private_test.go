package jwk_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

func TestParsePrivateForms(t *testing.T) {
	a := private(t, "a.pem")
	for name, c := range map[string]struct{ in, id string }{
		"PKCS#1":              {read(t, "a.pem"), ""},
		"PKCS#8":              {read(t, "a.pkcs8.pem"), ""},
		"JWK":                 {read(t, "a.jwk"), idA},
		"JWK without kid":     {entry(t, "a.jwk", "kid="), ""},
		"JWK without dp":      {entry(t, "a.jwk", "dp=", "dq=", "qi="), idA},
		"JWK with sign":       {entry(t, "a.jwk", `key_ops=["sign"]`), idA},
		"JWK in white space":  {"\n " + read(t, "a.jwk") + "\n", idA},
		"PEM in white space":  {"\n " + read(t, "a.pem") + "\n", ""},
		"JWK, primes swapped": {swapped(t), idA},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := jwk.ParsePrivate([]byte(c.in))
			require.NoError(t, err)
			require.Equal(t, c.id, key.ID)
			require.True(t, a.PublicKey.Equal(key.Key.Public()))
			require.Zero(t, a.D.Cmp(key.Key.D))
		})
	}
}

// swapped gives key a with p and q exchanged and dp, dq, qi to match: the same key.
func swapped(t *testing.T) string {
	a := private(t, "a.pem")
	q := func(n *big.Int) string { return `"` + b64(n) + `"` }
	return entry(t, "a.jwk", "p="+q(a.Primes[1]), "q="+q(a.Primes[0]), "dp="+q(a.Precomputed.Dq), "dq="+q(a.Precomputed.Dp),
		"qi="+q(new(big.Int).ModInverse(a.Primes[0], a.Primes[1])))
}

func TestParsePrivateRefuses(t *testing.T) {
	a := private(t, "a.pem")
	more := func(n *big.Int) string { return `"` + b64(new(big.Int).Add(n, big.NewInt(2))) + `"` }
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ecDER, err := x509.MarshalPKCS8PrivateKey(ec)
	require.NoError(t, err)
	der := x509.MarshalPKCS1PrivateKey(a)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(a)
	require.NoError(t, err)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	smallJWK, err := jose.JSONWebKey{Key: small}.MarshalJSON()
	require.NoError(t, err)
	const misfit = "do not fit together"
	for name, c := range map[string]struct{ in, message string }{
		"empty":                      {"", "the input is empty"},
		"too large":                  {strings.Repeat(" ", jwk.MaxPrivateBytes+1), "more than 32768 bytes"},
		"base64":                     {read(t, "a.pem.b64"), "decode it first"},
		"public PEM":                 {read(t, "a.pub.pem"), "a public key"},
		"public JWK":                 {entry(t, "a.jwks.json"), "a public key"},
		"set":                        {read(t, "a.jwks.json"), "a JWK Set"},
		"set of a private key":       {set(read(t, "a.jwk")), "a JWK Set"},
		"encrypted PKCS#8":           {pemOf("ENCRYPTED PRIVATE KEY", pkcs8), "encrypted PEM; decrypt it first"},
		"encrypted PKCS#1":           {strings.Replace(read(t, "a.pem"), "\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1), "encrypted PEM"},
		"two PEM blocks":             {read(t, "a.pem") + read(t, "b.pem"), "more than one PEM block"},
		"text after PEM":             {read(t, "a.pem") + "b", "data after the PEM block"},
		"PKCS#1 labelled PKCS#8":     {pemOf("PRIVATE KEY", der), "does not hold a consistent RSA private key"},
		"PKCS#8 labelled PKCS#1":     {pemOf("RSA PRIVATE KEY", pkcs8), "does not hold a consistent RSA private key"},
		"PKCS#1 with trailing bytes": {pemOf("RSA PRIVATE KEY", append(der[:len(der):len(der)], 0)), "does not hold a consistent"},
		"PKCS#8 with trailing bytes": {pemOf("PRIVATE KEY", append(pkcs8[:len(pkcs8):len(pkcs8)], 0)), "does not hold a consistent"},
		"PKCS#1 damaged":             {pemOf("RSA PRIVATE KEY", flip(der, 200)), "does not hold a consistent"},
		"PKCS#1 of 1024 bits":        {pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(small)), "1024-bit RSA key"},
		"JWK of 1024 bits":           {string(smallJWK), "1024-bit RSA key"},
		"elliptic curve":             {pemOf("PRIVATE KEY", ecDER), "not an RSA key"},
		"OpenSSH":                    {pemOf("OPENSSH PRIVATE KEY", der), "neither RSA PRIVATE KEY nor PRIVATE KEY"},
		"JWK, other kty":             {entry(t, "a.jwk", `kty="EC"`), "kty is not RSA"},
		"JWK, use enc":               {entry(t, "a.jwk", `use="enc"`), "use is not sig"},
		"JWK, alg PS256":             {entry(t, "a.jwk", `alg="PS256"`), "alg is not RS256"},
		"JWK, key_ops verify":        {entry(t, "a.jwk", `key_ops=["verify"]`), "key_ops does not hold sign"},
		"JWK, kid null":              {entry(t, "a.jwk", `kid=null`), "kid is not a string"},
		"JWK, three primes":          {entry(t, "a.jwk", `oth=[]`), "other than two primes"},
		"JWK, no p":                  {entry(t, "a.jwk", `p=`), "p is missing"},
		"JWK, no d":                  {entry(t, "a.jwk", `d=`), "d is missing"},
		"JWK, other d":               {entry(t, "a.jwk", "d="+more(a.D)), misfit},
		"JWK, other n":               {entry(t, "a.jwk", "n="+more(a.N)), misfit},
		"JWK, other p":               {entry(t, "a.jwk", "p="+more(a.Primes[0])), misfit},
		"JWK, other dp":              {entry(t, "a.jwk", "dp="+more(a.Precomputed.Dp)), misfit},
		"JWK, other dp alone":        {entry(t, "a.jwk", "dp="+more(a.Precomputed.Dp), "dq=", "qi="), misfit},
		"JWK, other dq alone":        {entry(t, "a.jwk", "dq="+more(a.Precomputed.Dq), "dp=", "qi="), misfit},
		"JWK, other qi alone":        {entry(t, "a.jwk", "qi="+more(a.Precomputed.Qinv), "dp=", "dq="), misfit},
		"JWK, e = 3":                 {entry(t, "a.jwk", `e="Aw"`), misfit},
		"JWK, padded d":              {entry(t, "a.jwk", `d="`+b64(a.D)+`="`), "d is not base64url"},
		"JWK, duplicate member":      {entry(t, "a.jwk", `n="AA","n":"AA"`), "jwk: "},
		"JWK, case variant":          {entry(t, "a.jwk", `Kid="x"`), `differs from "kid" by case only`},
		"JWK, trailing data":         {read(t, "a.jwk") + "{}", "jwk: "},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := jwk.ParsePrivate([]byte(c.in))
			require.ErrorContains(t, err, c.message)
			require.Zero(t, key)
			require.NotContains(t, err.Error(), b64(a.N)[:16], "errors quote nothing")
		})
	}
}

func flip(der []byte, i int) []byte {
	out := append([]byte{}, der...)
	out[i] ^= 1
	return out
}

func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"a", "b", "c"} {
		key, err := jwk.ParsePrivate([]byte(read(t, name+".jwk")))
		require.NoError(t, err)
		asJWK, err := jwk.MarshalPrivate(key)
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(read(t, name+".jwk")), string(asJWK), "byte for byte Stream's form")
		require.Equal(t, read(t, name+".pem"), string(jwk.MarshalPEM(key.Key)))
		asSet, err := jwk.MarshalSet([]jwk.Public{{ID: key.ID, Key: &key.Key.PublicKey}})
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(read(t, name+".jwks.json")), string(asSet))
	}
}

func TestMarshalRefuses(t *testing.T) {
	a := private(t, "a.pem")
	good := jwk.Public{ID: "a", Key: &a.PublicKey}
	for name, keys := range map[string][]jwk.Public{
		"no id":    {{Key: &a.PublicKey}},
		"bad id":   {{ID: "a b", Key: &a.PublicKey}},
		"no key":   {{ID: "a"}},
		"id twice": {good, good},
	} {
		_, err := jwk.MarshalSet(keys)
		require.Error(t, err, name)
	}
	empty, err := jwk.MarshalSet(nil)
	require.NoError(t, err)
	require.Equal(t, `{"keys":[]}`, string(empty))
	_, err = jwk.MarshalPrivate(jwk.Private{Key: a})
	require.Error(t, err)
	_, err = jwk.MarshalPrivate(jwk.Private{ID: "a"})
	require.Error(t, err)
}

func TestPrintedFormsShowTheIDOnly(t *testing.T) {
	key, err := jwk.ParsePrivate([]byte(read(t, "a.jwk")))
	require.NoError(t, err)
	answer, err := jwk.ParseAnswer([]byte(read(t, "a.json")))
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "jwk.Private("+idA+")", fmt.Sprintf(verb, key))
		require.Equal(t, "jwk.Answer("+idA+")", fmt.Sprintf(verb, answer))
	}
}

// TestParsePrivateBoundsTheWork: fitting together the parts of these would take minutes.
func TestParsePrivateBoundsTheWork(t *testing.T) {
	a := private(t, "a.pem")
	wide := func(bits uint) *big.Int { return new(big.Int).SetBit(big.NewInt(1), int(bits)-1, 1) }
	type pkcs1 struct {
		Version      int
		N            *big.Int
		E            int
		D, P, Q      *big.Int
		Dp, Dq, Qinv *big.Int
	}
	one := big.NewInt(1)
	for name, c := range map[string]struct {
		key     pkcs1
		message string
	}{
		"modulus":  {pkcs1{0, wide(jwk.MaxBits + 1), 65537, a.D, a.Primes[0], a.Primes[1], one, one, one}, "more than 8192 bits"},
		"p":        {pkcs1{0, a.N, 65537, a.D, wide(1026), a.Primes[1], one, one, one}, "do not fit together"},
		"q":        {pkcs1{0, a.N, 65537, a.D, a.Primes[0], wide(40000), one, one, one}, "do not fit together"},
		"d":        {pkcs1{0, a.N, 65537, wide(2049), a.Primes[0], a.Primes[1], one, one, one}, "do not fit together"},
		"zero p":   {pkcs1{0, a.N, 65537, a.D, new(big.Int), a.Primes[1], one, one, one}, "do not fit together"},
		"negative": {pkcs1{0, a.N, 65537, a.D, a.Primes[0], big.NewInt(-3), one, one, one}, "do not fit together"},
		"version":  {pkcs1{1, a.N, 65537, a.D, a.Primes[0], a.Primes[1], one, one, one}, "other than two primes"},
	} {
		der, err := asn1.Marshal(c.key)
		require.NoError(t, err)
		_, err = jwk.ParsePrivate([]byte(pemOf("RSA PRIVATE KEY", der)))
		require.ErrorContains(t, err, c.message, name)
	}
	_, err := jwk.ParsePrivate([]byte(entry(t, "a.jwk", `p="`+b64(a.N)+`"`, `q="AQ"`)))
	require.ErrorContains(t, err, "do not fit together")
}
