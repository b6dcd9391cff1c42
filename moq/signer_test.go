package moq_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

func signer(t testing.TB, changes ...func(*moq.Config)) *moq.Signer {
	t.Helper()
	cfg := moq.Config{Key: testKey(t, kidA, "a"), Now: clock}
	for _, change := range changes {
		change(&cfg)
	}
	s, err := moq.New(cfg)
	require.NoError(t, err)
	return s
}

func TestSign(t *testing.T) {
	c := moq.Claims{Relay: relay, ID: jti, Operations: []moq.Operation{moq.Subscribe, moq.Publish}, IssuedAt: clock(), Expires: clock().Add(time.Hour)}
	token, err := signer(t).Sign(c)
	require.NoError(t, err)
	require.Equal(t, raw(private("a"), header, payload), token)
	require.True(t, strings.HasPrefix(token, "eyJhbGciOiJFZDI1NTE5"), "as Cloudflare prints the beginning of one")

	old, err := signer(t, func(cfg *moq.Config) { cfg.EdDSA, cfg.Audience = true, "relay.example" }).Sign(c)
	require.NoError(t, err)
	require.Equal(t, raw(private("a"), strings.Replace(header, "Ed25519", "EdDSA", 1), strings.Replace(payload, "moq.cloudflare.com", "relay.example", 1)), old)

	// The defaults: now, and a year by the calendar.
	got, err := signer(t).Resolve(moq.Claims{Relay: relay, ID: jti, Operations: []moq.Operation{moq.Publish}})
	require.NoError(t, err)
	require.Equal(t, moq.Claims{Relay: relay, ID: jti, Operations: []moq.Operation{moq.Publish}, IssuedAt: clock().UTC(), Expires: clock().UTC().AddDate(1, 0, 0)}, got)
	token, err = signer(t).Sign(moq.Claims{Relay: relay, ID: jti, Operations: []moq.Operation{moq.Publish}})
	require.NoError(t, err)
	held := holds(t, newWorld().verifier(t), token)
	require.Equal(t, got, held.Claims())
}

func TestSignRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		field  string
		change func(*moq.Claims)
	}{
		"no relay":            {"sub", func(c *moq.Claims) { c.Relay = "" }},
		"a relay's name":      {"sub", func(c *moq.Claims) { c.Relay = "my-relay" }},
		"upper case":          {"sub", func(c *moq.Claims) { c.Relay = strings.ToUpper(relay) }},
		"no id":               {"jti", func(c *moq.Claims) { c.ID = "" }},
		"a quote in the id":   {"jti", func(c *moq.Claims) { c.ID = jti[:31] + `"` }},
		"no operation":        {"operations", func(c *moq.Claims) { c.Operations = nil }},
		"one twice":           {"operations", func(c *moq.Claims) { c.Operations = []moq.Operation{moq.Publish, moq.Publish} }},
		"an unknown one":      {"operations", func(c *moq.Claims) { c.Operations = []moq.Operation{moq.Publish, "fetch"} }},
		"issued tomorrow":     {"iat", func(c *moq.Claims) { c.IssuedAt = clock().Add(24 * time.Hour) }},
		"issued before 1970":  {"iat", func(c *moq.Claims) { c.IssuedAt = time.Unix(-1, 0) }},
		"ends now":            {"exp", func(c *moq.Claims) { c.Expires = clock() }},
		"ends before":         {"exp", func(c *moq.Claims) { c.Expires = time.Unix(1, 0) }},
		"ends as it begins":   {"exp", func(c *moq.Claims) { c.IssuedAt = clock().Add(time.Minute); c.Expires = c.IssuedAt }},
		"over a year":         {"exp", func(c *moq.Claims) { c.Expires = clock().AddDate(1, 0, 0).Add(time.Second) }},
		"a year of next week": {"exp", func(c *moq.Claims) { c.IssuedAt = clock().AddDate(0, 0, -7); c.Expires = clock().AddDate(1, 0, 0) }},
		"for ever":            {"exp", func(c *moq.Claims) { c.Expires = time.Unix(1<<62, 0) }},
	} {
		claims := moq.Claims{Relay: relay, ID: jti, Operations: moq.Operations()}
		c.change(&claims)
		token, err := signer(t).Sign(claims)
		require.Empty(t, token, name)
		var fault *moq.FieldError
		require.True(t, errors.As(err, &fault), "%s: %v", name, err)
		require.Equal(t, c.field, fault.Field, name)
		_, err = signer(t).Resolve(claims)
		require.Equal(t, fault, err, name)
	}
	for name, cfg := range map[string]moq.Config{
		"no key": {}, "a zero key": {Key: &moq.Key{}}, "audience": {Key: testKey(t, kidA, "a"), Audience: "a\nb"},
	} {
		_, err := moq.New(cfg)
		require.Error(t, err, name)
	}
}

