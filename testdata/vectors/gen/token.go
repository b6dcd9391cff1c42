package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// The clock, the keys and the subject of every vector that does not say
// otherwise. 2000000000 is 2033-05-18T03:33:20Z.
const (
	now = 2000000000
	ida = "8f926b2b01f3835170025a78a4dcbf6a"
	idb = "e9db990a82666dd571c77f944a5c5c8d"
	idc = "cdc935982f8075f2ef96106d85fcd838"
	sub = "ea95132c15732412d22c1476fa83f27a"
)

// Verifiers hold a and b; c is the key nobody knows.
var keya, keyb, keyc *rsa.PrivateKey

var publicPEM []byte // of a, for tokens signed with it as a secret

func loadKeys(dir string) error {
	for name, key := range map[string]**rsa.PrivateKey{"a": &keya, "b": &keyb, "c": &keyc} {
		data, err := os.ReadFile(filepath.Join(dir, name+".pem"))
		if err != nil {
			return err
		}
		block, _ := pem.Decode(data)
		if block == nil {
			return fmt.Errorf("%s.pem is not PEM", name)
		}
		if *key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return err
		}
	}
	var err error
	publicPEM, err = os.ReadFile(filepath.Join(dir, "a.pub.pem"))
	return err
}

// goodHeader and goodPayload are those of the plainest good token.
const goodHeader = `{"alg":"RS256","kid":"` + ida + `"}`

var goodPayload = payload("")

// payload gives the good payload with more members after exp and nbf.
func payload(more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"sub":%q,"kid":%q,"exp":%d,"nbf":%d%s}`, sub, ida, now+3600, now-3600, more)
}

func b64(data string) string { return base64.RawURLEncoding.EncodeToString([]byte(data)) }

// input is what a signature covers.
func input(header, payload string) string { return b64(header) + "." + b64(payload) }

// rs256 signs a signing input.
func rs256(key *rsa.PrivateKey, input string) []byte {
	digest := sha256.Sum256([]byte(input))
	return must(rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]))
}

// token puts one together; what it is given is signed as it stands.
func token(header, payload string) string { return tokenBy(keya, header, payload) }

func tokenBy(key *rsa.PrivateKey, header, payload string) string {
	in := input(header, payload)
	return in + "." + b64(string(rs256(key, in)))
}

// good is the plainest good token: key a, one hour either side of now.
func good() string { return token(goodHeader, goodPayload) }

// withClaims is a good token with more members in its payload.
func withClaims(more string) string { return token(goodHeader, payload(more)) }

// withRules is a good token with these access rules.
func withRules(rules string) string { return withClaims(`"accessRules":` + rules) }

// withTimes is a good token with these values of exp and nbf, "" for none.
func withTimes(exp, nbf string) string {
	p := `{"sub":"` + sub + `","exp":` + exp
	if nbf != "" {
		p += `,"nbf":` + nbf
	}
	return token(goodHeader, p+"}")
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// refuse and allow start a vector; keys a and b are known and the time is now.
func refuse(reason, name, token, comment string) vector {
	return vector{Name: name, Comment: comment, Token: token, Now: now, Keys: []string{"a.jwks.json", "b.jwks.json"}, Expect: reason}
}

func allow(name, token, comment string) vector { return refuse("allow", name, token, comment) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
