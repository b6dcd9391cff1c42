package turn_test

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

func TestGenerateKey(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		key := turn.GenerateKey()
		require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{32}$`), key.UID())
		require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{64}$`), key.Secret())
		require.NotContains(t, key.Secret(), key.UID())
		require.False(t, seen[key.UID()] || seen[key.Secret()])
		seen[key.UID()], seen[key.Secret()] = true, true
		_, err := turn.NewKey(key.UID(), key.Secret())
		require.NoError(t, err)
	}
}

func TestNewKey(t *testing.T) {
	key := newKey(t, secret)
	require.Equal(t, uid, key.UID())
	require.Equal(t, secret, key.Secret())
	require.Equal(t, sha256.Sum256([]byte(secret)), key.Hash())
	for name, parts := range map[string][2]string{
		"empty uid": {"", secret}, "empty secret": {uid, ""}, "turned": {secret, uid}, "short uid": {uid[1:], secret}, "long uid": {uid + "0", secret},
		"short secret": {uid, secret[1:]}, "long secret": {uid, secret + "0"}, "upper case uid": {strings.ToUpper(uid), secret},
		"upper case secret": {uid, strings.ToUpper(secret)}, "line break": {uid, secret[1:] + "\n"}, "space": {uid, " " + secret[1:]},
		"g": {uid, "g" + secret[1:]}, "between": {uid, ":" + secret[1:]}, "before a": {uid, "`" + secret[1:]}, "before 0": {uid, "/" + secret[1:]},
		"not ASCII": {uid[2:] + "\u00e9", secret}, "NUL": {uid, "\x00" + secret[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := turn.NewKey(parts[0], parts[1])
			require.ErrorIs(t, err, turn.ErrKey)
			require.Nil(t, key)
		})
	}
}

const (
	bare    = `{"uid":"` + uid + `","key":"` + secret + `","name":"studio","created":"2026-01-01T00:00:00Z"}`
	answer  = `{"result":` + bare + `,"success":true,"errors":[],"messages":[]}`
	created = "2026-01-01T00:00:00Z"
)

func TestAnswer(t *testing.T) {
	at, err := time.Parse(time.RFC3339, created)
	require.NoError(t, err)
	out, err := newKey(t, secret).MarshalAnswer("studio", at.In(time.FixedZone("", 3600)))
	require.NoError(t, err)
	require.Equal(t, bare, string(out))
	for _, text := range []string{bare, answer, " \r\n\t" + bare + "\n", `{"x":{"uid":1},"key":"` + secret + `","uid":"` + uid + `"}`, `{"result":` + bare + `,"uid":1}`} {
		key, err := turn.ParseKey([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, uid, key.UID())
		require.Equal(t, secret, key.Secret())
	}
	for _, at := range []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		out, err := newKey(t, secret).MarshalAnswer("studio", at)
		require.Error(t, err)
		require.Nil(t, out)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "space": " ", "secret alone": secret, "string": `"` + secret + `"`, "array": "[" + bare + "]", "null": "null",
		"cut": bare[:len(bare)-1], "cut in a value": bare[:50], "cut in a name": `{"ui`, "two": bare + bare, "something after": bare + "x", "NUL after": bare + "\x00",
		"no uid": `{"key":"` + secret + `"}`, "no key": `{"uid":"` + uid + `"}`, "other case": strings.ToUpper(bare[:5]) + bare[5:],
		"uid twice": `{"uid":"` + uid + `",` + bare[1:], "key twice, escaped": `{"\u006bey":"` + other + `",` + bare[1:],
		"number": `{"uid":1,"key":"` + secret + `"}`, "null key": `{"uid":"` + uid + `","key":null}`, "key in a list": `{"uid":"` + uid + `","key":["` + secret + `"]}`,
		"empty": `{"uid":"","key":""}`, "upper case": strings.ReplaceAll(bare, "aabb", "AABB"), "result null": `{"result":null}`, "result a list": `{"result":[` + bare + `]}`,
		"result twice": `{"result":{"result":` + bare + `}}`, "failed": `{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`,
		"stream key": `{"id":"x","pem":"eA==","jwk":"eA==","created":"` + created + `"}`,
		"large":      bare + strings.Repeat(" ", 32<<10), "deep": strings.Repeat(`{"result":`, 3000),
	} {
		t.Run(name, func(t *testing.T) {
			key, err := turn.ParseKey([]byte(text))
			require.Error(t, err)
			require.Nil(t, key)
			require.True(t, strings.HasPrefix(err.Error(), "turn: "))
			require.NotContains(t, err.Error(), secret[:8])
		})
	}
}

// FuzzParseKey: an accepted key is of the form of a key, and written and read again it is the same.
func FuzzParseKey(f *testing.F) {
	for _, text := range []string{
		bare, answer, " " + bare + "\n", `{"uid":"` + uid + `","uid":"` + uid + `","key":"` + secret + `"}`, `{"result":null}`, `{}`, `{"UID":"` + uid + `"}`, "null", "{", secret,
		`{"\u0075id":"` + uid + `","key":"` + secret + `"}`,
	} {
		f.Add([]byte(text))
	}
	at := time.Unix(nowUnix, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := turn.ParseKey(data)
		if err != nil {
			if key != nil {
				t.Fatal("a key beside an error")
			}
			return
		}
		if !regexp.MustCompile(`^[0-9a-f]{32} [0-9a-f]{64}$`).MatchString(key.UID() + " " + key.Secret()) {
			t.Fatal("not the form of a key")
		}
		out, err := key.MarshalAnswer(string(data), at)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > 32<<10 {
			return // a long name
		}
		again, err := turn.ParseKey(out)
		if err != nil || again.UID() != key.UID() || again.Secret() != key.Secret() {
			t.Fatal("another key after writing")
		}
	})
}
