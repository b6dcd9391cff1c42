package verifier_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/verifier"
)

const threeRules = `[{"type":"ip.src","action":"block","ip":["203.0.113.0/24","2001:db8::/32"]},` +
	`{"type":"ip.geoip.country","action":"allow","country":["US","CA","MX","DE","FR"]},{"type":"any","action":"block"}]`

const fiveRules = `[{"type":"ip.src","action":"block","ip":["203.0.113.0/24","2001:db8::/32"]},` +
	`{"type":"ip.src","action":"allow","ip":["198.51.100.0/24","2400:cb00::/32","192.0.2.7"]},` +
	`{"type":"ip.geoip.country","action":"block","country":["KP","SY"]},` +
	`{"type":"ip.geoip.country","action":"allow","country":["US","CA","MX","DE","FR"]},` +
	`{"type":"any","action":"block"}]`

func benchToken(b *testing.B) string {
	b.Helper()
	return sign(b, testKey(b, "a"), header(kidA), `{"sub":"5d5bc37ffcf54c9b82e996823bffbb81","kid":"`+kidA+
		`","exp":1800003600,"nbf":1799996400,"accessRules":`+fiveRules+`}`)
}

// split gives what crypto/rsa needs of a token.
func split(b *testing.B, token string) (digest [32]byte, sig []byte) {
	b.Helper()
	cut := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[cut+1:])
	if err != nil {
		b.Fatal(err)
	}
	return sha256.Sum256([]byte(token[:cut])), sig
}

// BenchmarkVerify: a token with five access rules, from its text to its claims
// and compiled rules, nothing remembered between rounds. "rsa" is crypto/rsa
// alone on the same signature, "go-jose" the usual library on the same token.
func BenchmarkVerify(b *testing.B) {
	token := benchToken(b)
	key := &testKey(b, "a").PublicKey
	v := newVerifier(b, func(cfg *verifier.Config) { cfg.CacheBytes = -1 })
	digest, sig := split(b, token)

	ours := func() {
		if _, err := v.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
	raw := func() {
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig); err != nil {
			b.Fatal(err)
		}
	}
	goJose := func() {
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			b.Fatal(err)
		}
		var std jwt.Claims
		var own struct {
			AccessRules []accessrules.Rule `json:"accessRules"`
		}
		if err := parsed.Claims(key, &std, &own); err != nil {
			b.Fatal(err)
		}
		if err := std.ValidateWithLeeway(jwt.Expected{Time: at}, 0); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		f    func()
	}{{"ours", ours}, {"rsa", raw}, {"go-jose", goJose}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.f()
			}
		})
	}

	// One after the other within each round, so that a noisy machine slows
	// all alike; the median ratio is reported.
	b.Run("ratio", func(b *testing.B) {
		const some = 32
		lap := func(f func()) float64 {
			start := time.Now()
			for range some {
				f()
			}
			return float64(time.Since(start))
		}
		var toRSA, toJose []float64
		for b.Loop() {
			r, o, j := lap(raw), lap(ours), lap(goJose)
			toRSA, toJose = append(toRSA, o/r), append(toJose, o/j)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(median(toRSA), "x-rsa")
		b.ReportMetric(median(toJose), "x-go-jose")
	})
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// BenchmarkRefuse: what a stranger can make a verifier do without a key.
func BenchmarkRefuse(b *testing.B) {
	v := newVerifier(b)
	good := benchToken(b)
	for _, c := range []struct{ name, token string }{
		{"too-large", strings.Repeat(".", 1<<20)},
		{"dots", strings.Repeat(".", 8<<10)},
		{"garbage", strings.Repeat("A", 8<<10)},
		{"alg", b64(`{"alg":"none","kid":"k"}`) + good[strings.IndexByte(good, '.'):]},
		{"unknown-key", b64(header("k")) + good[strings.IndexByte(good, '.'):]},
		{"signature", good[:len(good)-4] + "AAAA"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), c.token); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
