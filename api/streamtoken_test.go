package api_test

import (
	"context"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

const tokenPath = "/stream/" + video + "/token"

func (w *world) newToken(account, body string) string {
	w.Helper()
	var result struct{ Token string }
	w.do("POST", in(account)+tokenPath, body).ok(&result)
	return result.Token
}

func (w *world) verified(account, token string) *verifier.Token {
	w.Helper()
	tok, err := w.streamVerifier(account).Verify(w.Context(), token)
	require.NoError(w, err)
	return tok
}

func TestTokenWithDefaults(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now().Truncate(time.Second)
	for _, body := range []string{"", "{}", " \n", `{"unknown":[1,{"deep":null}]}`, `{"flags":{"original":true,"more":1}}`, `{"flags":{}}`} {
		claims := w.verified(accountA, w.newToken(accountA, body)).Claims()
		require.Equal(t, video, claims.Subject)
		require.Equal(t, now.Add(time.Hour), claims.Expires)
		require.Equal(t, now.Add(-time.Hour), claims.NotBefore)
		require.False(t, claims.Downloadable)
		require.Empty(t, claims.AccessRules)
	}
	// The same key from then on, and another for another account.
	one, two, other := w.newToken(accountA, ""), w.newToken(accountA, ""), w.newToken(accountB, "")
	require.Equal(t, one, two)
	require.NotEqual(t, strings.SplitN(one, ".", 2)[0], strings.SplitN(other, ".", 2)[0])
}

func TestTokenWithEverything(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now().Truncate(time.Second)
	body, err := json.Marshal(map[string]any{
		"exp": now.Add(24 * time.Hour).Unix(), "nbf": now.Add(time.Minute).Unix(), "downloadable": true,
		"accessRules": []map[string]any{
			// The SDKs send both lists with every rule, whatever its type.
			{"type": "ip.geoip.country", "action": "block", "country": []string{"us", "MX"}, "ip": []string{"string"}},
			{"type": "ip.src", "action": "allow", "ip": []string{"93.184.216.0/24", "2400:cb00::/32"}, "country": []string{"string"}},
			{"type": "any", "action": "block", "ip": []string{}, "country": nil},
		},
		"flags": map[string]any{"original": true},
	})
	require.NoError(t, err)
	token := w.newToken(accountA, string(body))
	w.clock.advance(2 * time.Minute)
	claims := w.verified(accountA, token).Claims()
	require.Equal(t, now.Add(24*time.Hour), claims.Expires)
	require.Equal(t, now.Add(time.Minute), claims.NotBefore)
	require.True(t, claims.Downloadable)
	require.Equal(t, []accessrules.Rule{
		{Type: "ip.geoip.country", Action: "block", Country: []string{"US", "MX"}},
		{Type: "ip.src", Action: "allow", IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
		{Type: "any", Action: "block"},
	}, claims.AccessRules)
}

func TestTokenWithAKeyThatIsBrought(t *testing.T) {
	w := newWorld(t)
	var k streamKey
	require.NoError(t, json.Unmarshal([]byte(readTestdata(t, "a.json")), &k))
	token := w.newToken(accountA, `{"id":"`+k.ID+`","pem":"`+k.PEM+`"}`)
	keys, _, err := verifier.ParseKeys([]byte(readTestdata(t, "a.jwks.json")), "")
	require.NoError(t, err)
	set, err := verifier.NewStaticKeys(keys...)
	require.NoError(t, err)
	v, err := verifier.New(verifier.Config{Keys: set, Now: w.clock.Now})
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), token)
	require.NoError(t, err)
	// No key of the account was made for it.
	require.Equal(t, `{"keys":[]}`, w.do("GET", "/.well-known/jwks.json", "").body)
}

