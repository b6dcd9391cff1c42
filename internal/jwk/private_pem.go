package jwk

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
)

var (
	errDamaged = errors.New("jwk: the PEM block does not hold a consistent RSA private key")
	errNotRSA  = errors.New("jwk: not an RSA key: Stream tokens are signed with RS256")

	oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1} // rsaEncryption, RFC 8017 appendix A.1
)

// pkcs1 is RSAPrivateKey of RFC 8017, appendix A.1.2, as far as its parts must be measured before they are used.
type pkcs1 struct {
	Version    int
	N          *big.Int
	E          int
	D, P, Q    *big.Int
	Dp, Dq, Qi *big.Int        `asn1:"optional"`
	Others     []asn1.RawValue `asn1:"optional"`
}

// pkcs8 is PrivateKeyInfo of RFC 5208, section 5; attributes may follow.
type pkcs8 struct {
	Version   int
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
}

func parsePrivatePEM(data []byte) (*rsa.PrivateKey, error) {
	block, err := decodePEM(data)
	if err != nil {
		return nil, err
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		return parsePKCS1(block.Bytes)
	case "PRIVATE KEY":
		var outer pkcs8
		// x509.ParsePKCS8PrivateKey ignores what follows the outer structure.
		if rest, err := asn1.Unmarshal(block.Bytes, &outer); err != nil || len(rest) > 0 {
			return nil, errDamaged
		}
		if !outer.Algorithm.Algorithm.Equal(oidRSA) {
			return nil, errNotRSA
		}
		return parsePKCS1(outer.Key)
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return nil, errPublic
	default:
		return nil, errors.New("jwk: PEM that is neither RSA PRIVATE KEY nor PRIVATE KEY")
	}
}

func parsePKCS1(der []byte) (*rsa.PrivateKey, error) {
	var parts pkcs1
	if rest, err := asn1.Unmarshal(der, &parts); err != nil || len(rest) > 0 {
		return nil, errDamaged
	}
	if parts.Version != 0 || len(parts.Others) > 0 {
		return nil, errPrimes
	}
	if err := checkSizes(parts.N, parts.D, parts.P, parts.Q); err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, errDamaged
	}
	return key, nil
}
