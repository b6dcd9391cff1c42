package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/streamtoken/streamtoken/internal/follow"
)

// apiServer is a handler with what it is reached by.
type apiServer struct {
	handler http.Handler
	log     *slog.Logger
	tls     *servedPair    // nil: plain HTTP
	reload  []func() error // at SIGHUP
	ready   func(address string)
}

// listenAPI listens where o says.
func (o *apiOptions) listenAPI(ctx context.Context) (net.Listener, error) {
	if path := o.socket(); path != "" {
		return listenSocket(path)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // without the address, which is named already
		}
		return nil, listenHint(fmt.Errorf("cannot listen on %s: %w", o.listen, err))
	}
	// What a name stands for is for the resolver to say.
	if a, ok := ln.Addr().(*net.TCPAddr); o.tlsCert == "" && !o.insecureListen && (!ok || !a.IP.IsLoopback()) {
		ln.Close()
		return nil, fmt.Errorf("cannot listen on %s: without TLS only on this machine's own addresses", o.listen)
	}
	return ln, nil
}

// serve answers until ctx ends, then lets requests in flight finish for a while. A second signal cuts them.
func (s *apiServer) serve(ctx context.Context, ln net.Listener, hup <-chan os.Signal) error {
	srv := &http.Server{
		Handler:                      s.handler,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            apiReadHeader,
		ReadTimeout:                  apiRead,
		WriteTimeout:                 apiWrite,
		IdleTimeout:                  apiIdle,
		MaxHeaderBytes:               apiHeaderBytes,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // strangers cause these at will
	}
	failed := make(chan error, 1)
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.tls.get}
		go func() { failed <- srv.ServeTLS(ln, "", "") }()
	} else {
		go func() { failed <- srv.Serve(ln) }()
	}
	done := make(chan struct{})
	defer close(done)
	go onHangup(hup, done, s.log, s.reload)
	go onSecondSignal(ctx, done, srv)
	if ln.Addr().Network() == "unix" {
		s.ready("unix:" + ln.Addr().String())
	} else {
		s.ready(scheme + "://" + ln.Addr().String())
	}

	select {
	case err := <-failed:
		srv.Close()
		return err
	case <-ctx.Done():
	}
	s.log.Info("stopping: no new connections, requests in flight may finish", slog.Duration("within", apiDrain))
	drain, cancel := context.WithTimeout(context.Background(), apiDrain)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		s.log.Warn("requests were still in flight and have been cut")
		srv.Close()
	}
	<-failed
	return nil
}

// hangups catches SIGHUP from now on: one that comes while the server starts must not end the program.
func hangups() (hup chan os.Signal, stop func()) {
	hup = make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	return hup, func() { signal.Stop(hup) }
}

// servedPair is a TLS certificate that follows its two files.
type servedPair struct {
	current  atomic.Pointer[tls.Certificate]
	follower *follow.Follower
}

const maxPEMFileBytes = 1 << 20

func followPair(cert, key string, log *slog.Logger) (*servedPair, error) {
	p := &servedPair{}
	f, err := follow.Start(follow.Config{
		Source: follow.Join(follow.FileSource(cert, maxPEMFileBytes), follow.FileSource(key, maxPEMFileBytes)),
		Accept: p.accept,
		Log:    log,
	})
	if err != nil {
		return nil, fmt.Errorf("TLS certificate: %w", err)
	}
	p.follower = f
	return p, nil
}

// accept takes a pair that fits together: between the renewal of the one file and of the other it does not.
func (p *servedPair) accept(s follow.Snapshot) error {
	if len(s.Files) != 2 {
		return errors.New("a certificate and a key are needed")
	}
	pair, err := tls.X509KeyPair(s.Files[0].Data, s.Files[1].Data)
	if err != nil {
		return err
	}
	p.current.Store(&pair)
	return nil
}

func (p *servedPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return p.current.Load(), nil
}
