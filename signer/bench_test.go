package signer_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// BenchmarkSign beside BenchmarkRawRSA shows what minting costs above the signature: at most 2 %. Interleave them
// (-count) on a machine that others use.
func BenchmarkSign(b *testing.B) {
	key := parse(b, read(b, "a.json"), "")
	for name, claims := range map[string]streamtoken.Claims{
		"plain": {Subject: uid},
		"rules": {Subject: uid, Downloadable: true, AccessRules: fiveRules()},
	} {
		b.Run(name, func(b *testing.B) {
			s := newSigner(b, key, nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Sign(claims); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRawRSA(b *testing.B) {
	key := rawKey(b, "a")
	digest := sha256.Sum256([]byte("a signing input"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignOverRaw does both in turn and gives the ratio, which a noisy machine falsifies less than two runs.
func BenchmarkSignOverRaw(b *testing.B) {
	s, raw := newSigner(b, parse(b, read(b, "a.json"), ""), nil), rawKey(b, "a")
	claims := streamtoken.Claims{Subject: uid, Downloadable: true, AccessRules: fiveRules()}
	digest := sha256.Sum256([]byte("a signing input"))
	var mint, alone []time.Duration
	for i := 0; b.Loop(); i++ {
		for turn := range 2 {
			start := time.Now()
			if turn == i%2 { // in changing order: the second finds the caches warm
				if _, err := s.Sign(claims); err != nil {
					b.Fatal(err)
				}
				mint = append(mint, time.Since(start))
				continue
			}
			if _, err := rsa.SignPKCS1v15(nil, raw, crypto.SHA256, digest[:]); err != nil {
				b.Fatal(err)
			}
			alone = append(alone, time.Since(start))
		}
	}
	slices.Sort(mint)
	slices.Sort(alone)
	b.ReportMetric(float64(mint[len(mint)/4])/float64(alone[len(alone)/4]), "mint/rsa")
}

func BenchmarkParseKey(b *testing.B) {
	data := []byte(read(b, "a.json"))
	for b.Loop() {
		if _, err := signer.ParseKey(data, ""); err != nil {
			b.Fatal(err)
		}
	}
}
