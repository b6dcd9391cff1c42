package verifier_test

import (
	"crypto/rsa"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jws"
	"github.com/streamtoken/streamtoken/verifier"
)

var headerSeeds = []string{
	header(kidA), header(kidB), header("k"),
	`{"typ":"JWT","alg":"RS256","kid":"` + kidA + `","x":{"y":[1,2.5e3,null]}}`,
	`{"alg":"none","kid":"` + kidA + `"}`, `{"alg":"RS256","alg":"none","kid":"` + kidA + `"}`,
	`{"alg":"RS256","kid":"` + kidA + `","crit":[]}`, `{"alg":"RS256","kid":"` + kidA + `","\u0063rit":null}`,
	`{"alg":"RS256","KID":"` + kidA + `"}`, `{"\u212aid":1,"alg":"RS256","kid":"` + kidA + `"}`, `{"alg":256}`, `[]`, ``,
}

var payloadSeeds = []string{
	`{"sub":"v","exp":1800003600}`, `{"sub":"v","exp":"1800003600","nbf":"1799996400","kid":"` + kidA + `","downloadable":true}`,
	`{"sub":"v","exp":1800003600,"accessRules":` + fiveRules + `}`,
	`{"sub":"v","exp":1}`, `{"sub":"v","exp":1800003600,"nbf":1800000001}`, `{"sub":"v","exp":1900000000}`,
	`{"sub":"v","exp":1,"EXP":1800003600}`, `{"sub":"v","exp":1,"exp":1800003600}`, `{"\u017fub":"v","sub":"v","exp":1800003600}`,
	`{"sub":"v","exp":"\u0031800003600"}`, `{"sub":"v","exp":1.8e9}`, `{"sub":"v","exp":01}`, `{"sub":"v","exp":-1}`, `{"sub":"v","exp":253402300800}`,
	`{"sub":"v","exp":1800003600,"x":"\ud83d\ude00","y":"\ud83d"}`, `{"sub":"v","exp":1800003600,"x":"\\ud83d"}`,
	`{"sub":"v","exp":1800003600,"x":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}`, "{\"sub\":\"v\xff\",\"exp\":1800003600}",
	`{"sub":"v","exp":1800003600,"accessRules":[{"type":"any","action":"block","Action":"allow"}]}`,
	`{"sub":"v","exp":1800003600} x`, ` {"sub":"v","exp":1800003600} `, `foo`, ``,
}

// FuzzVerifyDifferential signs any header and payload, changes a byte of the
// token or none, and compares the reason with the reference's.
func FuzzVerifyDifferential(f *testing.F) {
	for i, h := range headerSeeds {
		f.Add(h, payloadSeeds[i%len(payloadSeeds)], uint16(0), byte(0))
	}
	for i, p := range payloadSeeds {
		f.Add(header(kidA), p, uint16(37*i), byte(0))
		f.Add(header(kidA), p, uint16(37*i), byte(i+1))
	}
	a, b := testKey(f, "a"), testKey(f, "b")
	ref := reference{keys: map[string]*rsa.PublicKey{kidA: &a.PublicKey, kidB: &b.PublicKey}, now: at}
	v, fast := newVerifier(f), newVerifier(f, withVector)
	f.Fuzz(func(t *testing.T, header, payload string, pos uint16, change byte) {
		if len(header)+len(payload) > 2*streamtoken.MaxTokenBytes || goJoseOnly(header) {
			return
		}
		token := []byte(sign(t, a, header, payload))
		token[int(pos)%len(token)] ^= change
		if cut := strings.IndexByte(string(token), '.'); cut > 0 && change != 0 && goJoseOnly(unb64(string(token[:cut]))) {
			return
		}
		tok, err := v.Verify(t.Context(), string(token))
		require.Equal(t, ref.verify(string(token)), streamtoken.ReasonOf(err), "%v", err)
		require.Equal(t, err == nil, tok != nil)
		_, other := fast.Verify(t.Context(), string(token))
		require.Equal(t, err, other, "with the vector engine")
		if err != nil {
			requireRefused(t, tok, err, streamtoken.ReasonOf(err))
			return
		}
		// What it says is what a plain reader of the payload sees.
		var plain struct {
			Sub          string
			Downloadable bool
		}
		require.NoError(t, json.Unmarshal([]byte(payload), &plain))
		require.Equal(t, plain.Sub, tok.Subject())
		require.Equal(t, plain.Downloadable, tok.Downloadable())
	})
}

