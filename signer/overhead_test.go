package signer

import (
	"os"
	"testing"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

// BenchmarkAllButRSA is minting without the signature: defaults, checks, JSON, base64 and SHA-256.
func BenchmarkAllButRSA(b *testing.B) {
	data, err := os.ReadFile("../testdata/keys/a.json")
	if err != nil {
		b.Fatal(err)
	}
	key, err := ParseKey(data, "")
	if err != nil {
		b.Fatal(err)
	}
	blank := make([]byte, key.pub.Size())
	key.sign = func([]byte) ([]byte, error) { return blank, nil }
	s, err := New(Config{Key: key})
	if err != nil {
		b.Fatal(err)
	}
	claims := streamtoken.Claims{Subject: "ea95132c15732412d22c1476fa83f27a", AccessRules: []accessrules.Rule{
		{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"US", "MX"}},
		{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"93.184.216.0/24", "2400:cb00::/32"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sign(claims); err != nil {
			b.Fatal(err)
		}
	}
}
