package signer_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

func at(unix int64) time.Time { return time.Unix(unix, 0) }

func TestSignWritesThisPayload(t *testing.T) {
	key := parse(t, read(t, "a.json"), "")
	head := `{"sub":"` + uid + `","kid":"` + idA + `",`
	for name, c := range map[string]struct {
		claims  streamtoken.Claims
		payload string
	}{
		"defaults":          {streamtoken.Claims{}, `"exp":1780003600,"nbf":1779996400}`},
		"the key's own id":  {streamtoken.Claims{KeyID: idA}, `"exp":1780003600,"nbf":1779996400}`},
		"downloadable":      {streamtoken.Claims{Downloadable: true}, `"exp":1780003600,"nbf":1779996400,"downloadable":true}`},
		"next second":       {streamtoken.Claims{Expires: at(issueUnix + 1)}, `"exp":1780000001,"nbf":1779996400}`},
		"24 hours":          {streamtoken.Claims{Expires: at(issueUnix + 86400)}, `"exp":1780086400,"nbf":1779996400}`},
		"24 h and a bit":    {streamtoken.Claims{Expires: issue.Add(24*time.Hour + 499*time.Millisecond)}, `"exp":1780086400,"nbf":1779996400}`},
		"fractions are cut": {streamtoken.Claims{Expires: issue.Add(time.Minute), NotBefore: issue.Add(-time.Minute)}, `"exp":1780000060,"nbf":1779999940}`},
		"nbf 1970":          {streamtoken.Claims{NotBefore: at(0)}, `"exp":1780003600,"nbf":0}`},
		"nbf to come":       {streamtoken.Claims{NotBefore: at(issueUnix + 3599)}, `"exp":1780003600,"nbf":1780003599}`},
		"no rules, listed":  {streamtoken.Claims{AccessRules: []accessrules.Rule{}}, `"exp":1780003600,"nbf":1779996400}`},
		"five rules": {streamtoken.Claims{AccessRules: fiveRules()}, `"exp":1780003600,"nbf":1779996400,"accessRules":[` +
			`{"type":"ip.geoip.country","action":"block","country":["US","MX"]},` +
			`{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32"]},` +
			`{"type":"ip.src","action":"block","ip":["203.0.113.9"]},` +
			`{"type":"ip.geoip.country","action":"allow","country":["CA"]},` +
			`{"type":"any","action":"block"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			c.claims.Subject = uid
			token := sign(t, key, c.claims)
			require.Equal(t, head+c.payload, open(t, key.Public(), token))
			require.Equal(t, token, naive(t, rawKey(t, "a"), head+c.payload))

			resolved, err := newSigner(t, key, clock).Resolve(c.claims)
			require.NoError(t, err)
			parsed, err := streamtoken.ParseClaims([]byte(head+c.payload), true)
			require.NoError(t, err)
			require.Equal(t, parsed, resolved, "Resolve gives what a reader of the token sees")
		})
	}
}

// naive mints as the steps of Cloudflare's sample read.
func naive(t *testing.T, key *rsa.PrivateKey, payload string) string {
	t.Helper()
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(`{"alg":"RS256","kid":"`+idA+`"}`)) + "." + b64([]byte(payload))
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return input + "." + b64(sig)
}

func TestSignEarlyClock(t *testing.T) {
	key := parse(t, read(t, "a.json"), "")
	for _, now := range []int64{0, 1, 3599} {
		token, err := newSigner(t, key, func() time.Time { return at(now) }).Sign(streamtoken.Claims{Subject: uid})
		require.NoError(t, err)
		require.Contains(t, open(t, key.Public(), token), fmt.Sprintf(`"exp":%d,"nbf":0}`, now+3600))
	}
}

func TestSignRefuses(t *testing.T) {
	key := parse(t, read(t, "a.json"), "")
	rules := func(r ...accessrules.Rule) streamtoken.Claims {
		return streamtoken.Claims{Subject: uid, AccessRules: r}
	}
	block := accessrules.Rule{Type: accessrules.TypeAny, Action: accessrules.Block}
	ip := func(list ...string) accessrules.Rule {
		return accessrules.Rule{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: list}
	}
	country := func(list ...string) accessrules.Rule {
		return accessrules.Rule{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: list}
	}
	var many []string
	for i := range 600 {
		many = append(many, fmt.Sprintf("10.%d.%d.0/24", i/256, i%256))
	}
	times := func(exp, nbf time.Time) streamtoken.Claims {
		return streamtoken.Claims{Subject: uid, Expires: exp, NotBefore: nbf}
	}
	var none time.Time
	for name, c := range map[string]struct {
		claims         streamtoken.Claims
		field, message string
	}{
		"no subject":            {streamtoken.Claims{}, "sub", "is missing"},
		"subject with a dot":    {streamtoken.Claims{Subject: ".."}, "sub", "path segment"},
		"subject with a slash":  {streamtoken.Claims{Subject: "../x"}, "sub", "path segment"},
		"subject with a dash":   {streamtoken.Claims{Subject: "-x"}, "sub", "path segment"},
		"subject of 65":         {streamtoken.Claims{Subject: strings.Repeat("a", 65)}, "sub", "1 to 64"},
		"subject with a quote":  {streamtoken.Claims{Subject: `a","exp":1`}, "sub", "path segment"},
		"another key's id":      {streamtoken.Claims{Subject: uid, KeyID: idB}, "kid", "not the id of the signing key, " + idA},
		"exp now":               {times(at(issueUnix), none), "exp", "not after now"},
		"exp now, by fractions": {times(issue.Add(400*time.Millisecond), none), "exp", "not after now"},
		"exp past":              {times(at(1), none), "exp", "not after now"},
		"exp before 1970":       {times(at(-1), none), "exp", "1970 to 9999"},
		"exp beyond 9999":       {times(at(streamtoken.MaxUnixTime+1), none), "exp", "1970 to 9999"},
		"exp beyond int64":      {times(at(math.MaxInt64), none), "exp", "1970 to 9999"},
		"exp 24 h and 1 s":      {times(at(issueUnix+86401), none), "exp", "more than 24 hours"},
		"nbf before 1970":       {times(none, at(-1)), "nbf", "1970 to 9999"},
		"nbf beyond 9999":       {times(none, at(streamtoken.MaxUnixTime+1)), "nbf", "1970 to 9999"},
		"exp at nbf":            {times(at(issueUnix+60), at(issueUnix+60)), "exp", "not after nbf"},
		"exp before nbf":        {times(at(issueUnix+60), at(issueUnix+61)), "exp", "not after nbf"},
		"default exp at nbf":    {times(none, at(issueUnix+3600)), "exp", "its default, is not after nbf"},
		"six rules":             {rules(block, block, block, block, block, block), "accessRules", "are 6; Stream allows at most 5"},
		"no action":             {rules(block, accessrules.Rule{Type: "any"}), "accessRules[1].action", "must be"},
		"unknown type":          {rules(accessrules.Rule{Type: "ip", Action: "allow"}), "accessRules[0].type", "must be"},
		"ip.src without ip":     {rules(ip()), "accessRules[0].ip", "must list"},
		"ip.src, bad address":   {rules(block, block, ip("192.0.2.1", "192.0.2.300")), "accessRules[2].ip[1]", "must be"},
		"country missing":       {rules(country()), "accessRules[0].country", "must list"},
		"country of three":      {rules(country("USA")), "accessRules[0].country[0]", "must be"},
		"over 8 KiB":            {rules(ip(many...)), "accessRules", "at most 8192"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSigner(t, key, clock)
			token, err := s.Sign(c.claims)
			require.Empty(t, token)
			var refused *signer.FieldError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.field, refused.Field)
			require.Contains(t, refused.Msg, c.message)
			require.Equal(t, "signer: "+c.field+": "+refused.Msg, err.Error())

			resolved, again := s.Resolve(c.claims)
			require.Zero(t, resolved)
			require.Equal(t, err, again, "Resolve refuses what Sign refuses")
		})
	}
	t.Run("clock beyond 9999", func(t *testing.T) {
		s := newSigner(t, key, func() time.Time { return at(streamtoken.MaxUnixTime) })
		_, err := s.Sign(streamtoken.Claims{Subject: uid})
		require.ErrorContains(t, err, "signer: exp: ")
	})
	t.Run("clock before 1970", func(t *testing.T) {
		s := newSigner(t, key, func() time.Time { return at(-7200) })
		_, err := s.Sign(streamtoken.Claims{Subject: uid})
		require.ErrorContains(t, err, "signer: exp: ")
	})
}

