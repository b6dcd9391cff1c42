package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/turn"
)

// turnKeyFileVariable names the environment variable that names the TURN key's file.
const turnKeyFileVariable = "STREAMTOKEN_TURN_KEY_FILE"

const turnHelp = `Work with TURN keys, and with credentials that end by themselves, for coturn, pion/turn and others.

Usage:
  streamtoken turn COMMAND [flags]

Commands:
  keygen       make a TURN key
  credential   make a credential of it, or the iceServers of a browser
  check        accept or refuse a credential, with the reason

A credential is a username, SECONDS:IDENTIFIER, and base64 of HMAC-SHA1 over it with the key: what a
TURN server with the same secret (coturn: use-auth-secret) accepts until then, asking nobody.

Example:
  streamtoken turn keygen -o turn.json
  streamtoken turn credential --key turn.json | streamtoken turn check --key turn.json
`

func newTURNCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "turn",
		Short:                      "TURN keys and credentials",
		Long:                       turnHelp,
		Args:                       noCommand,
		SuggestionsMinimumDistance: 2,
		RunE:                       func(*cobra.Command, []string) error { return usagef("a command is missing") },
	}
	cmd.AddCommand(newTURNKeygenCommand(env), newTURNCredentialCommand(env), newTURNCheckCommand(env))
	return cmd
}

// turnSecret is a TURN key, wherever it stands, or a credential: neither is the name of a file.
var turnSecret = regexp.MustCompile(`[0-9A-Fa-f]{64}|^[A-Za-z0-9+/]{27}=$`)

// checkTURNFileName is checkFileName, for where a TURN key or a credential may be pasted instead.
func checkTURNFileName(what, value string) error {
	if turnSecret.MatchString(value) {
		return withHint(usagef("%s takes the name of a file, not its content", what),
			"a command line is seen by other users and kept in the shell's history: put the content into a file, or pass it on standard input with -")
	}
	return checkFileName(what, value)
}

// turnKeyName gives the file that --key names, or the environment.
func (env *environment) turnKeyName(cmd *cobra.Command, flag string) (string, error) {
	if !cmd.Flags().Changed("key") {
		if flag = env.getenv(turnKeyFileVariable); flag == "" {
			return "", withHint(usagef("--key is missing"), "it names the file of the TURN key; $"+turnKeyFileVariable+" may name it instead")
		}
	}
	return flag, checkTURNFileName("--key", flag)
}

func (env *environment) loadTURNKey(name string) (*turn.Key, error) {
	data, err := env.readInput(name, "TURN key", maxKeyFileBytes)
	if err != nil {
		return nil, err
	}
	env.warnIfExposed(name)
	key, err := turn.ParseKey(data)
	if err == nil {
		return key, nil
	}
	if name == "-" {
		name = stdinName
	}
	err = fmt.Errorf("%s: %w", name, err)
	text := strings.TrimSpace(string(data))
	switch {
	case len(text) == turn.SecretChars && turnSecret.MatchString(text):
		err = withHint(err, `this is the key without its uid: write {"uid":"...","key":"..."}`)
	case strings.Contains(text, `"pem"`) || strings.Contains(text, `"kty"`) || strings.HasPrefix(text, "-----BEGIN"):
		err = withHint(err, "this is a signing key, for sign; turn keygen makes a TURN key")
	}
	return nil, err
}
