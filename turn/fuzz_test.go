package turn_test

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/streamtoken/streamtoken/turn"
)

var form = regexp.MustCompile(`^([1-9][0-9]{0,11}):([-A-Za-z0-9._~@+=|]{1,64})$`)

// check is Check by the book, with a regular expression, numbers without bounds and nothing kept.
func check(secret, username, given string, now time.Time) error {
	m := form.FindStringSubmatch(username)
	if m == nil || strings.ContainsRune(username, '\n') {
		return turn.ErrMalformed
	}
	expires, _ := strconv.ParseFloat(m[1], 64) // exact below 2^53
	lower := strings.ToLower(m[2])
	if expires > 253402300799 || strings.Contains(lower, "union") && strings.Contains(lower, "select") {
		return turn.ErrMalformed
	}
	if given != password(secret, username) {
		return turn.ErrForged
	}
	switch left := expires - float64(now.Unix()); {
	case left < 0:
		return turn.ErrExpired
	case left > 48*3600+300:
		return turn.ErrLifetime
	}
	return nil
}

// FuzzCheck: the answer is the one of the book, for the password given and for the right one; what is accepted is what
// Credential writes for that identifier and end.
func FuzzCheck(f *testing.F) {
	for _, username := range []string{
		"1780000060:alice", "1780000060:" + uid, "1780000060", "alice:1780000060", "1780000060:a:b", "+1:a", "01:a", "0:a", ":", "", "253402300799:a",
		"253402300800:a", "1780172800:x", "1780173100:x", "1780173101:x", "1779999999:x", "1780000060:unIon.seLect", "1780000060:\u00e9", "1780000060:a\n",
		"1780000060:" + strings.Repeat("x", 64), "1780000060:" + strings.Repeat("x", 65), "1780000060:a b", "1780000060:a%n", "18446744075489551676:a",
	} {
		f.Add(username, password(secret, username), int64(nowUnix))
	}
	f.Add("1780000060:alice", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", int64(nowUnix))
	f.Add("1:a", password(secret, "1:a"), int64(math.MinInt64))
	f.Add("253402300799:a", password(secret, "253402300799:a"), int64(math.MaxInt64))
	key := newKey(f, secret)
	f.Fuzz(func(t *testing.T, username, given string, unix int64) {
		now := time.Unix(unix, 0)
		for _, p := range []string{given, password(secret, username)} {
			want := check(secret, username, p, now)
			holder, err := key.Check(username, p, now)
			if !errors.Is(err, want) {
				t.Fatalf("%v instead of %v", err, want)
			}
			if err != nil {
				if holder != (turn.Holder{}) {
					t.Fatal("a holder beside an error")
				}
				continue
			}
			if got, err := key.Password(username, now); err != nil || got != p {
				t.Fatal("another password")
			}
			made, err := key.Credential(time.Second, holder.Identifier, holder.Expires.Add(-time.Second))
			if err != nil && holder.Expires.Unix() > 1 && holder.Identifier != secret {
				t.Fatal(err)
			}
			if err == nil && (made.Username != username || made.Password != p) {
				t.Fatal("not what Credential writes")
			}
		}
	})
}

// FuzzCredential: what is made is of the one form, for the time asked, and accepted; what is not made is for a reason.
func FuzzCredential(f *testing.F) {
	for _, identifier := range []string{"", "alice", "a:b", uid, secret, "1780000060", "auth0|x", "union select", "\u202e", strings.Repeat("x", 65)} {
		f.Add(int64(time.Minute), identifier, int64(nowUnix))
	}
	f.Add(int64(turn.MaxTTL), "a", int64(253402300799-172800))
	f.Add(int64(turn.MaxTTL), "a", int64(253402300799-172800+1))
	f.Add(int64(math.MaxInt64), "a", int64(math.MaxInt64))
	f.Add(int64(math.MinInt64), "a", int64(math.MinInt64))
	f.Add(int64(1_500_000_000), "a", int64(0))
	key := newKey(f, secret)
	f.Fuzz(func(t *testing.T, ttl int64, identifier string, unix int64) {
		now := time.Unix(unix, 0)
		c, err := key.Credential(time.Duration(ttl), identifier, now)
		if err != nil {
			if c != (turn.Credential{}) {
				t.Fatal("a credential beside an error")
			}
			switch {
			case errors.Is(err, turn.ErrTTL) && (ttl < 1e9 || ttl > 172800e9 || ttl%1e9 != 0):
			case errors.Is(err, turn.ErrIdentifier) && (!turn.ValidIdentifier(identifier) || identifier == secret):
			case errors.Is(err, turn.ErrExpiry) && (unix < 0 || unix > 253402300799-172800):
			default:
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		m := form.FindStringSubmatch(c.Username)
		if m == nil || m[1] != strconv.FormatInt(unix+ttl/1e9, 10) || c.Expires.Unix() != unix+ttl/1e9 {
			t.Fatalf("%q", c.Username)
		}
		if want := identifier; m[2] != want && (want != "" || m[2] != uid) {
			t.Fatalf("%q", c.Username)
		}
		if c.Password != password(secret, c.Username) {
			t.Fatal("another password")
		}
		for _, at := range []time.Time{now, c.Expires} {
			if _, err := key.Check(c.Username, c.Password, at); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := key.Check(c.Username, c.Password, c.Expires.Add(time.Second)); !errors.Is(err, turn.ErrExpired) {
			t.Fatal(err)
		}
	})
}
