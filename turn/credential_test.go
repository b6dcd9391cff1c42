package turn_test

import (
	"encoding/base64"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

func TestCredential(t *testing.T) {
	key := newKey(t, secret)
	for _, c := range []struct {
		name       string
		ttl        time.Duration
		identifier string
		username   string
	}{
		{"a day, for nobody in particular", turn.DefaultTTL, "", "1780086400:" + uid},
		{"a second", turn.MinTTL, "alice", "1780000001:alice"},
		{"two days", turn.MaxTTL, "alice@example.com", "1780172800:alice@example.com"},
		{"of digits", time.Minute, "4523958", "1780000060:4523958"},
		{"like a time", time.Minute, "9999999999", "1780000060:9999999999"},
		{"every character", time.Minute, "auth0|A-Z._~@+=", "1780000060:auth0|A-Z._~@+="},
		{"longest", time.Minute, strings.Repeat("x", 64), "1780000060:" + strings.Repeat("x", 64)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := key.Credential(c.ttl, c.identifier, now)
			require.NoError(t, err)
			require.Equal(t, c.username, got.Username)
			require.Equal(t, password(secret, c.username), got.Password)
			require.Equal(t, time.Unix(nowUnix, 0).Add(c.ttl).UTC(), got.Expires)

			holder, err := key.Check(got.Username, got.Password, now)
			require.NoError(t, err)
			_, identifier, _ := strings.Cut(c.username, ":")
			require.Equal(t, turn.Holder{Identifier: identifier, Expires: got.Expires}, holder)
			again, err := key.Password(got.Username, now)
			require.NoError(t, err)
			require.Equal(t, got.Password, again)
		})
	}
}

func TestCredentialRefused(t *testing.T) {
	key := newKey(t, secret)
	far := time.Unix(253402300799, 0)
	for _, c := range []struct {
		name       string
		ttl        time.Duration
		identifier string
		now        time.Time
		want       error
	}{
		{"no time", 0, "a", now, turn.ErrTTL},
		{"negative", -time.Second, "a", now, turn.ErrTTL},
		{"under a second", time.Second - 1, "a", now, turn.ErrTTL},
		{"a fraction", 1500 * time.Millisecond, "a", now, turn.ErrTTL},
		{"over two days", turn.MaxTTL + time.Second, "a", now, turn.ErrTTL},
		{"longest duration", math.MaxInt64, "a", now, turn.ErrTTL},
		{"shortest duration", math.MinInt64, "a", now, turn.ErrTTL},
		{"end after 9999", time.Second, "a", far, turn.ErrExpiry},
		{"now after 9999", time.Second, "a", far.Add(time.Second), turn.ErrExpiry},
		{"now at the end of time", turn.MaxTTL, "a", time.Unix(math.MaxInt64, 0), turn.ErrExpiry},
		{"no clock", turn.MaxTTL, "a", time.Time{}, turn.ErrExpiry},
		{"end at 1970", time.Second, "a", time.Unix(-1, 0), turn.ErrExpiry},
		{"the key in the open", time.Second, secret, now, turn.ErrIdentifier},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := key.Credential(c.ttl, c.identifier, c.now)
			require.ErrorIs(t, err, c.want)
			require.Zero(t, got)
		})
	}
	got, err := key.Credential(time.Second, "a", far.Add(-time.Second))
	require.NoError(t, err)
	require.Equal(t, "253402300799:a", got.Username)
	got, err = key.Credential(time.Second, "a", time.Unix(0, 0))
	require.NoError(t, err)
	require.Equal(t, "1:a", got.Username)
	_, err = newKey(t, other).Credential(time.Second, secret, now)
	require.NoError(t, err)
}