// TestSignUpToTheLimit lengthens a token byte by byte, sees the longest minted and the next one refused.
func TestSignUpToTheLimit(t *testing.T) {
	s := newSigner(t, parse(t, read(t, "a.json"), ""), clock)
	claims := func(subject, addresses int) streamtoken.Claims {
		return streamtoken.Claims{Subject: strings.Repeat("a", subject), AccessRules: []accessrules.Rule{
			{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: slices.Repeat([]string{"1.1.1.1"}, addresses)},
		}}
	}
	fit := 1
	for {
		if _, err := s.Resolve(claims(1, fit+1)); err != nil {
			break
		}
		fit++
	}
	longest := 0
	for n := 1; ; n++ {
		token, err := s.Sign(claims(n, fit))
		if err != nil {
			require.ErrorContains(t, err, "signer: accessRules: make a token of 819")
			break
		}
		longest = len(token)
	}
	require.LessOrEqual(t, longest, streamtoken.MaxTokenBytes)
	require.GreaterOrEqual(t, longest, streamtoken.MaxTokenBytes-1, "base64url never has every length")
}

func TestSignLongestNames(t *testing.T) {
	id, sub := strings.Repeat("k", 128), strings.Repeat("s", 64)
	key := parse(t, read(t, "a.pem"), id)
	claims, err := streamtoken.ParseClaims([]byte(open(t, key.Public(), sign(t, key, streamtoken.Claims{Subject: sub}))), true)
	require.NoError(t, err)
	require.Equal(t, sub, claims.Subject)
	require.Equal(t, id, claims.KeyID)
}

