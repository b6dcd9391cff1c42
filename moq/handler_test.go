package moq_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

type problem struct {
	Type, Title, Reason, Instance string
	Status                        int
}

// request gives a request as a server makes it of a raw target.
func request(t testing.TB, method, target string) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	require.NoError(t, err)
	return &http.Request{Method: method, URL: u, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Host: "relay.example", Body: http.NoBody}
}

// TestHandlerPaths: the path is the token and nothing else.
func TestHandlerPaths(t *testing.T) {
	good := raw(private("a"), header, payload)
	for name, c := range map[string]struct {
		method, target string
		status         int
		reason         streamtoken.Reason
	}{
		"the token":                   {"GET", "/" + good, 200, ""},
		"extended CONNECT":            {"CONNECT", "/" + good, 200, ""},
		"none":                        {"GET", "/", 401, streamtoken.ReasonTokenMissing},
		"none, CONNECT":               {"CONNECT", "/", 401, streamtoken.ReasonTokenMissing},
		"a name":                      {"GET", "/room", 401, streamtoken.ReasonTokenMissing},
		"an icon":                     {"GET", "/favicon.ico", 401, streamtoken.ReasonTokenMalformed},
		"a final slash":               {"GET", "/" + good + "/", 400, streamtoken.ReasonRequestInvalid},
		"a name after it":             {"GET", "/" + good + "/room", 400, streamtoken.ReasonRequestInvalid},
		"a name before it":            {"GET", "/room/" + good, 400, streamtoken.ReasonRequestInvalid},
		"two slashes":                 {"GET", "//" + good, 400, streamtoken.ReasonRequestInvalid},
		"dots before it":              {"GET", "/../" + good, 400, streamtoken.ReasonRequestInvalid},
		"a query":                     {"GET", "/" + good + "?a=b", 400, streamtoken.ReasonRequestInvalid},
		"an empty query":              {"GET", "/" + good + "?", 400, streamtoken.ReasonRequestInvalid},
		"the token in the query":      {"GET", "/?jwt=" + good, 400, streamtoken.ReasonRequestInvalid},
		"the token in both":           {"GET", "/" + good + "?jwt=" + good, 400, streamtoken.ReasonRequestInvalid},
		"an escape in it":             {"GET", "/%65" + good[1:], 400, streamtoken.ReasonRequestInvalid},
		"an escaped slash":            {"GET", "/" + good + "%2Froom", 400, streamtoken.ReasonRequestInvalid},
		"an escaped blank":            {"GET", "/" + good + "%20", 401, streamtoken.ReasonTokenMalformed},
		"an escaped question mark":    {"GET", "/" + good + "%3Fa", 401, streamtoken.ReasonTokenMalformed},
		"an absolute target":          {"GET", "https://relay.example/" + good, 400, streamtoken.ReasonRequestInvalid},
		"POST":                        {"POST", "/" + good, 405, streamtoken.ReasonMethodNotAllowed},
		"HEAD":                        {"HEAD", "/" + good, 405, streamtoken.ReasonMethodNotAllowed},
		"OPTIONS":                     {"OPTIONS", "/" + good, 405, streamtoken.ReasonMethodNotAllowed},
		"forged":                      {"GET", "/" + good[:len(good)-4] + "AAAA", 401, streamtoken.ReasonSignatureInvalid},
		"8 KiB":                       {"GET", "/" + strings.Repeat("a.", 4097), 401, streamtoken.ReasonTokenTooLarge},
		"a megabyte":                  {"GET", "/" + strings.Repeat("a/", 1<<19), 401, streamtoken.ReasonTokenTooLarge},
		"of a relay that forgot it":   {"GET", "/" + raw(private("a"), header, strings.Replace(payload, jti, relay, 1)), 401, streamtoken.ReasonTokenRevoked},
		"by an unknown key":           {"GET", "/" + raw(private("a"), `{"alg":"Ed25519","kid":"x"}`, payload), 401, streamtoken.ReasonKeyUnknown},
		"a Stream token":              {"GET", "/" + raw(private("a"), `{"alg":"RS256","kid":"`+kidA+`"}`, payload), 401, streamtoken.ReasonAlgNotAllowed},
		"after it, and already wrong": {"PUT", "/" + good + "?a", 400, streamtoken.ReasonRequestInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			v := newWorld().verifier(t, func(cfg *moq.VerifierConfig) { cfg.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
			reached := false
			h := moq.Handler(v, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				reached = true
				require.Equal(t, relay, moq.SessionFrom(r.Context()).Relay)
			}))
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, request(t, c.method, c.target))
			require.Equal(t, c.status, rec.Code, rec.Body)
			require.Equal(t, c.reason == "", reached)
			require.Zero(t, moq.OpenSessions(v))
			if c.reason == "" {
				require.Empty(t, log.String())
				return
			}
			checkRefusal(t, rec, c.method, c.reason, log.String())
			for _, part := range strings.Split(good, ".") {
				require.NotContains(t, log.String(), part[:16])
				require.NotContains(t, rec.Body.String(), part[:16])
			}
		})
	}
}

