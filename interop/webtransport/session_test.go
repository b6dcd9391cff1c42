//go:build integration

package webtransport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	wt "github.com/quic-go/webtransport-go"
	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// ended is the code with which the handler closes a session whose token no longer holds.
const ended wt.SessionErrorCode = 401

// greeter is what stands behind moq.Handler: it greets on a stream with what the token permits, and ends the session when
// the token does.
type greeter struct {
	server  *wt.Server
	returns bool         // the handler, while another goroutine serves the session
	saw     atomic.Bool  // something like a token in a request
	asked   atomic.Int64 // requests that were let through
	inside  atomic.Int64 // of them, those whose handler has not returned
	serving atomic.Int64 // sessions that are open

	mu   sync.Mutex                 // guards told
	told map[streamtoken.Reason]int // sessions whose token ended so
}

func (g *greeter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.asked.Add(1)
	g.inside.Add(1)
	defer g.inside.Add(-1)
	if strings.Contains(fmt.Sprint(r.URL, r.RequestURI, r.Header, r.Pattern), "eyJ") {
		g.saw.Store(true)
	}
	token := moq.SessionFrom(r.Context())
	if token == nil {
		http.Error(w, "no session", http.StatusInternalServerError)
		return
	}
	session, err := g.server.Upgrade(w, r)
	if err != nil {
		http.Error(w, "no WebTransport", http.StatusBadRequest)
		return
	}
	g.serving.Add(1)
	stream, err := session.OpenUniStreamSync(r.Context())
	if err == nil {
		io.WriteString(stream, greeting(token))
		err = stream.Close()
	}
	if err != nil {
		g.serving.Add(-1)
		session.CloseWithError(500, "")
		return
	}
	if !g.returns {
		defer g.serving.Add(-1)
		g.watch(token, session)
		return
	}
	token.Keep()
	go func() {
		defer g.serving.Add(-1)
		defer token.Close()
		g.watch(token, session)
	}()
}

// watch serves a session until it is over, or the token is.
func (g *greeter) watch(token *moq.Session, session *wt.Session) {
	select {
	case <-token.Done():
		reason := streamtoken.ReasonOf(token.Err())
		g.mu.Lock()
		g.told[reason]++
		g.mu.Unlock()
		session.CloseWithError(ended, string(reason))
	case <-session.Context().Done():
	}
}

// greeting is what the next handler knows of the token.
func greeting(s *moq.Session) string {
	return fmt.Sprintf("%s %s publish:%t subscribe:%t", s.Relay, s.ID, s.Allows(moq.Publish), s.Allows(moq.Subscribe))
}

// newServer is a WebTransport server that asks the relays whom to admit.
func newServer(t *testing.T, r *relays, cfg *wt.Config) (*server, *greeter) {
	t.Helper()
	return newServerBehind(t, r.verifier(t), cfg)
}

func newServerBehind(t *testing.T, v *moq.Verifier, cfg *wt.Config) (*server, *greeter) {
	t.Helper()
	g := &greeter{told: map[streamtoken.Reason]int{}}
	s := serve(t, cfg, func(s *wt.Server) http.Handler {
		g.server = s
		return moq.Handler(v, g)
	})
	return s, g
}

// dialled is what became of one attempt: a session, or the answer that refused it.
type dialled struct {
	session *wt.Session
	status  int
	reason  streamtoken.Reason
	header  http.Header
}

// dial asks for a session at target, which is what follows the host in the URL.
func (s *server) dial(t *testing.T, client *wt.ClientConn, target string) dialled {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	response, session, err := client.Dial(ctx, "https://"+s.addr+target, nil)
	if session != nil {
		return dialled{session: session, status: response.StatusCode, header: response.Header}
	}
	require.NotNil(t, response, "no answer: %v", err)
	var problem struct{ Reason streamtoken.Reason }
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &problem), "%s", body)
	return dialled{status: response.StatusCode, reason: problem.Reason, header: response.Header}
}

// greeted gives what the server said of the token of a new session.
func greeted(t *testing.T, session *wt.Session) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := session.AcceptUniStream(ctx)
	require.NoError(t, err)
	text, err := io.ReadAll(stream)
	require.NoError(t, err)
	return string(text)
}

// over waits until the sessions are, checks that each is for this reason, and gives how many clients were not told it:
// webtransport-go gives the server's farewell 10 ms, which is not always enough.
func (g *greeter) over(t *testing.T, reason streamtoken.Reason, sessions ...*wt.Session) (untold int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, session := range sessions {
		_, err := session.AcceptStream(ctx)
		require.Error(t, err)
		require.NoError(t, ctx.Err(), "the session does not end")
		var h3 *http3.Error
		if errors.As(err, &h3) && h3.Remote && quic.StreamErrorCode(h3.ErrorCode) == wt.WTSessionGoneErrorCode {
			untold++
			continue
		}
		require.Equal(t, &wt.SessionError{Remote: true, ErrorCode: ended, Message: string(reason)}, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	require.Equal(t, map[streamtoken.Reason]int{reason: len(sessions)}, g.told)
	clear(g.told)
	return untold
}
