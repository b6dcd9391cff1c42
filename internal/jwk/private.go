package jwk

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

var (
	errPublic = errors.New("jwk: a public key; signing needs the private one, shown once by Stream when the key was created")
	errMisfit = errors.New("jwk: the parts of the RSA key do not fit together")
	errPrimes = errors.New("jwk: an RSA key of other than two primes")
)

// ParsePrivate reads one signing key: one PEM block (PKCS#1 or PKCS#8) or a private JWK, at most MaxPrivateBytes.
// The key passes CheckPublic, has two primes, and its parts fit together (rsa.PrivateKey.Validate); dp, dq and qi of a JWK
// are compared with what they must be, because signing with a wrong one gives the primes away. use, alg and key_ops of a
// JWK are respected. Encrypted PEM, several blocks, data around the block and JWK Sets are errors.
func ParsePrivate(data []byte) (Private, error) {
	if len(data) > MaxPrivateBytes {
		return Private{}, fmt.Errorf("jwk: more than %d bytes", MaxPrivateBytes)
	}
	var (
		key Private
		err error
	)
	switch form := formOf(data); form {
	case formPEM:
		key.Key, err = parsePrivatePEM(data)
	case formObject:
		key, err = parsePrivateJWK(data)
	default:
		err = errors.New("jwk: not a private key: " + form.hint())
	}
	if err == nil {
		err = finish(key.Key)
	}
	if err != nil {
		return Private{}, err
	}
	return key, nil
}

// finish applies the policy, and has crypto/rsa check that the parts fit together.
func finish(key *rsa.PrivateKey) error {
	if err := CheckPublic(&key.PublicKey); err != nil {
		return err
	}
	if len(key.Primes) != 2 {
		return errPrimes
	}
	key.Precompute() // nothing to do if the parser has
	if err := key.Validate(); err != nil {
		return errMisfit
	}
	return nil
}

// checkSizes bounds the work of what follows. Fitting the parts together takes exponentiations modulo the primes, whose
// time grows with the cube of their size: minutes for what fits into MaxPrivateBytes.
func checkSizes(n, d, p, q *big.Int) error {
	for _, x := range []*big.Int{n, d, p, q} {
		if x == nil || x.Sign() <= 0 {
			return errMisfit
		}
	}
	if n.BitLen() > MaxBits {
		return fmt.Errorf("jwk: RSA key of more than %d bits", MaxBits)
	}
	half := n.BitLen()/2 + 1
	if d.BitLen() > n.BitLen() || p.BitLen() > half || q.BitLen() > half {
		return errMisfit
	}
	return nil
}
