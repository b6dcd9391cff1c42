package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/streamtoken/streamtoken/edge"
)

// announce writes what this edge goes by, and what in it may surprise its operator.
func (o *serveOptions) announce(log *slog.Logger, keyIDs []string, cfg edge.Config) {
	log.Info("keys", slog.Any("ids", keyIDs), slog.Any("from", o.keys))
	if cfg.Origin == nil {
		log.Info("serving files", slog.String("root", o.root))
	} else {
		// Without its path, where somebody may have pasted a signed URL's.
		log.Info("passing on", slog.String("origin", cfg.Origin.Scheme+"://"+cfg.Origin.Host))
	}
	sources := []string{"path"}
	for _, s := range []struct {
		on   bool
		name string
	}{{o.queryParam != "", "query parameter " + o.queryParam}, {o.cookie != "", "cookie " + o.cookie}, {o.bearer, "bearer"}} {
		if s.on {
			sources = append(sources, s.name)
		}
	}
	tokens := []any{slog.String("taken_from", strings.Join(sources, ", ")), slog.Duration("leeway", o.leeway),
		slog.Int64("cache_bytes", max(0, cacheBytes(o.cacheSize))), slog.Int("cold_limit", o.coldLimit)}
	if o.mount != "" {
		tokens = append(tokens, slog.String("mount", o.mount))
	}
	log.Info("tokens", tokens...)

	switch {
	case len(o.trustedProxies) == 0:
		log.Info("viewer's address", slog.String("from", "the TCP peer; forwarding headers are ignored: no proxy is trusted"))
	case o.clientIPHeader != "":
		log.Info("viewer's address", slog.String("from", o.clientIPHeader), slog.Any("trusted_proxies", o.trustedProxies))
	default:
		log.Info("viewer's address", slog.String("from", "X-Forwarded-For"), slog.Any("trusted_proxies", o.trustedProxies))
	}
	switch {
	case o.geoip != "":
		log.Info("viewer's country", slog.String("from", o.geoip))
	case o.countryHeader != "":
		log.Info("viewer's country", slog.String("from", o.countryHeader))
	default:
		log.Warn("no country source (--geoip or --country-header): a token whose country rule is reached is refused")
	}
	for _, p := range cfg.Middleware.TrustedProxies {
		if p.Bits() == 0 {
			log.Warn("every peer is trusted: anybody can claim any address", slog.String("trusted_proxy", p.String()))
		}
	}
	if host, _, err := net.SplitHostPort(o.listen); err == nil && o.tlsCert == "" && !loopback(host) && len(o.trustedProxies) == 0 {
		log.Warn("plain HTTP beyond this machine: tokens can be read on the way (--tls-cert and --tls-key, or a TLS proxy in front)")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkListen refuses what is no address to listen on.
func checkListen(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return withHint(usagef("--listen: the value is not HOST:PORT"), "such as 127.0.0.1:8787, or :8787 for every address of this machine")
	}
	return nil
}

func listenHint(err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return withHint(err, "another program has that port; choose one with --listen")
	case errors.Is(err, syscall.EACCES):
		return withHint(err, "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE); choose another with --listen")
	}
	return err
}

// onSecondSignal cuts what is still in flight when the operator asks a second time. ctx ends at the first.
func onSecondSignal(ctx context.Context, done <-chan struct{}, srv io.Closer) {
	select {
	case <-ctx.Done():
	case <-done:
		return
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(again)
	select {
	case <-again:
		srv.Close()
	case <-done:
	}
}
