package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/streamtoken/streamtoken/edge"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

// stage is everything that runs: the origin, the edge before it, the page, the control API and a relay that goes by it.
type stage struct {
	mint     *mint
	origin   *origin
	control  *control
	issued   issued
	client   *http.Client
	edgeURL  string       // without a final slash
	apiURL   string       // likewise, the root of the control API
	relayURL string       // likewise
	pageURL  string       // with one
	failed   chan error   // a listener gave up
	close    func() error // ends and waits for everything; may be called again
}

// start opens five listeners on loopback and serves on them until close, or until ctx ends.
func start(ctx context.Context, cfg Config, log *slog.Logger) (_ *stage, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	var closers []func() error
	s := &stage{
		// No proxy, whatever the environment says: everything is on loopback.
		client: &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: 10 * time.Second},
		failed: make(chan error, 5),
	}
	s.close = sync.OnceValue(func() error {
		s.client.CloseIdleConnections()
		cancel()
		var errs []error
		for _, c := range slices.Backward(closers) {
			errs = append(errs, c())
		}
		running.Wait()
		return errors.Join(errs...)
	})
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	listen := func() (net.Listener, error) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			closers = append(closers, func() error { ln.Close(); return nil })
		}
		return ln, err
	}
	serve := func(h http.Handler, ln net.Listener) {
		srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 32 << 10}
		closers = append(closers, srv.Close)
		running.Go(func() {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				s.failed <- err
			}
		})
	}

	if s.mint, err = newMint(cfg.tamper); err != nil {
		return nil, err
	}
	if s.origin, err = newOrigin(); err != nil {
		return nil, err
	}
	if s.control, err = newControl(ctx); err != nil {
		return nil, err
	}
	closers = append(closers, s.control.close)
	apiLn, err := listen()
	if err != nil {
		return nil, err
	}
	relayLn, err := listen()
	if err != nil {
		return nil, err
	}
	s.apiURL = "http://" + apiLn.Addr().String()
	s.relayURL = "http://" + relayLn.Addr().String()
	serve(s.control.api, apiLn)
	serve(s.control.relay, relayLn)
	if s.issued, err = s.issue(ctx); err != nil {
		return nil, err
	}
	if cfg.spoil != nil {
		cfg.spoil(&s.issued)
	}
	originLn, err := listen()
	if err != nil {
		return nil, err
	}
	edgeLn, err := listen()
	if err != nil {
		return nil, err
	}
	pageLn, err := listen()
	if err != nil {
		return nil, err
	}
	s.edgeURL = "http://" + edgeLn.Addr().String()
	s.pageURL = "http://" + pageLn.Addr().String() + "/"

	server, err := s.newEdge(ctx, originLn.Addr(), log)
	if err != nil {
		return nil, err
	}
	closers = append(closers, server.Close)
	serve(s.origin, originLn)
	running.Go(func() {
		if err := server.Serve(ctx, edgeLn); err != nil && ctx.Err() == nil {
			s.failed <- err
		}
	})
	serve(newPage(s), pageLn)
	return s, nil
}

// newEdge is the edge as "streamtoken serve" would run it, trusting the key made for this run and those of the control API.
func (s *stage) newEdge(ctx context.Context, origin net.Addr, log *slog.Logger) (*edge.Server, error) {
	key, err := verifier.NewKey(s.mint.key.ID(), s.mint.key.Public())
	if err != nil {
		return nil, err
	}
	published, err := s.publishedKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := verifier.NewStaticKeys(append(published, key)...)
	if err != nil {
		return nil, err
	}
	v, err := verifier.New(verifier.Config{Keys: keys})
	if err != nil {
		return nil, err
	}
	g, err := gate.New(gate.Config{Verifier: v})
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(fmt.Sprintf("http://%s", origin))
	if err != nil {
		return nil, err
	}
	return edge.New(edge.Config{
		Middleware: middleware.Config{Gate: g, AllowedOrigins: []string{s.pageURL[:len(s.pageURL)-1]}},
		Origin:     target,
		Log:        log,
	})
}
