package vector_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/streamtoken/streamtoken/verifier"
	"github.com/streamtoken/streamtoken/verifier/vector"
)

const kid = "8f926b2b01f3835170025a78a4dcbf6a"

// threeRules is the payload of a token of about 900 bytes.
const threeRules = `{"sub":"5d5bc37ffcf54c9b82e996823bffbb81","kid":"` + kid + `","exp":1800003600,"nbf":1799996400,"accessRules":[` +
	`{"type":"ip.src","action":"allow","ip":["198.51.100.0/24","2400:cb00::/32","192.0.2.7"]},` +
	`{"type":"ip.geoip.country","action":"allow","country":["US","CA","MX","DE","FR"]},{"type":"any","action":"block"}]}`

// BenchmarkCold is a token from its text to its claims and compiled rules,
// nothing remembered, beside crypto/rsa alone on its signature: one after the
// other within each round, so that a noisy machine slows all alike. The medians
// of the times and of the ratios are reported.
func BenchmarkCold(b *testing.B) {
	b.Logf("available: %v", vector.Available())
	data, err := os.ReadFile("../../testdata/keys/a.pem")
	must(b, err)
	block, _ := pem.Decode(data)
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	must(b, err)
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"`+kid+`"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(threeRules))
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	must(b, err)
	token := input + "." + base64.RawURLEncoding.EncodeToString(sig)

	key, err := verifier.NewKey(kid, &private.PublicKey)
	must(b, err)
	keys, err := verifier.NewStaticKeys(key)
	must(b, err)
	cold := func(e verifier.Engine) func() {
		v, err := verifier.New(verifier.Config{
			Keys: keys, CacheBytes: -1, Engine: e,
			Now: func() time.Time { return time.Unix(1800000000, 0) },
		})
		must(b, err)
		return func() {
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	}
	alone := func() {}
	if check, err := vector.New().Prepare(&private.PublicKey); err == nil {
		alone = func() {
			if !check.Verify(&digest, sig) {
				b.Fatal("refused")
			}
		}
	}
	list := []struct {
		name string
		f    func()
	}{
		{"rsa", func() {
			if err := rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, digest[:], sig); err != nil {
				b.Fatal(err)
			}
		}},
		{"check", alone},
		{"cold", cold(vector.New())},
		{"cold-without", cold(nil)},
	}
	times, ratios := make([][]float64, len(list)), make([][]float64, len(list))
	for b.Loop() {
		var base float64
		for i, c := range list {
			const some = 32
			start := time.Now()
			for range some {
				c.f()
			}
			took := float64(time.Since(start)) / some
			if i == 0 {
				base = took
			}
			times[i], ratios[i] = append(times[i], took), append(ratios[i], took/base)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(token)), "token-bytes")
	for i, c := range list {
		b.ReportMetric(median(times[i]), c.name+"-ns")
		if i > 0 {
			b.ReportMetric(median(ratios[i]), c.name+"/rsa")
		}
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func must(b *testing.B, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}
