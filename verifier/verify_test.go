package verifier_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/verifier"
)

// require refused: no token beside the error, the one reason, and no more in
// the Refusal than that stage may tell.
func requireRefused(t *testing.T, tok *verifier.Token, err error, reason streamtoken.Reason) *streamtoken.Refusal {
	t.Helper()
	require.Nil(t, tok)
	require.ErrorIs(t, err, reason)
	require.Equal(t, reason, streamtoken.ReasonOf(err))
	var refusal *streamtoken.Refusal
	require.True(t, errors.As(err, &refusal))
	for _, r := range streamtoken.Reasons() {
		require.Equal(t, r == reason, errors.Is(err, r), "one reason only")
	}
	switch reason {
	case streamtoken.ReasonTokenExpired, streamtoken.ReasonTokenNotYetValid, streamtoken.ReasonLifetimeTooLong,
		streamtoken.ReasonTokenRevoked, streamtoken.ReasonRevocationsUnavailable:
		require.NotEmpty(t, refusal.KeyID)
		require.NotEmpty(t, refusal.Subject)
	case streamtoken.ReasonClaimsInvalid:
		require.NotEmpty(t, refusal.KeyID)
		require.Empty(t, refusal.Subject)
	default:
		require.Empty(t, refusal.KeyID)
		require.Empty(t, refusal.Subject)
	}
	return refusal
}

