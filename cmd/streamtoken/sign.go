package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

// keyFileVariable names the environment variable that names the signing key's file.
const keyFileVariable = "STREAMTOKEN_KEY_FILE"

const signHelp = `Mint a token, a signed URL, or a token for each line of a file.

Usage:
  streamtoken sign --key FILE --sub UID [flags]
  streamtoken sign --key FILE --batch FILE [-o FILE] [flags]

Flags:
      --key FILE       the signing key, in any form in which Stream hands one out; "-" is standard
                       input (default: the file that $STREAMTOKEN_KEY_FILE names)
      --sub UID        what the token opens: a video or live input
      --exp T          when it ends (default: 1h; at most 24h)

Many at once:
      --batch FILE     a token for each line of FILE, in order, instead; "-" is standard input
  -o, --output FILE    write them here: created with mode 0600, never overwritten
                       (default: standard output)
      --engine NAME    what signs: vector (8 at once, on processors with AVX-512 IFMA), std
                       (crypto/rsa), or auto: vector where it can be used (default: auto); the
                       tokens are the same

Advanced:
      --nbf T          when it begins (default: an hour ago)
      --downloadable   also for downloads
      --rule R         an access rule, may be repeated, at most 5; the first that matches decides,
                       no match allows
      --rules FILE     access rules as a JSON array instead; "-" is standard input
      --key-id ID      the key's id, for a key file that carries none (PEM)
      --url BASE       print a signed URL under BASE instead of the token
      --asset KIND     which URL: hls, dash, iframe, watch, thumbnail, gif, mp4, audio, clip,
                       webrtc, lifecycle, or all: one a line, its kind before it (default: hls)

T is a duration from now (90m), unix seconds (1767225600) or RFC 3339 (2026-01-01T00:00:00Z).
R is one of:
  allow country US,CA
  block ip 203.0.113.0/24,2001:db8::/32
  block any

A line of a batch is an id, or a JSON object with "sub" and, as in the token call of the API, "exp"
and "nbf" (unix seconds), "downloadable" and "accessRules"; an unknown member is refused, but inside
a rule it is ignored, as everywhere. --exp, --nbf, --downloadable and --rule or --rules stand for
what a line does not say itself: a line with "downloadable":false or "accessRules":[] has none.
Durations in --exp and --nbf count from the start of the run, their defaults from each signature.
Each line gives one line, {"sub":"...","token":"..."}, in the same order. A line that is refused is
named on standard error (the first 100), gives none, and makes the exit status 1; empty lines are
skipped. When interrupted, what is written is whole lines, and how many of the input they answer is
told. STREAMTOKEN_VECTOR=off in the environment keeps the vector engine from being used.

Example:
  streamtoken sign --key key.json --sub ea95132c15732412d22c1476fa83f27a --exp 90m \
    --rule "allow country US,CA" --rule "block any" --url https://media.example.com --asset hls
  streamtoken sign --key key.json --batch uids.txt --exp 12h -o tokens.jsonl
`

type signOptions struct {
	key, keyID   string
	sub          string
	exp, nbf     string
	downloadable bool
	rules        []string
	rulesFile    string
	url, asset   string

	batch, output, engine string
}

