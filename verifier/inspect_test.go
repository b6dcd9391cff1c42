package verifier_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

const sampleKid = "cdc935982f8075f2ef96106d85fcd838"

// The sample of Cloudflare Stream: securing your stream, which has no sub,
// and that of its API reference, which has. Both are issued by Stream's own
// token call: exp and nbf are strings. The signature of the first is made up.
var (
	docsSample = b64(`{"alg":"RS256","kid":"`+sampleKid+`"}`) + "." +
		b64(`{"kid":"`+sampleKid+`","exp":"1621889657","nbf":"1621882457"}`) + "." + b64(strings.Repeat("s", 256))
	referenceSample = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImU5ZGI5OTBhODI2NjZkZDU3MWM3N2Y5NDRhNWM1YzhkIn0" +
		".eyJzdWIiOiJlYTk1MTMyYzE1NzMyNDEyZDIyYzE0NzZmYTgzZjI3YSIsImtpZCI6ImU5ZGI5OTBhODI2NjZkZDU3MWM3N2Y5NDRhNWM1YzhkIiwiZXhwIjoiMTUzNzQ2MDM2NSIsIm5iZiI6IjE1Mzc0NTMxNjUifQ" +
		".OZhqOARADn1iubK6GKcn25hN3nU-hCFF5q9w2C4yup0C4diG7aMIowiRpP-eDod8dbAJubsiFuTKrqPcmyCKWYsiv0TQueukqbQlF7HCO1TV-oF6El5-7ldJ46eD-ZQ0XgcIYEKrQOYFF8iDQbqPm3REWd6BnjKZdeVrLzuRaiSnZ9qqFpGu5dfxIY9-nZKDubJHqCr3Imtb211VIG_b9MdtO92JjvkDS-rxT_pkEfTZSafl1OU-98A7KBGtPSJHz2dHORIrUiTA6on4eIXTj9aFhGiir4rSn-rn0OjPRTtJMWIDMoQyE_fwrSYzB7MPuzL2t82BWaEbHZTfixBm5A"
)

func TestInspectSamples(t *testing.T) {
	in, err := verifier.Inspect(docsSample)
	require.NoError(t, err)
	require.Equal(t, verifier.Inspection{
		Header:   json.RawMessage(`{"alg":"RS256","kid":"` + sampleKid + `"}`),
		Claims:   json.RawMessage(`{"kid":"` + sampleKid + `","exp":"1621889657","nbf":"1621882457"}`),
		KeyID:    sampleKid,
		Bytes:    len(docsSample),
		Problems: []string{"payload: sub: missing"},
	}, in)

	in, err = verifier.Inspect(referenceSample)
	require.NoError(t, err)
	require.Empty(t, in.Problems)
	require.Equal(t, "e9db990a82666dd571c77f944a5c5c8d", in.KeyID)
	require.Equal(t, `{"sub":"ea95132c15732412d22c1476fa83f27a","kid":"e9db990a82666dd571c77f944a5c5c8d","exp":"1537460365","nbf":"1537453165"}`, string(in.Claims))
}

