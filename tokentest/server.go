package tokentest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

// Server is a handler behind the middleware, listening on loopback.
type Server struct {
	*httptest.Server

	// Clock is what the verifier and the freshness of answers go by. Advance it to see a token expire.
	Clock *Clock
}

// Edge starts h behind the middleware with both test keys and the strictest configuration: the token is the first path
// segment, no proxy is trusted, no country source. It ends with the test.
func Edge(t testing.TB, h http.Handler) *Server {
	t.Helper()
	return EdgeConfig(t, middleware.Config{}, h)
}

// EdgeConfig is [Edge] with a configuration of the test's own. A nil Gate is filled in with the test keys and the
// server's Clock, a nil Now with that Clock.
func EdgeConfig(t testing.TB, cfg middleware.Config, h http.Handler) *Server {
	t.Helper()
	s := &Server{Clock: new(Clock)}
	if cfg.Gate == nil {
		cfg.Gate = Gate(t, s.Clock)
	}
	if cfg.Now == nil {
		cfg.Now = s.Clock.Now
	}
	guard := must(middleware.New(cfg))(t)
	s.Server = httptest.NewServer(guard(h))
	t.Cleanup(s.Server.Close)
	return s
}

// Gate is a gate with both test keys that goes by clock; nil: a clock that stands at [Start].
func Gate(t testing.TB, clock *Clock) *gate.Gate {
	t.Helper()
	if clock == nil {
		clock = new(Clock)
	}
	v := must(verifier.New(verifier.Config{Keys: Keys(t), Now: clock.Now}))(t)
	return must(gate.New(gate.Config{Verifier: v}))(t)
}