// TestPayloadPolicy: validly signed tokens of every kind that the usual
// libraries judge differently from one another. at is 1800000000.
func TestPayloadPolicy(t *testing.T) {
	const (
		expired = streamtoken.ReasonTokenExpired
		early   = streamtoken.ReasonTokenNotYetValid
		tooLong = streamtoken.ReasonLifetimeTooLong
		claims  = streamtoken.ReasonClaimsInvalid
		ok      = streamtoken.Reason("")
	)
	v := newVerifier(t)
	key := testKey(t, "a")
	for _, c := range []struct {
		name, payload string
		want          streamtoken.Reason
	}{
		{"minimal", `{"sub":"v","exp":1800000001}`, ok},
		{"as minted", `{"sub":"v","kid":"` + kidA + `","exp":1800003600,"nbf":1799996400,"downloadable":true,"accessRules":` + fiveRules + `}`, ok},
		{"as Stream's own call issues it", `{"sub":"v","kid":"` + kidA + `","exp":"1800003600","nbf":"1799996400","downloadable":true}`, ok},
		{"white space around", " \n{\"sub\":\"v\",\"exp\":1800000001}\t", ok},
		{"unknown claims", `{"sub":"v","exp":1800000001,"iss":null,"flags":{"original":true}}`, ok},

		{"EXP only", `{"sub":"v","EXP":1800003600}`, claims},
		{"exp past and EXP future", `{"sub":"v","exp":1,"EXP":1800003600}`, claims},
		{"exp past, then future", `{"sub":"v","exp":1,"exp":1800003600}`, claims},
		{"exp future, then past", `{"sub":"v","exp":1800003600,"exp":1}`, claims},
		{"exp twice, once escaped", `{"sub":"v","exp":1,"\u0065xp":1800003600}`, claims},
		{"exp missing", `{"sub":"v"}`, claims},
		{"exp null", `{"sub":"v","exp":null}`, claims},
		{"exp a list", `{"sub":"v","exp":[1800003600]}`, claims},
		{"exp true", `{"sub":"v","exp":true}`, claims},
		{"exp 1e10", `{"sub":"v","exp":1e10}`, claims},
		{"exp fractional", `{"sub":"v","exp":1800003600.5}`, claims},
		{"exp with a zero fraction", `{"sub":"v","exp":1800003600.0}`, claims},
		{"exp 1e300", `{"sub":"v","exp":1e300}`, claims},
		{"exp 2^63", `{"sub":"v","exp":9223372036854775808}`, claims},
		{"exp MaxInt64", `{"sub":"v","exp":9223372036854775807}`, claims},
		{"exp MaxInt64 as a string", `{"sub":"v","exp":"9223372036854775807"}`, claims},
		{"exp -1", `{"sub":"v","exp":-1}`, claims},
		{"exp -0", `{"sub":"v","exp":-0}`, claims},
		{"exp +1 as a string", `{"sub":"v","exp":"+1800003600"}`, claims},
		{"exp with a leading zero as a string", `{"sub":"v","exp":"01800003600"}`, claims},
		{"exp with a space as a string", `{"sub":"v","exp":"1800003600 "}`, claims},
		{"exp empty string", `{"sub":"v","exp":""}`, claims},
		{"exp full-width digits", `{"sub":"v","exp":"` + "\uff11" + `"}`, claims},
		{"exp 0", `{"sub":"v","exp":0}`, expired},
		{"exp now", `{"sub":"v","exp":1800000000}`, expired},
		{"exp the last second there is", `{"sub":"v","exp":253402300799}`, tooLong},
		{"exp one second later", `{"sub":"v","exp":253402300800}`, claims},
		{"exp in 24 h 5 min", `{"sub":"v","exp":1800086700}`, ok},
		{"exp in 24 h 5 min 1 s", `{"sub":"v","exp":1800086701}`, tooLong},

		{"nbf now", `{"sub":"v","exp":1800000001,"nbf":1800000000}`, ok},
		{"nbf 0", `{"sub":"v","exp":1800000001,"nbf":0}`, ok},
		{"nbf in a second", `{"sub":"v","exp":1800003600,"nbf":1800000001}`, early},
		{"nbf MaxInt64", `{"sub":"v","exp":1800003600,"nbf":9223372036854775807}`, claims},
		{"nbf 1e19", `{"sub":"v","exp":1800003600,"nbf":10000000000000000000}`, claims},
		{"nbf 1e300", `{"sub":"v","exp":1800003600,"nbf":1e300}`, claims},
		{"nbf 9.3e18", `{"sub":"v","exp":1800003600,"nbf":9.3e18}`, claims},
		{"nbf the last second there is", `{"sub":"v","exp":1800003600,"nbf":253402300799}`, early},
		{"nbf future and Nbf past", `{"sub":"v","exp":1800003600,"nbf":1800000100,"Nbf":1}`, claims},
		{"NBF future only", `{"sub":"v","exp":1800003600,"NBF":1800000100}`, claims},
		{"nbf null", `{"sub":"v","exp":1800003600,"nbf":null}`, claims},
		{"expired comes before not yet valid", `{"sub":"v","exp":1,"nbf":1900000000}`, expired},
		{"not yet valid comes before too long", `{"sub":"v","exp":1900000001,"nbf":1900000000}`, early},

		{"data after it", `{"sub":"v","exp":1800003600}{"sub":"w"}`, claims},
		{"not JSON", `foo`, claims},
		{"a string", `"sub"`, claims},
		{"an array", `[{"sub":"v","exp":1800003600}]`, claims},
		{"null", `null`, claims},
		{"bad UTF-8 in sub", "{\"sub\":\"v\xff\",\"exp\":1800003600}", claims},
		{"lone surrogate", `{"sub":"v","exp":1800003600,"x":"\ud800"}`, claims},
		{"byte order mark", "\ufeff" + `{"sub":"v","exp":1800003600}`, claims},
		{"depth 17", `{"sub":"v","exp":1800003600,"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, claims},
		{"depth 16", `{"sub":"v","exp":1800003600,"x":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`, ok},
		{"name twice deep inside", `{"sub":"v","exp":1800003600,"x":{"a":1,"a":1}}`, claims},

		{"sub missing", `{"exp":1800003600}`, claims},
		{"sub empty", `{"sub":"","exp":1800003600}`, claims},
		{"sub null", `{"sub":null,"exp":1800003600}`, claims},
		{"sub a number", `{"sub":1,"exp":1800003600}`, claims},
		{"sub a path", `{"sub":"../x","exp":1800003600}`, claims},
		{"sub a dot", `{"sub":".","exp":1800003600}`, claims},
		{"sub too long", `{"sub":"` + strings.Repeat("a", 65) + `","exp":1800003600}`, claims},
		{"long s for sub", `{"\u017fub":"v","exp":1800003600}`, claims},
		{"Sub beside sub", `{"sub":"v","Sub":"w","exp":1800003600}`, claims},

		{"kid of another key", `{"sub":"v","exp":1800003600,"kid":"` + kidB + `"}`, claims},
		{"kid in another case", `{"sub":"v","exp":1800003600,"kid":"` + strings.ToUpper(kidA) + `"}`, claims},
		{"kid empty", `{"sub":"v","exp":1800003600,"kid":""}`, claims},
		{"kid null", `{"sub":"v","exp":1800003600,"kid":null}`, claims},

		{"downloadable false", `{"sub":"v","exp":1800003600,"downloadable":false}`, ok},
		{"downloadable a string", `{"sub":"v","exp":1800003600,"downloadable":"true"}`, claims},
		{"downloadable 1", `{"sub":"v","exp":1800003600,"downloadable":1}`, claims},
		{"Downloadable", `{"sub":"v","exp":1800003600,"Downloadable":true}`, claims},

		{"no rules", `{"sub":"v","exp":1800003600,"accessRules":[]}`, ok},
		{"rules an object", `{"sub":"v","exp":1800003600,"accessRules":{}}`, claims},
		{"rules null", `{"sub":"v","exp":1800003600,"accessRules":null}`, claims},
		{"six rules", `{"sub":"v","exp":1800003600,"accessRules":[` + strings.Repeat(`{"type":"any","action":"allow"},`, 5) + `{"type":"any","action":"allow"}]}`, claims},
		{"a rule of no known type", `{"sub":"v","exp":1800003600,"accessRules":[{"type":"ip.geoip.asnum","action":"block"}]}`, claims},
		{"a rule of no known action", `{"sub":"v","exp":1800003600,"accessRules":[{"type":"any","action":"log"}]}`, claims},
		{"one broken address among good ones", `{"sub":"v","exp":1800003600,"accessRules":[{"type":"ip.src","action":"block","ip":["192.0.2.1","192.0.2.300"]}]}`, claims},
		{"a list that belongs to another type", `{"sub":"v","exp":1800003600,"accessRules":[{"type":"any","action":"allow","ip":7,"country":[]}]}`, ok},
		{"ACTION in a rule", `{"sub":"v","exp":1800003600,"accessRules":[{"type":"any","action":"block","ACTION":"allow"}]}`, claims},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok, err := v.Verify(t.Context(), sign(t, key, header(kidA), c.payload))
			if c.want != ok {
				requireRefused(t, tok, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "v", tok.Subject())
			require.Equal(t, kidA, tok.KeyID())
		})
	}
}

// TestHeaderPolicy: the same for headers, all validly signed.
func TestHeaderPolicy(t *testing.T) {
	const (
		invalid = streamtoken.ReasonHeaderInvalid
		alg     = streamtoken.ReasonAlgNotAllowed
		unknown = streamtoken.ReasonKeyUnknown
	)
	v := newVerifier(t)
	key := testKey(t, "a")
	for _, c := range []struct {
		name, header string
		want         streamtoken.Reason
	}{
		{"as minted", header(kidA), ""},
		{"typ and unknown members", `{"typ":"JWT","cty":"x","kid":"` + kidA + `","alg":"RS256","x":[1]}`, ""},
		{"alg RS256, then none", `{"alg":"RS256","alg":"none","kid":"` + kidA + `"}`, invalid},
		{"alg none, then RS256", `{"alg":"none","alg":"RS256","kid":"` + kidA + `"}`, invalid},
		{"alg none", `{"alg":"none","kid":"` + kidA + `"}`, alg},
		{"alg HS256", `{"alg":"HS256","kid":"` + kidA + `"}`, alg},
		{"alg PS256", `{"alg":"PS256","kid":"` + kidA + `"}`, alg},
		{"alg missing", `{"kid":"` + kidA + `"}`, alg},
		{"alg null", `{"alg":null,"kid":"` + kidA + `"}`, alg},
		{"alg before kid", `{"alg":"none","kid":7}`, alg},
		{"crit", `{"alg":"RS256","kid":"` + kidA + `","crit":["x"]}`, invalid},
		{"crit empty", `{"alg":"RS256","kid":"` + kidA + `","crit":[]}`, invalid},
		{"crit null", `{"alg":"RS256","kid":"` + kidA + `","crit":null}`, invalid},
		{"b64 false", `{"alg":"RS256","kid":"` + kidA + `","b64":false}`, invalid},
		{"zip", `{"alg":"RS256","kid":"` + kidA + `","zip":"DEF"}`, invalid},
		{"foreign typ", `{"alg":"RS256","kid":"` + kidA + `","typ":"at+jwt"}`, invalid},
		{"inline jwk", `{"alg":"RS256","kid":"` + kidA + `","jwk":{}}`, invalid},
		{"kid a number", `{"alg":"RS256","kid":1}`, invalid},
		{"kid missing", `{"alg":"RS256"}`, invalid},
		{"kid a path", `{"alg":"RS256","kid":"../../dev/null"}`, invalid},
		{"kid in another case", header(strings.ToUpper(kidA)), unknown},
		{"kid unknown", header("k"), unknown},
		{"kid of dots", header(".."), unknown},
		{"header comes before key", `{"alg":"RS256","kid":"k","jku":""}`, invalid},
		{"key comes before signature", header("k"), unknown},
		{"another key's kid", header(kidB), streamtoken.ReasonSignatureInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok, err := v.Verify(t.Context(), sign(t, key, c.header, `{"sub":"v","exp":1800003600}`))
			if c.want != "" {
				requireRefused(t, tok, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, kidA, tok.KeyID())
		})
	}
}

// TestSpellings: every other way to write a good token is no token.
func TestSpellings(t *testing.T) {
	v := newVerifier(t)
	good := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600}`)
	_, err := v.Verify(t.Context(), good)
	require.NoError(t, err)
	cut := strings.LastIndexByte(good, '.')

	// 256 bytes are 342 characters, whose last carries four unused bits.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, good[len(good)-1])
	require.Zero(t, last%16)
	for i := last + 1; i < last+16; i++ {
		tok, err := v.Verify(t.Context(), good[:len(good)-1]+string(alphabet[i]))
		requireRefused(t, tok, err, streamtoken.ReasonTokenMalformed)
	}
	for name, s := range map[string]string{
		"line feed in the signature":       good[:cut+9] + "\n" + good[cut+9:],
		"carriage return in the signature": good[:cut+9] + "\r" + good[cut+9:],
		"line feed at the end":             good + "\n",
		"space in front":                   " " + good,
		"padding":                          good + "==",
		"ordinary base64":                  strings.NewReplacer("-", "+", "_", "/").Replace(good),
		"a final dot":                      good + ".",
		"a first dot":                      "." + good,
		"no signature":                     good[:cut+1],
		"no signature and no dot":          good[:cut],
		"null byte":                        good + "\x00",
		"JSON serialization":               `{"protected":"` + good[:10] + `"}`,
		"with a scheme":                    "Bearer " + good,
		"empty":                            "",
		"five parts":                       good + ".AAAA.AAAA",
		"as many dots as may be":           strings.Repeat(".", streamtoken.MaxTokenBytes),
	} {
		tok, err := v.Verify(t.Context(), s)
		require.NotNil(t, err, name)
		requireRefused(t, tok, err, streamtoken.ReasonTokenMalformed)
	}
	tok, err := v.Verify(t.Context(), good+strings.Repeat("A", streamtoken.MaxTokenBytes))
	requireRefused(t, tok, err, streamtoken.ReasonTokenTooLarge)
}

// TestSignatureBeforeClaims: of a token that is forged and expired, or forged
// and nonsense, only the forgery is told (CVE-2024-51744).
func TestSignatureBeforeClaims(t *testing.T) {
	v := newVerifier(t, func(c *verifier.Config) {
		var err error
		c.Revocations, err = verifier.NewRevocations(streamtoken.Revocation{KeyID: kidA})
		require.NoError(t, err)
	})
	stranger := testKey(t, "c")
	for _, payload := range []string{
		`{"sub":"v","exp":1}`, `{"sub":"v","exp":1800003600,"nbf":1800003000}`, `{"sub":"v","exp":1900000000}`,
		`{"sub":"../x"}`, `nonsense`, `{"sub":"v","exp":1800003600}`,
	} {
		tok, err := v.Verify(t.Context(), sign(t, stranger, header(kidA), payload))
		refusal := requireRefused(t, tok, err, streamtoken.ReasonSignatureInvalid)
		require.Equal(t, &streamtoken.Refusal{Reason: streamtoken.ReasonSignatureInvalid, Detail: "key " + kidA + ", which the token names, did not sign it"}, refusal)
	}
}

// TestRefusalQuotesNothing: what no signature stands behind is not repeated.
func TestRefusalQuotesNothing(t *testing.T) {
	v := newVerifier(t)
	key := testKey(t, "a")
	for _, token := range []string{
		"SECRET", "SECRET.SECRET", "SECRET.SECRET.SECRET", strings.Repeat("SECRET", 2000),
		sign(t, key, `{"alg":"SECRET","kid":"k"}`, `{}`),
		sign(t, key, `{"alg":"RS256","kid":"SECRET"}`, `{}`),
		sign(t, key, `{"alg":"RS256","kid":"k","SECRET":1,"SECRET":1}`, `{}`),
		sign(t, testKey(t, "b"), header(kidA), `{"sub":"SECRET","exp":1800003600}`),
		sign(t, key, header(kidA), `{"sub":"SECRET SECRET","exp":1800003600}`),
		sign(t, key, header(kidA), `{"sub":"v","exp":"SECRET"}`),
		sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"kid":"SECRET"}`),
		sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"accessRules":[{"type":"SECRET"}]}`),
	} {
		_, err := v.Verify(t.Context(), token)
		require.Error(t, err)
		shown, _ := json.Marshal(err)
		require.NotContains(t, err.Error()+string(shown), "SECRET")
	}
}

