package follow

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"syscall"
	"time"
)

const (
	defaultURLTimeout  = 10 * time.Second
	defaultURLCooldown = time.Second
	maxAnswerHeader    = 64 << 10 // bytes; net/http would take 10 MiB from a server gone mad
)

// URLConfig says what URLSource fetches. URL and MaxBytes are required.
type URLConfig struct {
	// URL is https, or http to this machine itself (localhost, 127.0.0.0/8, ::1): keys or an accepted set that anybody on the
	// way may rewrite are worth nothing. It has no user name and no fragment.
	URL      string
	MaxBytes int64 // of the body

	// Bearer gives the bearer token to send, before each fetch; nil: none is sent. See BearerFile. What it gives is sent to
	// the URL's own server and nowhere else, and is in no error and no log.
	Bearer func() (string, error)

	Timeout  time.Duration // for a whole fetch, from the connection to the body's last byte; zero: 10 s
	Cooldown time.Duration // between the end of one fetch and the begin of the next, however often is asked; zero: 1 s

	// Direct demands that the server itself answers: an answer with an Age field was kept by a cache on the way (RFC 9111,
	// 5.1) and is an error. For documents whose age counts.
	Direct bool

	RootCAs        *x509.CertPool // who vouches for the server; nil: the system's
	AllowPlainHTTP bool           // http to anywhere: for a network that is trusted by other means

	// Proxy chooses a proxy for the request, as http.Transport does; nil: none. The environment's HTTPS_PROXY is not
	// looked at unless http.ProxyFromEnvironment stands here: what decides over keys should not pass where a variable,
	// set for something else, says.
	Proxy func(*http.Request) (*url.URL, error)
}

// URLSource reads the document at a URL, with GET and one connection that is kept. After the first fetch it asks with the
// ETag that came, so that an unchanged document costs one round trip of headers.
//
// Only a complete answer 200 gives content, and 304 confirms the one before. Everything else is an error of Read: other
// statuses, a redirect (it would send the token elsewhere), a body beyond MaxBytes or one whose end cannot be told, a
// content coding, which nobody asked for and which may be a bomb.
//
// Within the cooldown Read gives what the last fetch gave, content or error, and asks nobody.
//
// The snapshot's AsOf is from before the request was sent: what came was still the newest then, however long the answer took.
// The server's certificate is checked against its name; nothing is checked about the content. Only HTTP/1.1 is spoken: there
// is never a second request to share the connection with, and giving up on a request then closes its connection, where
// HTTP/2 would go on using one that is dead.
//
// Errors tell what is wrong with cfg.
func URLSource(cfg URLConfig) (Source, error) {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("follow: not an absolute URL") // not repeated: it may carry a password
	case u.User != nil:
		return nil, errors.New("follow: a URL with a user name or password")
	case u.Fragment != "":
		return nil, errors.New("follow: a URL with a fragment")
	case cfg.MaxBytes <= 0 || cfg.Timeout < 0 || cfg.Cooldown < 0:
		return nil, errors.New("follow: MaxBytes must be positive, Timeout and Cooldown not negative")
	}
	local := false
	switch u.Scheme {
	case "https":
	case "http":
		if local = !cfg.AllowPlainHTTP; local && !isLoopback(u.Hostname()) {
			return nil, errors.New("follow: plain http beyond this machine: anybody on the way may rewrite the answer")
		}
	default:
		return nil, errors.New("follow: a URL that is neither https nor http")
	}
	s := &urlSource{
		url: u.String(), name: path.Base("/" + u.Path), limit: cfg.MaxBytes, bearer: cfg.Bearer, direct: cfg.Direct,
		timeout: cfg.Timeout, cooldown: cfg.Cooldown, now: time.Now, busy: make(chan struct{}, 1),
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath} // a query may hold what is secret
	s.shown = shown.String()
	if s.timeout == 0 {
		s.timeout = defaultURLTimeout
	}
	if s.cooldown == 0 {
		s.cooldown = defaultURLCooldown
	}
	s.transport = newTransport(cfg, local)
	return s, nil
}

func newTransport(cfg URLConfig, local bool) *http.Transport {
	dialer := &net.Dialer{}
	if local {
		dialer.Control = loopbackOnly
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  cfg.Proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		Protocols:              protocols,
		DisableCompression:     true,
		MaxConnsPerHost:        1,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        2 * time.Minute,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// loopbackOnly refuses to connect elsewhere: what "localhost" means is for a resolver to say, which may be lied to.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !isLoopback(host) {
		return errors.New("the name leads beyond this machine")
	}
	return nil
}

type urlSource struct {
	url, shown, name  string
	limit             int64
	bearer            func() (string, error)
	direct            bool
	timeout, cooldown time.Duration
	transport         *http.Transport
	now               func() time.Time

	busy  chan struct{} // holds one value while somebody reads: what is below is theirs
	etag  string        // of kept; "" if it cannot be asked by
	kept  *Snapshot     // the last complete answer
	err   error         // of the last fetch
	ended time.Time     // the last fetch; zero if there was none
}

func (s *urlSource) String() string { return s.shown }

func (s *urlSource) Read(ctx context.Context) (Snapshot, error) {
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return Snapshot{}, ctx.Err()
	}
	if s.ended.IsZero() || s.now().Sub(s.ended) >= s.cooldown {
		err := s.fetch(ctx)
		if ctx.Err() != nil { // says nothing about the server
			return Snapshot{}, ctx.Err()
		}
		s.err, s.ended = err, s.now()
	}
	if s.err != nil {
		return Snapshot{}, fmt.Errorf("%s: %w", s.shown, s.err)
	}
	snap := *s.kept
	snap.Files = slices.Clone(snap.Files)
	for i := range snap.Files {
		snap.Files[i].Data = slices.Clone(snap.Files[i].Data) // it belongs to whoever accepts it
	}
	return snap, nil
}

// Watch hints at nothing: there is only polling. It is how the source learns that it is no longer used.
func (s *urlSource) Watch(ctx context.Context) (<-chan struct{}, error) {
	hints := make(chan struct{})
	context.AfterFunc(ctx, func() {
		s.transport.CloseIdleConnections()
		close(hints)
	})
	return hints, nil
}
