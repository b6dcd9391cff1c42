package peers

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/streamtoken/streamtoken/verifier"
)

// BenchmarkVerify is one check of the same five-rule token in each library, beside the bare RSA operation under them all.
// Ours stands there twice: cold, which is what the others do each time, and warm, the same token again.
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
	for _, ours := range []struct {
		name     string
		verifier *verifier.Verifier
	}{{"streamtoken-cold", f.cold}, {"streamtoken-warm", f.verifier}} {
		b.Run(ours.name, func(b *testing.B) {
			ctx := b.Context()
			if _, err := ours.verifier.Verify(ctx, f.token); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ours.verifier.Verify(ctx, f.token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
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
