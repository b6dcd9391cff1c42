//go:build integration

package webtransport

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	wt "github.com/quic-go/webtransport-go"
	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// A session outlives neither its token's revocation nor its expiry, and the client is told which.
func TestEndedWithItsToken(t *testing.T) {
	t.Run("revoked", func(t *testing.T) {
		r := newRelays(t)
		s, g := newServer(t, r, nil)
		client, _ := s.connect(t, nil)
		token := r.mint(t, nil)
		session := s.dial(t, client, "/"+token).session
		require.NotEmpty(t, greeted(t, session))

		r.accept(relayID)
		g.over(t, streamtoken.ReasonTokenRevoked, session)
		within(t, func() bool { return g.serving.Load() == 0 }, "a session is still served")

		client, _ = s.connect(t, nil)
		require.Equal(t, streamtoken.ReasonTokenRevoked, s.dial(t, client, "/"+token).reason, "the token opens no other")
	})
	t.Run("expired", func(t *testing.T) {
		r := newRelays(t)
		s, g := newServer(t, r, nil)
		client, _ := s.connect(t, nil)
		expires := time.Now().Add(6 * time.Second) // on a busy machine, time enough to open the session
		session := s.dial(t, client, "/"+r.mint(t, func(_ *moq.Config, c *moq.Claims) { c.Expires = expires })).session
		require.NotEmpty(t, greeted(t, session))
		g.over(t, streamtoken.ReasonTokenExpired, session)
		require.False(t, time.Now().Before(expires.Truncate(time.Second)), "it ended before its time")
		within(t, func() bool { return g.serving.Load() == 0 }, "a session is still served")
	})
}

// Where it is not known any more what is accepted, nothing is: open sessions end, new ones are refused for the time being.
func TestEndedWhenUnknown(t *testing.T) {
	r := newRelays(t)
	s, g := newServer(t, r, nil)
	client, _ := s.connect(t, nil)
	target := "/" + r.mint(t, nil)
	session := s.dial(t, client, target).session
	require.NotEmpty(t, greeted(t, session))

	r.lose()
	another, _ := s.connect(t, nil)
	d := s.dial(t, another, target)
	require.Equal(t, streamtoken.ReasonRevocationsUnavailable, d.reason)
	require.Equal(t, http.StatusServiceUnavailable, d.status)
	g.over(t, streamtoken.ReasonRevocationsUnavailable, session)
	within(t, func() bool { return g.serving.Load() == 0 }, "a session is still served")
}

// A handler may return and leave the session to another goroutine, as servers of WebTransport often do.
func TestHandlerReturns(t *testing.T) {
	r := newRelays(t)
	s, g := newServer(t, r, nil)
	g.returns = true
	client, _ := s.connect(t, nil)
	session := s.dial(t, client, "/"+r.mint(t, nil)).session
	require.NotEmpty(t, greeted(t, session))
	within(t, func() bool { return g.inside.Load() == 0 }, "the handler does not return")
	require.NoError(t, session.Context().Err())
	require.Equal(t, int64(1), g.serving.Load())
	r.accept(relayID)
	g.over(t, streamtoken.ReasonTokenRevoked, session)
	within(t, func() bool { return g.serving.Load() == 0 && ours() == "" }, "something is left of the session")
}

// More sessions than there may be are refused, until one of them is over.
func TestTooManySessions(t *testing.T) {
	r := newRelays(t)
	r.most = 2
	s, g := newServer(t, r, flows())
	client, _ := s.connect(t, flows())
	target := "/" + r.mint(t, nil)
	one := s.dial(t, client, target).session
	two := s.dial(t, client, target).session
	require.NotEmpty(t, greeted(t, one))
	require.NotEmpty(t, greeted(t, two))
	d := s.dial(t, client, target)
	require.Equal(t, streamtoken.ReasonVerifierBusy, d.reason)
	require.Equal(t, http.StatusServiceUnavailable, d.status)

	one.CloseWithError(0, "")
	within(t, func() bool { return g.serving.Load() == 1 }, "a session is still served")
	var again dialled
	within(t, func() bool { again = s.dial(t, client, target); return again.session != nil }, "no place was given back")
	require.NotEmpty(t, greeted(t, again.session))
}

