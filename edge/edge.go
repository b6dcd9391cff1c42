package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/streamtoken/streamtoken/middleware"
)

// Config says what to protect, and with what.
type Config struct {
	// Middleware judges the requests; its Gate is required. Its Log is set from Log if nil.
	Middleware middleware.Config

	// Origin is the server behind the edge: an http or https URL, optionally with a path that is put before every
	// request's own. It must not have user information, a query or a fragment. Exactly one of Origin and Root is set.
	Origin *url.URL

	// Root is a directory whose files are served: ROOT/{sub}/... for tokens with that sub. It is opened once, by New. No
	// listings, no names that begin with a dot, regular files only, and no link that leaves the subject's own folder.
	Root string

	// TLSCert and TLSKey name PEM files, both or neither. They are followed: a renewed pair is used from the next
	// handshake on; a pair that does not fit together is refused and the old one stays. Neither: plain HTTP/1.1.
	TLSCert string
	TLSKey  string

	// Log takes start-up, failure and refusal lines; nil: silent. Tokens never appear in it, nor viewers' whole
	// addresses unless Middleware.LogIP is set.
	Log *slog.Logger
}

// Server is the edge: an http.Handler that also knows how to listen. Safe for concurrent use.
type Server struct {
	log     *slog.Logger
	logIP   bool
	limits  limits
	handler http.Handler
	tls     *certificate // nil: plain HTTP
	closers []func() error

	ctx    context.Context // ends with Close; every Serve stops then
	cancel context.CancelFunc
	busy   sync.WaitGroup // running Serve calls and requests

	mu     sync.Mutex // guards closed, and busy.Add against Close's Wait
	closed bool
}

// New checks cfg and gives the server. It opens Root, reads the certificate and starts following it; Close undoes that.
// It does not connect to the origin. Errors name the field.
func New(cfg Config) (*Server, error) {
	return newServer(cfg, standard())
}

func newServer(cfg Config, lim limits) (_ *Server, err error) {
	s := &Server{log: cfg.Log, logIP: cfg.Middleware.LogIP, limits: lim}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Middleware.Log == nil {
		cfg.Middleware.Log = cfg.Log
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			s.Close()
		}
	}()

	next, err := s.next(cfg)
	if err != nil {
		return nil, err
	}
	guard, err := middleware.New(cfg.Middleware)
	if err != nil {
		return nil, fmt.Errorf("edge: %w", err)
	}
	s.handler = guard(next)

	if (cfg.TLSCert == "") != (cfg.TLSKey == "") {
		return nil, errors.New("edge: a TLS certificate and its key belong together: one of them is missing")
	}
	if cfg.TLSCert != "" {
		if s.tls, err = followCertificate(cfg.TLSCert, cfg.TLSKey, lim.tlsPoll, s.log); err != nil {
			return nil, err
		}
		s.closers = append(s.closers, s.tls.Close)
	}
	return s, nil
}

// next is what serves an allowed request.
func (s *Server) next(cfg Config) (http.Handler, error) {
	switch {
	case (cfg.Origin == nil) == (cfg.Root == ""):
		return nil, errors.New("edge: exactly one of Origin and Root is needed")
	case cfg.Origin != nil:
		p, err := newProxy(cfg, s.limits, s.log)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, p.Close)
		return p, nil
	default:
		f, err := openFiles(cfg.Root, cfg.Middleware.Mount, s.log)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, f.Close)
		return f, nil
	}
}

// ServeHTTP judges and serves one request. After Close it answers 503.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		problem(w, http.StatusServiceUnavailable, "The server is stopping.")
		return
	}
	defer s.busy.Done()
	s.guarded(w, r)
}

// begin counts a request or a Serve call in, unless the server is closed.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.busy.Add(1)
	return true
}

// Reload looks at the certificate files now, where there are any, instead of at the next event or poll. An error means
// that the pair in force was kept. Keys and the country database are reloaded by their own packages.
func (s *Server) Reload() error {
	if s.tls == nil {
		return nil
	}
	return s.tls.Check()
}

// Close stops every Serve at once, without draining, waits for the requests in flight to see that, and releases the
// files and connections. Calling it again does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	s.cancel()
	s.busy.Wait()
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
