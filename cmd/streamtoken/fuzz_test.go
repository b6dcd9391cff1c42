package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// What is found in a URL is one of its path segments, of three parts, as it stands; and it is found wherever it stands.
func FuzzTokenInURL(f *testing.F) {
	for _, url := range []string{
		"https://h/a.b.c/manifest/video.m3u8", "https://www.example.com/v/a.b.c?x=d.e.f#/g.h.i", "https://h/a..c/.b.c/a.b.",
		"://a.b.c", "https://h/%61.b.c", "https://h//a.b.c//", "https://a.b.c",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		token, rest, err := tokenInURL(url)
		if err != nil {
			if token != "" || rest != "" {
				t.Fatal("a token beside an error")
			}
			return
		}
		if strings.ContainsAny(token, "/?#") || !strings.Contains(url, "/"+token+rest) || rest != "" && rest[0] != '/' {
			t.Fatal("the token is no path segment")
		}
		parts := strings.Split(token, ".")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			t.Fatal("the token has not three parts")
		}
		again, after, err := tokenInURL("https://host.example.com/media/" + token + "/manifest/video.m3u8?a=b")
		if err != nil || again != token || after != "/manifest/video.m3u8" {
			t.Fatal("the token is not found in a URL made of it")
		}
	})
}

// What reaches the terminal is printable ASCII, and JSON keeps its meaning.
func FuzzEscapeJSON(f *testing.F) {
	for _, s := range []string{`{"a":"b"}`, "{\"a\":\"\u202e\u009b31m\U0001F3AC\"}", "[1,\n2]", "\x1b[31m", "\xff", `"\u0000"`, "\"\x7f\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := escapeJSON([]byte(s))
		for _, r := range escaped {
			if r < ' ' || r > '~' {
				t.Fatalf("%U reaches the terminal", r)
			}
		}
		var before, after any
		if json.Unmarshal([]byte(s), &before) != nil {
			return
		}
		if err := json.Unmarshal([]byte(escaped), &after); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(before, after) {
			t.Fatal("the value has changed")
		}
	})
}

// A time is in whole seconds; what it prints as is read as the same time.
func FuzzParseMoment(f *testing.F) {
	for _, s := range []string{"90m", "-1h", "0", "1767225600", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00.5+02:00", "1e9", "9223372036854775807"} {
		f.Add(s)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 5, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		at, err := parseMoment("exp", s, now)
		if err != nil {
			if !at.IsZero() {
				t.Fatal("a time beside an error")
			}
			return
		}
		if at.Nanosecond() != 0 {
			t.Fatal("a fraction of a second")
		}
		if year := at.Year(); year < 0 || year > 9999 {
			return // has no RFC 3339 form
		}
		again, err := parseMoment("exp", at.Format(time.RFC3339), now)
		if err != nil || !again.Equal(at) {
			t.Fatalf("%v is read as %v", at, again)
		}
	})
}
