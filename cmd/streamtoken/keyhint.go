package main

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// signingKeyHint adds to an error of reading a signing key what the data looks like instead.
func signingKeyHint(err error, data []byte, keyID string) error {
	text := strings.TrimSpace(string(data))
	if raw, e := base64.StdEncoding.DecodeString(text); e == nil {
		text = string(raw)
	}
	switch {
	case strings.Contains(text, "ENCRYPTED"):
		return withHint(err, "the key is protected by a passphrase; write it without one: openssl rsa -in FILE -out FILE.plain")
	case strings.Contains(text, "-----BEGIN PUBLIC KEY") || strings.Contains(text, "-----BEGIN RSA PUBLIC KEY") || strings.Contains(text, "-----BEGIN CERTIFICATE"):
		return withHint(err, "this is a public key: it verifies and cannot sign; sign with the key that the keys API or keygen returned")
	case strings.Contains(text, "-----BEGIN") && keyID == "":
		return withHint(err, "PEM carries no key id: give it as --key-id; the keys API returned it with the PEM")
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"keys"`):
		return withHint(err, "this is a JWK Set, which verifies and cannot sign; sign with the key that the keys API or keygen returned")
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"kty"`) && !strings.Contains(text, `"d"`):
		return withHint(err, "this is a public key: it verifies and cannot sign; sign with the key that the keys API or keygen returned")
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return withHint(err, "the file is UTF-16, as PowerShell's > writes it; write it again as UTF-8")
	}
	return err
}
