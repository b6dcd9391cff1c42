package peers

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

// BenchmarkVerify is one uncached check of the same five-rule token in each library, beside the bare RSA operation under them all.
func BenchmarkVerify(b *testing.B) {
	f := newFixture(b)
	cut := strings.LastIndexByte(f.token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(f.token[cut+1:])
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte(f.token[:cut]))
	b.Run("rsa", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := rsa.VerifyPKCS1v15(&f.key.PublicKey, crypto.SHA256, digest[:], sig); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("streamtoken", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.verifier.Verify(b.Context(), f.token); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, lib := range libraries {
		b.Run(lib.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := lib.check(f, f.token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
