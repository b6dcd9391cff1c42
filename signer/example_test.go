package signer_test

import (
	"bufio"
	"context"
	"crypto"
	"errors"
	"fmt"
	"log"
	"os"
	"path"
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

// exampleSigner reads a test-only key and stands at a fixed time.
func exampleSigner() *signer.Signer {
	data, err := os.ReadFile("../testdata/keys/a.json")
	if err != nil {
		log.Fatal(err)
	}
	key, err := signer.ParseKey(data, "")
	if err != nil {
		log.Fatal(err)
	}
	s, err := signer.New(signer.Config{
		Key: key,
		Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }, // leave it out to use the clock
	})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

func ExampleParseKey() {
	// The answer of the create-key call as the API gave it; PEM and JWK are read too.
	data, err := os.ReadFile("../testdata/keys/a.answer.json")
	if err != nil {
		log.Fatal(err)
	}
	key, err := signer.ParseKey(data, "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.ID(), key.Public().N.BitLen())
	fmt.Println(key)
	// Output:
	// 8f926b2b01f3835170025a78a4dcbf6a 2048
	// signer.Key(8f926b2b01f3835170025a78a4dcbf6a)
}

func ExampleSigner_Sign() {
	token, err := exampleSigner().Sign(streamtoken.Claims{Subject: "ea95132c15732412d22c1476fa83f27a"})
	if err != nil {
		log.Fatal(err)
	}
	address, err := signer.URL("https://customer-m033z5x00ks6nunl.cloudflarestream.com", token, signer.AssetHLS)
	if err != nil {
		log.Fatal(err)
	}
	shown, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), ".eyJ")
	fmt.Println(shown)
	fmt.Println(path.Base(address))
	// Output:
	// customer-m033z5x00ks6nunl.cloudflarestream.com/eyJhbGciOiJSUzI1NiIsImtpZCI6IjhmOTI2YjJiMDFmMzgzNTE3MDAyNWE3OGE0ZGNiZjZhIn0
	// video.m3u8
}

func ExampleSigner_Resolve() {
	claims, err := exampleSigner().Resolve(streamtoken.Claims{
		Subject:     "ea95132c15732412d22c1476fa83f27a",
		AccessRules: []accessrules.Rule{{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"us"}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(claims.AppendJSON(nil)))
	// Output:
	// {"sub":"ea95132c15732412d22c1476fa83f27a","kid":"8f926b2b01f3835170025a78a4dcbf6a","exp":1795352400,"nbf":1795345200,"accessRules":[{"type":"ip.geoip.country","action":"block","country":["US"]}]}
}

// A token for each line, on all processors. What cannot be minted is an error in its place.
func ExampleSigner_SignAll() {
	lines := strings.NewReader("ea95132c15732412d22c1476fa83f27a\n../etc\n5d5bc37ffcf54c9b82e996823bffbb81\n")
	claims := func(yield func(streamtoken.Claims) bool) {
		for in := bufio.NewScanner(lines); in.Scan(); {
			if !yield(streamtoken.Claims{Subject: in.Text()}) {
				return
			}
		}
	}
	for token, err := range exampleSigner().SignAll(context.Background(), claims) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(len(token), token[len(token)-16:])
	}
	// Output:
	// 575 m4VlDX6SS1P2HP7A
	// signer: sub: must be 1 to 64 letters, digits, _ or -, the first a letter or digit: it becomes a path segment
	// 575 LIsmMPKoUimxeM1A
}

func ExampleFieldError() {
	_, err := exampleSigner().Sign(streamtoken.Claims{
		Subject: "ea95132c15732412d22c1476fa83f27a",
		Expires: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
	})
	var refused *signer.FieldError
	if errors.As(err, &refused) {
		fmt.Println(refused.Field)
	}
	fmt.Println(err)
	// Output:
	// exp
	// signer: exp: is more than 24 hours from now, the most Stream allows; sign again later instead
}

// A KMS or HSM signs as any crypto.Signer with an RSA key does; here it is a key in memory.
func ExampleNewKey() {
	var hsm crypto.Signer = unlockHSM()
	key, err := signer.NewKey("my-hsm-key", hsm)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key)
	// Output:
	// signer.Key(my-hsm-key)
}

func ExampleMarshalJWKS() {
	key, err := signer.GenerateKey("", 2048)
	if err != nil {
		log.Fatal(err)
	}
	set, err := signer.MarshalJWKS(key) // for the verifiers; holds nothing private
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(set[:50]))
	// Output:
	// {"keys":[{"kty":"RSA","use":"sig","alg":"RS256","k
}
