package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A TURN key or credential that is given in the wrong place of a turn command is not repeated on standard error, and not
// written to standard output.
func TestTURNSecretsAreNeverRepeated(t *testing.T) {
	const (
		uid      = "0123456789abcdef0123456789abcdef"
		secret   = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
		password = "WAHZoAoS7dQLVpW62Y51orB03Jg="
	)
	file := `{"uid":"` + uid + `","key":"` + secret + `"}`
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "turn.json"), []byte(file), 0o600))
	for name, given := range map[string]string{"key": secret, "key upper case": strings.ToUpper(secret), "key file": file, "credential": password} {
		t.Run(name, func(t *testing.T) {
			lines := misuses(given)
			for _, command := range []string{"credential", "check"} {
				for _, flag := range []string{"--id", "--ttl", "--ice", "--at", "--json"} {
					lines = append(lines, []string{"turn", command, "--key", "turn.json", flag, given}, []string{"turn", command, "--key", "turn.json", flag + "=" + given})
				}
				lines = append(lines, []string{"turn", command, "--key", "turn.json", given})
			}
			ran := 0
			for _, args := range lines {
				if len(args) == 0 || args[0] != "turn" || strings.Contains(strings.Join(args, " "), "--name") || name == "key upper case" && strings.Contains(strings.Join(args, " "), "--id") {
					continue // text of one's own
				}
				ran++
				env := testEnvironment(given + "\n")
				run(context.Background(), args, env)
				for _, part := range []string{secret[:16], strings.ToUpper(secret)[:16], password[:16]} {
					require.NotContains(t, fmt.Sprint(env.stderr), part, strings.ReplaceAll(strings.Join(args, " "), given, "GIVEN"))
					if !strings.Contains(strings.Join(args, " "), "--id") || part != password[:16] {
						require.NotContains(t, fmt.Sprint(env.stdout), part, strings.ReplaceAll(strings.Join(args, " "), given, "GIVEN"))
					}
				}
			}
			require.Greater(t, ran, 40)
		})
	}
}

// FuzzTURNLogin: what is found stands in the input, as it is or as a JSON string; and a login written in any form is found.
func FuzzTURNLogin(f *testing.F) {
	for _, s := range []string{
		"username    1767312000:alice\ncredential  WAHZoAoS7dQLVpW62Y51orB03Jg=\n", "1767312000:alice\r\nx\r\n", `{"username":"a","credential":"b","expires":"x"}`,
		`{"iceServers":[{"urls":["stun:h"]},{"urls":["turn:h"],"username":"a","credential":"b"}]}`, `{"iceServers":{"username":"a","credential":"b"}}`,
		`[{"username":"\u202e","credential":""}]`, `{"username":1,"credential":"b"}`, `{"iceServers":{"iceServers":{"iceServers":{"iceServers":{}}}}}`, "a", "", "null", "[[[[]]]]",
		"\v" + `{"username":"\u202e","credential":"b"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		login, ok := parseTURNLogin(data)
		if !ok {
			if login != (turnLogin{}) {
				t.Fatal("a login beside a no")
			}
			return
		}
		if !json.Valid(bytes.TrimSpace(data)) && (!strings.Contains(string(data), login.username) || !strings.Contains(string(data), login.password)) {
			t.Fatal("not in the input")
		}
		inJSON, err := json.Marshal(map[string]string{"username": login.username, "credential": login.password})
		if err != nil {
			t.Fatal(err)
		}
		forms := []string{string(inJSON), `{"iceServers":` + string(inJSON) + `}`, `{"iceServers":[{"urls":[]},` + string(inJSON) + `]}`}
		for _, form := range forms {
			again, ok := parseTURNLogin([]byte(form))
			if !ok || again.username != fromJSON(t, login.username) || again.password != fromJSON(t, login.password) {
				t.Fatalf("%q is read as %q", form, again)
			}
		}
	})
}

// fromJSON is what encoding/json makes of s on its way out and in: each byte that is not UTF-8 becomes one replacement.
func fromJSON(t *testing.T, s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal(out, &back); err != nil {
		t.Fatal(err)
	}
	return back
}