func TestIdentifiers(t *testing.T) {
	key := newKey(t, secret)
	refuse := map[string]string{
		"colon": "a:b", "colon first": ":a", "colon last": "a:", "only a colon": ":", "a time behind": "a:9999999999",
		"space": "a b", "space first": " a", "space last": "a ", "tab": "a\tb", "line": "a\n", "return": "a\r", "NUL": "a\x00", "escape": "\x1b[31m", "DEL": "a\x7f",
		"quote": "a'b", "double quote": `a"b`, "backslash": `a\b`, "backtick": "a`b", "slash": "a/b", "percent": "a%sb", "angle": "a>b", "other angle": "a<b",
		"latin": "\u00e9", "full-width digit": "\uff11", "no-break space": "a\u00a0b", "override": "\u202ea", "not UTF-8": "\xff", "soft hyphen": "a\xad",
		"long": strings.Repeat("x", 65), "very long": strings.Repeat("x", 1<<20),
		"SQL": "union-select", "SQL turned": "SELECT.uNiOn", "SQL alone": "unionselect",
	}
	for name, s := range refuse {
		t.Run(name, func(t *testing.T) {
			require.False(t, turn.ValidIdentifier(s))
			_, err := key.Credential(time.Minute, s, now)
			require.ErrorIs(t, err, turn.ErrIdentifier)
			username := "1780000060:" + s
			_, err = key.Check(username, password(secret, username), now)
			require.ErrorIs(t, err, turn.ErrMalformed, "nor is it accepted, though the password is right")
			_, err = key.Password(username, now)
			require.ErrorIs(t, err, turn.ErrMalformed)
		})
	}
	require.False(t, turn.ValidIdentifier(""))
	for _, s := range []string{"a", "0", "-", "=", "union", "select", "reunion", "selectunio", "ea95132c-1573-2412-d22c-1476fa83f27a"} {
		require.True(t, turn.ValidIdentifier(s), s)
	}
	for c := range 256 {
		want := c < 0x80 && strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@+=|", rune(c))
		require.Equal(t, want, turn.ValidIdentifier(string([]byte{byte(c)})), c)
	}
}

// TestUsernamesWithAGoodPassword: whoever has the key could make these, and they are refused for their form alone. Beside
// each, what another reading would make of it.
func TestUsernamesWithAGoodPassword(t *testing.T) {
	key := newKey(t, secret)
	for name, username := range map[string]string{
		"nothing": "", "no identifier": "1780000060", "empty identifier": "1780000060:", "no time": "alice", "empty time": ":alice",
		"time behind": "alice:1780000060", // coturn would take it
		"two times":   "1780000060:1780000060:a",
		"two colons":  "1780000060::a", "colon first": ":1780000060:a",
		"sign": "+1780000060:a", "negative": "-1780000060:a", "zero before": "01780000060:a", "zero": "0:a", "zeros": "000:a",
		"space before": " 1780000060:a", "space behind": "1780000060 :a", "fraction": "1780000060.5:a", "exponent": "178e7:a",
		"hex": "0x6a18e93c:a", "underscore": "1_780_000_060:a", "full-width": "\uff11780000060:a", "NUL": "1780000060\x00:a",
		"after 9999": "253402300800:a", "more than 64 bits": "18446744075489551676:a", "more than 12 digits": "1780000060000:a",
		"other colon": "1780000060\uff1aa", "long": "1780000060:" + strings.Repeat("a", 65), "very long": strings.Repeat("1", 1<<20) + ":a",
	} {
		t.Run(name, func(t *testing.T) {
			holder, err := key.Check(username, password(secret, username), now)
			require.ErrorIs(t, err, turn.ErrMalformed)
			require.Zero(t, holder)
			got, err := key.Password(username, now)
			require.ErrorIs(t, err, turn.ErrMalformed)
			require.Zero(t, got)
		})
	}
}

func TestForged(t *testing.T) {
	key := newKey(t, secret)
	c, err := key.Credential(time.Hour, "alice", now)
	require.NoError(t, err)
	forged := map[string][2]string{
		"empty":            {c.Username, ""},
		"of another key":   {c.Username, password(other, c.Username)},
		"another user":     {strings.Replace(c.Username, "alice", "bob", 1), c.Password},
		"another end":      {"1780003601:alice", c.Password},
		"no padding":       {c.Username, strings.TrimRight(c.Password, "=")},
		"padding twice":    {c.Username, c.Password + "="},
		"line break":       {c.Username, c.Password + "\n"},
		"line break in it": {c.Username, c.Password[:14] + "\n" + c.Password[14:]},
		"space":            {c.Username, " " + c.Password},
		"upper case":       {c.Username, strings.ToUpper(c.Password)},
		"long":             {c.Username, strings.Repeat(c.Password, 1<<15)},
		"all A":            {c.Username, "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
		"hex key":          {c.Username, password("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", c.Username)},
	}
	// Another spelling of the same 20 bytes: the last character before the padding carries two bits that count for nothing.
	raw, err := base64.StdEncoding.DecodeString(c.Password)
	require.NoError(t, err)
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		spelling := c.Password[:26] + string(last) + "="
		if same, err := base64.StdEncoding.DecodeString(spelling); err == nil && string(same) == string(raw) && spelling != c.Password {
			forged["spelling "+string(last)] = [2]string{c.Username, spelling}
		}
	}
	require.Len(t, forged, 13+3)
	for i := range c.Password {
		changed := []byte(c.Password)
		changed[i] ^= 1
		forged["bit of byte "+string(rune('a'+i))] = [2]string{c.Username, string(changed)}
	}
	for name, f := range forged {
		t.Run(name, func(t *testing.T) {
			holder, err := key.Check(f[0], f[1], now)
			require.ErrorIs(t, err, turn.ErrForged)
			require.Zero(t, holder)
			_, err = key.Check(f[0], f[1], now.Add(100*time.Hour))
			require.ErrorIs(t, err, turn.ErrForged, "that it has ended, too, is not said")
		})
	}
}

