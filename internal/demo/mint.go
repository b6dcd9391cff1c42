package demo

import (
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

// subject is the video of the demonstration.
const subject = "ea95132c15732412d22c1476fa83f27a"

// mint holds the key that was made for this run alone.
type mint struct {
	key    *signer.Key
	now    *signer.Signer
	past   *signer.Signer // its tokens have ended
	tamper func(*tokens)
}

// tokens are one of each kind.
type tokens struct {
	allowed      string
	blocked      string // by an access rule
	expired      string
	forged       string
	downloadable string
}

func newMint(tamper func(*tokens)) (*mint, error) {
	key, err := signer.GenerateKey("", 2048)
	if err != nil {
		return nil, err
	}
	now, err := signer.New(signer.Config{Key: key})
	if err != nil {
		return nil, err
	}
	past, err := signer.New(signer.Config{Key: key, Now: func() time.Time { return time.Now().Add(-90 * time.Minute) }})
	if err != nil {
		return nil, err
	}
	return &mint{key, now, past, tamper}, nil
}

// tokens mints one of each kind, good for an hour from now except for the expired one.
func (m *mint) tokens() (t tokens, err error) {
	here, err := accessrules.ParseText("allow ip 127.0.0.0/8,::1/128")
	if err != nil {
		return tokens{}, err
	}
	// Networks for documentation (RFC 5737, RFC 3849): no viewer ever comes from there.
	elsewhere, err := accessrules.ParseText("allow ip 203.0.113.0/24,2001:db8::/32")
	if err != nil {
		return tokens{}, err
	}
	nobody := accessrules.Rule{Type: accessrules.TypeAny, Action: accessrules.Block}

	for _, one := range []struct {
		into   *string
		signer *signer.Signer
		claims streamtoken.Claims
	}{
		{&t.allowed, m.now, streamtoken.Claims{AccessRules: []accessrules.Rule{here, nobody}}},
		{&t.blocked, m.now, streamtoken.Claims{AccessRules: []accessrules.Rule{elsewhere, nobody}}},
		{&t.expired, m.past, streamtoken.Claims{}},
		{&t.downloadable, m.now, streamtoken.Claims{Downloadable: true}},
	} {
		one.claims.Subject = subject
		if *one.into, err = one.signer.Sign(one.claims); err != nil {
			return tokens{}, err
		}
	}
	t.forged = graft(t.blocked, t.allowed)
	if m.tamper != nil {
		m.tamper(&t)
	}
	return t, nil
}

// graft is the forgery: what a viewer gets who puts better claims under the signature of the token they were given.
func graft(given, claims string) string {
	parts := strings.Split(given, ".")
	parts[1] = strings.Split(claims, ".")[1]
	return strings.Join(parts, ".")
}
