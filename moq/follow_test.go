package moq

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// followedAPI serves documents by their path, with an ETag each.
type followedAPI struct {
	URL string

	mu       sync.Mutex
	docs     map[string]string
	status   int // if not zero, the only answer
	requests atomic.Int64
}

func (a *followedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.requests.Add(1)
	a.mu.Lock()
	doc, ok := a.docs[r.URL.RequestURI()]
	status := a.status
	a.mu.Unlock()
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(doc)))
	switch {
	case r.Header.Get("Authorization") != "Bearer followers-token-0":
		w.WriteHeader(401)
	case status != 0:
		w.WriteHeader(status)
	case !ok:
		w.WriteHeader(404)
	default:
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(304)
			return
		}
		io.WriteString(w, doc)
	}
}

func (a *followedAPI) put(path, doc string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.docs[path] = doc
}

func (a *followedAPI) answer(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status = status
}

// accepted puts the set of a relay.
func (a *followedAPI) accepted(relay string, epoch int64, maxAge time.Duration, jtis ...string) {
	a.put("/-/relays/"+relay+"/accepted", acceptedJSON(relay, epoch, maxAge, jtis...))
}

func serveFollowed(t *testing.T) (*followedAPI, FollowConfig) {
	t.Helper()
	api := &followedAPI{docs: map[string]string{}}
	srv := httptest.NewUnstartedServer(api)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	api.URL = srv.URL
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("followers-token-0\n"), 0o600))
	return api, FollowConfig{URL: srv.URL, BearerFile: token, Poll: minFollowPoll}
}

// soon polls cond; a test that passes does not wait it out.
func soon(t *testing.T, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, 20*time.Second, 2*time.Millisecond)
}

func accepts(t *testing.T, a Accepted, relay, id string) bool {
	t.Helper()
	ok, err := a.Accepts(relay, id)
	require.NoError(t, err)
	return ok
}

// followers counts the goroutines of what follows.
func followers() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "internal/follow.(*Follower).run")
}

func TestFollowAccepted(t *testing.T) {
	before := followers()
	api, cfg := serveFollowed(t)
	api.accepted(relayA, 1, time.Minute, jti(1))
	api.accepted(relayB, 1, time.Minute, jti(2))
	cfg.Relays = []string{relayA, relayB}
	a, err := FollowAccepted(cfg)
	require.NoError(t, err)
	require.True(t, accepts(t, a, relayA, jti(1)))
	require.False(t, accepts(t, a, relayA, jti(2)), "another relay's")
	require.True(t, accepts(t, a, relayB, jti(2)))
	require.False(t, accepts(t, a, strings.Repeat("c", 32), jti(1)), "not followed")
	require.NoError(t, a.Err())

	changed := a.Changed()
	api.accepted(relayA, 2, time.Minute, jti(3))
	<-changed
	require.False(t, accepts(t, a, relayA, jti(1)))
	require.True(t, accepts(t, a, relayA, jti(3)))

	changed = a.Changed()
	require.NoError(t, a.Close())
	require.NoError(t, a.Close())
	<-changed
	_, err = a.Accepts(relayA, jti(3))
	require.ErrorIs(t, err, streamtoken.ReasonRevocationsUnavailable)
	require.Error(t, a.Err())
	soon(t, func() bool { return followers() == before })
}

// A document of an epoch older than one seen is refused, whoever serves it, and is no confirmation either.
func TestFollowOlderEpoch(t *testing.T) {
	api, cfg := serveFollowed(t)
	api.accepted(relayA, 7, time.Minute, jti(7))
	cfg.Relays = []string{relayA}
	a, err := FollowAccepted(cfg)
	require.NoError(t, err)
	defer a.Close()
	asOf := a.relays[relayA].current.Load().asOf
	api.accepted(relayA, 6, time.Minute, jti(6))
	soon(t, func() bool { return a.Err() != nil })
	require.ErrorContains(t, a.Err(), "epoch 6, and 7 was seen")
	require.True(t, accepts(t, a, relayA, jti(7)))
	require.False(t, accepts(t, a, relayA, jti(6)))
	last := a.relays[relayA].current.Load().asOf
	n := api.requests.Load()
	soon(t, func() bool { return api.requests.Load() > n+2 })
	require.Equal(t, last, a.relays[relayA].current.Load().asOf)
	require.False(t, last.mono.Before(asOf.mono))

	api.accepted(relayA, 7, time.Minute, jti(7)) // the newer server again
	soon(t, func() bool { return a.Err() == nil })
	api.accepted(relayA, 8, time.Minute, jti(8))
	soon(t, func() bool { return accepts(t, a, relayA, jti(8)) })
}

