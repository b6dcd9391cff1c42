package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// secrets are a token and a key in each form, any of which may be pasted where it does not belong.
func secrets(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"a.json", "a.answer.json", "a.pem", "a.pkcs8.pem", "a.pem.b64", "a.jwk", "a.jwk.b64"} {
		data, err := os.ReadFile(filepath.Join("../../testdata/keys", name))
		require.NoError(t, err)
		all[name] = strings.TrimSpace(string(data))
	}
	key, err := signer.ParseKey([]byte(all["a.json"]), "")
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: key})
	require.NoError(t, err)
	all["token"], err = s.Sign(streamtoken.Claims{Subject: "video"})
	require.NoError(t, err)
	all["signed URL"], err = signer.URL("https://h.test", all["token"], signer.AssetHLS)
	require.NoError(t, err)
	return all
}

// leaks gives a part of secret that text repeats, "" if none. What every PEM and URL has is not secret.
func leaks(text, secret string) string {
	const window = 16
	secret = strings.ReplaceAll(secret, "8f926b2b01f3835170025a78a4dcbf6a", " ") // a key's id is no secret
	for i := 0; i+window <= len(secret); i++ {
		part := secret[i : i+window]
		if strings.ContainsAny(part, " -/:") {
			continue
		}
		if strings.Contains(text, part) {
			return part
		}
	}
	return ""
}

func TestLeaksIsFound(t *testing.T) {
	require.NotEmpty(t, leaks("error: eyJhbGciOiJSUzI1NiIsImtpZCI6", "eyJhbGciOiJSUzI1NiIsImtpZCI6Ijhm"))
	require.Empty(t, leaks("error: token_malformed", "eyJhbGciOiJSUzI1NiIsImtpZCI6Ijhm"))
}

// No command repeats on standard error a key or token that is given as its argument, as the value of any flag, as a
// flag, as a command, or on standard input.
func TestSecretsAreNeverRepeated(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what would serve ends at once
	all := secrets(t)
	dir := t.TempDir()
	require.NoError(t, copyFiles("../../testdata/keys", filepath.Join(dir, "keys")))
	t.Chdir(dir)

	for name, secret := range all {
		t.Run(name, func(t *testing.T) {
			for _, args := range misuses(secret) {
				env := testEnvironment(secret + "\n")
				run(ctx, args, env)
				if part := leaks(fmt.Sprint(env.stderr), secret); part != "" {
					t.Errorf("%s: standard error repeats %s", strings.ReplaceAll(strings.Join(args, " "), secret, "SECRET"), part)
				}
			}
		})
	}
}

// misuses are command lines with the secret in every place, each flag beside those that its command requires.
func misuses(secret string) (lines [][]string) {
	required := map[string][]string{
		"sign":   {"--key", "keys/a.json", "--sub", "video"},
		"verify": {"--keys", "keys/a.jwks.json", "--ip", "192.0.2.1"},
		"serve":  {"--keys", "keys/a.jwks.json", "--root", ".", "--check"},
		"jwks":   {"keys/a.json"},
		"lint":   {"keys/a.json"},
	}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		line := func(more ...string) {
			if len(more) == 0 && (cmd.Name() == "demo" || cmd.Name() == "keygen") {
				return // no input at all, and slow
			}
			lines = append(lines, append(append([]string{}, path...), more...))
		}
		line()
		line(secret)
		line("--", secret)
		line("--" + secret)
		line("-" + secret)
		line("--" + secret + "=x")
		line(append(required[cmd.Name()], secret)...)
		line(append(required[cmd.Name()], "-")...)
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if cmd.Name() == "serve" && (f.Name == "cookie" || f.Name == "query-param") {
				return // a token is a good name for either, and the log says what they are called
			}
			line(append(required[cmd.Name()], "--"+f.Name+"="+secret)...)
			line(append(required[cmd.Name()], "--"+f.Name, secret, "a.b.c")...)
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(testEnvironment("")))
	return lines
}
