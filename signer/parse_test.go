package signer_test

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// forms gives key a in every form, each with the id it needs.
func forms(t testing.TB) map[string]struct{ data, id string } {
	inPEM, inJWK := read(t, "a.pem"), strings.TrimSpace(read(t, "a.jwk"))
	var folded strings.Builder
	for rest := wrap(inPEM); rest != ""; {
		n := min(76, len(rest))
		folded.WriteString(rest[:n] + "\n")
		rest = rest[n:]
	}
	return map[string]struct{ data, id string }{
		"answer":                           {read(t, "a.json"), ""},
		"answer with the same id":          {read(t, "a.json"), idA},
		"answer in its envelope":           {read(t, "a.answer.json"), ""},
		"answer, pem only":                 {`{"id":"` + idA + `","pem":"` + wrap(inPEM) + `"}`, ""},
		"answer, jwk only":                 {`{"id":"` + idA + `","jwk":"` + wrap(inJWK) + `"}`, ""},
		"answer, jwk only, no id":          {`{"jwk":"` + wrap(inJWK) + `"}`, ""},
		"answer, pem only, no id":          {`{"pem":"` + wrap(inPEM) + `"}`, idA},
		"answer, nothing wrapped":          {`{"id":"` + idA + `","pem":` + quoted(inPEM) + `,"jwk":` + quoted(inJWK) + `}`, ""},
		"answer, jwk an object":            {`{"id":"` + idA + `","jwk":` + inJWK + `}`, ""},
		"PEM":                              {inPEM, idA},
		"PEM in PKCS#8":                    {read(t, "a.pkcs8.pem"), idA},
		"PEM with CR LF":                   {strings.ReplaceAll(inPEM, "\n", "\r\n"), idA},
		"wrapped PEM":                      {read(t, "a.pem.b64"), idA},
		"wrapped PEM, final line break":    {wrap(inPEM) + "\n", idA},
		"wrapped PEM, folded as by a tool": {folded.String(), idA},
		"wrapped PEM in PKCS#8":            {wrap(read(t, "a.pkcs8.pem")), idA},
		"JWK":                              {inJWK, ""},
		"JWK with the same id":             {inJWK, idA},
		"JWK without kid":                  {strings.Replace(inJWK, `"kid":"`+idA+`",`, "", 1), idA},
		"wrapped JWK":                      {read(t, "a.jwk.b64"), ""},
	}
}

func TestParseKeyFormsAllSignTheSameToken(t *testing.T) {
	claims := streamtoken.Claims{Subject: uid, Downloadable: true, AccessRules: fiveRules()}
	want := sign(t, parse(t, read(t, "a.json"), ""), claims)
	for name, form := range forms(t) {
		t.Run(name, func(t *testing.T) {
			key := parse(t, form.data, form.id)
			require.Equal(t, idA, key.ID())
			require.True(t, rawKey(t, "a").PublicKey.Equal(key.Public()))
			require.Equal(t, want, sign(t, key, claims))
		})
	}
}

