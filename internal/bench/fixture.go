package bench

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

const (
	keyBits    = 2048 // as Stream's own keys have
	liveTokens = 64
)

// threeRules bring a token to about 900 bytes. Networks and addresses are those for documentation (RFC 5737, RFC 3849).
var threeRules = []accessrules.Rule{
	{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "198.51.100.0/24", "192.0.2.128/25", "2001:db8:1::/48", "2001:db8:ffff::/48"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA", "MX", "DE", "FR"}},
	{Type: accessrules.TypeAny, Action: accessrules.Block},
}

var fiveRules = []accessrules.Rule{
	{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "2001:db8::/32"}},
	{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: []string{"198.51.100.0/24", "2001:db8:ffff::/48", "192.0.2.7"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Block, Country: []string{"KP", "SY"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA", "MX", "DE"}},
	{Type: accessrules.TypeAny, Action: accessrules.Block},
}

// fixture is one key on both sides, and what is measured with it.
type fixture struct {
	private   *rsa.PrivateKey
	digest    [sha256.Size]byte // of the first token's signing input
	signature []byte
	signer    *signer.Signer
	claims    streamtoken.Claims
	vector    *signer.Signer     // signs with the vector engine; nil where there is none
	vectorWhy string             // why the engine for bulk is what it is
	cold      *verifier.Verifier // remembers nothing
	gate      *gate.Gate         // over a verifier that remembers all tokens
	tokens    []string           // other bytes than those that the gate's verifier saw first, as each request brings its own
	viewer    accessrules.Viewer
	five      *accessrules.Set

	coldVector    *verifier.Verifier // like cold, with the vector engine; nil where there is none
	coldVectorWhy string             // why not
}

// newFixture makes everything anew. vectorOff is why the vector engines are not to be used, or "".
func newFixture(vectorOff string) (*fixture, error) {
	// Neither matched by an address rule, so that those are gone through, and of the last country listed.
	f := &fixture{viewer: accessrules.Viewer{Addr: netip.MustParseAddr("100.64.9.9"), Country: accessrules.ParseCountry("FR")}}
	if err := f.makeSigners(vectorOff); err != nil {
		return nil, err
	}
	if err := f.makeVerifiers(vectorOff); err != nil {
		return nil, err
	}
	for i := range liveTokens {
		f.claims.Subject = fmt.Sprintf("%032x", i)
		token, err := f.signer.Sign(f.claims)
		if err != nil {
			return nil, err
		}
		if d := f.decide(token); !d.Allowed {
			return nil, d.Reason
		}
		f.tokens = append(f.tokens, strings.Clone(token))
	}
	cut := strings.LastIndexByte(f.tokens[0], '.')
	f.digest = sha256.Sum256([]byte(f.tokens[0][:cut]))
	var err error
	if f.signature, err = base64.RawURLEncoding.DecodeString(f.tokens[0][cut+1:]); err != nil {
		return nil, err
	}
	f.five, err = accessrules.Compile(fiveRules)
	return f, err
}

func (f *fixture) makeSigners(vectorOff string) (err error) {
	if f.private, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
		return err
	}
	key, err := signer.NewKey(fmt.Sprintf("%032x", 1), f.private)
	if err != nil {
		return err
	}
	f.claims = streamtoken.Claims{KeyID: key.ID(), AccessRules: threeRules}
	if f.signer, err = signer.New(signer.Config{Key: key}); err != nil {
		return err
	}
	f.vector, f.vectorWhy, err = vectorSigner(key, vectorOff)
	return err
}

func (f *fixture) makeVerifiers(vectorOff string) error {
	key, err := verifier.NewKey(f.claims.KeyID, &f.private.PublicKey)
	if err != nil {
		return err
	}
	keys, err := verifier.NewStaticKeys(key)
	if err != nil {
		return err
	}
	if f.cold, err = verifier.New(verifier.Config{Keys: keys, CacheBytes: -1}); err != nil {
		return err
	}
	if f.coldVector, f.coldVectorWhy, err = vectorVerifier(keys, key, vectorOff); err != nil {
		return err
	}
	warm, err := verifier.New(verifier.Config{Keys: keys})
	if err != nil {
		return err
	}
	f.gate, err = gate.New(gate.Config{Verifier: warm})
	return err
}

func (f *fixture) decide(token string) gate.Decision {
	return f.gate.Decide(context.Background(), gate.Request{Token: token, Viewer: f.viewer})
}

func (f *fixture) signRSA(n int) error {
	for range n {
		if _, err := rsa.SignPKCS1v15(rand.Reader, f.private, crypto.SHA256, f.digest[:]); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) mint(n int) error {
	for range n {
		if _, err := f.signer.Sign(f.claims); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) verifyRSA(n int) error {
	for range n {
		if err := rsa.VerifyPKCS1v15(&f.private.PublicKey, crypto.SHA256, f.digest[:], f.signature); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) verifyCold(v *verifier.Verifier) side {
	return func(n int) error {
		for range n {
			if _, err := v.Verify(context.Background(), f.tokens[0]); err != nil {
				return err
			}
		}
		return nil
	}
}

// verifyWarm is all that a request with a remembered token needs: the token found and compared, its key still there, its
// time, revocation, and its rules for this viewer.
func (f *fixture) verifyWarm(n int) error {
	for i := range n {
		if d := f.decide(f.tokens[i%liveTokens]); !d.Allowed {
			return d.Reason
		}
	}
	return nil
}

var errRule = errors.New("bench: another rule decided")

func (f *fixture) rules5(n int) error {
	for range n {
		if f.five.Decide(f.viewer).Rule != len(fiveRules)-1 {
			return errRule
		}
	}
	return nil
}
