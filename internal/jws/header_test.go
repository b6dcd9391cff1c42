package jws_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jws"
)

// TestParseHeaderPolicy: which headers an RS256 verifier goes on with.
func TestParseHeaderPolicy(t *testing.T) {
	with := func(member string) string { return `{"alg":"RS256","kid":"k",` + member + `}` }
	for _, c := range []struct {
		name, header string
		want         error // nil: accepted with kid "k"
	}{
		{"as minted", `{"alg":"RS256","kid":"k"}`, nil},
		{"another order", `{"kid":"k","alg":"RS256"}`, nil},
		{"white space", " {\n\t\"alg\" : \"RS256\" ,\r \"kid\" : \"k\" } ", nil},
		{"escaped spelling of the same text", `{"\u0061lg":"RS\u003256","kid":"\u006b"}`, nil},
		{"typ JWT", with(`"typ":"JWT"`), nil},
		{"members nobody knows", with(`"x":{"crit":[1]},"cty":"JWT","x5t":"a","":null`), nil},

		// Not a strict JSON object: nothing in it can be judged.
		{"empty", ``, jws.ErrHeader},
		{"not JSON", `alg=RS256`, jws.ErrHeader},
		{"an array", `["alg","RS256"]`, jws.ErrHeader},
		{"a string", `"RS256"`, jws.ErrHeader},
		{"null", `null`, jws.ErrHeader},
		{"data after it", `{"alg":"RS256","kid":"k"}{}`, jws.ErrHeader},
		{"byte order mark", "\ufeff" + `{"alg":"RS256","kid":"k"}`, jws.ErrHeader},
		{"alg twice, none last", `{"alg":"RS256","alg":"none","kid":"k"}`, jws.ErrHeader},
		{"alg twice, none first", `{"alg":"none","alg":"RS256","kid":"k"}`, jws.ErrHeader},
		{"alg twice, once escaped", `{"alg":"RS256","\u0061lg":"none","kid":"k"}`, jws.ErrHeader},
		{"kid twice", `{"alg":"RS256","kid":"k","kid":"k"}`, jws.ErrHeader},
		{"name twice deep inside", with(`"x":[{"a":1,"a":2}]`), jws.ErrHeader},
		{"bad UTF-8", with("\"x\":\"\xff\""), jws.ErrHeader},
		{"too deep", with(`"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16)), jws.ErrHeader},

		// alg, whatever else is wrong.
		{"no alg", `{"kid":"k"}`, jws.ErrAlg},
		{"empty object", `{}`, jws.ErrAlg},
		{"alg null", `{"alg":null,"kid":"k"}`, jws.ErrAlg},
		{"alg false", `{"alg":false,"kid":"k"}`, jws.ErrAlg},
		{"alg a number", `{"alg":256,"kid":"k"}`, jws.ErrAlg},
		{"alg a list", `{"alg":["RS256"],"kid":"k"}`, jws.ErrAlg},
		{"alg an object", `{"alg":{"RS256":"RS256"},"kid":"k"}`, jws.ErrAlg},
		{"alg empty", `{"alg":"","kid":"k"}`, jws.ErrAlg},
		{"alg none", `{"alg":"none","kid":"k"}`, jws.ErrAlg},
		{"alg nOnE", `{"alg":"nOnE","kid":"k"}`, jws.ErrAlg},
		{"alg HS256, key confusion", `{"alg":"HS256","kid":"k"}`, jws.ErrAlg},
		{"alg RS384", `{"alg":"RS384","kid":"k"}`, jws.ErrAlg},
		{"alg PS256", `{"alg":"PS256","kid":"k"}`, jws.ErrAlg},
		{"alg ES256", `{"alg":"ES256","kid":"k"}`, jws.ErrAlg},
		{"alg EdDSA", `{"alg":"EdDSA","kid":"k"}`, jws.ErrAlg},
		{"alg rs256", `{"alg":"rs256","kid":"k"}`, jws.ErrAlg},
		{"alg with a space", `{"alg":"RS256 ","kid":"k"}`, jws.ErrAlg},
		{"alg with a NUL", `{"alg":"RS256\u0000","kid":"k"}`, jws.ErrAlg},
		{"ALG instead of alg", `{"ALG":"RS256","kid":"k"}`, jws.ErrAlg},
		{"alg comes before kid", `{"kid":7,"alg":"none"}`, jws.ErrAlg},
		{"alg comes before crit", `{"crit":["x"],"alg":"none","kid":"k"}`, jws.ErrAlg},
		{"alg comes before jwk", `{"jwk":{},"alg":"HS256"}`, jws.ErrAlg},

		{"no kid", `{"alg":"RS256"}`, jws.ErrHeader},
		{"kid null", `{"alg":"RS256","kid":null}`, jws.ErrHeader},
		{"kid a number", `{"alg":"RS256","kid":1}`, jws.ErrHeader},
		{"kid a list", `{"alg":"RS256","kid":["k"]}`, jws.ErrHeader},
		{"kid empty", `{"alg":"RS256","kid":""}`, jws.ErrHeader},
		{"kid too long", `{"alg":"RS256","kid":"` + strings.Repeat("k", 129) + `"}`, jws.ErrHeader},
		{"kid a path", `{"alg":"RS256","kid":"../../dev/null"}`, jws.ErrHeader},
		{"kid a query", `{"alg":"RS256","kid":"x' UNION SELECT '1"}`, jws.ErrHeader},
		{"kid a command", `{"alg":"RS256","kid":"|sleep 10"}`, jws.ErrHeader},
		{"kid with a NUL", `{"alg":"RS256","kid":"k\u0000"}`, jws.ErrHeader},
		{"kid with a letter outside ASCII", `{"alg":"RS256","kid":"k\u00e9"}`, jws.ErrHeader},
		{"KID instead of kid", `{"alg":"RS256","KID":"k"}`, jws.ErrHeader},

		{"typ jwt", with(`"typ":"jwt"`), jws.ErrHeader},
		{"typ of another kind", with(`"typ":"at+jwt"`), jws.ErrHeader},
		{"typ null", with(`"typ":null`), jws.ErrHeader},
		{"typ empty", with(`"typ":""`), jws.ErrHeader},
		{"typ a list", with(`"typ":["JWT"]`), jws.ErrHeader},
		{"crit", with(`"crit":["exp"]`), jws.ErrHeader},
		{"crit empty", with(`"crit":[]`), jws.ErrHeader},
		{"crit null", with(`"crit":null`), jws.ErrHeader},
		{"an embedded key", with(`"jwk":{"kty":"RSA"}`), jws.ErrHeader},
		{"jwk null", with(`"jwk":null`), jws.ErrHeader},
		{"a key to fetch", with(`"jku":"https://attacker.example/jwks.json"`), jws.ErrHeader},
		{"a certificate to fetch", with(`"x5u":"https://attacker.example/c.pem"`), jws.ErrHeader},
		{"a certificate", with(`"x5c":[]`), jws.ErrHeader},
		{"compressed", with(`"zip":"DEF"`), jws.ErrHeader},
		{"encrypted", with(`"enc":"A128GCM"`), jws.ErrHeader},
		{"unencoded payload", with(`"b64":false`), jws.ErrHeader},
		{"b64 true", with(`"b64":true`), jws.ErrHeader},
		{"crit, escaped", with(`"\u0063rit":["x"]`), jws.ErrHeader},

		{"ALG beside alg", with(`"ALG":"none"`), jws.ErrHeader},
		{"KID beside kid", with(`"KID":"k"`), jws.ErrHeader},
		{"Kelvin sign for k", with(`"\u212Aid":"k"`), jws.ErrHeader},
		{"Crit", with(`"Crit":["x"]`), jws.ErrHeader},
		{"JWK", with(`"JWK":{}`), jws.ErrHeader},
		{"Typ", with(`"Typ":"JWT"`), jws.ErrHeader},
		{"B64", with(`"B64":false`), jws.ErrHeader},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := jws.ParseHeader([]byte(c.header), "RS256")
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, jws.Header{KeyID: "k"}, got)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.Equal(t, jws.Header{}, got)
			for _, other := range []error{jws.ErrHeader, jws.ErrAlg} {
				if other != c.want {
					require.NotErrorIs(t, err, other)
				}
			}
		})
	}
}

func TestParseHeaderKeyID(t *testing.T) {
	for _, kid := range []string{"a", ".", "..", "-_.", "8f926b2b01f3835170025a78a4dcbf6a", strings.Repeat("Z", 128)} {
		header := []byte(`{"alg":"RS256","kid":"` + kid + `"}`)
		got, err := jws.ParseHeader(header, "RS256")
		require.NoError(t, err)
		clear(header) // the buffer is used for the next token
		require.Equal(t, kid, got.KeyID)
	}
}

// TestParseHeaderOtherAlg: the algorithm is the caller's, not a list of known ones.
func TestParseHeaderOtherAlg(t *testing.T) {
	_, err := jws.ParseHeader([]byte(`{"alg":"Ed25519","kid":"k"}`), "Ed25519")
	require.NoError(t, err)
	_, err = jws.ParseHeader([]byte(`{"alg":"RS256","kid":"k"}`), "Ed25519")
	require.ErrorIs(t, err, jws.ErrAlg)
}

// TestErrorsQuoteNothing: what a stranger sent does not come back in an error.
func TestErrorsQuoteNothing(t *testing.T) {
	for _, header := range []string{
		`{"alg":"SECRET","kid":"k"}`,
		`{"alg":"RS256","kid":"SECRET!"}`,
		`{"alg":"RS256","kid":"k","typ":"SECRET"}`,
		`{"alg":"RS256","kid":"k","jku":"SECRET"}`,
		`{"alg":"RS256","kid":"k","SECRET":1,"SECRET":2}`,
		`SECRET`,
	} {
		_, err := jws.ParseHeader([]byte(header), "RS256")
		require.Error(t, err, header)
		require.NotContains(t, err.Error(), "SECRET")
	}
}

// A header that is no object is told as what it is, unless it is not JSON at all.
func TestParseHeaderSaysWhatItIs(t *testing.T) {
	for header, want := range map[string]string{
		`["alg","RS256"]`:   "array instead of an object",
		` null `:            "null instead of an object",
		`["alg","RS256"`:    "not strict JSON: unexpected end",
		`[] {}`:             "not strict JSON: data after the value",
		``:                  "not strict JSON: unexpected end",
		`alg`:               "not strict JSON: not a value",
		`{"alg":1,"alg":2}`: "not strict JSON: duplicate name",
	} {
		_, err := jws.ParseHeader([]byte(header), "RS256")
		require.EqualError(t, err, jws.ErrHeader.Error()+": "+want, header)
	}
}
