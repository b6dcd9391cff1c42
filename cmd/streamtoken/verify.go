package main

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/accessrules/geoip"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

const verifyHelp = `Accept or refuse a token, and say why.

Usage:
  streamtoken verify --keys FILE|DIR [flags] [TOKEN|URL|-]

Flags:
      --keys FILE|DIR   public keys: a JWK Set, JWK or PEM, or a directory of these; may be repeated
      --ip IP           the viewer's address, for rules of type ip.src
      --country CC      the viewer's country, for rules of type ip.geoip.country

Advanced:
      --geoip DB        find the country of --ip in this mmdb database
      --at T            judge as of this time (default: now)
      --key-id ID       the id of a key whose file carries none (PEM)
      --json            print one JSON object

T is a duration from now (90m, -1h), unix seconds (1767225600) or RFC 3339 (2026-01-01T00:00:00Z).
Without an argument, or with "-", the token is read from standard input. Of a URL, the first path
segment with three parts is the token; if the path after it is a download (downloads/**, clip.mp4),
the token must allow that. A rule that needs what is not known of the viewer denies.
The exit status is 0 if the token is accepted, 1 if it is refused.

Example:
  streamtoken jwks key.json > keys.json
  streamtoken sign --key key.json --sub ea95132c15732412d22c1476fa83f27a \
    --rule "allow country US,CA" --rule "block any" |
    streamtoken verify --keys keys.json --country US -
`

type verifyOptions struct {
	keys    []string
	keyID   string
	ip      string
	country string
	geoip   string
	at      string
	json    bool
}

func newVerifyCommand(env *environment) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:               "verify [TOKEN|URL|-]",
		Short:             "accept or refuse a token, with the reason",
		Long:              verifyHelp,
		Args:              oneArgAtMost,
		RunE:              func(cmd *cobra.Command, args []string) error { return runVerify(env, cmd, o, args) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.keys, "keys", nil, "public keys")
	flags.StringVar(&o.keyID, "key-id", "", "key id")
	flags.StringVar(&o.ip, "ip", "", "viewer's address")
	flags.StringVar(&o.country, "country", "", "viewer's country")
	flags.StringVar(&o.geoip, "geoip", "", "country database")
	flags.StringVar(&o.at, "at", "", "time of judgement")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runVerify(env *environment, cmd *cobra.Command, o verifyOptions, args []string) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	now := env.now()
	if cmd.Flags().Changed("at") {
		at, err := parseMoment("at", o.at, now)
		if err != nil {
			return err
		}
		now = at
	}
	viewer, err := o.viewer()
	if err != nil {
		return err
	}
	token, rest, err := env.tokenArgument(args)
	if err != nil {
		return err
	}
	if o.geoip != "" {
		db, err := geoip.Open(geoip.Config{Path: o.geoip})
		if err != nil {
			return geoipError(err)
		}
		defer db.Close()
		viewer.Locate = db.Country
	}
	keys, warnings, err := verifier.LoadKeys(o.keys, o.keyID)
	for _, w := range warnings {
		printWarning(env.stderr, w)
	}
	if err != nil {
		return publicKeysHint(err, o.keys, o.keyID)
	}
	v, err := verifier.New(verifier.Config{Keys: keys, Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	g, err := gate.New(gate.Config{Verifier: v})
	if err != nil {
		return err
	}
	asked := askedPath(rest)
	e := g.Explain(context.Background(), gate.Request{Token: token, Viewer: viewer, Resource: gate.Resource{Download: asked.download}})
	if o.json {
		err = writeExplanationJSON(env.stdout, e, asked)
	} else {
		err = writeExplanation(env.stdout, e, asked, now)
	}
	if err != nil || e.Allowed {
		return err
	}
	return o.refusalHint(e, keys.IDs())
}

// asked is what a signed URL asks for with its token.
type asked struct {
	path     string // as it is shown; "" without a URL
	download bool
}

// askedPath reads the path after the token, as it stands in the URL.
func askedPath(rest string) asked {
	path, err := url.PathUnescape(rest)
	if err != nil {
		path = rest // the edge refuses it
	}
	shown := path
	if len(path) > 128 || strings.Contains(path, "eyJ") {
		shown = "(not shown)" // a token may stand there once more
	}
	return asked{shown, middleware.IsDownload(path)}
}

// check refuses what is wrong with the flags before anything is read.
func (o *verifyOptions) check(cmd *cobra.Command) error {
	if err := checkKeySources(o.keys); err != nil {
		return err
	}
	set := cmd.Flags().Changed
	switch {
	case set("ip") && o.ip == "":
		return withHint(usagef("--ip is empty"), "leave it out if the address is not known")
	case set("country") && o.country == "":
		return withHint(usagef("--country is empty"), "leave it out if the country is not known")
	case set("geoip") && set("country"):
		return usagef("--geoip and --country exclude each other")
	case set("geoip") && !set("ip"):
		return withHint(usagef("--geoip needs --ip"), "the database finds the country of an address")
	case set("geoip"):
		return checkFileName("--geoip", o.geoip)
	}
	return nil
}

func (o *verifyOptions) viewer() (accessrules.Viewer, error) {
	var v accessrules.Viewer
	if o.ip != "" {
		addr, err := netip.ParseAddr(o.ip)
		if err != nil {
			return accessrules.Viewer{}, usagef("--ip: the value is not an IPv4 or IPv6 address")
		}
		v.Addr = addr
	}
	if o.country != "" {
		v.Country = accessrules.ParseCountry(o.country)
		if v.Country == accessrules.CountryUnavailable {
			return accessrules.Viewer{}, withHint(usagef("--country: the value is not a country code"), "two letters of ISO 3166-1, such as US; XX means unknown")
		}
	}
	return v, nil
}

// refusalHint is the error of a refused token, with advice on what probably went wrong. known are the ids of the keys
// held.
func (o *verifyOptions) refusalHint(e gate.Explanation, known []string) error {
	err := error(&streamtoken.Refusal{Reason: e.Reason, Detail: e.Detail, KeyID: e.KeyID, Subject: e.Subject})
	switch e.Reason {
	case streamtoken.ReasonKeyUnknown:
		return withHint(err, "known key ids: "+strings.Join(known, ", "))
	case streamtoken.ReasonTokenExpired, streamtoken.ReasonTokenNotYetValid:
		if o.at == "" {
			return withHint(err, "by this machine's clock; --at judges the token as of another time")
		}
	case streamtoken.ReasonSignatureInvalid:
		return withHint(err, "the token was changed after it was signed, or another key with this id signed it")
	case streamtoken.ReasonClientIPUnavailable:
		return withHint(err, "a rule needs the viewer's address: give --ip")
	case streamtoken.ReasonCountryUnavailable:
		if o.geoip != "" {
			return withHint(err, "the database of --geoip cannot tell the country of --ip: it may hold IPv4 alone")
		}
		return withHint(err, "a rule needs the viewer's country: give --country, or --geoip with --ip")
	case streamtoken.ReasonNotDownloadable:
		return withHint(err, "the URL is of a download: it needs a token made with --downloadable")
	case streamtoken.ReasonTokenMalformed:
		return withHint(err, "a token is taken byte for byte: white space, quotes or a missing end count; inspect shows its form")
	case streamtoken.ReasonAlgNotAllowed, streamtoken.ReasonHeaderInvalid:
		return withHint(err, "inspect shows what the token says of itself")
	}
	return err
}
