//go:build integration

package webtransport

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// An HTTP/1.1 Upgrade (RFC 9110 section 7.8) is admitted by its path as a WebTransport session is, and ended with its token.
func TestUpgrade(t *testing.T) {
	r := newRelays(t)
	s := httptest.NewServer(moq.Handler(r.verifier(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := moq.SessionFrom(r.Context())
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, "no upgrade", http.StatusInternalServerError)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: example\r\n\r\n"+greeting(token)+"\n")
		<-token.Done()
		io.WriteString(conn, string(streamtoken.ReasonOf(token.Err()))+"\n")
	})))
	defer s.Close()
	ask := func(path string) (*http.Response, *bufio.Reader) {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(patience))
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: relay.example\r\nConnection: Upgrade\r\nUpgrade: example\r\n\r\n")
		require.NoError(t, err)
		read := bufio.NewReader(conn)
		answer, err := http.ReadResponse(read, nil)
		require.NoError(t, err)
		return answer, read
	}
	target := "/" + r.mint(t, nil)

	answer, read := ask(target)
	require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	line, err := read.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, relayID+" "+tokenID+" publish:true subscribe:true\n", line)
	r.accept(relayID)
	rest, err := io.ReadAll(read)
	require.NoError(t, err)
	require.Equal(t, "token_revoked\n", string(rest))

	refused(t, first(ask(target)), 401, streamtoken.ReasonTokenRevoked)
	refused(t, first(ask("/")), 401, streamtoken.ReasonTokenMissing)
	refused(t, first(ask(target+"/name")), 400, streamtoken.ReasonRequestInvalid)
}

// Extended CONNECT over HTTP/2 (RFC 8441), what a WebSocket uses there.
func TestExtendedConnect(t *testing.T) {
	r := newRelays(t)
	s := httptest.NewUnstartedServer(moq.Handler(r.verifier(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := moq.SessionFrom(r.Context())
		control := http.NewResponseController(w)
		io.WriteString(w, r.Method+" "+r.Header.Get(":protocol")+" "+greeting(token)+"\n")
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-token.Done():
			io.WriteString(w, string(streamtoken.ReasonOf(token.Err()))+"\n")
		case <-r.Context().Done():
		}
	})))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	transport := &http2.Transport{TLSClientConfig: s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()}
	transport.TLSClientConfig.NextProtos = []string{"h2"}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ask := func(path string) *http.Response {
		hold, release := io.Pipe()
		context.AfterFunc(ctx, func() { release.CloseWithError(context.Canceled) }) // the transport does not look while it reads
		request, err := http.NewRequestWithContext(ctx, http.MethodConnect, s.URL+path, hold)
		require.NoError(t, err)
		request.Header[":protocol"] = []string{"websocket"}
		answer, err := transport.RoundTrip(request)
		require.NoError(t, err)
		t.Cleanup(func() { answer.Body.Close() })
		require.Equal(t, 2, answer.ProtoMajor)
		return answer
	}
	target := "/" + r.mint(t, nil)

	answer := ask(target)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	read := bufio.NewReader(answer.Body)
	line, err := read.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "CONNECT websocket "+relayID+" "+tokenID+" publish:true subscribe:true\n", line)
	r.accept(relayID)
	rest, err := io.ReadAll(read)
	require.NoError(t, err)
	require.Equal(t, "token_revoked\n", string(rest))

	refused(t, ask(target), 401, streamtoken.ReasonTokenRevoked)
	refused(t, ask("/"), 401, streamtoken.ReasonTokenMissing)
}

func first(answer *http.Response, _ *bufio.Reader) *http.Response { return answer }

func refused(t *testing.T, answer *http.Response, status int, reason streamtoken.Reason) {
	t.Helper()
	var problem struct{ Reason streamtoken.Reason }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&problem))
	require.Equal(t, status, answer.StatusCode)
	require.Equal(t, reason, problem.Reason)
}