// What comes back says where and why, and quotes nothing.
func TestTokenRefusals(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	at := func(d time.Duration) string { return string(mustJSON(t, now.Add(d).Unix())) }
	rule := `{"type":"any","action":"allow"}`
	for _, c := range []struct{ name, body, pointer string }{
		{"not JSON", `{"exp":`, ""},
		{"not an object", `[]`, ""},
		{"null", `null`, ""},
		{"a string", `"x"`, ""},
		{"two values", `{}{}`, ""},
		{"a name twice", `{"exp":1,"exp":2}`, ""},
		{"a name twice, escaped", `{"exp":1,"\u0065xp":2}`, ""},
		{"not UTF-8", "{\"x\":\"\xff\"}", ""},
		{"half a surrogate pair", `{"x":"\ud800"}`, ""},
		{"too deep", `{"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, ""},
		{"exp a string", `{"exp":"1"}`, "/exp"},
		{"exp null", `{"exp":null}`, "/exp"},
		{"exp a fraction", `{"exp":1.5}`, "/exp"},
		{"exp with an exponent", `{"exp":1e9}`, "/exp"},
		{"exp too large for 64 bits", `{"exp":99999999999999999999}`, "/exp"},
		{"exp after 9999", `{"exp":253402300800}`, "/exp"},
		{"exp that is Go's zero time", `{"exp":-62135596800}`, "/exp"},
		{"exp zero", `{"exp":0}`, "/exp"},
		{"exp now", `{"exp":` + at(0) + `}`, "/exp"},
		{"exp after 24 hours", `{"exp":` + at(24*time.Hour+time.Second) + `}`, "/exp"},
		{"exp not after nbf", `{"exp":` + at(time.Minute) + `,"nbf":` + at(time.Minute) + `}`, "/exp"},
		{"nbf after the default exp", `{"nbf":` + at(2*time.Hour) + `}`, "/exp"},
		{"nbf negative", `{"nbf":-1}`, "/nbf"},
		{"nbf a boolean", `{"nbf":true}`, "/nbf"},
		{"downloadable a string", `{"downloadable":"true"}`, "/downloadable"},
		{"downloadable null", `{"downloadable":null}`, "/downloadable"},
		{"flags a list", `{"flags":[]}`, "/flags"},
		{"a flag of another type", `{"flags":{"original":1}}`, "/flags/original"},
		{"rules null", `{"accessRules":null}`, "/accessRules"},
		{"rules an object", `{"accessRules":{}}`, "/accessRules"},
		{"rules in another case", `{"accessrules":[` + rule + `]}`, "/accessRules"},
		{"a rule that is none", `{"accessRules":[` + rule + `,1]}`, "/accessRules/1"},
		{"no action", `{"accessRules":[{"type":"any"}]}`, "/accessRules/0/action"},
		{"no type", `{"accessRules":[{"action":"allow"}]}`, "/accessRules/0/type"},
		{"an unknown type", `{"accessRules":[{"type":"ip","action":"allow"}]}`, "/accessRules/0/type"},
		{"a bad range", `{"accessRules":[` + rule + `,{"type":"ip.src","action":"allow","ip":["::/0","nonsense"]}]}`, "/accessRules/1/ip/1"},
		{"a bad country", `{"accessRules":[{"type":"ip.geoip.country","action":"allow","country":["USA"]}]}`, "/accessRules/0/country/0"},
		{"no country", `{"accessRules":[{"type":"ip.geoip.country","action":"allow","country":[]}]}`, "/accessRules/0/country"},
		{"six rules", `{"accessRules":[` + strings.TrimSuffix(strings.Repeat(rule+",", 6), ",") + `]}`, "/accessRules"},
		{"id without pem", `{"id":"abc"}`, "/pem"},
		{"pem without id", `{"pem":"abc"}`, "/id"},
		{"id null", `{"id":null}`, "/id"},
		{"id and pem empty", `{"id":"","pem":""}`, "/id"},
		{"id of a strange form", `{"id":"a b","pem":"x"}`, "/id"},
		{"pem that is none", `{"id":"abc","pem":"nonsense"}`, "/pem"},
		{"pem too long", `{"id":"abc","pem":"` + strings.Repeat("A", 20<<10+1) + `"}`, "/pem"},
		{"a public key", `{"id":"abc","pem":` + string(mustJSON(t, readTestdata(t, "a.pub.pem"))) + `}`, "/pem"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := w.do("POST", in(accountA)+tokenPath, c.body).refused(400, 10005, c.pointer)
			require.NotContains(t, n.Message, "nonsense")
		})
	}
	w.do("POST", in(accountA)+"/stream/"+strings.Repeat("a", 32)+"/token", "").ok(nil)
	for _, id := range []string{strings.Repeat("a", 33), "-a", "_a", "a.b", "..", "."} {
		w.do("POST", in(accountA)+"/stream/"+id+"/token", "").refused(400, 10005, "")
	}
	for _, id := range []string{"a%20b", "a%2fb", "%61", "", "a;b", strings.Repeat("a", 129)} {
		w.do("POST", in(accountA)+"/stream/"+id+"/token", "").refused(404, 7003, "")
	}
}

// Many first calls at once make one key.
func TestOneOwnKey(t *testing.T) {
	w := newWorld(t)
	tokens := make([]string, 8)
	var wg sync.WaitGroup
	for i := range tokens {
		wg.Go(func() {
			a := serve(t, w.handler, "POST", in(accountA)+tokenPath, "")
			var e struct{ Result struct{ Token string } }
			if json.Unmarshal([]byte(a.body), &e) == nil {
				tokens[i] = e.Result.Token
			}
		})
	}
	wg.Wait()
	for _, token := range tokens {
		require.NotEmpty(t, token)
		require.Equal(t, tokens[0], token)
	}
}

func TestFieldPointer(t *testing.T) {
	for field, want := range map[string]string{
		"exp": "/exp", "accessRules": "/accessRules", "accessRules[2]": "/accessRules/2",
		"accessRules[2].ip[0]": "/accessRules/2/ip/0", "accessRules[0].type": "/accessRules/0/type",
	} {
		require.Equal(t, want, api.FieldPointer(field))
	}
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

// The account's key is read once, not for every token: reading it costs as many allocations again.
func TestOwnKeyIsReadOnce(t *testing.T) {
	w := newWorld(t)
	mint := func() {
		r := httptest.NewRequest(http.MethodPost, in(accountA)+tokenPath, nil)
		r.Header.Set("Authorization", "Bearer "+anyToken)
		w.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	mint()
	allocs := testing.AllocsPerRun(50, mint)
	if !raceEnabled {
		require.Less(t, allocs, 90.0)
	}
}

// A key that has the form of one and cannot sign is the caller's mistake: 500 would be logged as ours, and sent again.
func TestBroughtKeyThatDoesNotSign(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	odd := func() *big.Int { // of 1024 bits, not prime
		n := new(big.Int)
		for range 16 {
			n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(random.Uint64()|1<<63|1<<62|1))
		}
		return n
	}
	one, e := big.NewInt(1), big.NewInt(65537)
	var key struct {
		Version                   int
		N, E, D, P, Q, DP, DQ, QI *big.Int
	}
	for key.D == nil || key.QI == nil {
		p, q := odd(), odd()
		p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
		key.D = new(big.Int).ModInverse(e, new(big.Int).Mul(p1, q1))
		if key.QI = new(big.Int).ModInverse(q, p); key.D == nil || key.QI == nil {
			continue
		}
		key.N, key.E, key.P, key.Q = new(big.Int).Mul(p, q), e, p, q
		key.DP, key.DQ = new(big.Int).Mod(key.D, p1), new(big.Int).Mod(key.D, q1)
	}
	der, err := asn1.Marshal(key)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})
	w := newWorld(t)
	w.do("POST", in(accountA)+tokenPath, string(mustJSON(t, map[string]string{"id": "abc", "pem": string(text)}))).refused(400, 10005, "/pem")
}

// A key of 8192 bits takes a hundred times what one of 2048 takes: who sends many has the cores that making keys has, not all.
func TestLargeBroughtKeysWait(t *testing.T) {
	w := newWorld(t)
	large, err := signer.GenerateKey("large", 3072)
	require.NoError(t, err)
	answer, err := large.MarshalAnswer(w.clock.Now())
	require.NoError(t, err)
	var made struct{ PEM string }
	require.NoError(t, json.Unmarshal(answer, &made))
	k := w.newStreamKey(accountA)
	body := func(id, pem string) string { return string(mustJSON(t, map[string]string{"id": id, "pem": pem})) }
	free := api.FillSlots(w.handler)
	w.newToken(accountA, body(k.ID, k.PEM))
	w.do("POST", in(accountA)+tokenPath, body("large", made.PEM), func(r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		*r = *r.WithContext(ctx)
	}).refused(503, 90008, "")
	free()
	w.newToken(accountA, body("large", made.PEM))
}
