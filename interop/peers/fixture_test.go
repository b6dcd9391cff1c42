package peers

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

// fixture is one key, one good token with five rules, and everything needed to check it in each library.
type fixture struct {
	key      *rsa.PrivateKey
	kid      string
	token    string
	now      time.Time
	verifier *verifier.Verifier // remembers what it verified
	cold     *verifier.Verifier // does not
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "keys", "a.json"))
	if err != nil {
		tb.Fatal(err)
	}
	key, err := signer.ParseKey(data, "")
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Now().Truncate(time.Second)
	s, err := signer.New(signer.Config{Key: key, Now: func() time.Time { return now }})
	if err != nil {
		tb.Fatal(err)
	}
	token, err := s.Sign(streamtoken.Claims{Subject: "5d5bc37ffcf54c9b82e996823bffbb81", AccessRules: []accessrules.Rule{
		{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "2001:db8::/32"}},
		{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"198.51.100.0/24", "2400:cb00::/32", "192.0.2.7"}},
		{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"KP", "SY"}},
		{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA", "MX", "DE", "FR"}},
		{Type: accessrules.TypeAny, Action: accessrules.Block},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	vk, err := verifier.NewKey(key.ID(), key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	set, err := verifier.NewStaticKeys(vk)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: set})
	if err != nil {
		tb.Fatal(err)
	}
	cold, err := verifier.New(verifier.Config{Keys: set, CacheBytes: -1})
	if err != nil {
		tb.Fatal(err)
	}
	f := &fixture{kid: key.ID(), token: token, now: now, verifier: v, cold: cold, key: privateKey(tb)}
	if !f.key.PublicKey.Equal(key.Public()) {
		tb.Fatal("fixture: a.pem and a.json differ")
	}
	return f
}

func privateKey(tb testing.TB) *rsa.PrivateKey {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "keys", "a.pem"))
	if err != nil {
		tb.Fatal(err)
	}
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// sign makes a token of any header and payload, well formed or not.
func (f *fixture) sign(tb testing.TB, header, payload string) string {
	tb.Helper()
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, digest[:])
	if err != nil {
		tb.Fatal(err)
	}
	return input + "." + b64(sig)
}

func (f *fixture) header() string {
	h, _ := json.Marshal(map[string]string{"alg": "RS256", "kid": f.kid})
	return string(h)
}
