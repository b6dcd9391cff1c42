package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/accessrules/geoip"
	"github.com/streamtoken/streamtoken/edge"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

const serveHelp = `Stand before an origin, or the files of a directory, and let in who holds a good token.

Usage:
  streamtoken serve --keys FILE|DIR (--origin URL | --root DIR) [flags]

Flags:
      --keys FILE|DIR          public keys: a JWK Set, JWK or PEM, or a directory of these; may be
                               repeated; followed
      --origin URL             pass allowed requests on to this server
      --root DIR               or serve files: DIR/{sub}/... for a token with that sub
      --trusted-proxy CIDR     believe what these peers say of the viewer's address; may be repeated

Advanced:
      --listen ADDR            host and port to listen on (default 127.0.0.1:8787)
      --tls-cert FILE          speak TLS with this certificate chain (PEM; followed) ...
      --tls-key FILE           ... and its key
      --geoip DB               find viewers' countries in this mmdb database (followed)
      --country-header NAME    or take the country from this header of a trusted proxy
      --client-ip-header NAME  take the viewer's address from this header of a trusted proxy, not
                               from X-Forwarded-For
      --mount PATH             the path before the token, such as /media
      --query-param NAME       take a token from this query parameter, too
      --cookie NAME            take a token from this cookie, too
      --bearer                 take a token from "Authorization: Bearer", too
      --method NAME            let this method pass, too; UPGRADE stands for protocol upgrades
                               (WebSocket); may be repeated
      --download-path PATTERN  what needs a downloadable token, instead of downloads/** and
                               clip.mp4; +PATTERN adds to them; may be repeated
      --allowed-origin ORIGIN  the only web origins that may read answers (default any): host,
                               host:port or *.host; may be repeated
      --leeway DUR             how far clocks may differ (default 0s, at most 60s)
      --cache-bytes SIZE       memory for verified tokens, of about 2 KiB each: bytes, or with KiB,
                               MiB or GiB (default 16MiB; 0: none are remembered)
      --cold-limit N           how many tokens that are not remembered are checked at once, the
                               others waiting (default: one per processor)
      --key-id ID              the id of a key whose file carries none (PEM)
      --log-ip                 write viewers' whole addresses to the log, not only their network
      --check                  check all of the above, tell what is wrong, and end

{mount}/{token}/rest is verified and passed on as {mount}/{sub}/rest; the token itself goes no
further. The log, on standard error, has a line for each refusal. SIGHUP reads keys, database and
certificate again at once; SIGTERM and SIGINT let requests in flight finish for up to 30 seconds.

Example:
  streamtoken jwks key.json > keys.json
  streamtoken serve --keys keys.json --origin http://127.0.0.1:8080
`

func newServeCommand(env *environment) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "stand before an origin and let in who holds a good token",
		Long:  serveHelp,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), env, o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.keys, "keys", nil, "public keys")
	flags.StringVar(&o.origin, "origin", "", "the server behind the edge")
	flags.StringVar(&o.root, "root", "", "the directory to serve")
	flags.StringArrayVar(&o.trustedProxies, "trusted-proxy", nil, "peers to believe")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8787", "address to listen on")
	flags.StringVar(&o.tlsCert, "tls-cert", "", "certificate chain")
	flags.StringVar(&o.tlsKey, "tls-key", "", "certificate's key")
	flags.StringVar(&o.geoip, "geoip", "", "country database")
	flags.StringVar(&o.countryHeader, "country-header", "", "header with the country")
	flags.StringVar(&o.clientIPHeader, "client-ip-header", "", "header with the viewer's address")
	flags.StringVar(&o.mount, "mount", "", "path before the token")
	flags.StringVar(&o.queryParam, "query-param", "", "query parameter with a token")
	flags.StringVar(&o.cookie, "cookie", "", "cookie with a token")
	flags.BoolVar(&o.bearer, "bearer", false, "take bearer tokens")
	flags.StringArrayVar(&o.methods, "method", nil, "methods to let pass")
	flags.StringArrayVar(&o.downloadPaths, "download-path", nil, "what needs a downloadable token")
	flags.StringArrayVar(&o.allowedOrigins, "allowed-origin", nil, "web origins")
	flags.DurationVar(&o.leeway, "leeway", 0, "clock difference")
	flags.StringVar(&o.cacheSize, "cache-bytes", defaultCacheSize, "memory of verified tokens")
	flags.IntVar(&o.coldLimit, "cold-limit", runtime.GOMAXPROCS(0), "first checks at once")
	flags.StringVar(&o.keyID, "key-id", "", "id of a key whose file carries none")
	flags.BoolVar(&o.logIP, "log-ip", false, "log viewers' addresses")
	flags.BoolVar(&o.check, "check", false, "check and end")
	return cmd
}

func runServe(ctx context.Context, env *environment, o serveOptions) error {
	cfg, err := o.config()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(env.stderr, nil))
	cfg.Log = log
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // from here on: one that comes before all is read must not end the program
	defer signal.Stop(hup)

	keys, err := verifier.Follow(verifier.FollowConfig{Paths: o.keys, KeyID: o.keyID, Log: log})
	if err != nil {
		return publicKeysHint(err, o.keys, o.keyID)
	}
	defer keys.Close()
	reload := []func() error{keys.Check}

	if o.geoip != "" {
		db, err := geoip.Open(geoip.Config{Path: o.geoip, Log: log})
		if err != nil {
			return geoipError(err)
		}
		defer db.Close()
		cfg.Middleware.Locate = db.Country
		reload = append(reload, db.Check)
	}

	v, err := verifier.New(o.verifier(keys))
	if err != nil {
		return o.edgeError(err)
	}
	if cfg.Middleware.Gate, err = gate.New(gate.Config{Verifier: v}); err != nil {
		return err
	}
	srv, err := edge.New(cfg)
	if err != nil {
		return o.edgeError(err)
	}
	defer srv.Close()
	reload = append(reload, srv.Reload)

	o.announce(log, keys.IDs(), cfg)
	if o.check {
		printNote(env.stderr, "the configuration is good")
		return nil
	}

	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // without the address, which is named already
		}
		return listenHint(fmt.Errorf("cannot listen on %s: %w", o.listen, err))
	}
	done := make(chan struct{})
	defer close(done)
	go onHangup(hup, done, log, reload)
	go onSecondSignal(ctx, done, srv)
	return srv.Serve(ctx, ln)
}

// onHangup reads everything that is followed again at each hup.
func onHangup(hup <-chan os.Signal, done <-chan struct{}, log *slog.Logger, reload []func() error) {
	for {
		select {
		case <-done:
			return
		case <-hup:
		}
		var errs []error
		for _, check := range reload {
			errs = append(errs, check())
		}
		if err := errors.Join(errs...); err != nil {
			log.Error("read again; something was refused and its old version stays", slog.Any("error", err))
			continue
		}
		log.Info("read again")
	}
}