func TestRefuseUnknownClaims(t *testing.T) {
	v := newVerifier(t, func(c *verifier.Config) { c.RefuseUnknownClaims = true })
	key := testKey(t, "a")
	tok, err := v.Verify(t.Context(), sign(t, key, header(kidA), `{"sub":"v","exp":1800003600,"flags":{}}`))
	requireRefused(t, tok, err, streamtoken.ReasonClaimsInvalid)
	_, err = v.Verify(t.Context(), sign(t, key, header(kidA), `{"sub":"v","exp":1800003600}`))
	require.NoError(t, err)
}

// TestTime looks at each edge to the nanosecond.
func TestTime(t *testing.T) {
	const (
		exp     = 1_800_000_000
		nbf     = exp - 3600
		expired = streamtoken.ReasonTokenExpired
		early   = streamtoken.ReasonTokenNotYetValid
		tooLong = streamtoken.ReasonLifetimeTooLong
	)
	key := testKey(t, "a")
	whole := sign(t, key, header(kidA), `{"sub":"v","exp":1800000000,"nbf":1799996400}`)
	far := sign(t, key, header(kidA), `{"sub":"v","exp":1800000000}`)
	for _, c := range []struct {
		name   string
		token  string
		now    time.Time
		leeway time.Duration
		want   streamtoken.Reason
	}{
		{"a nanosecond before exp", whole, time.Unix(exp-1, 999_999_999), 0, ""},
		{"at exp", whole, time.Unix(exp, 0), 0, expired},
		{"a nanosecond after exp", whole, time.Unix(exp, 1), 0, expired},
		{"at exp, leeway a nanosecond", whole, time.Unix(exp, 0), 1, ""},
		{"a nanosecond after exp, leeway a nanosecond", whole, time.Unix(exp, 1), 1, expired},
		{"a nanosecond before the end of 60 s of leeway", whole, time.Unix(exp+59, 999_999_999), time.Minute, ""},
		{"at the end of 60 s of leeway", whole, time.Unix(exp+60, 0), time.Minute, expired},
		{"before the end of 1.5 s of leeway", whole, time.Unix(exp+1, 499_999_999), 1500 * time.Millisecond, ""},
		{"at the end of 1.5 s of leeway", whole, time.Unix(exp+1, 500_000_000), 1500 * time.Millisecond, expired},
		{"long after", whole, time.Unix(1<<40, 0), time.Minute, expired},
		{"at the end of time", whole, time.Unix(1<<62, 999_999_999), time.Minute, expired},

		{"at nbf", whole, time.Unix(nbf, 0), 0, ""},
		{"a nanosecond before nbf", whole, time.Unix(nbf-1, 999_999_999), 0, early},
		{"a nanosecond before nbf, leeway a nanosecond", whole, time.Unix(nbf-1, 999_999_999), 1, ""},
		{"two nanoseconds before nbf, leeway one", whole, time.Unix(nbf-1, 999_999_998), 1, early},
		{"60 s before nbf, leeway 60 s", whole, time.Unix(nbf-60, 0), time.Minute, ""},
		{"60 s and a nanosecond before nbf, leeway 60 s", whole, time.Unix(nbf-61, 999_999_999), time.Minute, early},
		{"before the epoch", whole, time.Unix(-1, 5), time.Minute, early},
		{"the zero time", whole, time.Time{}, time.Minute, early},
		{"at the beginning of time", whole, time.Unix(-1<<62, 0), time.Minute, early},

		{"24 h 5 min before exp", far, time.Unix(exp-86700, 0), 0, ""},
		{"a nanosecond more", far, time.Unix(exp-86701, 999_999_999), 0, tooLong},
		{"a nanosecond more, with leeway", far, time.Unix(exp-86701, 999_999_999), time.Minute, tooLong},
		{"the zero time, no nbf", far, time.Time{}, 0, tooLong},
		{"at the beginning of time, no nbf", far, time.Unix(-1<<62, 0), 0, tooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, zone := range []*time.Location{time.UTC, time.FixedZone("east", 50_000)} {
				v := newVerifier(t, func(cfg *verifier.Config) { cfg.Now, cfg.Leeway = clock(c.now.In(zone)), c.leeway })
				tok, err := v.Verify(t.Context(), c.token)
				if c.want == "" {
					require.NoError(t, err)
					continue
				}
				refusal := requireRefused(t, tok, err, c.want)
				require.Equal(t, kidA, refusal.KeyID)
				require.Equal(t, "v", refusal.Subject)
			}
		})
	}
}

