package edge

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"github.com/streamtoken/streamtoken/middleware"
)

// proxy passes allowed requests on to the origin.
type proxy struct {
	reverse   *httputil.ReverseProxy
	transport *http.Transport
	origin    origin
	headers   headerPolicy
	log       *slog.Logger
	stall     time.Duration
}

func newProxy(cfg Config, lim limits, log *slog.Logger) (*proxy, error) {
	o, err := newOrigin(cfg.Origin)
	if err != nil {
		return nil, err
	}
	p := &proxy{
		origin:    o,
		headers:   newHeaderPolicy(cfg.Middleware),
		transport: newTransport(lim),
		log:       log,
		stall:     lim.stall,
	}
	p.reverse = &httputil.ReverseProxy{
		// Not Director: what it sets, a client's "Connection: X-Streamtoken-Subject" removes again.
		Rewrite:      p.rewrite,
		Transport:    p.transport,
		ErrorHandler: p.fail,
		ErrorLog:     serverLog(log, false),
		// A playlist part of low-latency HLS, a fragment still being made: each piece leaves as it comes.
		FlushInterval:  -1,
		BufferPool:     new(bufferPool),
		ModifyResponse: p.altered,
	}
	return p, nil
}

// newTransport connects to the one origin. It ignores HTTP_PROXY and its kin: an edge's own network path is no matter
// of the environment it was started in.
func newTransport(lim limits) *http.Transport {
	dialer := &net.Dialer{Timeout: lim.dial}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    lim.dial,
		ResponseHeaderTimeout:  lim.originHeader,
		ExpectContinueTimeout:  lim.originHeader,
		IdleConnTimeout:        lim.idle,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256, // there is one host
		MaxResponseHeaderBytes: maxOriginHeaderBytes,
		// Otherwise the transport asks for gzip by itself and unpacks it, which takes length, ranges and validators
		// from the answer.
		DisableCompression: true,
	}
}

func (p *proxy) Close() error {
	p.transport.CloseIdleConnections()
	return nil
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, ok := middleware.IdentityFrom(r.Context()); !ok {
		// Only the middleware may call this handler. Without its word nothing is passed on.
		p.log.Error("a request without an identity reached the proxy")
		problem(w, http.StatusInternalServerError, "")
		return
	}
	if _, ok := p.origin.url(r.URL); !ok {
		problem(w, http.StatusBadRequest, "The path cannot be passed on.")
		return
	}
	p.reverse.ServeHTTP(w, r)
}

// rewrite makes the origin's request of pr.Out. From that the hop-by-hop headers, those a client named in Connection,
// and query parameters that do not parse are gone already; nothing set here can be removed by the client any more.
func (p *proxy) rewrite(pr *httputil.ProxyRequest) {
	u, ok := p.origin.url(pr.Out.URL)
	if !ok {
		u = new(url.URL) // goes nowhere: the transport refuses it
	}
	pr.Out.URL = u
	pr.Out.Host = "" // the origin's own name
	if pr.Out.Method == http.MethodGet || pr.Out.Method == http.MethodHead {
		// A body means nothing here (RFC 9110, section 9.3.1) but has been used to smuggle a second request.
		pr.Out.Body, pr.Out.ContentLength, pr.Out.TransferEncoding = nil, 0, nil
	}
	// Some servers take trailers for headers: they would come in behind the ones checked here.
	pr.Out.Trailer = nil

	id, _ := middleware.IdentityFrom(pr.In.Context()) // checked in ServeHTTP
	p.headers.apply(pr, id)
}

// altered takes from the origin's answer what speaks of the origin as a host, which the client must not use.
func (p *proxy) altered(res *http.Response) error {
	res.Header.Del("Alt-Svc")
	p.origin.relocate(res)
	p.boundOrigin(res)
	return nil
}

// fail answers for an origin that did not. The error stays in the log: it names the origin's address.
func (p *proxy) fail(w http.ResponseWriter, r *http.Request, err error) {
	attrs := []any{slog.String("error", redact(err.Error()))}
	if id, ok := middleware.IdentityFrom(r.Context()); ok {
		attrs = append(attrs, slog.String("subject", id.Subject), slog.String("key_id", id.KeyID))
	}
	var timeout net.Error
	switch {
	case r.Context().Err() != nil:
		// The client left, or the server is being closed: nobody reads this.
		p.log.Debug("request given up", attrs...)
		problem(w, http.StatusBadGateway, "")
	case errors.As(err, &timeout) && timeout.Timeout():
		instance := problem(w, http.StatusGatewayTimeout, "The origin did not answer in time.")
		p.log.Error("the origin did not answer in time", append(attrs, slog.String("instance", instance))...)
	default:
		instance := problem(w, http.StatusBadGateway, "The origin could not be reached, or its answer was not understood.")
		p.log.Error("the origin could not be reached or understood", append(attrs, slog.String("instance", instance))...)
	}
}

// bufferPool lends the copy buffers of responses.
type bufferPool struct{ pool sync.Pool }

func (b *bufferPool) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *bufferPool) Put(p []byte) { b.pool.Put(&p) }
