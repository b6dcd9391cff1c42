package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

const moqVerifyHelp = `Accept or refuse a relay token, and say why.

Usage:
  streamtoken moq verify --keys FILE [flags] [TOKEN|URL|-]

Flags:
      --keys FILE         public keys: a JWK Set, JWK or PEM
      --operation NAME    also demand that it permits this: publish or subscribe
      --relay UID         also demand that it is for this relay

Advanced:
      --at T              judge as of this time (default: now)
      --key-id ID         the id of a key whose file carries none (PEM)
      --audience NAME     the audience (default: moq.cloudflare.com)
      --eddsa             the algorithm is named EdDSA, as before RFC 9864, and not Ed25519
      --json              print one JSON object

T is a duration from now (90m, -1h), unix seconds (1767225600) or RFC 3339 (2026-01-01T00:00:00Z).
Without an argument, or with "-", the token is read from standard input. Of a URL, the first path
segment with three parts is the token. Whether the relay still accepts the token is not known here:
a token that was deleted or rotated away is accepted until it expires.
The exit status is 0 if the token is accepted, 1 if it is refused.

Example:
  streamtoken moq verify --keys moq-keys.json --operation publish - < token.txt
`

type moqVerifyOptions struct {
	keys, keyID      string
	operation, relay string
	at               string
	audience         string
	eddsa, json      bool
}