// TestKeyIsSilent: however a key is printed, it does not show itself.
func TestKeyIsSilent(t *testing.T) {
	k := testKey(t, "k1", "a")
	seed := private("a").Seed()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", k, "copy", *k)
	asJSON, err := json.Marshal(map[string]any{"key": k})
	require.NoError(t, err)
	require.Equal(t, `{"key":{"id":"k1"}}`, string(asJSON))
	all := log.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		all += fmt.Sprintf(verb+verb, k, *k)
	}
	for _, secret := range []string{fmt.Sprintf("%x", seed[:8]), base64.RawURLEncoding.EncodeToString(seed)[:10], fmt.Sprint(seed[:4])[1:8]} {
		require.NotContains(t, all, secret)
	}
	require.Contains(t, all, "moq.Key(k1)")
}

func TestKeys(t *testing.T) {
	k, err := moq.GenerateKey("")
	require.NoError(t, err)
	require.True(t, moq.ValidID(k.ID()))
	text, err := k.MarshalJWK()
	require.NoError(t, err)
	again, err := moq.ParseKey(text, "")
	require.NoError(t, err)
	require.Equal(t, k.Public(), again.Public())
	require.Equal(t, k.ID(), again.ID())
	_, err = moq.ParseKey(text, k.ID())
	require.NoError(t, err)
	_, err = moq.ParseKey(text, "other")
	require.ErrorContains(t, err, "not other")
	_, err = moq.ParseKey(text, "a b")
	require.Error(t, err)
	_, err = moq.ParseKey([]byte("x"), "")
	require.Error(t, err)
	public := k.Public()
	public[0]++
	require.NotEqual(t, public, k.Public(), "a copy")

	_, err = moq.GenerateKey("a/b")
	require.Error(t, err)
	_, err = moq.NewKey("a", private("a")[:32])
	require.Error(t, err)
	_, err = moq.NewKey("a", append(private("a").Seed(), public...))
	require.Error(t, err, "another's public half")
	_, err = (&moq.Key{}).MarshalJWK()
	require.Error(t, err)
	require.Nil(t, (&moq.Key{}).Public())

	set, err := moq.MarshalJWKS(k, testKey(t, kidA, "a"))
	require.NoError(t, err)
	keys, err := moq.ParseKeys(set, "")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{k.ID(), kidA}, keys.IDs())
	got, err := keys.Key(kidA)
	require.NoError(t, err)
	require.Equal(t, testKey(t, kidA, "a").Public(), got)
	_, err = moq.MarshalJWKS(k, k)
	require.Error(t, err)
	_, err = moq.MarshalJWKS(nil)
	require.Error(t, err)
}

func TestParseKeysRefuses(t *testing.T) {
	private, err := testKey(t, kidA, "a").MarshalJWK()
	require.NoError(t, err)
	_, err = moq.ParseKeys(private, "")
	require.ErrorIs(t, err, moq.ErrPrivateKey)
	bare := `{"kty":"OKP","crv":"Ed25519","x":"` + base64.RawURLEncoding.EncodeToString(public("a")) + `"}`
	keys, err := moq.ParseKeys([]byte(bare), "k")
	require.NoError(t, err)
	require.Equal(t, []string{"k"}, keys.IDs())
	for name, in := range map[string]string{
		"no id": bare, "nothing": "", "no key": `{"keys":[]}`, "an RSA key": `{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB","kid":"r"}]}`,
		"weak": strings.Replace(bare, base64.RawURLEncoding.EncodeToString(public("a")), "AQ"+strings.Repeat("A", 41), 1),
	} {
		_, err := moq.ParseKeys([]byte(in), "")
		require.Error(t, err, name)
	}
	_, err = moq.ParseKeys([]byte(bare), "a b")
	require.Error(t, err)
	_, err = moq.ParseKeys([]byte(`{"keys":[`+bare+","+bare+`]}`), "k")
	require.ErrorContains(t, err, "two keys")
	_, err = moq.NewStaticKeys(nil)
	require.Error(t, err)
	_, err = moq.NewStaticKeys(map[string]ed25519.PublicKey{"a b": public("a")})
	require.Error(t, err)
	_, err = moq.NewStaticKeys(map[string]ed25519.PublicKey{"a": make([]byte, 32)})
	require.Error(t, err)
	var none *moq.StaticKeys
	_, err = none.Key("a")
	require.Error(t, err)
}
