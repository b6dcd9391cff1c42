package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/moq"
)

const moqSignHelp = `Mint a relay token.

Usage:
  streamtoken moq sign --key FILE --relay UID [flags]

Flags:
      --key FILE          the signing key, a private JWK or PKCS #8 PEM; "-" is standard input
                          (default: the file that $STREAMTOKEN_MOQ_KEY_FILE names)
      --relay UID         the relay's uid, 32 lower-case hexadecimal digits
      --operations LIST   publish, subscribe or both, with a comma (default: subscribe)
      --exp T             when it ends (default: 1h; at most a year)

Advanced:
      --jti ID            the token's id, 32 lower-case hexadecimal digits (default: random)
      --key-id ID         the key's id, for a key file that carries none (PEM)
      --audience NAME     the audience (default: moq.cloudflare.com)
      --eddsa             name the algorithm EdDSA, as before RFC 9864, and not Ed25519
      --url BASE          print the URL to connect to, BASE/TOKEN, instead of the token

T is a duration from now (90m), unix seconds (1767225600) or RFC 3339 (2026-01-01T00:00:00Z).
A relay accepts the token once its id is in the relay's accepted set, which this command does not
change; its id is told on standard error unless it was given.

Example:
  streamtoken moq sign --key moq.json --relay 5f0c2b6e1d9a4c7b8e3f6a1d2c5b4e7f \
    --operations publish,subscribe --url https://relay.example.com
`

type moqSignOptions struct {
	key, keyID string
	relay, jti string
	operations []string
	exp        string
	audience   string
	eddsa      bool
	url        string
}

func newMoQSignCommand(env *environment) *cobra.Command {
	var o moqSignOptions
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "mint a relay token",
		Long:  moqSignHelp,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runMoQSign(env, cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.key, "key", "", "signing key file")
	flags.StringVar(&o.keyID, "key-id", "", "key id")
	flags.StringVar(&o.relay, "relay", "", "relay's uid")
	flags.StringVar(&o.jti, "jti", "", "token's id")
	flags.StringSliceVar(&o.operations, "operations", []string{string(moq.Subscribe)}, "what may be done")
	flags.StringVar(&o.exp, "exp", "1h", "when the token ends")
	flags.StringVar(&o.audience, "audience", moq.DefaultAudience, "audience")
	flags.BoolVar(&o.eddsa, "eddsa", false, "alg EdDSA")
	flags.StringVar(&o.url, "url", "", "base of the URL")
	return cmd
}

func runMoQSign(env *environment, cmd *cobra.Command, o moqSignOptions) error {
	set := cmd.Flags().Changed
	if !set("key") {
		o.key = env.getenv(moqKeyFileVariable)
	}
	switch {
	case o.key == "" && !set("key"):
		return withHint(usagef("--key is missing"), "it names the file of the signing key; $"+moqKeyFileVariable+" may name it instead")
	case !set("relay"):
		return withHint(usagef("--relay is missing"), "it is the uid of the relay that the token is for")
	case o.audience == "":
		return withHint(usagef("--audience is empty"), "leave it out for "+moq.DefaultAudience)
	}
	if err := checkFileName("--key", o.key); err != nil {
		return err
	}
	claims := moq.Claims{Relay: o.relay, ID: o.jti, IssuedAt: env.now()}
	for _, op := range o.operations {
		claims.Operations = append(claims.Operations, moq.Operation(op))
	}
	var err error
	if claims.Expires, err = parseMoment("exp", o.exp, claims.IssuedAt); err != nil {
		return err
	}
	if !set("jti") {
		claims.ID = moq.NewID()
	}
	base, err := relayBase(o.url, set("url"))
	if err != nil {
		return err
	}
	key, err := env.loadMoQKey(o.key, o.keyID)
	if err != nil {
		return err
	}
	s, err := moq.New(moq.Config{Key: key, Audience: o.audience, EdDSA: o.eddsa, Now: func() time.Time { return claims.IssuedAt }})
	if err != nil {
		return err
	}
	token, err := s.Sign(claims)
	if err != nil {
		return moqSignHint(err, o.exp)
	}
	if _, err := fmt.Fprintf(env.stdout, "%s%s\n", base, token); err != nil {
		return err
	}
	if !set("jti") {
		printNote(env.stderr, "the token's id is "+claims.ID)
	}
	return nil
}

// relayBase gives what stands before the token in a URL, "" if none is wanted. A relay takes the token as the whole path.
func relayBase(base string, wanted bool) (string, error) {
	if !wanted {
		return "", nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "moqt" ||
		u.Path != "" && u.Path != "/" || strings.ContainsAny(base, "?# ") {
		return "", withHint(usagef("--url: the value is not the base of a relay"), "write a scheme, https or moqt, and a host: https://relay.example.com")
	}
	return strings.TrimSuffix(base, "/") + "/", nil
}

func moqSignHint(err error, exp string) error {
	var field *moq.FieldError
	switch {
	case !errors.As(err, &field):
	case field.Field == "exp" && isDigits(exp) && len(exp) < 9:
		return withHint(err, fmt.Sprintf("--exp %s is read as unix seconds; a duration has a unit: %sm", exp, exp))
	case field.Field == "sub":
		return withHint(err, "the uid of a relay, not its name: the control API tells it when the relay is created")
	}
	return err
}

// moqKeyHint adds to an error of reading a key what the data looks like instead.
func moqKeyHint(err error, data []byte, keyID string) error {
	switch {
	case bytes.Contains(data, []byte("ENCRYPTED")):
		return withHint(err, "the key is protected by a passphrase; write it without one: openssl pkey -in FILE -out FILE.plain")
	case bytes.Contains(data, []byte("-----BEGIN PUBLIC KEY")), bytes.Contains(data, []byte(`"keys"`)), bytes.Contains(data, []byte(`"crv"`)) && !bytes.Contains(data, []byte(`"d"`)):
		return withHint(err, "this is public: it verifies and cannot sign; sign with the key that moq keygen made")
	case bytes.Contains(data, []byte(`"pem"`)), bytes.Contains(data, []byte("RSA")):
		return withHint(err, "this key is for Stream tokens; make one for relay tokens with: streamtoken moq keygen -o moq.json")
	case bytes.Contains(data, []byte("-----BEGIN")) && keyID == "":
		return withHint(err, "PEM carries no key id: give it as --key-id")
	}
	return err
}
