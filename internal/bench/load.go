package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// LoadConfig says what to ask a server for.
type LoadConfig struct {
	URL         string        // http or https, such as a signed URL of one's own edge; "": nothing
	Time        time.Duration // how long to ask; 0: 3 s, at most MaxTime
	Connections int           // how many at once, kept alive; 0: 8, at most MaxConnections
}

// MaxConnections is the most that LoadConfig.Connections may be.
const MaxConnections = 64

// Bounds of a load, whatever the server does.
const (
	defaultLoadTime    = 3 * time.Second
	defaultConnections = 8
	maxRequests        = 1 << 20
	maxBodyBytes       = 16 << 20
	answerTimeout      = 10 * time.Second
)

// ErrURL is a URL that is not http or https, or has no host. Its text holds nothing of the URL.
var ErrURL = errors.New("bench: the URL is not an http or https URL with a host")

// StatusError is a server that answered with something else than a 2xx. A redirect is one: it is not followed, for what
// would then be measured is another server.
type StatusError struct {
	Status   int // the first such status
	Count    int // answers that were no 2xx, of whichever status
	Requests int // out of so many
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("bench: the server answered %d of %d requests with a status that is not 2xx, the first with %d", e.Count, e.Requests, e.Status)
}

func (cfg LoadConfig) withDefaults() (LoadConfig, error) {
	if cfg.URL == "" {
		return cfg, nil
	}
	if cfg.Time == 0 {
		cfg.Time = defaultLoadTime
	}
	if cfg.Connections == 0 {
		cfg.Connections = defaultConnections
	}
	switch {
	case cfg.Time < 0 || cfg.Time > MaxTime:
		return cfg, fmt.Errorf("bench: LoadConfig.Time %s is not between 0 and %s", cfg.Time, MaxTime)
	case cfg.Connections < 0 || cfg.Connections > MaxConnections:
		return cfg, fmt.Errorf("bench: LoadConfig.Connections %d is not between 0 and %d", cfg.Connections, MaxConnections)
	}
	return cfg, CheckURL(cfg.URL)
}

// CheckURL gives ErrURL, bare, for a URL that Run would refuse.
func CheckURL(s string) error {
	// The error of url.Parse quotes what it was given.
	if u, err := url.Parse(s); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ErrURL
	}
	return nil
}

// newClient gives a client that keeps its connections, goes straight to the server and follows nothing. It speaks HTTP/1.1:
// with HTTP/2 all requests would share one connection.
func newClient(connections int) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			MaxIdleConnsPerHost:   connections,
			MaxConnsPerHost:       connections,
			ResponseHeaderTimeout: answerTimeout,
			TLSHandshakeTimeout:   answerTimeout,
			DialContext:           (&net.Dialer{Timeout: answerTimeout}).DialContext,
			// The bytes that the server sends are what is timed, not what they unpack to.
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask makes one request and reads the answer to its end.
func ask(ctx context.Context, client *http.Client, target string) (status int, size int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return 0, 0, ErrURL
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, 0, plain(err)
	}
	defer res.Body.Close()
	size, err = io.Copy(io.Discard, io.LimitReader(res.Body, maxBodyBytes+1))
	switch {
	case err != nil:
		return 0, 0, plain(err)
	case size > maxBodyBytes:
		return 0, 0, fmt.Errorf("bench: the answer has more than %d MiB", maxBodyBytes>>20)
	}
	return res.StatusCode, size, nil
}

// plain words an error of net/http without the URL, which holds a token, and without what the server sent, which may
// repeat it.
func plain(err error) error {
	var op *net.OpError
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &dns):
		return errors.New("bench: the name of the URL's host is not found")
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("bench: the server did not answer within %s", answerTimeout)
	case errors.As(err, &op):
		return fmt.Errorf("bench: no connection to the server: %w", op.Err)
	}
	return errors.New("bench: the server gave no complete HTTP answer")
}

func isGood(status int) bool { return status >= 200 && status < 300 }

// probe asks once, so that nothing else is done for a URL that is refused.
func probe(ctx context.Context, cfg LoadConfig) error {
	client := newClient(1)
	defer client.CloseIdleConnections()
	status, _, err := ask(ctx, client, cfg.URL)
	if err == nil && !isGood(status) {
		err = &StatusError{Status: status, Count: 1, Requests: 1}
	}
	return err
}

// load asks again and again over a few connections. Each waits for its answer before it asks again.
func load(ctx context.Context, cfg LoadConfig) (*Load, error) {
	client := newClient(cfg.Connections)
	defer client.CloseIdleConnections()
	var (
		left   atomic.Int64 // requests
		mu     sync.Mutex
		took   []time.Duration
		bytes  int64
		failed error
		bad    StatusError
		wg     sync.WaitGroup
	)
	left.Store(maxRequests)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	start := time.Now()
	for range cfg.Connections {
		wg.Go(func() {
			var mine []time.Duration
			var size int64
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				took, bytes = append(took, mine...), bytes+size
			}()
			for first := true; (first || time.Since(start) < cfg.Time) && left.Add(-1) >= 0; first = false {
				began := time.Now()
				status, n, err := ask(ctx, client, cfg.URL)
				if err != nil {
					mu.Lock()
					if failed == nil {
						failed = err
					}
					mu.Unlock()
					stop()
					return
				}
				mine, size = append(mine, time.Since(began)), size+n
				if !isGood(status) {
					mu.Lock()
					if bad.Count++; bad.Status == 0 {
						bad.Status = status
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	whole := time.Since(start)
	switch {
	case failed != nil:
		return nil, failed
	case bad.Count > 0:
		bad.Requests = len(took)
		return nil, &bad
	}
	return summary(took, bytes, whole, cfg.Connections), nil
}

// summary sorts took, which must not be empty.
func summary(took []time.Duration, bytes int64, whole time.Duration, connections int) *Load {
	slices.Sort(took)
	return &Load{
		Requests:    len(took),
		Connections: connections,
		Bytes:       bytes,
		Took:        whole,
		PerSecond:   float64(len(took)) / whole.Seconds(),
		P50:         percentile(took, 50),
		P99:         percentile(took, 99),
	}
}

// percentile gives the smallest of sorted that p hundredths of it do not exceed (nearest rank).
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}
