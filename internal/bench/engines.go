package bench

import (
	"strings"

	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/signer/vector"
	"github.com/streamtoken/streamtoken/verifier"
	checkvector "github.com/streamtoken/streamtoken/verifier/vector"
)

// vectorName is the engine's own name, cryptoRSA what stands for none.
const (
	vectorName = "vector"
	cryptoRSA  = "crypto/rsa"
)

// whyVector is why the vector engine is taken where it is.
const whyVector = "the processor has AVX-512 IFMA"

// vectorSigner gives a Signer with the vector engine; nil, and why, where it cannot be used. off is why it is not to be.
func vectorSigner(key *signer.Key, off string) (s *signer.Signer, why string, err error) {
	if off != "" {
		return nil, off, nil
	}
	if err := vector.Available(); err != nil {
		return nil, strings.TrimPrefix(err.Error(), "vector: "), nil
	}
	if s, err = signer.New(signer.Config{Key: key, Engine: vector.New()}); err != nil {
		return nil, "", err
	}
	if name, why := s.Engine(); name == cryptoRSA {
		return nil, strings.TrimPrefix(why, "vector: "), nil
	}
	return s, whyVector, nil
}

// vectorVerifier gives a Verifier with the vector engine that remembers nothing; nil, and why, where it cannot be used.
func vectorVerifier(keys verifier.KeySet, key *verifier.Key, off string) (v *verifier.Verifier, why string, err error) {
	if off != "" {
		return nil, off, nil
	}
	if err := checkvector.Available(); err != nil {
		return nil, strings.TrimPrefix(err.Error(), "vector: "), nil
	}
	if v, err = verifier.New(verifier.Config{Keys: keys, CacheBytes: -1, Engine: checkvector.New()}); err != nil {
		return nil, "", err
	}
	if name, why := v.Engine(key); name == cryptoRSA {
		return nil, strings.TrimPrefix(why, "vector: "), nil
	}
	return v, "", nil
}