// TestTime: a credential is good within the second of its end, as for coturn (ts >= now) and pion/turn (not t < now).
func TestTime(t *testing.T) {
	key := newKey(t, secret)
	const end = nowUnix
	username := "1780000000:alice"
	for _, c := range []struct {
		name string
		now  time.Time
		want error
	}{
		{"in its last second", time.Unix(end, 999_999_999), nil},
		{"at its end", time.Unix(end, 0), nil},
		{"the second after", time.Unix(end+1, 0), turn.ErrExpired},
		{"long after", time.Unix(math.MaxInt64, 0), turn.ErrExpired},
		{"two days before", time.Unix(end-172800, 0), nil},
		{"and a clock that runs ahead", time.Unix(end-172800-300, 0), nil},
		{"further ahead than that", time.Unix(end-172800-301, 0), turn.ErrLifetime},
		{"before 1970", time.Unix(-1, 0), turn.ErrLifetime},
		{"no clock", time.Time{}, turn.ErrLifetime},
		{"the beginning of time", time.Unix(math.MinInt64, 0), turn.ErrLifetime},
	} {
		t.Run(c.name, func(t *testing.T) {
			holder, err := key.Check(username, password(secret, username), c.now)
			got, err2 := key.Password(username, c.now)
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, turn.Holder{Identifier: "alice", Expires: time.Unix(end, 0).UTC()}, holder)
				require.NoError(t, err2)
				require.Equal(t, password(secret, username), got)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.Zero(t, holder)
			require.ErrorIs(t, err2, c.want)
			require.Zero(t, got)
		})
	}
}

func TestTTL(t *testing.T) {
	for n, want := range map[int64]time.Duration{1: time.Second, 86400: 24 * time.Hour, 172800: 48 * time.Hour} {
		got, err := turn.TTL(n)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	// The last two become one second and an hour when multiplied into nanoseconds.
	for _, n := range []int64{0, -1, 172801, 864000, math.MaxInt64, math.MinInt64, 1<<55 + 1, -1<<55 + 3600} {
		got, err := turn.TTL(n)
		require.ErrorIs(t, err, turn.ErrTTL, n)
		require.Zero(t, got)
	}
	n := int64(1<<55 + 1)
	require.Equal(t, time.Second, time.Duration(n)*time.Second, "what it guards against")
}

func TestZeroKey(t *testing.T) {
	var key turn.Key
	_, err := key.Credential(time.Minute, "a", now)
	require.ErrorIs(t, err, turn.ErrNoKey)
	_, err = key.Check("1780000060:a", password("", "1780000060:a"), now)
	require.ErrorIs(t, err, turn.ErrNoKey)
	_, err = key.Password("1780000060:a", now)
	require.ErrorIs(t, err, turn.ErrNoKey)
	_, err = key.MarshalAnswer("", now)
	require.ErrorIs(t, err, turn.ErrNoKey)
	require.Empty(t, key.UID())
	require.Empty(t, key.Secret())
}

// TestManyAtOnce: what one makes does not get into another's.
func TestManyAtOnce(t *testing.T) {
	keys := []*turn.Key{newKey(t, secret), newKey(t, other)}
	secrets := []string{secret, other}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			identifier := strings.Repeat(string(rune('a'+g)), 1+g*8)
			for i := range 2000 {
				c, err := keys[i%2].Credential(time.Minute, identifier, now)
				if err != nil || c.Username != "1780000060:"+identifier || c.Password != password(secrets[i%2], c.Username) {
					t.Errorf("%q, %v", c.Username, err)
					return
				}
				if _, err := keys[i%2].Check(c.Username, c.Password, now); err != nil {
					t.Error(err)
					return
				}
				if _, err := keys[1-i%2].Check(c.Username, c.Password, now); err != turn.ErrForged {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
