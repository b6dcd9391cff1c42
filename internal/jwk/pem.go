package jwk

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

// privateMark ends the first line of every kind of private key in PEM, encrypted and OpenSSH ones included.
const privateMark = "PRIVATE KEY-----"

// decodePEM gives the one block of data. encoding/pem passes over text and damaged blocks until it finds a good one, so a
// reader and a reviewer could mean different keys by one file; here there is one block and nothing beside it.
func decodePEM(data []byte) (*pem.Block, error) {
	data = bytes.TrimSpace(data)
	if bytes.Count(data, []byte("-----BEGIN ")) > 1 {
		return nil, errors.New("jwk: more than one PEM block: PEM carries no key id, so give one key by itself")
	}
	block, rest := pem.Decode(data)
	switch {
	case block == nil && !bytes.ContainsRune(data, '\n') && bytes.Contains(data, []byte(`\n`)):
		return nil, errors.New(`jwk: PEM on one line with \n written out; put real line breaks in their place`)
	case block == nil && !bytes.ContainsRune(data, '\n'):
		return nil, errors.New("jwk: PEM on one line; restore its line breaks, or give the base64 value as Stream handed it out")
	case block == nil:
		return nil, errors.New("jwk: damaged PEM; copy it whole, from -----BEGIN to the end of the -----END line")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("jwk: data after the PEM block")
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, errors.New("jwk: encrypted PEM; decrypt it first (openssl pkey -in FILE -out PLAINFILE)")
	case len(block.Headers) > 0:
		return nil, errors.New("jwk: headers inside the PEM block; remove them")
	}
	return block, nil
}

func parsePublicPEM(data []byte) ([]Public, []Skipped, error) {
	if bytes.Contains(data, []byte(privateMark)) {
		return nil, nil, ErrPrivate
	}
	block, err := decodePEM(data)
	if err != nil {
		return nil, nil, err
	}
	var parsed any
	switch block.Type {
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			parsed = cert.PublicKey
		}
	default:
		return nil, nil, errors.New("jwk: PEM that is neither PUBLIC KEY, RSA PUBLIC KEY nor CERTIFICATE")
	}
	if err != nil {
		return nil, nil, errors.New("jwk: the PEM block does not hold what its label says")
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, []Skipped{{Reason: "not an RSA key"}}, nil
	}
	if err := CheckPublic(key); err != nil {
		return nil, []Skipped{{Reason: err.Error()[len("jwk: "):]}}, nil
	}
	return []Public{{Key: key}}, nil, nil
}
