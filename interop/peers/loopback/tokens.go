package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

const (
	keyID   = "8f926b2b01f3835170025a78a4dcbf6a" // of the test key a
	subject = "5d5bc37ffcf54c9b82e996823bffbb81"
	target  = "/" + subject + "/seg.ts"

	// distinctTokens is more than a cache of 16 MiB can hold: an entry is larger than its token.
	distinctTokens = 20_000
)

// forwardedRules need the address and the country that the proxy in front names; plainRules only the TCP peer. Either makes a
// token of about 900 bytes.
var (
	forwardedRules = []accessrules.Rule{
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "198.51.100.128/25", "2001:db8::/32"}},
		{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA", "MX", "FR", "ES", "IT", "NL", "DE"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	}
	plainRules = []accessrules.Rule{
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "2001:db8::/32"}},
		{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"192.0.2.0/24", "198.51.100.0/24", "2400:cb00::/32", "100.64.0.0/10", "127.0.0.0/8"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	}
)

// mint makes the tokens of one kind of row.
type mint struct {
	rules []accessrules.Rule
	auth0 bool // with the issuer and audience that library demands
	now   time.Time
	good  *signer.Key // the key the servers know
	other *signer.Key // another key under the same id
	pems  map[*signer.Key]*rsa.PrivateKey
}

func newMint(keys string, rules []accessrules.Rule, auth0 bool) (*mint, error) {
	m := &mint{rules: rules, auth0: auth0, now: time.Now(), pems: map[*signer.Key]*rsa.PrivateKey{}}
	for name, key := range map[string]**signer.Key{"a.pem": &m.good, "b.pem": &m.other} {
		data, err := os.ReadFile(filepath.Join(keys, name))
		if err != nil {
			return nil, err
		}
		if *key, err = signer.ParseKey(data, keyID); err != nil {
			return nil, err
		}
		block, _ := pem.Decode(data)
		if m.pems[*key], err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// token mints one that was issued at that time and is good until exp. Those of different n differ in nbf alone.
func (m *mint) token(key *signer.Key, issued, exp time.Time, n int) (string, error) {
	s, err := signer.New(signer.Config{Key: key, Now: func() time.Time { return issued }})
	if err != nil {
		return "", err
	}
	token, err := s.Sign(streamtoken.Claims{
		Subject:     subject,
		Expires:     exp,
		NotBefore:   issued.Add(-time.Hour - time.Duration(n)*time.Second),
		AccessRules: m.rules,
	})
	if err != nil || !m.auth0 {
		return token, err
	}
	return m.withIssuer(token, m.pems[key])
}

// withIssuer signs a token's claims again, with an issuer and an audience.
func (m *mint) withIssuer(token string, key *rsa.PrivateKey) (string, error) {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		return "", err
	}
	claims := jwt.MapClaims{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	claims["iss"], claims["aud"] = auth0Issuer, auth0Audience
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header = map[string]any{"alg": "RS256", "kid": keyID}
	return t.SignedString(key)
}

// goods gives n tokens that every server accepts for as long as a run may take.
func (m *mint) goods(ctx context.Context, n int) ([]string, error) {
	tokens := make([]string, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				if errs[i] = ctx.Err(); errs[i] != nil {
					return
				}
				tokens[i], errs[i] = m.token(m.good, m.now, m.now.Add(12*time.Hour), i)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// bad is a token that every server must refuse, and why.
type bad struct{ why, token string }

// bads gives what is made from the good token, and near it.
func (m *mint) bads(good string) ([]bad, error) {
	past := m.now.Add(-2 * time.Hour)
	expired, err := m.token(m.good, past, past.Add(time.Hour), 0)
	if err != nil {
		return nil, err
	}
	foreign, err := m.token(m.other, m.now, m.now.Add(12*time.Hour), 0)
	if err != nil {
		return nil, err
	}
	longer, err := m.token(m.good, m.now, m.now.Add(13*time.Hour), 0)
	if err != nil {
		return nil, err
	}
	g, l := strings.Split(good, "."), strings.Split(longer, ".")
	if len(g) != 3 || len(l) != 3 || g[1] == l[1] {
		return nil, fmt.Errorf("the tokens to make bad ones from are not as expected")
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + keyID + `"}`))
	return []bad{
		{"no token", ""},
		{"one character of the signature changed", flip(good)},
		{"another payload under the same signature", g[0] + "." + l[1] + "." + g[2]},
		{"expired", expired},
		{"signed by another key", foreign},
		{"alg none", none + "." + g[1] + "."},
		{"no signature", g[0] + "." + g[1] + "."},
	}, nil
}

// flip changes the last character of the signature but one: the very last has bits that some decoders ignore.
func flip(token string) string {
	i := len(token) - 2
	c := byte('A')
	if token[i] == c {
		c = 'B'
	}
	return token[:i] + string(c) + token[i+1:]
}
