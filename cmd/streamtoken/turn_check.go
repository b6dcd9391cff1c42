package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/turn"
)

const turnCheckHelp = `Accept or refuse a TURN credential, and say why.

Usage:
  streamtoken turn check --key FILE [flags] [FILE|-]

Flags:
      --key FILE   the TURN key; "-" is standard input
                   (default: the file that $STREAMTOKEN_TURN_KEY_FILE names)
      --at T       judge as of this time (default: now)
      --json       print one JSON object

FILE holds the credential; without it, or with "-", standard input is read. It is what turn
credential prints, with --json, --ice or neither, or what the control API answers, or the username
on one line and the credential on the next. T is a duration from now (90m, -1h), unix seconds
(1767225600) or RFC 3339 (2026-01-01T00:00:00Z).
The exit status is 0 if the credential is accepted, 1 if it is refused.

Example:
  streamtoken turn credential --key turn.json --json > alice.json
  streamtoken turn check --key turn.json alice.json
`

type turnCheckOptions struct {
	key, at string
	json    bool
}

func newTURNCheckCommand(env *environment) *cobra.Command {
	var o turnCheckOptions
	cmd := &cobra.Command{
		Use:   "check [FILE|-]",
		Short: "accept or refuse a credential, with the reason",
		Long:  turnCheckHelp,
		Args:  oneArgAtMost,
		RunE:  func(cmd *cobra.Command, args []string) error { return runTURNCheck(env, cmd, o, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.key, "key", "", "TURN key file")
	flags.StringVar(&o.at, "at", "", "time of judgement")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runTURNCheck(env *environment, cmd *cobra.Command, o turnCheckOptions, args []string) error {
	keyName, err := env.turnKeyName(cmd, o.key)
	if err != nil {
		return err
	}
	name := "-"
	if len(args) > 0 {
		name = args[0]
	}
	if err := checkTURNFileName("FILE", name); err != nil {
		return err
	}
	if keyName == "-" && name == "-" {
		return usagef("--key and the credential cannot both be read from standard input")
	}
	now := env.now()
	if cmd.Flags().Changed("at") {
		if now, err = parseMoment("at", o.at, now); err != nil {
			return err
		}
	}
	key, err := env.loadTURNKey(keyName)
	if err != nil {
		return err
	}
	login, err := env.readTURNLogin(name)
	if err != nil {
		return err
	}
	holder, err := key.Check(login.username, login.password, now)
	verdict := turnVerdict{Accepted: err == nil, Reason: turnReason(err)}
	if err == nil {
		verdict.Identifier, verdict.KeyUID, verdict.Expires = holder.Identifier, key.UID(), &holder.Expires
	}
	if werr := verdict.write(env, o.json, now); werr != nil || err == nil {
		return werr
	}
	return o.refusal(verdict.Reason, err)
}

// turnVerdict is what "turn check --json" prints.
type turnVerdict struct {
	Accepted   bool               `json:"accepted"`
	Reason     streamtoken.Reason `json:"reason"` // "" when accepted
	Identifier string             `json:"identifier,omitempty"`
	KeyUID     string             `json:"key_uid,omitempty"`
	Expires    *time.Time         `json:"expires,omitempty"`
}

func (v turnVerdict) write(env *environment, asJSON bool, now time.Time) error {
	if asJSON {
		return json.NewEncoder(env.stdout).Encode(v)
	}
	if !v.Accepted {
		_, err := fmt.Fprintf(env.stdout, "refused: %s\n", string(v.Reason))
		return err
	}
	_, err := fmt.Fprintf(env.stdout, "accepted\n  identifier  %s\n  key         %s\n  until       %s\n", v.Identifier, v.KeyUID, describeTime(*v.Expires, now))
	return err
}

// turnReason words what Check found as the rest of the program words its refusals.
func turnReason(err error) streamtoken.Reason {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, turn.ErrForged):
		return streamtoken.ReasonSignatureInvalid
	case errors.Is(err, turn.ErrExpired):
		return streamtoken.ReasonTokenExpired
	case errors.Is(err, turn.ErrLifetime):
		return streamtoken.ReasonLifetimeTooLong
	}
	return streamtoken.ReasonTokenMalformed
}

func (o *turnCheckOptions) refusal(reason streamtoken.Reason, err error) error {
	err = &streamtoken.Refusal{Reason: reason, Detail: strings.TrimPrefix(err.Error(), "turn: ")}
	switch reason {
	case streamtoken.ReasonSignatureInvalid:
		return withHint(err, "the username or the credential was changed, or another key made it")
	case streamtoken.ReasonTokenExpired, streamtoken.ReasonLifetimeTooLong:
		if o.at == "" {
			return withHint(err, "by this machine's clock; --at judges the credential as of another time")
		}
	case streamtoken.ReasonTokenMalformed:
		return withHint(err, "credentials that Cloudflare itself issues have another form, which only its servers can check")
	}
	return err
}
