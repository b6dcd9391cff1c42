package jwk_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

func pemOf(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func certificate(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return pemOf("CERTIFICATE", der)
}

func TestParsePublicForms(t *testing.T) {
	a := private(t, "a.pem")
	pub := read(t, "a.pub.pem")
	for name, c := range map[string]struct{ in, id string }{
		"set":                   {read(t, "a.jwks.json"), idA},
		"set with white space":  {" \n" + read(t, "a.jwks.json") + "\n\n", idA},
		"single key":            {entry(t, "a.jwks.json"), idA},
		"no kid":                {entry(t, "a.jwks.json", "kid="), ""},
		"no use, no alg":        {entry(t, "a.jwks.json", "use=", "alg="), idA},
		"key_ops verify":        {entry(t, "a.jwks.json", `key_ops=["verify"]`), idA},
		"unknown members":       {entry(t, "a.jwks.json", `ext=true`, `colour={"d":1}`), idA},
		"PKIX":                  {pub, ""},
		"PKIX with white space": {"\n\t " + pub + "\n ", ""},
		"PKIX with CR LF":       {strings.ReplaceAll(pub, "\n", "\r\n"), ""},
		"PKCS#1":                {pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&a.PublicKey)), ""},
		"certificate":           {certificate(t, a), ""},
	} {
		t.Run(name, func(t *testing.T) {
			keys, skipped, err := jwk.ParsePublic([]byte(c.in))
			require.NoError(t, err)
			require.Empty(t, skipped)
			require.Len(t, keys, 1)
			require.Equal(t, c.id, keys[0].ID)
			require.True(t, a.PublicKey.Equal(keys[0].Key))
		})
	}
}

func TestParsePublicSkips(t *testing.T) {
	a := private(t, "a.pem")
	even := new(big.Int).Sub(a.N, big.NewInt(1))
	double := new(big.Int).Lsh(a.N, 8192-2048+1)
	small := new(big.Int).Rsh(a.N, 1)
	good := read(t, "b.jwks.json")
	good = good[strings.Index(good, `[`)+1 : strings.LastIndex(good, `]`)]
	for _, c := range []struct{ change, reason string }{
		{`kty="EC"`, "kty is not RSA"},
		{`kty="OKP"`, "kty is not RSA"},
		{`kty="rsa"`, "kty is not RSA"},
		{`kty=`, "kty is missing"},
		{`kty=null`, "kty is not a string"},
		{`use="enc"`, "use is not sig"},
		{`use=""`, "use is not sig"},
		{`use=null`, "use is not a string"},
		{`use=["sig"]`, "use is not a string"},
		{`alg="RS384"`, "alg is not RS256"},
		{`alg="PS256"`, "alg is not RS256"},
		{`alg="rs256"`, "alg is not RS256"},
		{`alg="none"`, "alg is not RS256"},
		{`alg=256`, "alg is not a string"},
		{`key_ops=["sign"]`, "key_ops does not hold verify"},
		{`key_ops=["encrypt"]`, "key_ops does not hold verify"},
		{`key_ops=[]`, "key_ops does not hold verify"},
		{`key_ops="verify"`, "key_ops is not an array"},
		{`key_ops=["verify","verify"]`, "key_ops names an operation twice"},
		{`key_ops=["verify",1]`, "key_ops holds something else than strings"},
		{`kid=7`, "kid is not a string"},
		{`kid=null`, "kid is not a string"},
		{`kid=""`, "kid is not 1 to 128"},
		{`kid="a/b"`, "kid is not 1 to 128"},
		{`kid="a\nlevel=error"`, "kid is not 1 to 128"},
		{`kid="` + strings.Repeat("k", 129) + `"`, "kid is not 1 to 128"},
		{`n=`, "n is missing"},
		{`n=""`, "n is not base64url"},
		{`n="` + b64(a.N) + `="`, "n is not base64url"},
		{`n="` + b64(a.N)[:99] + `\n` + b64(a.N)[99:] + `"`, "n is not base64url"},
		{`n=1`, "n is not a string"},
		{`n="` + b64(small) + `"`, "2047-bit RSA key"},
		{`n="` + b64(double) + `"`, "more than 8192 bits"},
		{`n="` + b64(even) + `"`, "modulus is even"},
		{`e=`, "e is missing"},
		{`e="AQ"`, "do not make a key"},
		{`e="Aw"`, "exponent 3"},
		{`e="AQAC"`, "exponent 65538"},
		{`e="AQAB "`, "e is not base64url"},
		{`e="` + b64(new(big.Int).Lsh(big.NewInt(1), 80)) + `"`, "do not make a key"},
		{`x5c=["AAAA"]`, "do not make a key"},
		{`x5t="AAAA"`, "do not make a key"},
	} {
		t.Run(c.change[:min(len(c.change), 40)], func(t *testing.T) {
			keys, skipped, err := jwk.ParsePublic([]byte(set(entry(t, "a.jwks.json", c.change), good)))
			require.NoError(t, err)
			require.Len(t, keys, 1, "the other key stays usable")
			require.Len(t, skipped, 1)
			require.Contains(t, skipped[0].Reason, c.reason)
			require.NotContains(t, skipped[0].Reason, "jwk:")
			if !strings.HasPrefix(c.change, "kid=") {
				require.Equal(t, idA, skipped[0].ID)
			} else {
				require.Empty(t, skipped[0].ID)
			}
		})
	}
	t.Run("stray bits in the last character of n", func(t *testing.T) {
		// 256 bytes leave four unused bits in the last character, so 16 spellings decode alike.
		spelled := b64(a.N)
		last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", spelled[len(spelled)-1])
		other := spelled[:len(spelled)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last+1])
		_, skipped, err := jwk.ParsePublic([]byte(entry(t, "a.jwks.json", `n="`+other+`"`)))
		require.NoError(t, err)
		require.Equal(t, []jwk.Skipped{{ID: idA, Reason: "n is not base64url"}}, skipped)
	})
	t.Run("elliptic curve in PEM", func(t *testing.T) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		require.NoError(t, err)
		keys, skipped, err := jwk.ParsePublic([]byte(pemOf("PUBLIC KEY", der)))
		require.NoError(t, err)
		require.Empty(t, keys)
		require.Equal(t, []jwk.Skipped{{Reason: "not an RSA key"}}, skipped)
	})
	t.Run("small in PEM", func(t *testing.T) {
		der := x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: small, E: 65537})
		_, skipped, err := jwk.ParsePublic([]byte(pemOf("RSA PUBLIC KEY", der)))
		require.NoError(t, err)
		require.Len(t, skipped, 1)
		require.Contains(t, skipped[0].Reason, "2047-bit")
	})
}

