package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/middleware"
)

// noFlush is a writer that can do nothing but write, such as http.TimeoutHandler's.
type noFlush struct{ http.ResponseWriter }

// TestUnsentHeaderIsBounded: a handler that tries something and fails has sent no header yet. What it adds after that
// is bounded as ever.
func TestUnsentHeaderIsBounded(t *testing.T) {
	token := ruled(t, "allow ip 127.0.0.1", "allow ip 192.0.2.1", "block any")
	for name, try := range map[string]func(http.ResponseWriter){
		"hijack": func(w http.ResponseWriter) {
			_, _, err := w.(http.Hijacker).Hijack()
			require.Error(t, err)
		},
		"flush": func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"101":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusSwitchingProtocols) },
	} {
		h := wrap(t, middleware.Config{AllowedOrigins: []string{"example.com"}}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			try(w)
			w.Header().Set("Cache-Control", "public, max-age=31536000")
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Location", "/"+video+"/x")
			_, _ = io.WriteString(w, "x")
		}))
		requireBounded := func(t *testing.T, header http.Header) {
			require.NotContains(t, header.Get("Cache-Control"), "public")
			require.NotContains(t, header.Get("Cache-Control"), "31536000")
			require.Contains(t, header.Get("Cache-Control"), "private")
			require.Empty(t, header.Values("Access-Control-Allow-Origin"))
			require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
			require.Equal(t, "/"+token+"/x", header.Get("Location"))
		}
		if name != "flush" { // which HTTP/2 can
			t.Run(name+" over HTTP/2", func(t *testing.T) {
				s := httptest.NewUnstartedServer(h)
				s.EnableHTTP2 = true
				s.StartTLS()
				defer s.Close()
				res, err := s.Client().Get(s.URL + "/" + token + "/a")
				require.NoError(t, err)
				defer res.Body.Close()
				require.Equal(t, 2, res.ProtoMajor)
				requireBounded(t, res.Header)
			})
		}
		if name != "101" {
			t.Run(name+" of a plain writer", func(t *testing.T) {
				w := httptest.NewRecorder()
				h.ServeHTTP(noFlush{w}, httptest.NewRequest(http.MethodGet, "/"+token+"/a", nil))
				requireBounded(t, w.Result().Header)
			})
		}
	}
}