func newMoQVerifyCommand(env *environment) *cobra.Command {
	var o moqVerifyOptions
	cmd := &cobra.Command{
		Use:               "verify [TOKEN|URL|-]",
		Short:             "accept or refuse a relay token, with the reason",
		Long:              moqVerifyHelp,
		Args:              oneArgAtMost,
		RunE:              func(cmd *cobra.Command, args []string) error { return runMoQVerify(env, cmd, o, args) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringVar(&o.keys, "keys", "", "public keys")
	flags.StringVar(&o.keyID, "key-id", "", "key id")
	flags.StringVar(&o.operation, "operation", "", "operation")
	flags.StringVar(&o.relay, "relay", "", "relay's uid")
	flags.StringVar(&o.at, "at", "", "time of judgement")
	flags.StringVar(&o.audience, "audience", moq.DefaultAudience, "audience")
	flags.BoolVar(&o.eddsa, "eddsa", false, "alg EdDSA")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runMoQVerify(env *environment, cmd *cobra.Command, o moqVerifyOptions, args []string) error {
	set := cmd.Flags().Changed
	switch {
	case !set("keys"):
		return withHint(usagef("--keys is missing"), "it names the public keys; make them with: streamtoken moq jwks moq.json > moq-keys.json")
	case o.keys == "-":
		return usagef("--keys names a file, not standard input")
	case o.audience == "":
		return withHint(usagef("--audience is empty"), "leave it out for "+moq.DefaultAudience)
	case set("operation") && o.operation != string(moq.Publish) && o.operation != string(moq.Subscribe):
		return withHint(usagef("--operation: there is no such operation"), "one of: publish subscribe")
	case set("relay") && !moq.ValidID(o.relay):
		return withHint(usagef("--relay: the value is not the uid of a relay"), "32 lower-case hexadecimal digits")
	}
	if err := checkFileName("--keys", o.keys); err != nil {
		return err
	}
	now := env.now()
	if set("at") {
		at, err := parseMoment("at", o.at, now)
		if err != nil {
			return err
		}
		now = at
	}
	token, _, err := env.tokenArgument(args)
	if err != nil {
		return err
	}
	data, err := env.readInput(o.keys, "public keys", moq.MaxKeySetBytes)
	if err != nil {
		return err
	}
	keys, err := moq.ParseKeys(data, o.keyID)
	if err != nil {
		return moqKeysHint(fmt.Errorf("%s: %w", o.keys, err), o)
	}
	v, err := moq.NewVerifier(moq.VerifierConfig{
		Keys: keys, Accepted: moq.AcceptAll{}, Audience: o.audience, EdDSA: o.eddsa, CacheBytes: -1, Now: func() time.Time { return now },
	})
	if err != nil {
		return err
	}
	held, err := v.Verify(context.Background(), token)
	if err == nil {
		err = o.demand(held)
	}
	if werr := writeMoQVerdict(env, o.json, held, err, now); werr != nil || err == nil {
		return werr
	}
	return o.hint(err, keys.IDs())
}

// demand refuses a good token that is not for what is asked.
func (o *moqVerifyOptions) demand(t *moq.Token) error {
	refuse := func(r streamtoken.Reason, detail string) error {
		return &streamtoken.Refusal{Reason: r, Detail: detail, KeyID: t.KeyID(), Subject: t.Relay()}
	}
	switch {
	case o.relay != "" && o.relay != t.Relay():
		return refuse(streamtoken.ReasonSubjectMismatch, "the token is for another relay")
	case o.operation != "" && !t.Allows(moq.Operation(o.operation)):
		return refuse(streamtoken.ReasonOperationNotAllowed, "the token does not permit to "+o.operation)
	}
	return nil
}

// moqVerdict is what "moq verify --json" prints. What the token says is in it only if signature, claims and time held.
type moqVerdict struct {
	Accepted   bool               `json:"accepted"`
	Reason     streamtoken.Reason `json:"reason"` // "" when accepted
	Detail     string             `json:"detail,omitempty"`
	Relay      string             `json:"relay,omitempty"`
	JTI        string             `json:"jti,omitempty"`
	Operations []moq.Operation    `json:"operations,omitempty"`
	IssuedAt   *time.Time         `json:"issued_at,omitempty"`
	Expires    *time.Time         `json:"expires,omitempty"`
	KeyID      string             `json:"key_id,omitempty"`
}

func writeMoQVerdict(env *environment, asJSON bool, held *moq.Token, err error, now time.Time) error {
	v := moqVerdict{Accepted: err == nil}
	var refusal *streamtoken.Refusal
	if errors.As(err, &refusal) {
		v.Reason, v.Detail, v.KeyID, v.Relay = refusal.Reason, refusal.Detail, refusal.KeyID, refusal.Subject
	}
	if held != nil {
		c := held.Claims()
		v.Relay, v.JTI, v.Operations, v.IssuedAt, v.Expires, v.KeyID = c.Relay, c.ID, c.Operations, &c.IssuedAt, &c.Expires, held.KeyID()
	}
	if asJSON {
		return json.NewEncoder(env.stdout).Encode(v)
	}
	var b strings.Builder
	if v.Accepted {
		b.WriteString("accepted\n")
	} else {
		fmt.Fprintf(&b, "refused: %s\n", string(v.Reason))
	}
	if held != nil {
		ops := strings.Trim(fmt.Sprint(v.Operations), "[]")
		fmt.Fprintf(&b, "  relay       %s\n  operations  %s\n  jti         %s\n  key         %s\n  issued      %s\n  until       %s\n",
			v.Relay, ops, v.JTI, v.KeyID, describeTime(*v.IssuedAt, now), describeTime(*v.Expires, now))
	}
	_, err = env.stdout.Write([]byte(b.String()))
	return err
}

func (o *moqVerifyOptions) hint(err error, known []string) error {
	switch streamtoken.ReasonOf(err) {
	case streamtoken.ReasonKeyUnknown:
		return withHint(err, "known key ids: "+strings.Join(known[:min(len(known), 5)], ", "))
	case streamtoken.ReasonTokenExpired, streamtoken.ReasonTokenNotYetValid:
		if o.at == "" {
			return withHint(err, "by this machine's clock; --at judges the token as of another time")
		}
	case streamtoken.ReasonSignatureInvalid:
		return withHint(err, "the token was changed after it was signed, or another key with this id signed it")
	case streamtoken.ReasonTokenMalformed:
		return withHint(err, "a token is taken byte for byte: white space, quotes or a missing end count; inspect shows its form")
	case streamtoken.ReasonAlgNotAllowed:
		return withHint(err, "inspect shows what the token says of itself; --eddsa takes tokens that name EdDSA")
	}
	return err
}

func moqKeysHint(err error, o moqVerifyOptions) error {
	switch {
	case errors.Is(err, moq.ErrPrivateKey):
		return withHint(err, "a verifier needs public keys only; make the set with: streamtoken moq jwks "+o.keys+" > moq-keys.json")
	case o.keyID == "" && strings.Contains(err.Error(), "carries no id"):
		return withHint(err, "PEM carries no key id: give it as --key-id")
	}
	return err
}
