package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
)

// ErrClosed is what Serve gives on a server that was closed.
var ErrClosed = errors.New("edge: server closed")

// Serve answers requests from ln until ctx ends, then stops listening, lets the requests in flight finish for up to
// thirty seconds, cuts those that remain, and returns nil. It returns earlier only when ln fails, or with ErrClosed after
// Close. It closes ln in any case. With a certificate it speaks TLS 1.2 or newer and HTTP/2; without, HTTP/1.1.
// It may be called for several listeners at once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	if !s.begin() {
		return ErrClosed
	}
	defer s.busy.Done()

	srv := s.httpServer()
	scheme := "http"
	failed := make(chan error, 1)
	if s.tls != nil {
		scheme = "https"
		srv.TLSConfig = s.tls.config()
		go func() { failed <- srv.ServeTLS(ln, "", "") }()
	} else {
		go func() { failed <- srv.Serve(ln) }()
	}
	s.log.Info("listening", slog.String("address", ln.Addr().String()), slog.String("scheme", scheme))
	if a, ok := ln.Addr().(*net.TCPAddr); ok && a.IP.IsLoopback() {
		s.log.Info("only this machine can reach a loopback address")
	}

	select {
	case err := <-failed:
		srv.Close()
		return fmt.Errorf("edge: %w", err)
	case <-s.ctx.Done():
		srv.Close()
		<-failed
		return ErrClosed
	case <-ctx.Done():
	}

	s.log.Info("stopping: no new connections, requests in flight may finish", slog.Duration("within", s.limits.drain))
	drain, cancel := context.WithTimeout(s.ctx, s.limits.drain)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		s.log.Warn("requests were still in flight and have been cut")
		srv.Close()
	}
	<-failed
	return nil
}

func (s *Server) httpServer() *http.Server {
	return &http.Server{
		Handler:                      s,
		DisableGeneralOptionsHandler: true, // "OPTIONS *" is judged like the rest
		ReadHeaderTimeout:            s.limits.readHeader,
		IdleTimeout:                  s.limits.idle,
		MaxHeaderBytes:               maxHeaderBytes,
		BaseContext:                  func(net.Listener) context.Context { return s.ctx },
		ErrorLog:                     serverLog(s.log, s.logIP),
		// No ReadTimeout and no WriteTimeout: they would cut long streams. stall.go bounds both directions.
	}
}

// config is the TLS side of a listener.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: c.get,
	}
}
