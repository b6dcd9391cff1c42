package signer_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

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

// BenchmarkAllButRSA is minting with the time of the signature taken out: a crypto.Signer that answers at once with the
// signature of the same token. The check of a foreign signature is part of it.
func BenchmarkAllButRSA(b *testing.B) {
	raw := rawKey(b, "a")
	claims := streamtoken.Claims{Subject: uid, Downloadable: true, AccessRules: fiveRules()}
	var kept []byte
	key, err := signer.NewKey(idA, kms{raw.Public, func(digest []byte, opts crypto.SignerOpts) (sig []byte, err error) {
		if kept == nil {
			kept, err = raw.Sign(nil, digest, opts)
		}
		return kept, err
	}})
	require.NoError(b, err)
	s := newSigner(b, key, clock)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sign(claims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseKey(b *testing.B) {
	data := []byte(read(b, "a.json"))
	for b.Loop() {
		if _, err := signer.ParseKey(data, ""); err != nil {
			b.Fatal(err)
		}
	}
}
