package jwk_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

func TestParseAnswer(t *testing.T) {
	pemText, jwkText := read(t, "a.pem"), strings.TrimSpace(read(t, "a.jwk"))
	quoted := func(s string) string { return `"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(s) + `"` }
	for name, in := range map[string]string{
		"bare":            read(t, "a.json"),
		"enveloped":       read(t, "a.answer.json"),
		"not wrapped":     `{"id":"` + idA + `","pem":` + quoted(pemText) + `,"jwk":` + quoted(jwkText) + `}`,
		"jwk an object":   `{"id":"` + idA + `","pem":` + quoted(pemText) + `,"jwk":` + jwkText + `}`,
		"unknown members": `{"label":{"pem":1},` + read(t, "a.json")[1:],
	} {
		t.Run(name, func(t *testing.T) {
			require.True(t, jwk.IsAnswer([]byte(in)))
			answer, err := jwk.ParseAnswer([]byte(in))
			require.NoError(t, err)
			require.Equal(t, idA, answer.ID)
			require.Equal(t, pemText, string(answer.PEM))
			require.Equal(t, jwkText, string(answer.JWK))
		})
	}
}

func TestParseAnswerRefuses(t *testing.T) {
	bare := read(t, "a.json")
	for name, c := range map[string]struct{ in, message string }{
		"no object":             {`[]`, "not a JSON object"},
		"no success":            {`{"result":` + bare + `}`, `without "success": true`},
		"failure":               {`{"result":null,"success":false,"errors":[{"code":10000,"message":"m"}]}`, `without "success": true`},
		"success a string":      {`{"result":` + bare + `,"success":"true"}`, `without "success": true`},
		"list":                  {`{"result":[{"id":"x"}],"success":true}`, "the list of keys does not show them"},
		"result null":           {`{"result":null,"success":true}`, "not a JSON object"},
		"list item":             {`{"id":"x","created":"2021-06-15T21:06:54Z"}`, "without pem and jwk"},
		"id missing its quotes": {`{"id":7,"pem":"x"}`, "id is not a string"},
		"id with a slash":       {`{"id":"a/b","pem":"x"}`, "id is not 1 to 128"},
		"pem null":              {`{"id":"a","pem":null}`, "pem is not a string"},
		"pem damaged":           {`{"id":"a","pem":"LS0t*"}`, "damaged base64"},
		"pem holds JSON":        {`{"id":"a","pem":"e30="}`, "pem holds something else"},
		"jwk holds text":        {`{"id":"a","jwk":"aGVsbG8="}`, "jwk holds something else"},
		"duplicate pem":         {`{"id":"a","pem":"e30=","pem":"e30="}`, "jwk: "},
		"case variant":          {`{"id":"a","PEM":"e30=","pem":"e30="}`, `differs from "pem" by case only`},
		"too large":             {strings.Repeat(" ", jwk.MaxPrivateBytes) + bare, "more than 32768 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := jwk.ParseAnswer([]byte(c.in))
			require.ErrorContains(t, err, c.message)
			require.Zero(t, answer)
		})
	}
	for _, in := range []string{"", "x", read(t, "a.jwk"), read(t, "a.jwks.json"), read(t, "a.pem"), `{"a":1,"a":2}`} {
		require.False(t, jwk.IsAnswer([]byte(in)))
	}
}

func TestUnwrap(t *testing.T) {
	plain := read(t, "a.pem")
	wrapped := base64.StdEncoding.EncodeToString([]byte(plain))
	var lines strings.Builder
	for i := 0; i < len(wrapped); i += 76 {
		lines.WriteString(wrapped[i:min(i+76, len(wrapped))] + "\r\n")
	}
	for name, in := range map[string]string{"one line": wrapped, "final line break": wrapped + "\n", "line breaks": lines.String()} {
		out, err := jwk.Unwrap([]byte(in))
		require.NoError(t, err, name)
		require.Equal(t, plain, string(out), name)
	}
	for name, c := range map[string]struct{ in, message string }{
		"empty":            {"", "damaged base64"},
		"blanks":           {wrapped[:80] + " " + wrapped[80:], "blanks inside"},
		"URL alphabet":     {"LS0_", "URL alphabet"},
		"no padding":       {strings.TrimRight(wrapped, "="), "damaged base64"},
		"stray bits":       {"QR==", "damaged base64"},
		"data after end":   {"QQ==QQ==", "damaged base64"},
		"other characters": {"LS0t*A==", "damaged base64"},
		"too large":        {strings.Repeat("A", jwk.MaxPrivateBytes+4), "more than"},
	} {
		_, err := jwk.Unwrap([]byte(c.in))
		require.ErrorContains(t, err, c.message, name)
	}
}
