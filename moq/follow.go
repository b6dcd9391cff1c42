package moq

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamtoken/streamtoken/internal/follow"
)

// FollowConfig says where a control API is (package api) and how its documents are followed. URL is required, and so is Relays
// for FollowAccepted.
type FollowConfig struct {
	// URL is the root of the API: https, or http to this machine itself. It has no user name, query or fragment.
	URL string
	// Relays are the uids of those whose accepted sets are followed, at most MaxFollowedRelays; each is a document of its own.
	Relays []string
	// Account is the account whose documents are asked for; "": what the bearer token may see. A token that is not bound to
	// an account sees the keys of all, which only a server of all accounts should believe.
	Account string

	// BearerFile is the file with the bearer token, one line, read again for each request. Bearer gives one instead. At most
	// one of them; with neither no token is sent, and the API refuses.
	BearerFile string
	Bearer     func() (string, error)

	// Poll is how long it takes at most, about, until a change is known here. Each wait is up to a fifth longer or shorter.
	// Zero: 1 s, or a quarter of the time for which an accepted set may be used, if that is less.
	Poll time.Duration
	// MaxAge bounds how long a document may be used without being confirmed. The zero value: an accepted set for as long as
	// it says itself (its server's lease), keys for one minute.
	MaxAge time.Duration

	RootCAs        *x509.CertPool // who vouches for the server; nil: the system's
	AllowPlainHTTP bool           // http to anywhere: for a network that is trusted by other means
	Log            *slog.Logger   // what was loaded and refused, without secrets; nil: silent
}

// MaxFollowedRelays is how many relays one FollowAccepted may follow: each is a connection and a request a Poll.
const MaxFollowedRelays = 256

const (
	defaultFollowPoll = time.Second
	minFollowPoll     = 50 * time.Millisecond
	defaultKeysMaxAge = time.Minute
)

func (cfg *FollowConfig) check() error {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.ForceQuery:
		return errors.New("moq: FollowConfig.URL is not the root of an API, such as https://api.example.com") // it may hold a password
	case cfg.BearerFile != "" && cfg.Bearer != nil:
		return errors.New("moq: FollowConfig.BearerFile and Bearer exclude each other")
	case cfg.Poll < 0 || cfg.Poll > 0 && cfg.Poll < minFollowPoll:
		return fmt.Errorf("moq: FollowConfig.Poll is less than %v", minFollowPoll)
	case cfg.MaxAge < 0:
		return errors.New("moq: FollowConfig.MaxAge is negative")
	}
	return nil
}

// source is the document at path.
func (cfg *FollowConfig) source(path string, maxBytes int64, poll time.Duration) (follow.Source, error) {
	c := follow.URLConfig{
		URL: strings.TrimSuffix(cfg.URL, "/") + path, MaxBytes: maxBytes, Bearer: cfg.Bearer, Direct: true,
		Timeout: min(max(3*poll, time.Second), 10*time.Second), Cooldown: poll / 2,
		RootCAs: cfg.RootCAs, AllowPlainHTTP: cfg.AllowPlainHTTP,
	}
	if cfg.Account != "" {
		c.URL += "?" + url.Values{"account_id": {cfg.Account}}.Encode()
	}
	if cfg.BearerFile != "" {
		c.Bearer = follow.BearerFile(cfg.BearerFile)
	}
	return follow.URLSource(c)
}

// held is a document and when it was last known to be the newest. It never changes.
type held[T any] struct {
	value  T
	maxAge time.Duration
	asOf   reading // before the request that brought or confirmed it was sent
}

func (h *held[T]) live(now time.Time) bool { return h.asOf.elapsed(now) < h.maxAge }

// reading is one time by this machine's two clocks.
type reading struct {
	mono time.Time // with its monotonic part
	wall time.Time // without
}

func readingOf(t time.Time) reading { return reading{t, t.Round(0)} }

// elapsed is what went by at most, by either clock: the monotonic one stands still while the machine is suspended, and the
// wall clock may be set back. Both are read each time, a hundred nanoseconds or two: right after a suspension is when it counts.
func (r reading) elapsed(now time.Time) time.Duration {
	return max(now.Sub(r.mono), now.Round(0).Sub(r.wall))
}

// followed keeps one document of the API, for as long as it may be used.
type followed[T any] struct {
	follower *follow.Follower
	// parse reads the document. before is the one in force, nil at first. same: it says nothing new.
	parse   func(data []byte, before *T) (value T, maxAge time.Duration, same bool, err error)
	changed *changes
	current atomic.Pointer[held[T]]
	closed  atomic.Bool

	mu  sync.Mutex // for what follows
	end *time.Timer
}

// start loads the document and follows it.
func (f *followed[T]) start(src follow.Source, poll time.Duration, log *slog.Logger) (err error) {
	f.follower, err = follow.Start(follow.Config{Source: src, Accept: f.accept, Confirmed: f.confirmed, Poll: poll, Jitter: poll / 5, Log: log})
	return err
}

func (f *followed[T]) accept(s follow.Snapshot) error {
	if len(s.Files) != 1 {
		return errors.New("not one document")
	}
	var before *T
	usable := false
	if h := f.current.Load(); h != nil {
		before, usable = &h.value, h.live(time.Now())
	}
	value, maxAge, same, err := f.parse(s.Files[0].Data, before)
	if err != nil {
		return err
	}
	f.current.Store(&held[T]{value, maxAge, readingOf(s.AsOf)})
	if !same || !usable {
		f.changed.tell()
	}
	return nil
}

// confirmed begins the document's time anew.
func (f *followed[T]) confirmed(asOf time.Time) {
	now := time.Now()
	old := f.current.Load()
	h := *old
	h.asOf = readingOf(asOf)
	f.current.Store(&h)
	if !old.live(now) { // it could not be used any more, and now it can
		f.changed.tell()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	left := max(0, h.maxAge-h.asOf.elapsed(now))
	if f.end == nil {
		f.end = time.AfterFunc(left, f.changed.tell)
	} else {
		f.end.Reset(left)
	}
}

// get gives the document, nil if there is none that may be used.
func (f *followed[T]) get() *T {
	if h := f.current.Load(); h.live(time.Now()) && !f.closed.Load() {
		return &h.value
	}
	return nil
}

// err says why the document cannot be used, or is about to be: nil if the last look was good.
func (f *followed[T]) err() error {
	if f.closed.Load() {
		return follow.ErrClosed
	}
	return f.follower.Status().LastError
}

func (f *followed[T]) close() {
	f.closed.Store(true)
	_ = f.follower.Close() // always nil
	f.mu.Lock()
	if f.end != nil {
		f.end.Stop()
	}
	f.mu.Unlock()
	f.changed.tell()
}

// changes tells many that something has changed.
type changes struct {
	mu sync.Mutex
	ch chan struct{}
}

func (c *changes) next() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ch == nil {
		c.ch = make(chan struct{})
	}
	return c.ch
}

func (c *changes) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ch != nil {
		close(c.ch)
		c.ch = nil
	}
}