func TestResolveSharesNothing(t *testing.T) {
	s := newSigner(t, parse(t, read(t, "a.json"), ""), clock)
	given := fiveRules()
	resolved, err := s.Resolve(streamtoken.Claims{Subject: uid, AccessRules: given})
	require.NoError(t, err)
	resolved.AccessRules[1].IP[0] = "changed"
	resolved.AccessRules[0].Country[0] = "changed"
	require.Equal(t, fiveRules(), given)
}

func TestNewRefuses(t *testing.T) {
	for _, key := range []*signer.Key{nil, {}} {
		s, err := signer.New(signer.Config{Key: key})
		require.Nil(t, s)
		require.ErrorContains(t, err, "Config.Key is required")
	}
	require.Empty(t, (&signer.Key{}).ID())
	require.Nil(t, (&signer.Key{}).Public())
	_, err := (&signer.Key{}).MarshalAnswer(issue)
	require.Error(t, err)
}

func TestSystemClock(t *testing.T) {
	key := parse(t, read(t, "a.json"), "")
	before := time.Now().Unix()
	token, err := newSigner(t, key, nil).Sign(streamtoken.Claims{Subject: uid})
	require.NoError(t, err)
	after := time.Now().Unix()
	var payload struct{ Exp, Nbf int64 }
	require.NoError(t, json.Unmarshal([]byte(open(t, key.Public(), token)), &payload))
	require.GreaterOrEqual(t, payload.Exp, before+3600)
	require.LessOrEqual(t, payload.Exp, after+3600)
	require.Equal(t, int64(7200), payload.Exp-payload.Nbf)
}

func TestSignConcurrently(t *testing.T) {
	s := newSigner(t, parse(t, read(t, "a.json"), ""), clock)
	want, err := s.Sign(streamtoken.Claims{Subject: uid, AccessRules: fiveRules()})
	require.NoError(t, err)
	rules := fiveRules()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if got, err := s.Sign(streamtoken.Claims{Subject: uid, AccessRules: rules}); err != nil || got != want {
					t.Error("another token")
				}
			}
		})
	}
	wg.Wait()
}