// Who revokes one token of a relay leaves the sessions of the others alone.
func TestOthersStay(t *testing.T) {
	const secondID = "11111111111111111111111111111111"
	r := newRelays(t)
	r.accept(relayID, tokenID, secondID)
	s, g := newServer(t, r, nil)
	one, _ := s.connect(t, nil)
	two, _ := s.connect(t, nil)
	gone := s.dial(t, one, "/"+r.mint(t, nil)).session
	stays := s.dial(t, two, "/"+r.mint(t, func(_ *moq.Config, c *moq.Claims) { c.ID = secondID })).session
	require.NotEmpty(t, greeted(t, gone))
	require.NotEmpty(t, greeted(t, stays))

	r.accept(otherID, tokenID) // another relay's change
	r.accept(relayID, secondID)
	g.over(t, streamtoken.ReasonTokenRevoked, gone)
	within(t, func() bool { return g.serving.Load() == 1 }, "a session is still served")
	require.NoError(t, stays.Context().Err())
	r.accept(relayID)
	g.over(t, streamtoken.ReasonTokenRevoked, stays)
}

// A hundred sessions on one token are all told of its end, and nothing is left of them.
func TestManySessions(t *testing.T) {
	const connections, each = 4, 25
	before := runtime.NumGoroutine()
	r := newRelays(t)
	s, g := newServer(t, r, flows())
	target := "/" + r.mint(t, nil)
	var sessions []*wt.Session
	var closers []func()
	for range connections {
		client, conn := s.connect(t, flows())
		closers = append(closers, func() { conn.CloseWithError(0, "") })
		for range each {
			d := s.dial(t, client, target)
			require.NotNil(t, d.session)
			sessions = append(sessions, d.session)
		}
	}
	for _, session := range sessions {
		require.NotEmpty(t, greeted(t, session))
	}
	require.Equal(t, int64(connections*each), g.serving.Load())

	start := time.Now()
	r.accept(relayID)
	untold := g.over(t, streamtoken.ReasonTokenRevoked, sessions...)
	t.Logf("%d sessions on %d connections were ended in %v; %d clients were not told why", len(sessions), connections, time.Since(start), untold)
	within(t, func() bool { return g.serving.Load() == 0 }, "a session is still served")
	within(t, func() bool { return ours() == "" }, "a goroutine of moq is left")

	for _, c := range closers {
		c()
	}
	s.stop()
	within(t, func() bool { return runtime.NumGoroutine() <= before }, "goroutines are left")
}

// A client that leaves takes with it what watched over its session.
func TestClientLeaves(t *testing.T) {
	r := newRelays(t)
	s, g := newServer(t, r, nil)
	target := "/" + r.mint(t, nil)
	for name, leave := range map[string]func(*wt.Session, func()){
		"closing the session":    func(session *wt.Session, _ func()) { session.CloseWithError(0, "") },
		"closing the connection": func(_ *wt.Session, hangUp func()) { hangUp() },
	} {
		t.Run(name, func(t *testing.T) {
			client, conn := s.connect(t, nil)
			session := s.dial(t, client, target).session
			require.NotEmpty(t, greeted(t, session))
			require.Equal(t, int64(1), g.serving.Load())
			leave(session, func() { conn.CloseWithError(0, "") })
			within(t, func() bool { return g.serving.Load() == 0 }, "a session is still served")
			within(t, func() bool { return ours() == "" }, "a goroutine of moq is left")
		})
	}
}

// within waits until holds does. It starts no goroutine for that, which would be counted.
func within(t *testing.T, holds func() bool, otherwise string) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}

// ours gives the stacks of goroutines that run, or were started by, the package moq.
func ours() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var found strings.Builder
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, "streamtoken/moq.") {
			found.WriteString(stack + "\n\n")
		}
	}
	return found.String()
}