// While the API does not answer the set serves its time out, and not longer; then it comes back.
func TestFollowLease(t *testing.T) {
	api, cfg := serveFollowed(t)
	api.accepted(relayA, 1, 300*time.Millisecond, jti(1))
	cfg.Relays = []string{relayA}
	a, err := FollowAccepted(cfg)
	require.NoError(t, err)
	defer a.Close()
	n := api.requests.Load()
	soon(t, func() bool { return api.requests.Load() > n+10 }) // longer than the time: confirmed without news
	require.True(t, accepts(t, a, relayA, jti(1)))

	stopped := a.Changed()
	api.answer(500)
	<-stopped
	_, err = a.Accepts(relayA, jti(1))
	require.ErrorIs(t, err, streamtoken.ReasonRevocationsUnavailable)
	require.ErrorContains(t, a.Err(), "status 500")

	again := a.Changed()
	api.answer(0)
	<-again
	soon(t, func() bool { ok, err := a.Accepts(relayA, jti(1)); return ok && err == nil })
}

// The time is counted from before the request, by the clock that says more.
func TestHeldLive(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		mono, wall time.Duration // ago
		want       bool
	}{
		"now":                       {0, 0, true},
		"a moment before the end":   {time.Minute - 1, time.Minute - 1, true},
		"at the end":                {time.Minute, time.Minute, false},
		"the machine was suspended": {time.Second, time.Minute, false},
		"the clock was set back":    {time.Minute, -time.Hour, false},
		"a little back":             {time.Second, -time.Second, true},
	} {
		h := held[int]{maxAge: time.Minute, asOf: reading{now.Add(-c.mono), now.Round(0).Add(-c.wall)}}
		require.Equal(t, c.want, h.live(now), name)
	}
}

// A confirmation that was asked for long ago is worth as little as a document that was.
func TestFollowSlowAnswer(t *testing.T) {
	f := &followed[int]{changed: &changes{}}
	f.current.Store(&held[int]{7, time.Minute, readingOf(time.Now())})
	require.NotNil(t, f.get())
	changed := f.changed.next()
	f.confirmed(time.Now().Add(-time.Minute))
	require.Nil(t, f.get())
	<-changed // the timer, at once
	f.confirmed(time.Now())
	require.Equal(t, 7, *f.get())
	f.end.Stop()
}

// The pace is what the documents need.
func TestFollowPace(t *testing.T) {
	api, cfg := serveFollowed(t)
	cfg.Relays = []string{relayA}
	api.accepted(relayA, 1, 400*time.Millisecond, jti(1))
	cfg.Poll = 0
	a, err := FollowAccepted(cfg)
	require.NoError(t, err)
	n := api.requests.Load()
	soon(t, func() bool { return api.requests.Load() > n+10 })
	require.True(t, accepts(t, a, relayA, jti(1)))
	a.Close()

	cfg.Poll = 250 * time.Millisecond
	_, err = FollowAccepted(cfg)
	require.ErrorContains(t, err, "Poll of 250ms is too long: the accepted set may be used for 400ms")
	cfg.Poll, cfg.MaxAge = 0, 60*time.Millisecond
	_, err = FollowAccepted(cfg)
	require.ErrorContains(t, err, "too long")
}

func TestFollowRefuses(t *testing.T) {
	before := followers()
	api, good := serveFollowed(t)
	api.accepted(relayA, 1, time.Minute)
	good.Relays = []string{relayA}
	for name, c := range map[string]struct {
		change func(*FollowConfig)
		want   string
	}{
		"no URL":           {func(c *FollowConfig) { c.URL = "" }, "URL"},
		"no host":          {func(c *FollowConfig) { c.URL = "api.example.com" }, "URL"},
		"a query":          {func(c *FollowConfig) { c.URL += "?x=secret" }, "URL"},
		"a password":       {func(c *FollowConfig) { c.URL = "https://u:secret@api.example.com" }, "password"},
		"plain http":       {func(c *FollowConfig) { c.URL = "http://api.example.com" }, "plain http"},
		"both bearers":     {func(c *FollowConfig) { c.Bearer = func() (string, error) { return "x", nil } }, "exclude"},
		"a hasty poll":     {func(c *FollowConfig) { c.Poll = time.Millisecond }, "Poll"},
		"a negative age":   {func(c *FollowConfig) { c.MaxAge = -1 }, "MaxAge"},
		"no relays":        {func(c *FollowConfig) { c.Relays = nil }, "1 to 256"},
		"too many relays":  {func(c *FollowConfig) { c.Relays = make([]string, 257) }, "1 to 256"},
		"no uid":           {func(c *FollowConfig) { c.Relays = []string{"../x"} }, "no uid"},
		"a relay twice":    {func(c *FollowConfig) { c.Relays = []string{relayA, relayA} }, "twice"},
		"an unknown relay": {func(c *FollowConfig) { c.Relays = []string{relayA, relayB} }, "status 404"},
		"no token":         {func(c *FollowConfig) { c.BearerFile = "" }, "status 401"},
		"no token file":    {func(c *FollowConfig) { c.BearerFile += ".gone" }, "bearer token"},
		"another account":  {func(c *FollowConfig) { c.Account = "other" }, "status 404"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			a, err := FollowAccepted(cfg)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "secret")
			require.Nil(t, a)
		})
	}
	soon(t, func() bool { return followers() == before })
}

