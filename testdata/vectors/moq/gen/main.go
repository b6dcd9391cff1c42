// Command gen writes the conformance vectors of MoQ relay tokens beside it: the cases of ../README.md, each with the answer
// that every implementation must give.
//
//	go run ./testdata/vectors/moq/gen            # from the root of the module
//	go run ./testdata/vectors/moq/gen -check     # compare only; exit status 1 if the file differs
//
// It uses nothing of this module: tokens are put together from strings and signed with crypto/ed25519, which is
// deterministic, and so is the output.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	now   = 2000000000 // 2033-05-18T03:33:20Z
	relay = "ea95132c15732412d22c1476fa83f27a"
	jti   = "0123456789abcdef0123456789abcdef"
	aud   = "moq.cloudflare.com"
	kidA  = "8f926b2b01f3835170025a78a4dcbf6a"
	kidB  = "e9db990a82666dd571c77f944a5c5c8d"
)

// vector is one case; ../README.md says what each member means.
type vector struct {
	Name     string   `json:"name"`
	Comment  string   `json:"comment,omitempty"`
	Token    string   `json:"token"`
	Now      int64    `json:"now"`
	Audience string   `json:"audience,omitempty"`
	EdDSA    bool     `json:"eddsa,omitempty"`
	Keys     []string `json:"keys"`
	Accepted []pair   `json:"accepted"`
	Faults   []string `json:"faults,omitempty"`
	Expect   string   `json:"expect"`
	Claims   string   `json:"claims,omitempty"`
}

type pair struct {
	Relay string `json:"relay"`
	JTI   string `json:"jti"`
}

type jwk struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	Kid string `json:"kid"`
	X   string `json:"x"`
}

type file struct {
	About   string   `json:"about"`
	Kind    string   `json:"kind"`
	Keys    []jwk    `json:"keys"`
	Vectors []vector `json:"vectors"`
}

func main() {
	check := flag.Bool("check", false, "compare with the file that is there, write nothing")
	path := flag.String("file", filepath.Join("testdata", "vectors", "moq", "tokens.json"), "the file")
	flag.Parse()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(file{
		About:   "MoQ relay tokens",
		Kind:    "moq",
		Keys:    []jwk{public("a", kidA), public("b", kidB)},
		Vectors: vectors(),
	})
	if err == nil {
		old, _ := os.ReadFile(*path)
		switch {
		case bytes.Equal(old, b.Bytes()):
		case *check:
			err = fmt.Errorf("%s is not as generated", *path)
		default:
			err = os.WriteFile(*path, b.Bytes(), 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// private gives a key whose seed anybody can compute: test-only.
func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("streamtoken test-only key " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name, kid string) jwk {
	x := private(name).Public().(ed25519.PublicKey)
	return jwk{"OKP", "sig", "Ed25519", "Ed25519", kid, b64(string(x))}
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// sign makes a token of a header and a payload as they stand.
func sign(key, header, payload string) string {
	input := b64(header) + "." + b64(payload)
	return input + "." + b64(string(ed25519.Sign(private(key), []byte(input))))
}

const header = `{"alg":"Ed25519","kid":"` + kidA + `"}`

func usual() map[string]string {
	return map[string]string{
		"aud": strconv.Quote(aud), "sub": strconv.Quote(relay), "jti": strconv.Quote(jti),
		"operations": `["publish","subscribe"]`, "iat": strconv.Itoa(now - 60), "exp": strconv.Itoa(now + 3600),
	}
}

// claims is a payload with some members in another form: "exp=5" sets one to raw JSON, "exp=" leaves it out.
func claims(changes ...string) string {
	names := []string{"aud", "sub", "jti", "operations", "iat", "exp"}
	values := usual()
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		if _, known := values[name]; !known {
			names = append(names, name)
		}
		values[name] = value
	}
	var members []string
	for _, name := range names {
		if values[name] != "" {
			members = append(members, strconv.Quote(name)+":"+values[name])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// token is a case around one token, with what is usual.
func token(name, expect, token string, changes ...func(*vector)) vector {
	v := vector{
		Name: "moq " + name, Token: token, Now: now, Keys: []string{kidA, kidB},
		Accepted: []pair{{relay, jti}}, Expect: expect,
	}
	for _, change := range changes {
		change(&v)
	}
	return v
}

// payload is a well-signed token with this payload.
func payload(name, expect, text string, changes ...func(*vector)) vector {
	return token(name, expect, sign("a", header, text), changes...)
}

func because(comment string) func(*vector) { return func(v *vector) { v.Comment = comment } }
func at(sec int64) func(*vector)           { return func(v *vector) { v.Now = sec } }
func mints(payload string) func(*vector)   { return func(v *vector) { v.Claims = payload } }
func faults(names ...string) func(*vector) { return func(v *vector) { v.Faults = names } }
func accepts(pairs ...pair) func(*vector) {
	return func(v *vector) { v.Accepted = append([]pair{}, pairs...) }
}
func holding(kids ...string) func(*vector) {
	return func(v *vector) { v.Keys = append([]string{}, kids...) }
}
func eddsa(v *vector)                 { v.EdDSA = true }
func audience(a string) func(*vector) { return func(v *vector) { v.Audience = a } }
