package bench

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// secret stands where a signed URL has its token.
const secret = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ2In0.c2lnbmF0dXJl"

// ask1 measures a URL of base for a moment.
func ask1(ctx context.Context, base string) (*Load, error) {
	cfg := short
	cfg.Load = LoadConfig{URL: base + "/" + secret + "/v.m3u8", Time: time.Millisecond, Connections: 2}
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := probe(ctx, cfg.Load); err != nil {
		return nil, err
	}
	return load(ctx, cfg.Load)
}

func TestLoad(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte("12345"))
	}))
	defer srv.Close()
	got, err := ask1(t.Context(), srv.URL)
	require.NoError(t, err)
	require.EqualValues(t, asked.Load()-1, got.Requests) // one to see whether it answers
	require.GreaterOrEqual(t, got.Requests, 2)           // one a connection at least
	require.EqualValues(t, 5*got.Requests, got.Bytes)
	require.Equal(t, 2, got.Connections)
	require.Positive(t, got.PerSecond)
	require.Positive(t, got.P50)
	require.LessOrEqual(t, got.P50, got.P99)
}

func TestRunTellsTheLoad(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	cfg := short
	cfg.Load = LoadConfig{URL: srv.URL, Time: time.Millisecond}
	r, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, 8, r.Load.Connections)
}

func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	// On a busy machine a moment may do for one request a connection, which shows nothing: longer then.
	for d := 50 * time.Millisecond; ; d *= 4 {
		opened.Store(0)
		got, err := load(t.Context(), LoadConfig{URL: srv.URL, Time: d, Connections: 2})
		require.NoError(t, err)
		require.LessOrEqual(t, opened.Load(), int64(2))
		if got.Requests > 2 {
			return
		}
		require.Less(t, d, time.Minute, "each connection has asked once")
	}
}

// Whatever goes wrong is told without the token, whoever repeats it.
func TestLoadRefuses(t *testing.T) {
	redirected := atomic.Bool{}
	answered := atomic.Int64{}
	for _, c := range []struct {
		name, want string
		h          http.HandlerFunc
	}{
		{"status", "1 of 1 requests with a status that is not 2xx, the first with 403", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.URL.Path, http.StatusForbidden)
		}},
		{"redirect", "the first with 302", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				redirected.Store(true)
				return
			}
			http.Redirect(w, r, "/elsewhere?from="+r.URL.Path, http.StatusFound)
		}},
		{"later", "2 of 2 requests with a status that is not 2xx, the first with 503", func(w http.ResponseWriter, r *http.Request) {
			if answered.Add(1) > 1 {
				time.Sleep(2 * time.Millisecond) // past the end, so that each connection asks once
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}},
		{"no HTTP", "no complete HTTP answer", func(w http.ResponseWriter, r *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = c.Write([]byte(r.URL.Path + "\r\n\r\n"))
				c.Close()
			}
		}},
		{"cut off", "no complete HTTP answer", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("12345"))
		}},
		{"too large", "more than 16 MiB", func(w http.ResponseWriter, r *http.Request) {
			block := make([]byte, 1<<20)
			for range 17 {
				_, _ = w.Write(block)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(c.h)
			defer srv.Close()
			_, err := ask1(t.Context(), srv.URL)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), secret[:20])
		})
	}
	require.False(t, redirected.Load())

	t.Run("nobody there", func(t *testing.T) {
		srv := httptest.NewServer(nil)
		srv.Close()
		_, err := ask1(t.Context(), srv.URL)
		require.ErrorContains(t, err, "no connection to the server")
		require.NotContains(t, err.Error(), secret[:20])
	})
	for _, url := range []string{"ftp://h.test", "h.test", "http://", "http://h.test:port", "http://%zz", "file:///etc/passwd", "unix:/x", "\n"} {
		t.Run("not a URL", func(t *testing.T) {
			_, err := ask1(t.Context(), url)
			require.Equal(t, ErrURL, err)
			require.Equal(t, ErrURL, CheckURL(url))
		})
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer srv.Close()
	_, err := load(ctx, LoadConfig{URL: srv.URL, Time: MaxTime, Connections: 4})
	require.Equal(t, context.Canceled, err)
}

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	require.Equal(t, time.Duration(50), percentile(hundred, 50))
	require.Equal(t, time.Duration(99), percentile(hundred, 99))
	require.Equal(t, time.Duration(100), percentile(hundred, 100))
	require.Equal(t, time.Duration(1), percentile(hundred[:1], 99))
	require.Equal(t, time.Duration(1), percentile(hundred[:2], 50))
	require.Equal(t, time.Duration(2), percentile(hundred[:2], 99))
}

func TestModelIn(t *testing.T) {
	require.Equal(t, "Some CPU @ 3 GHz", modelIn(strings.NewReader("processor\t: 0\nmodel\t\t: 207\nmodel name\t: Some  CPU @ 3 GHz\nmodel name\t: Other\n")))
	require.Equal(t, "Some Board", modelIn(strings.NewReader("processor\t: 0\nModel\t\t: Some Board\n")))
	require.Empty(t, modelIn(strings.NewReader("processor: 0\n")))
}