// TestInspectProblems: all of them, not the first alone.
func TestInspectProblems(t *testing.T) {
	good := `{"sub":"v","exp":1}`
	std := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		name  string
		token string
		kid   string
		want  []string
	}{
		{"none", b64(header("k")) + "." + b64(good) + ".AAAA", "k", nil},
		{"the header", b64(`{"alg":"none","typ":"jwt","crit":[],"jwk":{},"KID":"k","Kid":"k","x":1}`) + "." + b64(good) + ".AAAA", "", []string{
			"header: kid is missing", "header: alg is not RS256", `header: typ is not "JWT"`, "header: crit is not accepted",
			"header: jwk is not accepted", "header: a name that differs from kid only by case",
		}},
		{"no alg, a kid that is none", b64(`{"kid":"a b"}`) + "." + b64(good) + ".AAAA", "", []string{
			"header: alg is missing, RS256 is required", "header: kid is not 1 to 128 characters of [A-Za-z0-9_.-]",
		}},
		{"the claims", b64(header("k")) + "." + b64(`{"exp":1.5,"nbf":-1,"NBF":1,"kid":"other","downloadable":1,"x":null}`) + ".AAAA", "k", []string{
			"payload: sub: ", "payload: exp: ", "payload: nbf: ", "payload: nbf: ", "payload: downloadable: ", "payload: kid: not the header's",
		}},
		{"duplicate names", b64(`{"alg":"RS256","kid":"k","kid":"k"}`) + "." + b64(`{"sub":"v","sub":"w","exp":1}`) + ".AAAA", "", []string{
			"header: not strict JSON: ", "payload: not strict JSON: ",
		}},
		{"no objects", b64(`"alg"`) + "." + b64(`[1]`) + ".AAAA", "", []string{
			"header: string instead of an object", "payload: array instead of an object",
		}},
		{"no signature", b64(header("k")) + "." + b64(good) + ".", "k", []string{"signature: empty"}},
		{"padding and ordinary base64", std(header("k")) + "." + std(`{"sub":"v","exp":1,"x":"?>??>"}`) + ".AA+/AA==", "k", []string{
			"header: base64 padding", "payload: base64 padding", "signature: base64 padding",
			"payload: ordinary base64 (+ and /) instead of base64url (- and _)", "signature: ordinary base64 (+ and /) instead of base64url (- and _)",
		}},
		{"line breaks and unused bits", b64(header("k")) + "." + b64(good) + ".AA\nAB\r\n", "k", []string{
			"signature: white space or line breaks",
		}},
		{"unused bits", b64(header("k")) + "." + b64(good) + ".AB", "k", []string{"signature: unused bits that are not zero, another spelling of the same bytes"}},
		{"an impossible length", b64(header("k")) + "." + b64(good) + ".AAAAA", "k", []string{"signature: a length that base64url does not have"}},
		{"foreign characters", b64(header("k")) + "." + b64(good) + ".AA%A", "k", []string{"signature: characters outside base64url"}},
		{"too large", b64(header("k")) + "." + b64(`{"sub":"v","exp":1,"x":"`+strings.Repeat("x", 8192)+`"}`) + ".AAAA", "k", []string{"token: ", "payload: payload larger"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := verifier.Inspect(c.token)
			require.NoError(t, err)
			require.Equal(t, c.kid, in.KeyID)
			require.Equal(t, len(c.token), in.Bytes)
			require.True(t, json.Valid(in.Header))
			require.True(t, json.Valid(in.Claims))
			unexpected := in.Problems
			for _, want := range c.want {
				found := -1
				for i, p := range unexpected {
					if strings.HasPrefix(p, want) {
						found = i
					}
				}
				require.GreaterOrEqual(t, found, 0, "%q in %q", want, in.Problems)
				unexpected = append(append([]string{}, unexpected[:found]...), unexpected[found+1:]...)
			}
			require.Empty(t, unexpected)
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		want  streamtoken.Reason
	}{
		"nothing":            {"", streamtoken.ReasonTokenMalformed},
		"a word":             {"token", streamtoken.ReasonTokenMalformed},
		"dots":               {strings.Repeat(".", 64<<10), streamtoken.ReasonTokenMalformed},
		"two parts":          {b64(`{}`) + "." + b64(`{}`), streamtoken.ReasonTokenMalformed},
		"five parts":         {"a.b.c.d.e", streamtoken.ReasonTokenMalformed},
		"not base64":         {"%%%%.e30.AAAA", streamtoken.ReasonTokenMalformed},
		"header not JSON":    {b64("foo") + ".e30.AAAA", streamtoken.ReasonTokenMalformed},
		"payload not JSON":   {"e30." + b64("foo") + ".AAAA", streamtoken.ReasonTokenMalformed},
		"payload two values": {"e30." + b64("{}{}") + ".AAAA", streamtoken.ReasonTokenMalformed},
		"payload not UTF-8":  {"e30." + b64("\"\xff\"") + ".AAAA", streamtoken.ReasonTokenMalformed},
		"payload empty":      {"e30..AAAA", streamtoken.ReasonTokenMalformed},
		"64 KiB and one":     {strings.Repeat("A", 64<<10+1), streamtoken.ReasonTokenTooLarge},
	} {
		in, err := verifier.Inspect(c.token)
		require.ErrorIs(t, err, c.want, name)
		require.Equal(t, verifier.Inspection{}, in, name)
	}
}