func checkRefusal(t *testing.T, rec *httptest.ResponseRecorder, method string, reason streamtoken.Reason, log string) {
	t.Helper()
	head := rec.Result().Header
	require.Equal(t, "application/problem+json", head.Get("Content-Type"))
	require.Equal(t, "no-store", head.Get("Cache-Control"))
	require.Equal(t, "no-referrer", head.Get("Referrer-Policy"))
	require.Equal(t, "nosniff", head.Get("X-Content-Type-Options"))
	switch rec.Code {
	case 401:
		want := `Bearer realm="moq"`
		if reason != streamtoken.ReasonTokenMissing {
			want += `, error="invalid_token", error_description="` + string(reason) + `"`
		}
		require.Equal(t, want, head.Get("WWW-Authenticate"))
	case 405:
		require.Equal(t, "GET, CONNECT", head.Get("Allow"))
	case 503:
		require.Equal(t, "5", head.Get("Retry-After"))
	}
	var line struct{ Reason, Instance, Level string }
	require.NoError(t, json.Unmarshal([]byte(log), &line), log)
	require.Equal(t, string(reason), line.Reason)
	require.Equal(t, map[bool]string{true: "WARN", false: "INFO"}[rec.Code == 503], line.Level)
	if method == http.MethodHead {
		require.Empty(t, rec.Body.String())
		return
	}
	var p problem
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &p))
	require.Equal(t, problem{"about:blank", http.StatusText(rec.Code), string(reason), line.Instance, rec.Code}, p)
	require.Regexp(t, regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`), p.Instance)
}

func TestHandlerWithoutAnAnswer(t *testing.T) {
	good := raw(private("a"), header, payload)
	never := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	for name, c := range map[string]struct {
		change func(*world)
		most   int
		reason streamtoken.Reason
	}{
		"no keys":     {func(w *world) { w.keysErr = errLease }, 1, streamtoken.ReasonKeysUnavailable},
		"lease over":  {func(w *world) { w.err = errLease }, 1, streamtoken.ReasonRevocationsUnavailable},
		"no sessions": {func(*world) {}, 0, streamtoken.ReasonVerifierBusy},
	} {
		var log bytes.Buffer
		w := newWorld()
		c.change(w)
		v := w.verifier(t, func(cfg *moq.VerifierConfig) {
			cfg.MaxSessions, cfg.Log = 1, slog.New(slog.NewJSONHandler(&log, nil))
		})
		if c.most == 0 {
			s, err := v.Admit(context.Background(), good)
			require.NoError(t, err)
			defer s.Close()
		}
		rec := httptest.NewRecorder()
		moq.Handler(v, never).ServeHTTP(rec, request(t, "GET", "/"+good))
		require.Equal(t, 503, rec.Code, name)
		checkRefusal(t, rec, "GET", c.reason, log.String())
	}
	rec := httptest.NewRecorder()
	moq.Handler(nil, never).ServeHTTP(rec, request(t, "GET", "/"+good))
	require.Equal(t, 503, rec.Code)
	require.Panics(t, func() { moq.Handler(newWorld().verifier(t), nil) })
}

// TestNextDoesNotSeeTheToken: not in the target, not in the header, not in what a router before the handler keeps. The rest
// of the request is as it was.
func TestNextDoesNotSeeTheToken(t *testing.T) {
	good := raw(private("a"), header, payload)
	seen := false
	h := moq.Handler(newWorld().verifier(t), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = true
		require.Equal(t, "/", r.URL.String())
		require.Equal(t, "/", r.RequestURI)
		require.Empty(t, r.PathValue("token"))
		require.Equal(t, "webtransport", r.Proto)
		require.Equal(t, "relay.example", r.Host)
		require.Equal(t, "192.0.2.1:4433", r.RemoteAddr)
		require.Equal(t, http.Header{"Origin": {"https://app.example"}, "Sec-Webtransport-Http3-Draft02": {"1"}}, r.Header)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, "stream", string(body))
		// What a printer finds by walking values.
		require.NotContains(t, fmt.Sprintf("%+v %v", *r, r.Header), good)
		require.Equal(t, "kept", r.Context().Value(testKeyType{}))
		require.NotContains(t, fmt.Sprintf("%+v", moq.SessionFrom(r.Context()).Relay), good)
	}))
	mux := http.NewServeMux()
	mux.Handle("/{token}", h)
	r := request(t, "CONNECT", "/"+good)
	r = r.WithContext(context.WithValue(r.Context(), testKeyType{}, "kept"))
	r.Proto, r.RemoteAddr = "webtransport", "192.0.2.1:4433"
	r.Body = io.NopCloser(strings.NewReader("stream"))
	r.Header = http.Header{
		"Origin":                         {"https://app.example"},
		"Sec-Webtransport-Http3-Draft02": {"1"},
		"Referer":                        {"https://relay.example/" + good},
		"X-Forwarded-Uri":                {"/x", "/" + good},
	}
	before := r.Header.Clone()
	mux.ServeHTTP(httptest.NewRecorder(), r)
	require.True(t, seen)
	require.Equal(t, before, r.Header, "the caller's own is left as it is")
	require.Equal(t, "/"+good, r.URL.Path)
}

type testKeyType struct{}

// TestSessionLastsAsLongAsTheHandler: and longer only if it is kept.
func TestSessionLastsAsLongAsTheHandler(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		v := w.verifier(t, realTime)
		var s *moq.Session
		serve := func(f func()) {
			moq.Handler(v, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				s = moq.SessionFrom(r.Context())
				f()
			})).ServeHTTP(httptest.NewRecorder(), request(t, "CONNECT", "/"+mint()))
		}
		serve(func() { open(t, s) })
		require.ErrorIs(t, s.Err(), moq.ErrSessionClosed)
		require.Panics(t, func() { serve(func() { panic(http.ErrAbortHandler) }) })
		require.ErrorIs(t, s.Err(), moq.ErrSessionClosed)
		require.Zero(t, moq.OpenSessions(v))

		serve(func() { s.Keep() })
		open(t, s)
		require.Equal(t, 1, moq.OpenSessions(v))
		s.Close()
		require.Zero(t, moq.OpenSessions(v))

		// The request's context ends with the request; a session that was kept goes on, and is still told.
		serve(func() { s.Keep() })
		w.change(func(w *world) { clear(w.accepted) })
		endsWithin(t, s, 2*time.Millisecond, streamtoken.ReasonTokenRevoked)
	})
}

// TestUpgrade over a real connection: the handler takes it over, returns, and is told of the revocation.
func TestUpgrade(t *testing.T) {
	w := newWorld()
	v := w.verifier(t)
	server := httptest.NewServer(moq.Handler(v, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		s := moq.SessionFrom(r.Context())
		s.Keep()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n")
		_ = rw.Flush()
		go func() {
			<-s.Done()
			_, _ = fmt.Fprintf(conn, "%s\n", streamtoken.ReasonOf(s.Err()).Error())
			_ = conn.Close()
		}()
	})))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: relay.example\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n", raw(private("a"), header, payload))
	require.NoError(t, err)
	br := bufio.NewReader(conn)
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	w.change(func(w *world) { clear(w.accepted) })
	line, err := br.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "streamtoken: token_revoked\n", line)
}