func TestFollowKeys(t *testing.T) {
	api, cfg := serveFollowed(t)
	cfg.Account = "0123"
	path := "/.well-known/jwks.json?account_id=0123"
	one, err := GenerateKey("one")
	require.NoError(t, err)
	two, err := GenerateKey("two")
	require.NoError(t, err)
	put := func(keys ...*Key) {
		set, err := MarshalJWKS(keys...)
		require.NoError(t, err)
		api.put(path, string(set))
	}
	put(one)
	k, err := FollowKeys(cfg)
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, k.IDs())
	key, err := k.Key("one")
	require.NoError(t, err)
	require.Equal(t, one.Public(), key)
	_, err = k.Key("two")
	require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)

	put(one, two)
	soon(t, func() bool { key, err := k.Key("two"); return err == nil && key.Equal(two.Public()) })
	put(two)
	soon(t, func() bool { _, err := k.Key("one"); return errors.Is(err, streamtoken.ReasonKeyUnknown) })
	api.put(path, `{"keys":[]}`)
	soon(t, func() bool { return k.Err() != nil })
	require.ErrorContains(t, k.Err(), "no usable Ed25519 key")
	require.Equal(t, []string{"two"}, k.IDs(), "the last good set stays")

	require.NoError(t, k.Close())
	_, err = k.Key("two")
	require.ErrorIs(t, err, streamtoken.ReasonKeysUnavailable)
	require.Nil(t, k.IDs())
	require.Error(t, k.Err())
}

// Keys have a time as well.
func TestFollowKeysMaxAge(t *testing.T) {
	api, cfg := serveFollowed(t)
	key, err := GenerateKey("one")
	require.NoError(t, err)
	set, err := MarshalJWKS(key)
	require.NoError(t, err)
	api.put("/.well-known/jwks.json", string(set))
	cfg.Poll = 90 * time.Second
	_, err = FollowKeys(cfg)
	require.ErrorContains(t, err, "Poll of 1m30s is too long: keys may be used for 1m0s")
	cfg.Poll, cfg.MaxAge = 0, 300*time.Millisecond
	k, err := FollowKeys(cfg)
	require.NoError(t, err)
	defer k.Close()
	api.answer(503)
	soon(t, func() bool { _, err := k.Key("one"); return errors.Is(err, streamtoken.ReasonKeysUnavailable) })
	api.answer(0)
	var got ed25519.PublicKey
	soon(t, func() bool { got, err = k.Key("one"); return err == nil })
	require.Equal(t, key.Public(), got)
}

// A verifier on both: a token that is taken back is refused within the poll, and its session ends.
func TestFollowVerifier(t *testing.T) {
	api, cfg := serveFollowed(t)
	key, err := GenerateKey("one")
	require.NoError(t, err)
	set, err := MarshalJWKS(key)
	require.NoError(t, err)
	api.put("/.well-known/jwks.json", string(set))
	api.accepted(relayA, 1, time.Minute, jti(1))
	cfg.Relays = []string{relayA}
	keys, err := FollowKeys(cfg)
	require.NoError(t, err)
	defer keys.Close()
	accepted, err := FollowAccepted(cfg)
	require.NoError(t, err)
	defer accepted.Close()
	v, err := NewVerifier(VerifierConfig{Keys: keys, Accepted: accepted})
	require.NoError(t, err)
	s, err := New(Config{Key: key})
	require.NoError(t, err)
	token, err := s.Sign(Claims{Relay: relayA, ID: jti(1), Operations: Operations(), IssuedAt: time.Now(), Expires: time.Now().Add(time.Hour)})
	require.NoError(t, err)

	verified, err := v.Verify(t.Context(), token)
	require.NoError(t, err)
	session, err := v.watch.open(verified)
	require.NoError(t, err)
	api.accepted(relayA, 2, time.Minute, jti(2))
	<-session.Done()
	require.ErrorContains(t, session.Err(), string(streamtoken.ReasonTokenRevoked))
	_, err = v.Verify(t.Context(), token)
	require.ErrorContains(t, err, string(streamtoken.ReasonTokenRevoked))
}

func BenchmarkFollowedAccepts(b *testing.B) {
	f := &followed[acceptedDocument]{changed: &changes{}}
	f.current.Store(&held[acceptedDocument]{acceptedDocument{1, time.Hour, map[string]struct{}{jti(1): {}}}, time.Hour, readingOf(time.Now())})
	a := &AcceptedFollower{relays: map[string]*followed[acceptedDocument]{relayA: f}}
	id := jti(1)
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := a.Accepts(relayA, id); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
