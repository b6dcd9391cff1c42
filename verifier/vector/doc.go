// Package vector is an engine for package verifier that checks RSA signatures
// with AVX-512 IFMA, in about a sixth of the time that crypto/rsa takes. To use
// it is to import it and to say so:
//
//	v, err := verifier.New(verifier.Config{Keys: keys, Engine: vector.New()})
//
// It takes keys of 2048 bits on processors that have the instructions. For all
// other keys and machines, and in FIPS 140-3 mode, the verifier goes on with
// crypto/rsa; (*verifier.Verifier).Engine tells which it is, and why.
//
// It works on public values only and keeps no secret. What it must not do is to
// call a signature good that is not. It never parses the padding of one: it
// builds the one encoding there is of the digest (RFC 8017, section 9.2) and
// compares all of it with the signature's power.
package vector