func TestTimeDetail(t *testing.T) {
	key := testKey(t, "a")
	v := newVerifier(t)
	for payload, want := range map[string]string{
		`{"sub":"v","exp":1799999820}`:                  "streamtoken: token_expired: 3m0s ago",
		`{"sub":"v","exp":1799827201}`:                  "streamtoken: token_expired: 47h59m59s ago",
		`{"sub":"v","exp":1799827200}`:                  "streamtoken: token_expired: 2 days ago",
		`{"sub":"v","exp":1537460365}`:                  "streamtoken: token_expired: 3038 days ago",
		`{"sub":"v","exp":1800003600,"nbf":1800000090}`: "streamtoken: token_not_yet_valid: valid in 1m30s",
		`{"sub":"v","exp":1800090000}`:                  "streamtoken: lifetime_too_long: expires in 25h0m0s, more than 24h5m0s",
	} {
		_, err := v.Verify(t.Context(), sign(t, key, header(kidA), payload))
		require.EqualError(t, err, want)
	}
}

// TestNowIsAsked: the time is read for every token.
func TestNowIsAsked(t *testing.T) {
	now := at
	v := newVerifier(t, func(c *verifier.Config) { c.Now = func() time.Time { return now } })
	token := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800000060}`)
	_, err := v.Verify(t.Context(), token)
	require.NoError(t, err)
	now = at.Add(time.Minute)
	tok, err := v.Verify(t.Context(), token)
	requireRefused(t, tok, err, streamtoken.ReasonTokenExpired)
}

func TestToken(t *testing.T) {
	v := newVerifier(t)
	token := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v1","kid":"`+kidA+`","exp":"1800003600","nbf":1799996400,"downloadable":true,"accessRules":`+fiveRules+`}`)
	tok, err := v.Verify(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, "v1", tok.Subject())
	require.Equal(t, kidA, tok.KeyID())
	require.Equal(t, time.Unix(1800003600, 0).UTC(), tok.Expires())
	require.True(t, tok.Downloadable())
	require.Equal(t, 5, tok.Rules().Len())

	want := tok.Claims()
	require.Equal(t, "v1", want.Subject)
	require.Equal(t, kidA, want.KeyID)
	require.Equal(t, time.Unix(1799996400, 0).UTC(), want.NotBefore)
	require.Len(t, want.AccessRules, 5)

	// A caller may do with its copy as it likes.
	text := string(want.AppendJSON(nil))
	c := tok.Claims()
	c.Subject = "x"
	c.AccessRules[0].Action = accessrules.Allow
	c.AccessRules[0].IP[0] = "0.0.0.0/0"
	c.AccessRules[3].Country[0] = "ZZ"
	again := tok.Claims()
	require.Equal(t, text, string(again.AppendJSON(nil)))
	require.Equal(t, text, string(want.AppendJSON(nil)))

	// Without a payload kid, KeyID is the header's and Claims say what the payload says.
	tok, err = v.Verify(t.Context(), sign(t, testKey(t, "b"), header(kidB), `{"sub":"v","exp":1800003600}`))
	require.NoError(t, err)
	require.Equal(t, kidB, tok.KeyID())
	require.Empty(t, tok.Claims().KeyID)
	require.False(t, tok.Downloadable())
	require.Zero(t, tok.Rules().Len())
	require.True(t, tok.Rules().Decide(accessrules.Viewer{}).Allowed())
	require.True(t, tok.Claims().NotBefore.IsZero())
}
