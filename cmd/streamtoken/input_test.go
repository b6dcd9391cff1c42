package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokenInURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://h/a.b.c/manifest/video.m3u8":          "a.b.c",
		"https://h/a.b.c":                              "a.b.c",
		"https://h:8787/media/a.b.c/x?y=d.e.f":         "a.b.c",
		"https://h/video/a.b.c/d.e.f/x":                "a.b.c",
		"https://www.example.com/a.b.c/x":              "a.b.c", // three parts, but the host
		"https://h/a.b/c..d/.e.f/g.h./i.j.k.l/m.n.o/x": "m.n.o",
		"https://h/a%2Eb.c.d/x":                        "a%2Eb.c.d", // as it stands: nothing is unescaped
		"https://www.example.com/":                     "",
		"https://h/x?t=a.b.c":                          "",
		"https://h/x#/a.b.c":                           "",
		"://":                                          "",
	} {
		got, rest, err := tokenInURL(url)
		require.Equal(t, want, got, url)
		if err == nil {
			require.Contains(t, url, "/"+got+rest)
		}
		require.Equal(t, want == "", err != nil, url)
	}
}

// A token argument is taken byte for byte, standard input less one final line break.
func TestTokenArgument(t *testing.T) {
	for _, c := range []struct {
		args        []string
		stdin, want string
	}{
		{[]string{"a.b.c"}, "x", "a.b.c"},
		{[]string{" a.b.c\n"}, "x", " a.b.c\n"},
		{nil, "a.b.c", "a.b.c"},
		{[]string{"-"}, "a.b.c\n", "a.b.c"},
		{[]string{"-"}, "a.b.c\r\n", "a.b.c"},
		{[]string{"-"}, "a.b.c\n\n", "a.b.c\n"},
		{[]string{"-"}, "\na.b.c ", "\na.b.c "},
		{[]string{"-"}, "https://h/a.b.c/x\n", "a.b.c"},
	} {
		got, _, err := testEnvironment(c.stdin).tokenArgument(c.args)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	got, _, err := testEnvironment(strings.Repeat("a", 10<<20)).tokenArgument(nil)
	require.NoError(t, err)
	require.LessOrEqual(t, len(got), maxTokenArgBytes+1, "the rest is not read")
}

func TestFileNamesAndSecretsAreToldApart(t *testing.T) {
	for _, name := range []string{"key.json", "./keys/a.pem", "/etc/streamtoken/keys", "C:\\keys\\a.json", "-", "eye.json", strings.Repeat("d/", 200) + "f"} {
		require.NoError(t, checkFileName("--key", name), name)
	}
	for name, secret := range secrets(t) {
		require.Error(t, checkFileName("--key", secret), name)
		require.Error(t, checkFileName("--key", " "+secret), name)
	}
	require.Error(t, checkFileName("--key", ""))
}

func TestParseMoment(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 999, time.UTC)
	for value, want := range map[string]string{
		"90m":                       "2026-01-01T01:30:00Z",
		"-1h":                       "2025-12-31T23:00:00Z",
		"0s":                        "2026-01-01T00:00:00Z",
		"1767225600":                "2026-01-01T00:00:00Z",
		"0":                         "1970-01-01T00:00:00Z",
		"-1":                        "1969-12-31T23:59:59Z",
		"2026-01-01T02:00:00+02:00": "2026-01-01T00:00:00Z",
		"2026-01-01T00:00:00.9Z":    "2026-01-01T00:00:00Z",
	} {
		got, err := parseMoment("exp", value, now)
		require.NoError(t, err, value)
		require.Equal(t, want, got.Format(time.RFC3339), value)
	}
	for _, value := range []string{"", " ", "tomorrow", "+90", "1h30", "1d", "1.5", "2026-01-01", "99999999999999999999", "0x10", "90m "} {
		got, err := parseMoment("exp", value, now)
		require.Error(t, err, value)
		require.Zero(t, got)
	}
}
