// Command gen writes the conformance vectors beside it: the cases of
// ../README.md, each with the answer that every implementation must give.
//
//	go run ./testdata/vectors/gen            # from the root of the module
//	go run ./testdata/vectors/gen -check     # compare only; exit status 1 if a file differs
//
// It uses nothing of this module: tokens are put together from strings and
// signed with crypto/rsa, so that a vector cannot inherit a mistake from the
// code it is to check. RSASSA-PKCS1-v1_5 is deterministic, and so is the output;
// the few tokens signed with RSASSA-PSS take their salt from a constant.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// file is one file of vectors.
type file struct {
	About   string `json:"about"`
	Kind    string `json:"kind"` // "token" or "request"
	Vectors []any  `json:"vectors"`
}

// vector is one token vector; ../README.md says what each field means.
type vector struct {
	Name          string       `json:"name"`
	Comment       string       `json:"comment,omitempty"`
	Token         string       `json:"token"`
	Now           int64        `json:"now"`
	Leeway        int64        `json:"leeway,omitempty"`
	Keys          []string     `json:"keys"`
	Faults        []string     `json:"faults,omitempty"`
	RefuseUnknown bool         `json:"refuseUnknownClaims,omitempty"`
	Revocations   []revocation `json:"revocations,omitempty"`
	Viewer        *viewer      `json:"viewer,omitempty"`
	Resource      *resource    `json:"resource,omitempty"`
	Expect        string       `json:"expect"`
	Claims        string       `json:"claims,omitempty"`
	Rule          *int         `json:"rule,omitempty"`
}

type revocation struct {
	KeyID   string `json:"keyId,omitempty"`
	Subject string `json:"subject,omitempty"`
	Digest  string `json:"digest,omitempty"`
	Until   int64  `json:"until,omitempty"`
}

type viewer struct {
	IP      string `json:"ip,omitempty"`
	Country string `json:"country,omitempty"`
}

type resource struct {
	Subject  string `json:"subject,omitempty"`
	Download bool   `json:"download,omitempty"`
}

func main() {
	check := flag.Bool("check", false, "compare with the files that are there, write nothing")
	dir := flag.String("dir", filepath.Join("testdata", "vectors"), "where the files are")
	keys := flag.String("keys", filepath.Join("testdata", "keys"), "where the keys are")
	flag.Parse()
	if err := run(*dir, *keys, *check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir, keys string, check bool) error {
	if err := loadKeys(keys); err != nil {
		return err
	}
	files := map[string]file{
		"form.json":       {About: "size, alphabet, parts, canonical base64url", Kind: "token", Vectors: list(form())},
		"header.json":     {About: "the header: alg, kid and what a header may not hold", Kind: "token", Vectors: list(header())},
		"key.json":        {About: "which key a token names", Kind: "token", Vectors: list(key())},
		"signature.json":  {About: "RSASSA-PKCS1-v1_5 with SHA-256, exactly", Kind: "token", Vectors: list(signature())},
		"claims.json":     {About: "the payload, every token well signed", Kind: "token", Vectors: list(claims())},
		"time.json":       {About: "exp, nbf, lifetime and leeway", Kind: "token", Vectors: list(times())},
		"revocation.json": {About: "keys, subjects and tokens taken back", Kind: "token", Vectors: list(revocations())},
		"order.json":      {About: "two faults: the earlier one is reported", Kind: "token", Vectors: list(order())},
		"resource.json":   {About: "what a good token is used for", Kind: "token", Vectors: list(resources())},
		"rules.json":      {About: "access rules: the first match decides, no match allows", Kind: "token", Vectors: list(rules())},
		"cloudflare.json": {About: "the shapes of tokens that Cloudflare issues, prints and documents", Kind: "token", Vectors: list(cloudflare())},
		"request.json":    {About: "whole requests: targets, sources, methods, viewers", Kind: "request", Vectors: list(requests())},
	}
	var differs []string
	for name, f := range files {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(f); err != nil {
			return err
		}
		path := filepath.Join(dir, name)
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, b.Bytes()) {
			continue
		}
		differs = append(differs, name)
		if !check {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				return err
			}
		}
	}
	if check && len(differs) > 0 {
		return fmt.Errorf("not as generated: %s", strings.Join(differs, ", "))
	}
	return nil
}

func list[V any](vectors []V) []any {
	all := make([]any, len(vectors))
	for i, v := range vectors {
		all[i] = v
	}
	return all
}