func TestParseKeyRefuses(t *testing.T) {
	inPEM, inJWK := read(t, "a.pem"), read(t, "a.jwk")
	otherPEM, otherJWK := read(t, "b.pem"), read(t, "b.jwk")
	answer := func(id, pem, jwk string) string {
		return `{"id":"` + id + `","pem":"` + wrap(pem) + `","jwk":"` + wrap(jwk) + `"}`
	}
	for name, c := range map[string]struct{ data, id, message string }{
		"empty":                    {"", "", "the input is empty"},
		"prose":                    {"the key", "", "PEM begins with -----BEGIN, a JWK or JWK Set with {"},
		"too large":                {strings.Repeat(" ", 40<<10), "", "more than 32768 bytes"},
		"a token":                  {"eyJhbGciOiJSUzI1NiJ9.e30.AA", "", "this is a token, not a key"},
		"public PEM":               {read(t, "a.pub.pem"), idA, "a public key; signing needs the private one"},
		"wrapped public PEM":       {wrap(read(t, "a.pub.pem")), idA, "a public key; signing needs the private one"},
		"public set":               {read(t, "a.jwks.json"), "", "a JWK Set; give one private JWK"},
		"key list of the API":      {`{"result":[{"id":"x","created":"2021-06-15T21:06:54Z"}],"success":true}`, "", "the list of keys does not show them"},
		"one key of that list":     {`{"id":"x","created":"2021-06-15T21:06:54Z"}`, "", "JSON without pem and jwk"},
		"failed call":              {`{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`, "", `without "success": true`},
		"envelope without success": {`{"result":` + read(t, "a.json") + `}`, "", `without "success": true`},
		"PEM without id":           {inPEM, "", "carries no id; give the id"},
		"wrapped PEM without id":   {read(t, "a.pem.b64"), "", "carries no id; give the id"},
		"answer without any id":    {`{"pem":"` + wrap(inPEM) + `"}`, "", "carries no id; give the id"},
		"id with a slash":          {inPEM, "a/b", "the key id must hold 1 to 128 characters"},
		"id too long":              {inPEM, strings.Repeat("a", 129), "the key id must hold 1 to 128 characters"},
		"JWK of another id":        {inJWK, idB, "its id is " + idA + ", not " + idB},
		"answer of another id":     {read(t, "a.json"), idB, "its id is " + idA + ", not " + idB},
		"pem of another key":       {answer(idA, otherPEM, inJWK), "", "pem and jwk of this answer are two keys"},
		"jwk of another key":       {answer(idA, inPEM, strings.Replace(otherJWK, idB, idA, 1)), "", "pem and jwk of this answer are two keys"},
		"kid unlike id":            {answer(idB, inPEM, inJWK), "", "the answer's id is " + idB + ", the kid of its jwk " + idA},
		"kid unlike id, given":     {answer(idB, inPEM, inJWK), idA, "the answer's id is " + idB},
		"base64 with blanks":       {strings.Replace(wrap(inPEM), "R", "R ", 1), idA, "base64 with blanks inside"},
		"base64 cut short":         {wrap(inPEM)[:801], idA, "damaged base64; copy the whole value"},
		"base64 of the URL kind":   {strings.NewReplacer("+", "-", "/", "_").Replace(wrap(inPEM + "\n-----???")), idA, "URL alphabet"},
		"base64 twice":             {wrap(wrap(inPEM)), idA, "base64 inside base64"},
		"base64 in quotes":         {quoted(wrap(inPEM)), idA, "a JSON string in quotes"},
		"PEM with written breaks":  {strings.ReplaceAll(inPEM, "\n", `\n`), idA, `with \n written out`},
		"PEM on one line":          {strings.ReplaceAll(inPEM, "\n", " "), idA, "PEM on one line"},
		"encrypted PEM":            {string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})), idA, "encrypted PEM; decrypt it first"},
		"two keys in one file":     {inPEM + otherPEM, idA, "more than one PEM block"},
		"duplicate member":         {`{"id":"x",` + read(t, "a.json")[1:], "", "duplicate name"},
		"member of another case":   {`{"ID":"x",` + read(t, "a.json")[1:], "", `differs from "id" by case only`},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := signer.ParseKey([]byte(c.data), c.id)
			require.Nil(t, key)
			require.ErrorContains(t, err, c.message)
			require.True(t, strings.HasPrefix(err.Error(), "signer: "), err.Error())
		})
	}
}

func TestMarshalAnswer(t *testing.T) {
	key := parse(t, read(t, "a.pem"), idA)
	answer, err := key.MarshalAnswer(issue)
	require.NoError(t, err)
	require.Equal(t, `{"id":"`+idA+`","pem":"`+wrap(read(t, "a.pem"))+`","jwk":"`+wrap(strings.TrimSpace(read(t, "a.jwk")))+
		`","created":"2026-05-28T20:26:40.5Z"}`, string(answer))
	require.Equal(t, idA, parse(t, string(answer), "").ID())
}

func TestMarshalJWKS(t *testing.T) {
	a, b := parse(t, read(t, "a.json"), ""), parse(t, read(t, "b.json"), "")
	set, err := signer.MarshalJWKS(a)
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(read(t, "a.jwks.json")), string(set))
	set, err = signer.MarshalJWKS(b, a)
	require.NoError(t, err)
	require.Less(t, strings.Index(string(set), idB), strings.Index(string(set), idA), "in the given order")
	_, err = signer.MarshalJWKS(a, b, a)
	require.ErrorContains(t, err, "kid "+idA+" twice")
	_, err = signer.MarshalJWKS(a, nil)
	require.ErrorContains(t, err, "key 1 is no key")
	_, err = signer.MarshalJWKS(&signer.Key{})
	require.Error(t, err)
}

func TestPKCS8OfX509(t *testing.T) {
	der, err := x509.MarshalPKCS8PrivateKey(rawKey(t, "a"))
	require.NoError(t, err)
	parse(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), idA)
}
