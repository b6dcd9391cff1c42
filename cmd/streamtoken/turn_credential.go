package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/turn"
)

const turnCredentialHelp = `Make a credential of a TURN key, without asking anyone.

Usage:
  streamtoken turn credential --key FILE [flags]

Flags:
      --key FILE   the TURN key, as turn keygen or the TURN keys API wrote it; "-" is standard input
                   (default: the file that $STREAMTOKEN_TURN_KEY_FILE names)
      --ttl D      how long it is good: a duration (90m) or seconds (5400), at most 48h
                   (default: 24h)
      --id ID      whom it is for, in the TURN server's logs and quotas (default: the key's uid)

Advanced:
      --json       print one JSON object, {"username","credential","expires"}
      --ice HOST   print {"iceServers":[...]} for a TURN server at HOST, as a browser's
                   RTCPeerConnection takes it

ID has 1 to 64 characters of A-Z a-z 0-9 - . _ ~ @ + = |; who sees the credential can read it. A
credential cannot be taken back: it ends with its time. The TURN server must read usernames with the
colon as separator, as all do unless told otherwise (coturn: rest-api-separator).

Example:
  streamtoken turn credential --key turn.json --ttl 1h --id alice --ice turn.example.com
`

type turnCredentialOptions struct {
	key, ttl, id, ice string
	json              bool
}

func newTURNCredentialCommand(env *environment) *cobra.Command {
	var o turnCredentialOptions
	cmd := &cobra.Command{
		Use:   "credential",
		Short: "make a credential",
		Long:  turnCredentialHelp,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runTURNCredential(env, cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.key, "key", "", "TURN key file")
	flags.StringVar(&o.ttl, "ttl", "24h", "how long it is good")
	flags.StringVar(&o.id, "id", "", "whom it is for")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.StringVar(&o.ice, "ice", "", "host of the TURN server")
	return cmd
}

func runTURNCredential(env *environment, cmd *cobra.Command, o turnCredentialOptions) error {
	set := cmd.Flags().Changed
	name, err := env.turnKeyName(cmd, o.key)
	if err != nil {
		return err
	}
	switch {
	case set("id") && o.id == "":
		return withHint(usagef("--id is empty"), "leave it out for the key's uid")
	case o.json && set("ice"):
		return withHint(usagef("--json and --ice exclude each other"), "what --ice prints is JSON too")
	}
	ttl, err := parseTTL(o.ttl)
	if err != nil {
		return err
	}
	key, err := env.loadTURNKey(name)
	if err != nil {
		return err
	}
	c, err := key.Credential(ttl, o.id, env.now())
	if err != nil {
		return turnHint(err)
	}
	if !set("ice") && !o.json {
		_, err = fmt.Fprintf(env.stdout, "username    %s\ncredential  %s\n", c.Username, c.Password)
		return err
	}
	var answer any = c
	if set("ice") {
		if answer, err = turn.NewICEServers(o.ice, c); err != nil {
			return withHint(usagef("--ice: %v", err), "such as turn.example.com: the ports are those of Cloudflare's answers")
		}
	}
	return json.NewEncoder(env.stdout).Encode(answer)
}

// parseTTL reads a duration, or seconds as Cloudflare's API takes them.
func parseTTL(text string) (time.Duration, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return turn.TTL(n)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, withHint(usagef("--ttl: the value is not a time to live"), `write a duration ("90m") or seconds ("5400")`)
	}
	if d < turn.MinTTL || d > turn.MaxTTL || d%time.Second != 0 {
		return 0, turn.ErrTTL
	}
	return d, nil
}

func turnHint(err error) error {
	if errors.Is(err, turn.ErrIdentifier) {
		return withHint(err, "TURN servers read other characters in ways of their own, and coturn refuses what holds both union and select")
	}
	return err
}
