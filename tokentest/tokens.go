package tokentest

import (
	"testing"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

// Signer signs with key A at [Start]. For other times use signer.New with [Key] and a clock.
func Signer(t testing.TB) *signer.Signer {
	t.Helper()
	return signerOf(t, Key(t, KeyIDA), Start())
}

// Key is the signing key of that id: KeyIDA or KeyIDB.
func Key(t testing.TB, id string) *signer.Key {
	t.Helper()
	pem, ok := map[string]string{KeyIDA: PEMA, KeyIDB: PEMB}[id]
	if !ok {
		t.Fatalf("tokentest: there is no key %q", id)
	}
	return must(signer.ParseKey([]byte(pem), id))(t)
}

// Keys is the set of both public keys.
func Keys(t testing.TB) *verifier.StaticKeys {
	t.Helper()
	var keys []*verifier.Key
	for _, id := range []string{KeyIDA, KeyIDB} {
		keys = append(keys, must(verifier.NewKey(id, Key(t, id).Public()))(t))
	}
	return must(verifier.NewStaticKeys(keys...))(t)
}

// Token is a token for c, signed with key A at [Start]: valid there for an hour unless c says otherwise. A zero Subject
// is taken for "video".
func Token(t testing.TB, c streamtoken.Claims) string {
	t.Helper()
	return must(Signer(t).Sign(withSubject(c)))(t)
}

// ExpiredToken is a token for c that ran out a second before [Start]; c's own times are ignored.
func ExpiredToken(t testing.TB, c streamtoken.Claims) string {
	t.Helper()
	c.Expires, c.NotBefore = Start().Add(-time.Second), time.Time{}
	return must(signerOf(t, Key(t, KeyIDA), Start().Add(-time.Hour)).Sign(withSubject(c)))(t)
}

// ForgedToken is a token for c that names key A and is signed by another: its signature is invalid.
func ForgedToken(t testing.TB, c streamtoken.Claims) string {
	t.Helper()
	forger := must(signer.ParseKey([]byte(PEMB), KeyIDA))(t)
	return must(signerOf(t, forger, Start()).Sign(withSubject(c)))(t)
}

// BlockedToken is a good token for c whose one access rule blocks every viewer; c's own rules are ignored.
func BlockedToken(t testing.TB, c streamtoken.Claims) string {
	t.Helper()
	c.AccessRules = []accessrules.Rule{{Type: accessrules.TypeAny, Action: accessrules.Block}}
	return Token(t, c)
}

func signerOf(t testing.TB, key *signer.Key, at time.Time) *signer.Signer {
	t.Helper()
	return must(signer.New(signer.Config{Key: key, Now: func() time.Time { return at }}))(t)
}

func withSubject(c streamtoken.Claims) streamtoken.Claims {
	if c.Subject == "" {
		c.Subject = "video"
	}
	return c
}

// must takes a call's results as they come and gives its value, or fails the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatalf("tokentest: %v", err)
		}
		return v
	}
}
