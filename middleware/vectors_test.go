package middleware_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

type requestVector struct {
	Name    string
	Comment string
	Now     int64
	Keys    []string
	Faults  []string
	Config  struct {
		Mount          string
		QueryParam     string
		Cookie         string
		Bearer         bool
		Methods        []string
		DownloadPaths  []string
		TrustedProxies []netip.Prefix
		ClientIPHeader string
		CountryHeader  string
	}
	Country string
	Peer    string
	Method  string
	Target  string
	Headers []string
	Expect  string
	Status  int
	Path    string
}

// TestRequestVectors runs testdata/vectors/request.json; the other files are
// package gate's. An HTTP server may refuse a request before a handler sees it
// (net/http does so for control bytes in a target): that is request_invalid.
func TestRequestVectors(t *testing.T) {
	f, err := os.Open("../testdata/vectors/request.json")
	require.NoError(t, err)
	defer f.Close()
	var file struct {
		About, Kind string
		Vectors     []requestVector
	}
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&file))
	require.Equal(t, "request", file.Kind)
	require.Len(t, file.Vectors, 204)
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) { runRequestVector(t, v) })
	}
}

func runRequestVector(t *testing.T, v requestVector) {
	wire := v.Method + " " + v.Target + " HTTP/1.1\r\n" + strings.Join(v.Headers, "\r\n") + "\r\n\r\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		require.Equal(t, "request_invalid", v.Expect, err)
		return
	}
	r.RemoteAddr = v.Peer

	passed, path := false, ""
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { passed, path = true, r.URL.Path })
	protect, err := middleware.New(vectorConfig(t, v))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	protect(next).ServeHTTP(w, r)

	got := ""
	switch {
	case passed:
		got = "allow"
	case w.Code == http.StatusNoContent:
		got = "preflight"
	case v.Method == "HEAD":
		got = v.Expect // no body to read it from; the status tells
	default:
		require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		var problem struct{ Reason string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &problem))
		got = problem.Reason
	}
	require.Equal(t, v.Expect, got)
	require.Equal(t, v.Status, w.Code)
	require.Equal(t, v.Path, path)
	require.Equal(t, v.Expect == "allow", passed)
}

func vectorConfig(t *testing.T, v requestVector) middleware.Config {
	cfg := middleware.Config{
		Mount: v.Config.Mount, QueryParam: v.Config.QueryParam, Cookie: v.Config.Cookie, Bearer: v.Config.Bearer,
		Methods: v.Config.Methods, DownloadPaths: v.Config.DownloadPaths,
		TrustedProxies: v.Config.TrustedProxies, ClientIPHeader: v.Config.ClientIPHeader, CountryHeader: v.Config.CountryHeader,
		Now: func() time.Time { return time.Unix(v.Now, 0) },
	}
	if v.Country != "" {
		cfg.Locate = func(netip.Addr) accessrules.Country { return accessrules.ParseCountry(v.Country) }
	}
	ver := verifier.Config{Now: cfg.Now}
	var all []*verifier.Key
	for _, name := range v.Keys {
		data, err := os.ReadFile(filepath.Join("../testdata/keys", name))
		require.NoError(t, err)
		keys, _, err := verifier.ParseKeys(data, "")
		require.NoError(t, err)
		all = append(all, keys...)
	}
	var err error
	ver.Keys, err = verifier.NewStaticKeys(all...)
	require.NoError(t, err)
	for _, fault := range v.Faults {
		switch fault {
		case "keys":
			ver.Keys = unavailable{}
		case "revocations":
			ver.Revocations = unavailable{}
		case "country":
			cfg.Locate = func(netip.Addr) accessrules.Country { return accessrules.CountryUnavailable }
		default:
			t.Fatalf("a fault that there is not: %s", fault)
		}
	}
	checks, err := verifier.New(ver)
	require.NoError(t, err)
	cfg.Gate, err = gate.New(gate.Config{Verifier: checks})
	require.NoError(t, err)
	return cfg
}

// unavailable is a key set and a revocation list that cannot answer.
type unavailable struct{}

func (unavailable) Key(string) (*verifier.Key, error) {
	return nil, streamtoken.ReasonKeysUnavailable
}

func (unavailable) Revoked(_, _, _ string, _ time.Time) (bool, error) {
	return false, streamtoken.ReasonRevocationsUnavailable
}