func newSignCommand(env *environment) *cobra.Command {
	var o signOptions
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "mint a token, a signed URL, or many tokens",
		Long:  signHelp,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runSign(env, cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.key, "key", "", "signing key file")
	flags.StringVar(&o.keyID, "key-id", "", "key id")
	flags.StringVar(&o.sub, "sub", "", "video or live input")
	flags.StringVar(&o.exp, "exp", "", "when the token ends")
	flags.StringVar(&o.nbf, "nbf", "", "when it begins")
	flags.BoolVar(&o.downloadable, "downloadable", false, "also for downloads")
	flags.StringArrayVar(&o.rules, "rule", nil, "access rule")
	flags.StringVar(&o.rulesFile, "rules", "", "access rules file")
	flags.StringVar(&o.url, "url", "", "base of the signed URL")
	flags.StringVar(&o.asset, "asset", string(signer.AssetHLS), "kind of URL")
	registerBatchFlags(cmd, &o)
	cmd.RegisterFlagCompletionFunc("asset", cobra.FixedCompletions(assetNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runSign(env *environment, cmd *cobra.Command, o signOptions) error {
	set := cmd.Flags().Changed
	if !set("key") {
		o.key = env.getenv(keyFileVariable)
	}
	switch {
	case o.key == "" && !set("key"):
		return withHint(usagef("--key is missing"), "it names the file of the signing key; $"+keyFileVariable+" may name it instead")
	case !set("sub") && !set("batch"):
		return withHint(usagef("--sub is missing"), "it is the id of the video or live input that the token opens; --batch reads many")
	case set("rule") && set("rules"):
		return usagef("--rule and --rules exclude each other")
	case set("asset") && !set("url"):
		return withHint(usagef("--asset needs --url"), "--url is where the assets are: https://customer-CODE.cloudflarestream.com, or your own edge")
	case o.key == "-" && o.rulesFile == "-":
		return usagef("--key and --rules cannot both read standard input")
	}
	if err := checkFileName("--key", o.key); err != nil {
		return err
	}
	if err := o.checkBatchFlags(set); err != nil {
		return err
	}
	assets, err := parseAssets(o.asset)
	if err != nil {
		return err
	}
	claims, err := o.claims(env, cmd)
	if err != nil {
		return err
	}
	key, err := env.loadSigningKey(o.key, o.keyID)
	if err != nil {
		return err
	}
	if set("batch") {
		return o.runBatch(cmd.Context(), env, key, claims)
	}
	s, err := signer.New(signer.Config{Key: key, Now: env.now})
	if err != nil {
		return err
	}
	token, err := s.Sign(claims)
	if err != nil {
		return o.signHint(err)
	}
	lines := []string{token}
	if set("url") {
		if lines, err = signedURLs(o.url, token, assets); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(env.stdout, strings.Join(lines, "\n")); err != nil {
		return err
	}
	o.advise(env, claims, assets, set("url"))
	return nil
}

// claims turns flags into claims.
func (o *signOptions) claims(env *environment, cmd *cobra.Command) (c streamtoken.Claims, err error) {
	c = streamtoken.Claims{Subject: o.sub, Downloadable: o.downloadable}
	now := env.now()
	if cmd.Flags().Changed("exp") {
		if c.Expires, err = parseMoment("exp", o.exp, now); err != nil {
			return streamtoken.Claims{}, err
		}
	}
	if cmd.Flags().Changed("nbf") {
		if c.NotBefore, err = parseMoment("nbf", o.nbf, now); err != nil {
			return streamtoken.Claims{}, err
		}
	}
	for _, text := range o.rules {
		r, err := accessrules.ParseText(text)
		if err != nil {
			return streamtoken.Claims{}, withHint(usagef("--rule: %v", err),
				`write "allow country US,CA", "block ip 203.0.113.0/24,2001:db8::/32" or "block any"`)
		}
		c.AccessRules = append(c.AccessRules, r)
	}
	if cmd.Flags().Changed("rules") {
		if c.AccessRules, err = env.loadRules("--rules", o.rulesFile); err != nil {
			return streamtoken.Claims{}, err
		}
	}
	return c, nil
}

// signHint adds what probably went wrong to what the signer refused.
func (o *signOptions) signHint(err error) error {
	var field *signer.FieldError
	if errors.As(err, &field) && field.Field == "exp" && isDigits(o.exp) && len(o.exp) < 9 {
		return withHint(err, fmt.Sprintf("--exp %s is read as unix seconds; a duration has a unit: %sm", o.exp, o.exp))
	}
	return err
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func assetNames() []string {
	names := []string{"all"}
	for _, a := range signer.Assets() {
		names = append(names, string(a))
	}
	return names
}

func parseAssets(name string) ([]signer.Asset, error) {
	if name == "all" {
		return signer.Assets(), nil
	}
	for _, a := range signer.Assets() {
		if name == string(a) {
			return []signer.Asset{a}, nil
		}
	}
	return nil, withHint(usagef("--asset: there is no such kind"), "one of: "+strings.Join(assetNames(), " "))
}

// signedURLs gives one URL, or one line "KIND<TAB>URL" for each of several.
func signedURLs(base, token string, assets []signer.Asset) ([]string, error) {
	var lines []string
	for _, a := range assets {
		u, err := signer.URL(base, token, a)
		if err != nil {
			return nil, withHint(usagef("--url: %v", err), "it is the base, such as https://media.example.com, without token or asset")
		}
		if len(assets) > 1 {
			u = string(a) + "\t" + u
		}
		lines = append(lines, u)
	}
	return lines, nil
}

// advise tells of what was minted as asked and may yet surprise.
func (o *signOptions) advise(env *environment, c streamtoken.Claims, assets []signer.Asset, urls bool) {
	if n := len(c.Subject); n > streamtoken.StreamSubjectBytes {
		printHint(env.stderr, fmt.Sprintf("--sub has %d characters; Stream's own identifiers have at most %d", n, streamtoken.StreamSubjectBytes))
	}
	if urls && !c.Downloadable {
		var kinds []string
		for _, a := range assets {
			if a.NeedsDownloadable() {
				kinds = append(kinds, string(a))
			}
		}
		if len(kinds) > 0 {
			printHint(env.stderr, "without --downloadable the token does not open these downloads: "+strings.Join(kinds, " "))
		}
	}
	for _, f := range accessrules.Lint(c.AccessRules) {
		printHint(env.stderr, describeFinding(f))
	}
}