// goJoseOnly tells headers that go-jose cannot read though RFC 7515 has no
// objection: a nonce that is no string, and a number no float64 can hold.
func goJoseOnly(header string) bool {
	var members map[string]any
	if json.Unmarshal([]byte(header), &members) != nil {
		return json.Valid([]byte(header)) && strings.HasPrefix(strings.TrimSpace(header), "{")
	}
	nonce, ok := members["nonce"]
	_, isString := nonce.(string)
	return ok && !isString
}

func unb64(s string) string {
	c, err := jws.Parse("AA."+s+".AA", nil)
	if err != nil {
		return ""
	}
	return string(c.Payload)
}

// FuzzVerify: a good token in which any one bit is changed is refused, and
// without claims; any other text is refused unless it is the good token.
func FuzzVerify(f *testing.F) {
	good := sign(f, testKey(f, "a"), header(kidA), `{"sub":"v","kid":"`+kidA+`","exp":1800003600,"accessRules":`+fiveRules+`}`)
	v := newVerifier(f)
	_, err := v.Verify(f.Context(), good)
	require.NoError(f, err)
	for i := range uint(24) {
		f.Add(i*uint(len(good))/3, good)
	}
	f.Add(uint(0), good+"\n")
	f.Add(uint(7), referenceSample)
	f.Add(uint(9), strings.Repeat(".", 100))
	f.Fuzz(func(t *testing.T, bit uint, other string) {
		b := []byte(good)
		at := bit % uint(len(b)*8)
		b[at/8] ^= 1 << (at % 8)
		tok, err := v.Verify(t.Context(), string(b))
		requireRefused(t, tok, err, streamtoken.ReasonOf(err))

		tok, err = v.Verify(t.Context(), other)
		if other != good {
			requireRefused(t, tok, err, streamtoken.ReasonOf(err))
		}
	})
}

// TestEveryBit is FuzzVerify's property for every bit there is.
func TestEveryBit(t *testing.T) {
	good := sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1800003600}`)
	for _, v := range []*verifier.Verifier{newVerifier(t), newVerifier(t, withVector)} {
		for i := range len(good) * 8 {
			b := []byte(good)
			b[i/8] ^= 1 << (i % 8)
			if _, err := v.Verify(t.Context(), string(b)); err == nil {
				t.Fatalf("bit %d of byte %d", i%8, i/8)
			}
		}
	}
}

// FuzzInspect: a token has no problems exactly if form, header and claims are
// such as Verify accepts, whatever the signature.
func FuzzInspect(f *testing.F) {
	for i, p := range payloadSeeds {
		f.Add(b64(headerSeeds[i%len(headerSeeds)]) + "." + b64(p) + ".AAAA")
	}
	f.Add(docsSample)
	f.Add(referenceSample + "\n")
	f.Add("e30.e30.AB")
	f.Add(strings.Repeat(".", 200))
	f.Fuzz(func(t *testing.T, token string) {
		in, err := verifier.Inspect(token)
		good := acceptable(token)
		if err != nil {
			require.False(t, good)
			require.Equal(t, verifier.Inspection{}, in)
			require.Contains(t, []streamtoken.Reason{streamtoken.ReasonTokenMalformed, streamtoken.ReasonTokenTooLarge}, streamtoken.ReasonOf(err))
			return
		}
		require.Equal(t, good, len(in.Problems) == 0, "%q", in.Problems)
		require.True(t, json.Valid(in.Header) && json.Valid(in.Claims))
		require.Equal(t, len(token), in.Bytes)
		require.True(t, in.KeyID == "" || streamtoken.ValidKeyID(in.KeyID))
	})
}

func acceptable(token string) bool {
	c, err := jws.Parse(token, nil)
	if err != nil {
		return false
	}
	h, err := jws.ParseHeader(c.Header, streamtoken.Algorithm)
	if err != nil {
		return false
	}
	claims, err := streamtoken.ParseClaims(c.Payload, false)
	return err == nil && (claims.KeyID == "" || claims.KeyID == h.KeyID)
}