func TestParsePublicRefusesPrivate(t *testing.T) {
	good := entry(t, "b.jwks.json")
	for name, in := range map[string]string{
		"private JWK":                  read(t, "a.jwk"),
		"private JWK in a set":         set(good, read(t, "a.jwk")),
		"private JWK before bad entry": set(`{"kty":1,"KTY":2}`, read(t, "a.jwk")),
		"private beside duplicate kid": set(good, good, read(t, "a.jwk")),
		"d alone":                      set(good, entry(t, "a.jwks.json", `d="AA"`)),
		"d null":                       set(good, entry(t, "a.jwks.json", `d=null`)),
		"D":                            set(good, entry(t, "a.jwks.json", `D="AA"`)),
		"qi alone":                     set(good, entry(t, "a.jwks.json", `qi="AA"`)),
		"oth":                          set(good, entry(t, "a.jwks.json", `oth=[]`)),
		"symmetric":                    set(good, `{"kty":"oct","k":"AAAA"}`),
		"symmetric without k":          set(good, `{"kty":"oct"}`),
		"private EC":                   set(good, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}`),
		"private ML-DSA":               set(good, `{"kty":"AKP","alg":"ML-DSA-44","pub":"AA","priv":"AA"}`),
		"private member beside keys":   `{"keys":[],"d":"AA"}`,
		"PKCS#1 PEM":                   read(t, "a.pem"),
		"PKCS#8 PEM":                   read(t, "a.pkcs8.pem"),
		"public and private PEM":       read(t, "b.pub.pem") + read(t, "a.pem"),
		"text before private PEM":      "Bag Attributes\n" + read(t, "a.pem"),
		"encrypted PEM":                pemOf("ENCRYPTED PRIVATE KEY", []byte("x")),
		"OpenSSH PEM":                  pemOf("OPENSSH PRIVATE KEY", []byte("x")),
		"create-key answer":            read(t, "a.json"),
		"create-key answer, enveloped": read(t, "a.answer.json"),
		"base64-wrapped PEM":           read(t, "a.pem.b64"),
		"base64-wrapped JWK":           read(t, "a.jwk.b64"),
		"base64-wrapped answer":        base64.StdEncoding.EncodeToString([]byte(read(t, "a.json"))),
	} {
		t.Run(name, func(t *testing.T) {
			keys, skipped, err := jwk.ParsePublic([]byte(in))
			require.ErrorIs(t, err, jwk.ErrPrivate)
			require.Nil(t, keys)
			require.Nil(t, skipped)
		})
	}
}

func TestParsePublicRefuses(t *testing.T) {
	a, b := entry(t, "a.jwks.json"), entry(t, "b.jwks.json")
	pub := read(t, "a.pub.pem")
	for name, c := range map[string]struct{ in, message string }{
		"empty":                    {"", "the input is empty"},
		"blank":                    {" \n", "the input is empty"},
		"prose":                    {"hello, world", "PEM begins with"},
		"quoted":                   {`"LS0t"`, "JSON string in quotes"},
		"base64 of a public key":   {base64.StdEncoding.EncodeToString([]byte(pub)), "decode it first"},
		"array":                    {"[" + a + "]", "PEM begins with"},
		"byte order mark":          {"\ufeff" + set(a), "PEM begins with"},
		"other object":             {`{"token":"x"}`, "neither a key (kty) nor a set"},
		"trailing data":            {set(a) + set(b), "jwk: "},
		"truncated":                {set(a)[:200], "jwk: "},
		"duplicate member":         {entry(t, "a.jwks.json", `x-n="1"`, "alg="+`"none","alg":"RS256"`), "jwk: "},
		"duplicate member, hidden": {entry(t, "a.jwks.json", `\u0061lg="none"`), "jwk: "},
		"case variant":             {set(entry(t, "a.jwks.json", `KID="x"`)), `differs from "kid" by case only`},
		"folded variant":           {set(entry(t, "a.jwks.json", `ki\u0064=`, `u\u017fe="enc"`)), `differs from "use" by case only`},
		"case variant of keys":     {`{"keys":[],"Keys":[` + a + `]}`, `differs from "keys" by case only`},
		"kid twice":                {set(a, b, entry(t, "b.jwks.json", `kid="`+idA+`"`)), "kid " + idA + " twice"},
		"kid twice, one unusable":  {set(a, entry(t, "b.jwks.json", `kid="`+idA+`"`, `use="enc"`)), "kid " + idA + " twice"},
		"key and set":              {`{"kty":"RSA","keys":[]}`, "both a key"},
		"keys is an object":        {`{"keys":{}}`, "keys is not an array"},
		"keys is null":             {`{"keys":null}`, "keys is not an array"},
		"entry is no object":       {set(a, `"x"`), "not a JSON object (key 1)"},
		"too many keys":            {set(strings.Split(strings.Repeat(`{},`, jwk.MaxKeys+1)+`{}`, ",")...), "more than 32768 keys"},
		"too large":                {strings.Repeat(" ", jwk.MaxPublicBytes) + a, "more than 16777216 bytes"},
		"two PEM blocks":           {pub + read(t, "b.pub.pem"), "more than one PEM block"},
		"text after PEM":           {pub + "x", "data after the PEM block"},
		"text before PEM":          {"x\n" + pub, "PEM begins with"},
		"PEM on one line":          {strings.ReplaceAll(pub, "\n", ""), "PEM on one line"},
		"PEM with written breaks":  {strings.ReplaceAll(pub, "\n", `\n`), `with \n written out`},
		"PEM cut short":            {pub[:len(pub)-30], "damaged PEM"},
		"PEM of another label":     {pemOf("DH PARAMETERS", []byte("x")), "neither PUBLIC KEY"},
		"PEM of nothing":           {pemOf("PUBLIC KEY", []byte("x")), "does not hold what its label says"},
		"PEM with headers":         {strings.Replace(pub, "\n", "\nA: b\n\n", 1), "headers inside"},
	} {
		t.Run(name, func(t *testing.T) {
			keys, skipped, err := jwk.ParsePublic([]byte(c.in))
			require.ErrorContains(t, err, c.message)
			require.NotErrorIs(t, err, jwk.ErrPrivate)
			require.Nil(t, keys)
			require.Nil(t, skipped)
		})
	}
}

func TestCheckPublicRefusesNil(t *testing.T) {
	require.Error(t, jwk.CheckPublic(nil))
	require.Error(t, jwk.CheckPublic(&rsa.PublicKey{E: 65537}))
	require.Error(t, jwk.CheckPublic(&rsa.PublicKey{N: new(big.Int).Neg(private(t, "a.pem").N), E: 65537}))
}

func TestCheckPublicBounds(t *testing.T) {
	odd := func(bits int) *rsa.PublicKey {
		n := new(big.Int).SetBit(big.NewInt(1), bits-1, 1)
		return &rsa.PublicKey{N: n, E: 65537}
	}
	require.NoError(t, jwk.CheckPublic(odd(2048)))
	require.NoError(t, jwk.CheckPublic(odd(8192)))
	require.ErrorContains(t, jwk.CheckPublic(odd(2047)), "at least 2048")
	require.ErrorContains(t, jwk.CheckPublic(odd(8193)), "at most 8192")
}
